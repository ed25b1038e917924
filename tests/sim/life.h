#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "tests/sim/scripted_runner.h"
#include "tests/sim/watched_store.h"
#include "tests/sim/world.h"

namespace lull::sim {

/// A clock beside another.
class SkewedClock : public Clock {
 public:
  SkewedClock(const Clock& clock, absl::Duration skew) : clock_(clock), skew_(skew) {}
  absl::Time Now() const override { return clock_.Now() + skew_; }
  absl::Duration SinceBoot() const override { return clock_.SinceBoot(); }

 private:
  const Clock& clock_;
  const absl::Duration skew_;
};

/// Calls `told` at each notice: one more place to die at.
class NoticeHook : public Observer {
 public:
  explicit NoticeHook(std::function<void()> told) : told_(std::move(told)) {}
  void ExecutionMoved(const Execution&) override { told_(); }
  void TaskMoved(const TaskExecution&) override { told_(); }

 private:
  const std::function<void()> told_;
};

/// One engine's life. It dies by being dropped; once `dead`, nothing that it still does is seen.
struct Life {
  Life(const Clock& world_clock, absl::Duration skew) : clock(world_clock, skew) {}

  bool dead = false;
  SkewedClock clock;
  std::unique_ptr<WatchedStore> store;
  std::unique_ptr<ScriptedRunner> runner;
  std::unique_ptr<NoticeHook> observer;
  std::unique_ptr<Engine> engine;
};

}  // namespace lull::sim
