// The daemon over real HTTP on loopback, every request signed. The client, one thread, shares the
// machine with it, as it does with the bare echo server that it is compared with.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/daemon.h"
#include "bench/echo_server.h"
#include "bench/floors.h"
#include "bench/folder.h"
#include "bench/http_client.h"
#include "bench/measure.h"
#include "bench/signer.h"
#include "bench/stopwatch.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "proto/maintenance_windows.pb.h"
#include "server/credentials.h"
#include "server/json_codec.h"

namespace lull::bench {
namespace {

constexpr int kConnections = 32;
constexpr int kWindows = 10'000;
constexpr std::size_t kWarmUps = 2'000;
constexpr std::size_t kGets = 100'000;
constexpr int kFloorCommits = 1'000;
constexpr int kPage = 50;
constexpr int kWalks = 10;
constexpr std::size_t kPagesCompared = 20;  ///< first ones, middle ones, last ones

constexpr double kGoalGets = 15'000;
constexpr double kGoalGetP99 = 0.005;
constexpr double kGoalCreates = 5'000;
constexpr double kGoalPages = 1.5;
constexpr double kGoalMib = 64;

/// The daemon on a new store, and who signs for it.
class Served {
 public:
  Served() : daemon_(folder_.File("data")), signer_(Key(), daemon_.port()) {}

  const DaemonProcess& daemon() const { return daemon_; }
  const Signer& signer() const { return signer_; }

 private:
  server::Credentials Key() const {
    auto key = server::ReadCredentials(folder_.File("data/credentials"));
    LULL_CHECK(key.ok());
    return *std::move(key);
  }

