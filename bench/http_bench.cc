// The daemon over real HTTP on loopback, every request signed. The client, one thread, shares the
// machine with it, as it does with the bare echo server that it is compared with.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/daemon.h"
#include "bench/echo_server.h"
#include "bench/endpoint.h"
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

constexpr std::size_t kWarmUps = 2'000;
constexpr int kFloorCommits = 500;
constexpr int kPage = 50;
constexpr int kWalks = 10;
constexpr std::size_t kPagesCompared = 20;  ///< first ones, middle ones, last ones

constexpr double kGoalGets = 0.3;
constexpr double kGoalGetP99Ms = 5;
constexpr double kGoalPages = 1.5;
constexpr double kGoalMib = 64;

/// How many ask at the same time, and what for.
struct Crowd {
  int connections = 1;
  std::size_t creates = 0;
  std::size_t gets = 0;
  std::optional<Goal> of_creates;
  std::optional<Goal> of_gets;
};
const std::vector<Crowd>& Crowds() {
  static const auto* const crowds =
      new std::vector<Crowd>{{1, 1'000, 5'000, RatioAtLeast(0.7), {}},
                             {8, 3'000, 15'000, {}, {}},
                             {32, 6'000, 50'000, RatioAtLeast(3), RatioAtLeast(kGoalGets)}};
  return *crowds;
}
constexpr std::size_t kWindows = 10'000;  // that all of them create

/// The daemon on a new store, and who signs for it.
class Served {
 public:
  Served()
      : daemon_(folder_.File("data")),
        signer_({.credentials = Key()}, LocalEndpoint(daemon_.port())) {}

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

std::vector<std::string> Creates(const Signer& signer, const Crowd& crowd) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_schedule("cron(0 2 ? * SUN *)");
  window.set_schedule_timezone("Europe/Berlin");
  window.set_duration(3);
  window.set_cutoff(1);
  window.set_allow_unassociated_targets(false);
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < crowd.creates; ++i) {
    window.set_name(absl::StrCat("window-", i));
    window.set_client_token(absl::StrCat("token-", crowd.connections, "-", i));
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

Answered Load(const Served& served, const std::vector<std::string>& requests, int connections,
              std::size_t count) {
  const double before = ProcessorSeconds(served.daemon().pid());
  Answered answered{RunLoad(served.daemon().port(), connections, requests, count)};
  answered.processor_seconds =
      (ProcessorSeconds(served.daemon().pid()) - before) / static_cast<double>(count);
  return answered;
}

std::string Asking(std::string_view what, int connections) {
  return absl::StrCat(ToAbsl(what), " over HTTP, ", connections,
                      connections == 1 ? " connection" : " connections");
}

void AddTimes(Report& report, const std::string& name, const Answered& answered,
              std::optional<Goal> tail) {
  const std::vector<double>& seconds = answered.load.seconds;
  report.Add({.name = "  median, " + name, .value = Median(seconds) * 1e3, .unit = "ms"});
  report.Add({.name = "  p99, " + name,
              .value = Quantile(seconds, 0.99) * 1e3,
              .unit = "ms",
              .goal = tail});
  report.Add({.name = "  processor time of lull serve each, " + name,
              .value = answered.processor_seconds * 1e6,
              .unit = "us"});
}

/// How many a second of the same requests when all that is done is to send their bodies back.
double Echo(const std::vector<std::string>& requests, int connections, std::size_t count) {
  const EchoServer echo;
  RunLoad(echo.port(), connections, requests, kWarmUps);
  return RunLoad(echo.port(), connections, requests, count).per_second;
}

void AddCreates(Report& report, const Served& served, Floor& floor, const Crowd& crowd) {
  const std::vector<std::string> requests = Creates(served.signer(), crowd);
  const std::string name = Asking("CreateMaintenanceWindow", crowd.connections);
  std::vector<double> commits;
  floor.CommitOften(kFloorCommits, commits);
  const Answered answered = Load(served, requests, crowd.connections, requests.size());
  floor.CommitOften(kFloorCommits, commits);
  const double rate = answered.load.per_second;
  report.Add({.name = name,
              .value = rate,
              .unit = "/s",
              .ratio = rate / PerSecond(commits),
              .floor = "F",
              .goal = crowd.of_creates,
              .point = Point{"create over HTTP", crowd.connections}});
  AddTimes(report, name, answered, std::nullopt);
}

void AddGets(Report& report, const Served& served, const std::vector<std::string>& requests,
             const Crowd& crowd) {
  const std::string name = Asking("GetMaintenanceWindow", crowd.connections);
  const double before = Echo(requests, crowd.connections, crowd.gets);
  RunLoad(served.daemon().port(), crowd.connections, requests, kWarmUps);
  const Answered answered = Load(served, requests, crowd.connections, crowd.gets);
  const double rate = answered.load.per_second;
  const double echo = (before + Echo(requests, crowd.connections, crowd.gets)) / 2;
  report.Add({.name = "  bare Beast echo (E), " + name, .value = echo, .unit = "/s"});
  report.Add({.name = name,
              .value = rate,
              .unit = "/s",
              .ratio = rate / echo,
              .floor = "E",
              .goal = crowd.of_gets,
              .point = Point{"get over HTTP", crowd.connections}});
  AddTimes(report, name, answered, ValueAtMost(kGoalGetP99Ms));
}

std::vector<std::string> Gets(const Signer& signer, const std::vector<std::string>& windows) {
  std::vector<std::string> requests;
  v1::GetMaintenanceWindowRequest get;
  for (const std::string& window : windows) {
    get.set_window_id(window);
    requests.push_back(signer.Sign("GetMaintenanceWindow", server::MessageToJson(get)));
  }
  return requests;
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
              .goal = RatioAtMost(kGoalPages)});
}

void AddMemory(Report& report, const Served& served, std::string_view when) {
  const double mib = static_cast<double>(ResidentKib(served.daemon().pid())) / 1024;
  report.Add({.name = absl::StrCat("resident memory of lull serve, ", ToAbsl(when)),
              .value = mib,
              .unit = "MiB",
              .goal = ValueAtMost(kGoalMib)});
}

void Http(benchmark::State& state, Report& report) {
  const Folder folder;
  Floor floor(folder.File("floor.db"));
  for (auto _ : state) {
    const Instant start = Now();
    const Served served;
    AddMemory(report, served, "just started");
    for (const Crowd& crowd : Crowds()) AddCreates(report, served, floor, crowd);
    const auto gets = Gets(served.signer(), WalkWindows(served).windows);
    for (const Crowd& crowd : Crowds()) AddGets(report, served, gets, crowd);
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
