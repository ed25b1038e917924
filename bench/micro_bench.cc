// What every request pays: JSON both ways, and its signature.
#include <boost/json/parse.hpp>
#include <ctime>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/measure.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "proto/maintenance_windows.pb.h"
#include "server/json_codec.h"
#include "server/sigv4.h"

namespace lull::bench {
namespace {

constexpr int kBatch = 20'000;

/// A request to register a task, as an operator's tool sends it.
v1::RegisterTaskWithMaintenanceWindowRequest Task() {
  v1::RegisterTaskWithMaintenanceWindowRequest task;
  task.set_window_id("mw-0123456789abcdef0");
  task.set_task_arn("AWS-RunShellScript");
  task.set_task_type("RUN_COMMAND");
  for (const char* key : {"InstanceIds", "tag:Patch"}) {
    auto* const target = task.add_targets();
    target->set_key(key);
    for (int i = 0; i < 5; ++i) target->add_values(absl::StrCat("mi-0123456789abcdef", i));
  }
  task.set_priority(1);
  task.set_max_concurrency("10%");
  task.set_max_errors("1");
  task.set_name("patch");
  task.set_description("Security updates of the second Tuesday, after the backup");
  task.set_client_token("0f0e0d0c-0b0a-4908-8706-050403020100");
  return task;
}

/// Nanoseconds of processor time of one call of `call`; this process has one thread here.
template <class Call>
double Nanoseconds(const Call& call) {
  const std::clock_t begin = std::clock();
  for (int i = 0; i < kBatch; ++i) call();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / kBatch * 1e9;
}

void Micro(benchmark::State& state, Report& report) {
  const v1::RegisterTaskWithMaintenanceWindowRequest task = Task();
  const std::string json = server::MessageToJson(task);
  for (auto _ : state) {
    const double tokens =
        Nanoseconds([&] { benchmark::DoNotOptimize(boost::json::parse(json).is_object()); });
    const auto add = [&](const std::string& what, double nanoseconds) {
      report.Add({.name = what,
                  .value = nanoseconds,
                  .unit = "ns",
                  .ratio = nanoseconds / tokens,
                  .floor = "J"});
    };
    const std::string bytes = absl::StrCat(json.size(), " bytes of JSON");
    report.Add({.name = absl::StrCat("Boost.JSON's parse of ", bytes, " (J)"),
                .value = tokens,
                .unit = "ns"});
    add(absl::StrCat(bytes, " to a message"), Nanoseconds([&] {
          v1::RegisterTaskWithMaintenanceWindowRequest read;
          LULL_CHECK(server::JsonToMessage(json, &read).ok());
        }));
    add(absl::StrCat("a message to ", bytes),
        Nanoseconds([&] { benchmark::DoNotOptimize(server::MessageToJson(task)); }));
    const server::HeaderFields headers = {
        {"X-Amz-Target", "AmazonSSM.RegisterTaskWithMaintenanceWindow"},
        {"Content-Type", "application/x-amz-json-1.1"},
        {"X-Amz-Date", server::AmzDate(absl::FromUnixSeconds(1'790'000'000))},
        {"Host", "localhost"}};
    add(absl::StrCat("a signature of ", json.size(), " bytes"), Nanoseconds([&] {
          benchmark::DoNotOptimize(
              server::AuthorizationHeader({"POST", headers, json}, "KEY", "secret", "us-east-1"));
        }));
    state.SetIterationTime(tokens * 1e-9);
  }
}

}  // namespace

void RegisterMicro(Report& report) {
  benchmark::RegisterBenchmark("micro/requests",
                               [&report](benchmark::State& state) { Micro(state, report); })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace lull::bench
