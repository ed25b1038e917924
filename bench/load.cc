// lull-load: many connections at once that each make a window, work with it and take it away
// again, every request signed; then how long each operation took, and what it was answered.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/http_client.h"
#include "bench/latencies.h"
#include "bench/signer.h"
#include "bench/stopwatch.h"
#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "server/credentials.h"

namespace lull::bench {
namespace {

constexpr char kUsage[] =
    "usage: lull-load --endpoint 127.0.0.1:PORT --credentials FILE [--connections N] [--seconds "
    "S]\n"
    "                 [--rate R] [--json]\n"
    "  --connections N  that ask at the same time, each again once it is answered (200)\n"
    "  --seconds S      how long new windows are made; each is taken away before the end (10)\n"
    "  --rate R         requests a second of all; times are from when a request was due, so that\n"
    "                   waiting is not left out. Absent: as many as are answered\n"
    "  --json           for programs\n"
    "Exit status 1 when a request had no answer.\n";

constexpr int kOk = 200;
constexpr char kLost[] = "no answer";

struct Options {
  int port = 0;
  std::string credentials;
  int connections = 200;
  double seconds = 10;
  double rate = 0;  ///< 0: a closed loop
  bool json = false;
};

/// What became of one operation's requests.
struct Told {
  Latencies latencies;
  std::map<std::string, std::int64_t> answers;  ///< by status and, of errors, their type
};
using Tally = std::map<std::string, Told>;

/// The string that a member of flat JSON has; empty if it is not there. Ids need no unescaping.
std::string Member(const std::string& json, std::string_view name) {
  const std::string key = absl::StrCat("\"", ToAbsl(name), "\":\"");
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return "";
  const std::size_t from = at + key.size();
  return json.substr(from, json.find('"', from) - from);
}

/// One connection: asks, waits for the answer, and keeps the tally. One thread.
class Caller {
 public:
  Caller(const Signer& signer, const Options& options, Instant first, Tally& tally)
      : signer_(signer), options_(options), due_(first), tally_(tally) {}

  bool over() const { return SecondsSince(began_) > options_.seconds; }

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

 private:
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
    if (connection_ == nullptr) connection_ = std::make_unique<HttpConnection>(options_.port);
    const std::optional<HttpConnection::Answer> answer = connection_->TryAsk(request);
    Told& told = tally_[std::string(operation)];
    told.latencies.Add(SecondsSince(from));
    if (!answer) {
      ++told.answers[kLost];
      connection_ = nullptr;
      return "";
    }
    const bool ok = answer->status == kOk;
    const std::string type = ok ? "" : absl::StrCat(" ", Member(answer->body, "__type"));
    ++told.answers[absl::StrCat(answer->status, type)];
    return ok ? answer->body : "";
  }

  const Signer& signer_;
  const Options& options_;
  const Instant began_ = Now();
  Instant due_;
  Mutex mutex_;
  CondVar never_;  // signalled: its waits are timers
  Tally& tally_;
  std::unique_ptr<HttpConnection> connection_;
};

/// What all connections were told, each a thread of its own.
Tally Load(const Options& options, const Signer& signer) {
  std::atomic<int> windows = 0;
  std::vector<Tally> tallies(static_cast<std::size_t>(options.connections));
  std::vector<std::thread> threads;
  const Instant start = Now();
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    threads.emplace_back([&, i] {
      const double lag = options.rate > 0 ? static_cast<double>(i) / options.rate : 0;
      const auto first = start + std::chrono::nanoseconds(static_cast<std::int64_t>(lag * 1e9));
      Caller caller(signer, options, first, tallies[i]);
      while (!caller.over()) caller.LiveOnce(windows++);
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

void PrintJson(const Tally& tally, double seconds) {
  absl::PrintF("{\"seconds\": %.3f, \"operations\": {", seconds);
  const char* comma = "";
  for (const auto& [operation, told] : tally) {
    const Latencies& times = told.latencies;
    absl::PrintF(
        "%s\n\"%s\": {\"count\": %d, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p99.9\": %.3f, "
        "\"max\": %.3f, \"answers\": {%s}}",
        comma, operation, times.count(), times.Quantile(0.5) * 1e3, times.Quantile(0.9) * 1e3,
        times.Quantile(0.99) * 1e3, times.Quantile(0.999) * 1e3, times.max() * 1e3,
        AnswersText(told, true));
    comma = ",";
  }
  absl::PrintF("}}\n");
}

void PrintTable(const Tally& tally) {
  absl::PrintF("%-40s %8s %8s %8s %8s %8s %8s  answers\n", "operation", "count", "p50 ms", "p90 ms",
               "p99 ms", "p99.9 ms", "max ms");
  for (const auto& [operation, told] : tally) {
    const Latencies& times = told.latencies;
    absl::PrintF("%-40s %8d %8.2f %8.2f %8.2f %8.2f %8.2f  %s\n", operation, times.count(),
                 times.Quantile(0.5) * 1e3, times.Quantile(0.9) * 1e3, times.Quantile(0.99) * 1e3,
                 times.Quantile(0.999) * 1e3, times.max() * 1e3, AnswersText(told, false));
  }
}

/// Nothing when they can't be understood.
std::optional<Options> Parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--json") {
      options.json = true;
      continue;
    }
    if (++i == arguments.size()) return std::nullopt;
    const std::string& value = arguments[i];
    bool good = false;
    if (name == "--endpoint") {
      constexpr std::string_view kHost = "127.0.0.1:";
      good = value.starts_with(kHost) &&
             absl::SimpleAtoi(value.substr(kHost.size()), &options.port) && options.port > 0;
    } else if (name == "--credentials") {
      options.credentials = value;
      good = true;
    } else if (name == "--connections") {
      good = absl::SimpleAtoi(value, &options.connections) && options.connections > 0;
    } else if (name == "--seconds") {
      good = absl::SimpleAtod(value, &options.seconds) && options.seconds > 0;
    } else if (name == "--rate") {
      good = absl::SimpleAtod(value, &options.rate) && options.rate > 0;
    }
    if (!good) return std::nullopt;
  }
  if (options.port == 0 || options.credentials.empty()) return std::nullopt;
  return options;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments == std::vector<std::string>{"--help"}) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  const std::optional<Options> options = Parse(arguments);
  if (!options) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  auto credentials = server::ReadCredentials(options->credentials);
  if (!credentials.ok()) {
    absl::FPrintF(stderr, "lull-load: %s\n", std::string(credentials.status().message()));
    return 2;
  }
  const Signer signer(*std::move(credentials), options->port);
  const Instant start = Now();
  const Tally tally = Load(*options, signer);
  if (options->json) {
    PrintJson(tally, SecondsSince(start));
  } else {
    PrintTable(tally);
  }
  return std::any_of(tally.begin(), tally.end(),
                     [](const auto& entry) { return entry.second.answers.count(kLost) != 0; });
}

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) { return lull::bench::Main({argv + 1, argv + argc}); }
