#include "bench/report.h"

#include <sqlite3.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"

namespace lull::bench {
namespace {

struct Surroundings {
  std::string kernel;
  std::string sqlite = sqlite3_libversion();
  std::string compiler = __VERSION__;
  unsigned cores = std::thread::hardware_concurrency();
};

Surroundings Look() {
  Surroundings found;
  utsname name{};
  if (uname(&name) == 0) found.kernel = absl::StrCat(name.sysname, " ", name.release);
  return found;
}

std::string Goal(const Figure& figure) {
  if (figure.goal.empty()) return "";
  return absl::StrCat(figure.goal, figure.reached ? "  reached" : "  NOT REACHED");
}

}  // namespace

void Report::Add(Figure figure) {
  std::fprintf(stderr, "   %s: %.4g %s\n", figure.name.c_str(), figure.value, figure.unit.c_str());
  figures_.push_back(std::move(figure));
}

std::string Report::Table() const {
  const Surroundings around = Look();
  std::string text = absl::StrFormat("%s, %d cores, SQLite %s, compiler %s\n\n", around.kernel,
                                     around.cores, around.sqlite, around.compiler);
  absl::StrAppendFormat(&text, "%-58s %22s %16s  %s\n", "what", "ratio", "value", "goal");
  for (const Figure& figure : figures_) {
    const std::string ratio =
        figure.floor.empty() ? "" : absl::StrFormat("%.3g %s", figure.ratio, figure.floor);
    absl::StrAppendFormat(&text, "%-58s %22s %16s  %s\n", figure.name, ratio,
                          absl::StrFormat("%.4g %s", figure.value, figure.unit), Goal(figure));
  }
  return text;
}

std::string Report::Json() const {
  const Surroundings around = Look();
  std::string text = absl::StrFormat(
      "{\"kernel\": %s, \"cores\": %d, \"sqlite\": %s, \"compiler\": %s, \"figures\": [",
      JsonString(around.kernel), around.cores, JsonString(around.sqlite),
      JsonString(around.compiler));
  const char* separator = "\n";
  for (const Figure& figure : figures_) {
    absl::StrAppendFormat(&text, "%s  {\"name\": %s, \"value\": %.6g, \"unit\": %s", separator,
                          JsonString(figure.name), figure.value, JsonString(figure.unit));
    if (!figure.floor.empty()) {
      absl::StrAppendFormat(&text, ", \"ratio\": %.6g, \"floor\": %s", figure.ratio,
                            JsonString(figure.floor));
    }
    if (!figure.goal.empty()) {
      absl::StrAppendFormat(&text, ", \"goal\": %s, \"reached\": %s", JsonString(figure.goal),
                            figure.reached ? "true" : "false");
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

}  // namespace lull::bench
