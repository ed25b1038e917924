// lull-load: many connections at once that ask what they are told to, or each make a window, work
// with it and take it away again; every request signed. Then how long each operation took, and what
// it was answered.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "bench/endpoint.h"
#include "bench/http_client.h"
#include "bench/latencies.h"
#include "bench/load_options.h"
#include "bench/signer.h"
#include "bench/stopwatch.h"
#include "engine/base/mutex.h"
#include "engine/base/status.h"

namespace lull::bench {
namespace {

constexpr unsigned kOk = 200;
constexpr char kLost[] = "no answer";

/// What became of one operation's requests.
struct Told {
  Latencies latencies;
  std::map<std::string, std::int64_t> answers;  ///< by status and, of errors, their type
};
using Tally = std::map<std::string, Told>;

/// The string that a member of flat JSON has, whose colon may stand between spaces; empty if it is
/// not there. Ids need no unescaping.
std::string Member(const std::string& json, std::string_view name) {
  const std::string key = absl::StrCat("\"", ToAbsl(name), "\"");
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return "";
  const std::size_t from = json.find_first_not_of(": ", at + key.size());
  if (from == std::string::npos || json[from] != '"') return "";
  return json.substr(from + 1, json.find('"', from + 1) - from - 1);
}

/// One connection: asks, waits for the answer, and keeps the tally. One thread.
class LoadConnection {
 public:
  /// All connections' times count from `start`; of the open loop, this one's first request is due
  /// at `first`.
  LoadConnection(const Signer& signer, const LoadOptions& options, Instant start, Instant first,
                 Tally& tally)
      : signer_(signer), options_(options), start_(start), due_(first), tally_(tally) {}

  /// Of the open loop, once the next request is due later than that: what is asked is what the rate
  /// says, however late the machine is.
  bool over() const {
    const Instant now = options_.rate > 0 ? due_ : Now();
    return std::chrono::duration<double>(now - start_).count() >= options_.seconds;
  }

  /// What was asked for, for the time with this number.
  void AskOnce(int number) {
    if (options_.requests.empty()) return LiveOnce(number);
    const LoadRequest& request =
        options_.requests[static_cast<std::size_t>(number) % options_.requests.size()];
    Ask(request.operation, absl::StrReplaceAll(request.body, {{"{n}", absl::StrCat(number)}}));
  }

 private:
  /// One window's life, as operators lead it.
  void LiveOnce(int number) {
    const std::string window =
        Member(Ask("CreateMaintenanceWindow",
                   absl::StrCat(R"({"Name":"load-)", number,
                                R"-(","Schedule":"cron(0 2 ? * SUN *)","Duration":3,"Cutoff":1,)-",
                                R"("AllowUnassociatedTargets":true})")),
               "WindowId");
    if (window.empty()) return;
    const std::string id = absl::StrCat(R"("WindowId":")", window, R"(")");
    Ask("GetMaintenanceWindow", absl::StrCat("{", id, "}"));
    Ask("RegisterTargetWithMaintenanceWindow",
        absl::StrCat("{", id,
                     R"(,"ResourceType":"INSTANCE",)"
                     R"("Targets":[{"Key":"InstanceIds","Values":["local"]}]})"));
    for (const int priority : {1, 2}) {
      Ask("RegisterTaskWithMaintenanceWindow",
          absl::StrCat("{", id,
                       R"(,"TaskType":"RUN_COMMAND","TaskArn":"AWS-RunShellScript","Priority":)",
                       priority,
                       R"(,"MaxConcurrency":"1","MaxErrors":"0",)"
                       R"("Targets":[{"Key":"InstanceIds","Values":["local"]}],)"
                       R"("TaskInvocationParameters":{"RunCommand":{"Parameters":)"
                       R"({"commands":["true"]}}}})"));
    }
    Ask("DescribeMaintenanceWindowTasks", absl::StrCat("{", id, "}"));
    Ask("UpdateMaintenanceWindow", absl::StrCat("{", id, R"(,"Description":"busy"})"));
    // Every fourth: its processes are what would be measured otherwise.
    if (number % 4 == 0) RunAndCancel(id);
    Ask("DescribeMaintenanceWindows", R"({"MaxResults":10})");
    Ask("DeleteMaintenanceWindow", absl::StrCat("{", id, "}"));
  }

