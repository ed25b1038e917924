#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "tests/sim/world.h"
#include "tests/support/model_store.h"

namespace lull {

/// A runner whose work ends when the test says so.
class ManualRunner : public Runner {
 public:
  struct Started {
    InvocationRef ref;
    std::string id;
    std::string node;
    ResolvedTarget target;
  };

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef invocation) override { stops.push_back(invocation); }
  /// What the test has put into `adoptions`; unknown otherwise. One that is said to run is in
  /// flight again.
  Adoption Adopt(InvocationRef ref, const TaskSpec& task, FinishSink& sink) override;
  /// What the test has put into `printed`; an error once it is `unreadable`.
  absl::StatusOr<std::string> ReadOutput(InvocationRef invocation, OutputStream stream,
                                         std::size_t limit) override {
    if (unreadable) return absl::InternalError("planted");
    return printed[{invocation, stream}].substr(0, limit);
  }
  /// In three pieces.
  bool ForgetSome(TaskKey task) override { return ++forgotten[task] < 3; }
  /// Ends the oldest one in flight. REQUIRES: there is one.
  void FinishOldest(Status status, const std::string& detail = "",
                    std::optional<std::int64_t> exit_code = {});
  void FinishOldest(Outcome outcome);

  std::vector<Started> in_flight;  // in the order of their starts
  std::vector<std::string> nodes;  // of all that was ever started
  std::vector<InvocationRef> stops;
  std::map<InvocationRef, Adoption> adoptions;
  std::map<std::pair<InvocationRef, OutputStream>, std::string> printed;
  bool unreadable = false;
  std::map<TaskKey, int> forgotten;  // how often it was asked to

 private:
  FinishSink* sink_ = nullptr;
};

/// Keeps what an operator would read.
class Warnings : public Observer {
 public:
  void Warn(std::string_view text) override { texts.emplace_back(text); }
  /// How many say `text`.
  int Count(std::string_view text) const;

  std::vector<std::string> texts;
};

/// The engine on the reference store, with a clock that the test moves.
struct EngineWorld {
  /// Tasks' first target value is a number of nodes, when `targets` is given.
  explicit EngineWorld(TargetSource* targets = nullptr);

  /// A crash: a new engine on what is stored, with `misfire`, `limits`, `history`
  /// and the subscribers as they are now.
  void Restart();

  /// Steps until nothing more is to be done now.
  void Settle();
  void Advance(absl::Duration by);

  /// A window that opens every hour, for 3 hours, with a cutoff of 1.
  v1::CreateMaintenanceWindowRequest WindowRequest() const;
  std::string CreateWindow();
  std::string CreateWindow(const v1::CreateMaintenanceWindowRequest& request);
  v1::GetMaintenanceWindowResponse GetWindow(const std::string& id);
  v1::RegisterTaskWithMaintenanceWindowRequest TaskRequest(const std::string& window) const;
  void RegisterTask(const v1::RegisterTaskWithMaintenanceWindowRequest& request);
  /// The window's executions, newest first.
  std::vector<v1::MaintenanceWindowExecution> Executions(const std::string& window);
  std::vector<v1::MaintenanceWindowExecutionTaskIdentity> Tasks(const std::string& execution);

  TargetSource* const targets;
  CallContext context{"AKIATEST", "request-1"};
  sim::VirtualClock clock;
  sim::SeededIds ids{1};
  std::shared_ptr<ModelDisk> disk = std::make_shared<ModelDisk>();
  ModelStore store{disk};
  ManualRunner runner;
  Warnings warnings;
  MisfireRule misfire;
  Limits limits{.windows = kNoLimit};
  absl::Duration history = absl::Hours(24 * 30);
  std::vector<Subscriber> subscribers;
  std::int64_t max_events = 1000;
  std::unique_ptr<Engine> engine;
};

/// `INVALID_ARGUMENT: text`, or `OK`.
std::string Error(const absl::Status& status);

/// A well-formed id of nothing.
inline constexpr char kNoWindow[] = "mw-00000000000000000";
inline constexpr char kNoUuid[] = "00000000-0000-4000-8000-000000000000";

}  // namespace lull
