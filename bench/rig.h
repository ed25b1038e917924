#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "bench/no_op_runner.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::bench {

/// The machine's clocks, moved on by hand so that windows come due without waiting.
class MovedClock : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration SinceBoot() const override;
  void Move(absl::Duration by) { moved_us_ += absl::ToInt64Microseconds(by); }

 private:
  std::atomic<std::int64_t> moved_us_{0};
};

/// The name of a node as AWS makes them up, each index another one: `mi-` and 17 hexadecimal digits
/// that follow no order.
std::string NodeName(std::int64_t index);

/// As many targets as the selector's first value says.
class CountedTargets : public TargetSource {
 public:
  absl::StatusOr<std::unique_ptr<TargetCursor>> Resolve(const TargetQuery& query) override;
};

/// Notes which executions have moved to which status.
class Watcher : public Observer {
 public:
  void ExecutionMoved(const Execution& execution) override;
  void TaskMoved(const TaskExecution&) override {}
  void Warn(std::string_view text) override;

  /// Waits until `count` executions in all have ended.
  void AwaitEnded(std::int64_t count);
  std::int64_t ended();

 private:
  Mutex mutex_;
  CondVar moved_;
  std::int64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

/// What an execution consists of.
struct Shape {
  std::vector<std::int64_t> targets;  ///< of each task; they run one after the other
  std::int64_t concurrency = 1;
  std::string max_errors = "0";
  std::string
      tag{};  ///< not empty: instead, the stored nodes with this value of kTag, of each task
};
inline constexpr char kTag[] = "Patch";

/// `queued` invocations spread over 20 tasks, and `in_flight` more of the first of them.
Shape TwentyTasks(std::int64_t queued, std::int64_t in_flight);

/// `queued` invocations spread over 20 tasks, none of them started: they wait for one before them
/// that has kInFlight in flight.
Shape TwentyWaiting(std::int64_t queued);
inline constexpr std::int64_t kInFlight = 10;

struct RigOptions {
  Runner* runner = nullptr;   ///< instead of the rig's own; falls silent before the rig ends
  bool stored_nodes = false;  ///< targets are the store's nodes, not CountedTargets
  absl::Duration history = absl::InfiniteDuration();
};

/// An engine on a store in a file, its targets, its runner and its clock.
class Rig {
 public:
  /// Opens the store at `path`.
  explicit Rig(const std::string& path, const RigOptions& options = {});
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// Creates `count` windows of this shape, lets them come due, and steps until all their
  /// executions have opened and their first tasks have started. Their ids.
  /// REQUIRES: nobody else steps.
  std::vector<std::string> OpenExecutions(int count, const Shape& shape);

  /// As OpenExecutions for one, but returns as soon as it is due: whoever steps does the rest. The
  /// window's id.
  std::string MakeDue(const Shape& shape);

  /// The newest execution of a window. REQUIRES: it has one.
  Execution NewestOf(const std::string& window);

  /// Lets what is held of a cancelled execution end, goes on with what it has left, and steps until
  /// `in_flight` of that have started. The new one's id. REQUIRES: nobody else steps.
  std::string Resume(const std::string& execution, std::int64_t in_flight);

  /// Steps until all of `shape` has been done. The execution. REQUIRES: nobody else steps.
  ExecutionId Drain(const Shape& shape);

  /// Seconds of one cancel. REQUIRES: the execution is active.
  double Cancel(const std::string& execution, CancelPolicy policy);

  Engine& engine() { return *engine_; }
  MovedClock& clock() { return clock_; }
  NoOpRunner& runner() { return runner_; }
  Watcher& watcher() { return watcher_; }
  storage::SqliteStore& store() { return *store_; }

 private:
  std::string CreateWindow(const Shape& shape, absl::Time due);
  /// Registers the nodes with this value of kTag as a target of the window. Its id.
  std::string RegisterTag(const std::string& window, const std::string& value);

  MovedClock clock_;
  CountedTargets targets_;
  NoOpRunner runner_;
  Watcher watcher_;
  std::unique_ptr<storage::SqliteStore> store_;
  std::unique_ptr<Engine> engine_;
};

/// Runs an engine on a thread of its own while this lives: once, for an engine that was stopped
/// runs no more.
class Running {
 public:
  explicit Running(Engine& engine) : engine_(engine), thread_([&engine] { engine.Run(); }) {}
  ~Running() {
    engine_.Stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Engine& engine_;
  std::thread thread_;
};

}  // namespace lull::bench