  void RunAndCancel(const std::string& window) {
    const std::string execution =
        Member(Ask("Lull.StartMaintenanceWindowExecution", absl::StrCat("{", window, "}")),
               "WindowExecutionId");
    if (execution.empty()) return;
    const std::string id = absl::StrCat(R"({"WindowExecutionId":")", execution, R"("})");
    Ask("GetMaintenanceWindowExecution", id);
    Ask("CancelMaintenanceWindowExecution", id);
    Ask("DescribeMaintenanceWindowExecutionTasks", id);
  }

  /// Of the open loop: until the next request is to be sent.
  void AwaitDue() {
    MutexLock lock(mutex_);
    while (Now() < due_) never_.WaitFor(mutex_, due_ - Now());
  }

  /// The answer's body; empty when there is none, or an error.
  std::string Ask(std::string_view operation, const std::string& body) {
    Instant from = Now();
    if (options_.rate > 0) {
      AwaitDue();
      from = due_;
      due_ += std::chrono::nanoseconds(
          static_cast<std::int64_t>(1e9 * options_.connections / options_.rate));
    }
    const std::string request = signer_.Sign(operation, body);
    if (options_.rate == 0) from = Now();
    std::optional<HttpConnection::Answer> answer;
    if (connection_ == nullptr) {
      if (auto stream = Stream::Connect(options_.endpoint); stream.ok()) {
        connection_ = std::make_unique<HttpConnection>(*std::move(stream));
      }
    }
    if (connection_ != nullptr) answer = connection_->TryAsk(request);
    Told& told = tally_[std::string(operation)];
    told.latencies.Add(SecondsSince(from));
    if (!answer) {
      ++told.answers[kLost];
      connection_ = nullptr;
      return "";
    }
    if (answer->closes) connection_ = nullptr;
    const bool ok = answer->status == kOk;
    const std::string type = ok ? "" : absl::StrCat(" ", Member(answer->body, "__type"));
    ++told.answers[absl::StrCat(answer->status, type)];
    return ok ? answer->body : "";
  }

  const Signer& signer_;
  const LoadOptions& options_;
  const Instant start_;
  Instant due_;
  Mutex mutex_;
  CondVar never_;  // signalled: its waits are timers
  Tally& tally_;
  std::unique_ptr<HttpConnection> connection_;
};

