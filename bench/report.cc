#include "bench/report.h"

#include <google/protobuf/stubs/common.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"

namespace lull::bench {
namespace {

std::string JsonList(const std::vector<double>& numbers) {
  return absl::StrCat("[",
                      absl::StrJoin(numbers, ", ",
                                    [](std::string* out, double number) {
                                      absl::StrAppendFormat(out, "%.6g", number);
                                    }),
                      "]");
}

std::string JsonGoal(const Goal& goal) {
  return absl::StrFormat("{\"side\": \"%s\", \"of\": \"%s\", \"limit\": %.6g}",
                         goal.side == Goal::Side::kAtMost ? "at most" : "at least",
                         goal.of == Goal::Of::kRatio ? "ratio" : "value", goal.limit);
}

#ifdef __clang__
constexpr char kCompiler[] = __VERSION__;
#else
constexpr char kCompiler[] = "GCC " __VERSION__;
#endif

std::string ProtobufVersion() {
  return google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION);
}

}  // namespace

Report::Rounds* Report::Find(const std::string& name) {
  const auto found = std::find_if(figures_.begin(), figures_.end(),
                                  [&](const Rounds& rounds) { return rounds.newest.name == name; });
  return found == figures_.end() ? nullptr : &*found;
}

void Report::Add(Figure figure) {
  std::fprintf(stderr, "   %s: %.4g %s", figure.name.c_str(), figure.value, figure.unit.c_str());
  if (!figure.floor.empty()) std::fprintf(stderr, ", %.3g %s", figure.ratio, figure.floor.c_str());
  std::fputs("\n", stderr);
  Rounds* rounds = Find(figure.name);
  if (rounds == nullptr) rounds = &figures_.emplace_back();
  rounds->values.push_back(figure.value);
  if (!figure.floor.empty()) rounds->ratios.push_back(figure.ratio);
  rounds->newest = std::move(figure);
}

void Report::AddGrowth(const std::string& name, const std::string& base, const std::string& grown,
                       std::optional<Goal> goal) {
  const Rounds* from = Find(base);
  const Rounds* to = Find(grown);
  if (from == nullptr || to == nullptr) return;
  const auto newest = [](const Rounds& rounds) {
    return rounds.ratios.empty() ? rounds.values.back() : rounds.ratios.back();
  };
  Add({.name = name, .value = newest(*to) / newest(*from), .unit = "times", .goal = goal});
}

void Report::AddFailure(const std::string& benchmark, const std::string& why) {
  failures_.push_back(absl::StrCat(benchmark, ": ", why));
  std::fprintf(stderr, "   FAILED: %s\n", failures_.back().c_str());
}

std::string Report::Json() const {
  const std::string failures = absl::StrJoin(
      failures_, ", ",
      [](std::string* out, const std::string& failure) { out->append(JsonString(failure)); });
  std::string text = absl::StrFormat(
      "{\"sqlite\": %s, \"protobuf\": %s, \"compiler\": %s, \"failures\": [%s], \"figures\": [",
      JsonString(sqlite3_libversion()), JsonString(ProtobufVersion()), JsonString(kCompiler),
      failures);
  const char* separator = "\n";
  for (const Rounds& rounds : figures_) {
    const Figure& figure = rounds.newest;
    absl::StrAppendFormat(&text, "%s  {\"name\": %s, \"unit\": %s, \"values\": %s", separator,
                          JsonString(figure.name), JsonString(figure.unit),
                          JsonList(rounds.values));
    if (!figure.floor.empty()) {
      absl::StrAppendFormat(&text, ", \"floor\": %s, \"ratios\": %s", JsonString(figure.floor),
                            JsonList(rounds.ratios));
    }
    if (figure.goal) absl::StrAppend(&text, ", \"goal\": ", JsonGoal(*figure.goal));
    if (figure.point) {
      absl::StrAppendFormat(&text, ", \"curve\": %s, \"n\": %d", JsonString(figure.point->curve),
                            figure.point->n);
    }
    text += "}";
    separator = ",\n";
  }
  return text + "\n]}\n";
}

double Quantile(std::vector<double> samples, double share) {
  LULL_CHECK(!samples.empty());
  const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1) + 0.5);
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at),
                   samples.end());
  return samples[at];
}

double Median(std::vector<double> samples) { return Quantile(std::move(samples), 0.5); }

double PerSecond(const std::vector<double>& seconds) {
  return static_cast<double>(seconds.size()) / std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

void AddLatency(Report& report, const Latency& latency) {
  const auto add = [&](const char* which, double seconds, const std::optional<Goal>& goal) {
    Figure figure{.name = absl::StrCat(latency.name, which),
                  .value = seconds * 1e6,
                  .unit = "us",
                  .ratio = seconds / latency.commit,
                  .floor = "c",
                  .goal = goal,
                  .point = latency.point};
    if (figure.point) figure.point->curve += which;
    report.Add(std::move(figure));
  };
  add(", median", Median(latency.seconds), latency.median);
  add(", p99", Quantile(latency.seconds, 0.99), latency.tail);
}

}  // namespace lull::bench