  const Folder folder_;
  const DaemonProcess daemon_;
  const Signer signer_;
};

std::vector<std::string> Creates(const Signer& signer) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_schedule("cron(0 2 ? * SUN *)");
  window.set_schedule_timezone("Europe/Berlin");
  window.set_duration(3);
  window.set_cutoff(1);
  window.set_allow_unassociated_targets(false);
  std::vector<std::string> requests;
  for (int i = 0; i < kWindows; ++i) {
    window.set_name(absl::StrCat("window-", i));
    window.set_client_token(absl::StrCat("token-", i));
    requests.push_back(signer.Sign("CreateMaintenanceWindow", server::MessageToJson(window)));
  }
  return requests;
}

/// One way through all windows, a page after the other.
struct Walk {
  std::vector<std::string> windows;
  std::vector<double> seconds;  ///< of each page
};

Walk WalkWindows(const Served& served) {
  HttpConnection connection(served.daemon().port());
  Walk walk;
  v1::DescribeMaintenanceWindowsRequest ask;
  ask.set_max_results(kPage);
  do {
    const std::string request =
        served.signer().Sign("DescribeMaintenanceWindows", server::MessageToJson(ask));
    const Instant start = Now();
    const std::string body = connection.Ask(request);
    walk.seconds.push_back(SecondsSince(start));
    v1::DescribeMaintenanceWindowsResponse page;
    LULL_CHECK(server::JsonToMessage(body, &page).ok());
    for (const auto& window : page.window_identities()) walk.windows.push_back(window.window_id());
    ask.set_next_token(page.next_token());
  } while (!ask.next_token().empty());
  LULL_CHECK(walk.windows.size() == kWindows);
  return walk;
}

/// What the daemon makes of `requests`, and the processor time that it takes.
struct Answered {
  LoadResult load;
  double processor_seconds = 0;  ///< of one request
};

Answered Load(const Served& served, const std::vector<std::string>& requests, std::size_t count) {
  const double before = ProcessorSeconds(served.daemon().pid());
  Answered answered{RunLoad(served.daemon().port(), kConnections, requests, count)};
  answered.processor_seconds =
      (ProcessorSeconds(served.daemon().pid()) - before) / static_cast<double>(count);
  return answered;
}

void AddTimes(Report& report, const Answered& answered) {
  const std::vector<double>& seconds = answered.load.seconds;
  report.Add({.name = "  median", .value = Median(seconds) * 1e3, .unit = "ms"});
  report.Add({.name = "  worst", .value = Quantile(seconds, 1) * 1e3, .unit = "ms"});
  report.Add({.name = "  processor time of lull serve, each",
              .value = answered.processor_seconds * 1e6,
              .unit = "us"});
}

/// What the same requests make when all that is done is to send their bodies back.
double Echo(Report& report, std::string_view what, const std::vector<std::string>& requests,
            std::size_t count) {
  const EchoServer echo;
  RunLoad(echo.port(), kConnections, requests, kWarmUps);
  const double rate = RunLoad(echo.port(), kConnections, requests, count).per_second;
  report.Add({.name = absl::StrCat("bare Beast echo of the same ", ToAbsl(what), " (E)"),
              .value = rate,
              .unit = "/s"});
  return rate;
}

void AddCreates(Report& report, const Served& served) {
  const std::vector<std::string> requests = Creates(served.signer());
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  const Instant start = Now();
  for (int i = 0; i < kFloorCommits; ++i) floor.CommitOne();
  const double commits = kFloorCommits / SecondsSince(start);
  report.Add({.name = "bare durable one-row commits (F)", .value = commits, .unit = "/s"});
  const double echo = Echo(report, "creates", requests, requests.size());
  const Answered answered = Load(served, requests, requests.size());
  const double rate = answered.load.per_second;
  report.Add({.name = "CreateMaintenanceWindow over HTTP, 32 connections",
              .value = rate,
              .unit = "/s",
              .ratio = rate / commits,
              .floor = "F",
              .goal = "at least 5000/s",
              .reached = rate >= kGoalCreates});
  report.Add({.name = "  beside the echo",
              .value = rate,
              .unit = "/s",
              .ratio = rate / echo,
              .floor = "E"});
  report.Add({.name = "  p99", .value = Quantile(answered.load.seconds, 0.99) * 1e3, .unit = "ms"});
  AddTimes(report, answered);
}

void AddGets(Report& report, const Served& served, const std::vector<std::string>& windows) {
  std::vector<std::string> requests;
  v1::GetMaintenanceWindowRequest get;
  for (const std::string& window : windows) {
    get.set_window_id(window);
    requests.push_back(served.signer().Sign("GetMaintenanceWindow", server::MessageToJson(get)));
  }
  const double echo = Echo(report, "gets", requests, kGets);
  RunLoad(served.daemon().port(), kConnections, requests, kWarmUps);
  const Answered answered = Load(served, requests, kGets);
  const double rate = answered.load.per_second;
  const double p99 = Quantile(answered.load.seconds, 0.99);
  report.Add({.name = "GetMaintenanceWindow over HTTP, 32 connections",
              .value = rate,
              .unit = "/s",
              .ratio = rate / echo,
              .floor = "E",
              .goal = "at least 15000/s",
              .reached = rate >= kGoalGets});
  report.Add({.name = "  p99",
              .value = p99 * 1e3,
              .unit = "ms",
              .goal = "under 5 ms",
              .reached = p99 < kGoalGetP99});
  AddTimes(report, answered);
}

void AddPages(Report& report, const Served& served) {
  std::vector<double> first, middle, last;
  for (int i = 0; i < kWalks; ++i) {
    const std::vector<double> pages = WalkWindows(served).seconds;
    LULL_CHECK(pages.size() > 3 * kPagesCompared);
    const auto half = static_cast<std::ptrdiff_t>((pages.size() - kPagesCompared) / 2);
    first.insert(first.end(), pages.begin(), pages.begin() + kPagesCompared);
    middle.insert(middle.end(), pages.begin() + half, pages.begin() + half + kPagesCompared);
    last.insert(last.end(), pages.end() - kPagesCompared, pages.end());
  }
  const std::string what = "DescribeMaintenanceWindows, 10000 windows, page of 50, ";
  report.Add({.name = what + "first", .value = Median(first) * 1e3, .unit = "ms"});
  report.Add({.name = what + "middle", .value = Median(middle) * 1e3, .unit = "ms"});
  const double ratio = Median(last) / Median(first);
  report.Add({.name = what + "last",
              .value = Median(last) * 1e3,
              .unit = "ms",
              .ratio = ratio,
              .floor = "first",
              .goal = "at most 1.5 times",
              .reached = ratio <= kGoalPages});
}

void AddMemory(Report& report, const Served& served, std::string_view when) {
  const double mib = static_cast<double>(ResidentKib(served.daemon().pid())) / 1024;
  report.Add({.name = absl::StrCat("resident memory of lull serve, ", ToAbsl(when)),
              .value = mib,
              .unit = "MiB",
              .goal = "under 64 MiB",
              .reached = mib < kGoalMib});
}

void Http(benchmark::State& state, Report& report) {
  for (auto _ : state) {
    const Instant start = Now();
    const Served served;
    AddMemory(report, served, "just started");
    AddCreates(report, served);
    AddGets(report, served, WalkWindows(served).windows);
    AddPages(report, served);
    AddMemory(report, served, "idle after all that");
    state.SetIterationTime(SecondsSince(start));
  }
}

}  // namespace

void RegisterHttp(Report& report) {
  benchmark::RegisterBenchmark("http/serve",
                               [&report](benchmark::State& state) { Http(state, report); })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace lull::bench
