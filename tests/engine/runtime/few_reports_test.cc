// The reports of few are waited for together: for a moment, whatever else the machine does.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/patient_runner.h"
#include "tests/sim/world.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

/// For what must happen: so long it is waited for.
constexpr std::chrono::seconds kPatience{20};

/// Of a machine on which whoever lets others go first waits for ten milliseconds.
class BusyClock : public sim::VirtualClock {
 public:
  absl::Duration SinceBoot() const override { return absl::Milliseconds(10) * ++looks; }
  mutable std::atomic<int> looks = 0;
};

TEST(FewReports, BusyProcessorsDoNotMakeTheWaitLonger) {
  const CallContext me{"AKIATEST", "request-1"};
  BusyClock clock;
  sim::CountedTargets targets;
  ModelStore store(std::make_shared<ModelDisk>());
  PatientRunner runner;
  std::atomic<bool> started = false;
  runner.in_start = [&](std::size_t) { started = true; };
  EngineOptions options;
  options.store = &store;
  options.runners[TaskType::kRunCommand] = &runner;
  options.targets = &targets;
  options.clock = &clock;
  const auto engine = Engine::Open(std::move(options)).value();
  const std::string window = CreatePatching(*engine, me, "rate(1 day)");
  RegisterAtOnce(*engine, me, window, "1");
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window);
  ASSERT_TRUE(engine->StartMaintenanceWindowExecution(me, start).ok());
  while (!started) engine->Step();  // and it does not end

  const int before = clock.looks;
  std::thread running([&] { engine->Run(); });
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (clock.looks < before + 3 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  engine->Stop();
  running.join();
  EXPECT_GE(clock.looks, before + 3) << "one of its batch, two of its wait";
  EXPECT_LT(clock.looks, before + 100) << "it looked for as often as on a machine at rest";
}

}  // namespace
}  // namespace lull