/// What all connections were told, each a thread of its own.
Tally Load(const LoadOptions& options, const Signer& signer) {
  std::atomic<int> next = 0;
  std::vector<Tally> tallies(static_cast<std::size_t>(options.connections));
  std::vector<std::thread> threads;
  const Instant start = Now();
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    threads.emplace_back([&, i] {
      const double lag = options.rate > 0 ? static_cast<double>(i) / options.rate : 0;
      const auto first = start + std::chrono::nanoseconds(static_cast<std::int64_t>(lag * 1e9));
      LoadConnection connection(signer, options, start, first, tallies[i]);
      while (!connection.over()) connection.AskOnce(next++);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Tally all;
  for (const Tally& tally : tallies) {
    for (const auto& [operation, told] : tally) {
      Told& sum = all[operation];
      sum.latencies.Add(told.latencies);
      for (const auto& [answer, count] : told.answers) sum.answers[answer] += count;
    }
  }
  return all;
}

std::string AnswersText(const Told& told, bool json) {
  std::string text;
  for (const auto& [answer, count] : told.answers) {
    absl::StrAppend(&text, text.empty() ? "" : ", ");
    absl::StrAppend(&text, json ? absl::StrCat("\"", answer, "\": ", count)
                                : absl::StrCat(count, " x ", answer));
  }
  return text;
}

struct Percentile {
  const char* name;
  double share;
};
constexpr Percentile kPercentiles[] = {{"p50", 0.5},     {"p90", 0.9},       {"p99", 0.99},
                                       {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1}};

double PerSecond(const Tally& tally, double seconds) {
  std::int64_t count = 0;
  for (const auto& [operation, told] : tally) count += told.latencies.count();
  return static_cast<double>(count) / seconds;
}

void PrintJson(const Tally& tally, double seconds, double rate) {
  absl::PrintF(
      "{\"seconds\": %.3f, \"per_second\": %.1f, \"asked_per_second\": %.1f, "
      "\"operations\": {",
      seconds, PerSecond(tally, seconds), rate);
  const char* comma = "";
  for (const auto& [operation, told] : tally) {
    absl::PrintF("%s\n\"%s\": {\"count\": %d", comma, operation, told.latencies.count());
    for (const auto& [name, share] : kPercentiles) {
      absl::PrintF(", \"%s\": %.3f", name, told.latencies.Quantile(share) * 1e3);
    }
    absl::PrintF(", \"answers\": {%s}}", AnswersText(told, true));
    comma = ",";
  }
  absl::PrintF("}}\n");
}

void PrintTable(const Tally& tally, double seconds, double rate) {
  absl::PrintF("%.1f requests a second", PerSecond(tally, seconds));
  if (rate > 0) absl::PrintF(" of %.1f that were asked for; from when each was due", rate);
  absl::PrintF("\n%-40s %8s", "operation", "count");
  for (const auto& [name, share] : kPercentiles) absl::PrintF(" %9s", absl::StrCat(name, " ms"));
  absl::PrintF("  answers\n");
  for (const auto& [operation, told] : tally) {
    absl::PrintF("%-40s %8d", operation, told.latencies.count());
    for (const auto& [name, share] : kPercentiles) {
      absl::PrintF(" %9.2f", told.latencies.Quantile(share) * 1e3);
    }
    absl::PrintF("  %s\n", AnswersText(told, false));
  }
}

/// All times of all operations.
bool WriteDistribution(const Tally& tally, const std::string& path) {
  Latencies all;
  for (const auto& [operation, told] : tally) all.Add(told.latencies);
  std::ofstream file(path);
  file << all.Distribution() << std::flush;
  return file.good();
}

int Main(const std::vector<std::string>& arguments) {
  // A connection that the other side closed is an answer that did not come; TLS writes raise it.
  std::signal(SIGPIPE, SIG_IGN);
  if (arguments == std::vector<std::string>{"--help"}) {
    std::fputs(kLoadUsage, stdout);
    return 0;
  }
  const auto options = ParseLoadOptions(arguments);
  if (!options.ok()) {
    absl::FPrintF(stderr, "lull-load: %s; try --help\n", std::string(options.status().message()));
    return 2;
  }
  // Once for all to read, rather than as answers that never came.
  const auto reached = Stream::Connect(options->endpoint);
  if (!reached.ok()) {
    absl::FPrintF(stderr, "lull-load: %s\n", std::string(reached.status().message()));
    return 2;
  }
  const Signer signer(options->caller, options->endpoint);
  const Instant start = Now();
  const Tally tally = Load(*options, signer);
  const double seconds = SecondsSince(start);
  if (options->json) {
    PrintJson(tally, seconds, options->rate);
  } else {
    PrintTable(tally, seconds, options->rate);
  }
  if (!options->distribution.empty() && !WriteDistribution(tally, options->distribution)) {
    absl::FPrintF(stderr, "lull-load: %s can't be written\n", options->distribution);
    return 2;
  }
  return std::any_of(tally.begin(), tally.end(),
                     [](const auto& entry) { return entry.second.answers.count(kLost) != 0; });
}

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) { return lull::bench::Main({argv + 1, argv + argc}); }
