#include "cli/restore_runs.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/print.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "engine/runtime/environment.h"
#include "proto/maintenance_windows.pb.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr char kPrincipal[] = "lull restore";

/// Steps without which nothing moves in this time mean that nothing can be stored.
constexpr absl::Duration kPatience = absl::Minutes(10);

/// Knows of nothing what became of it, and starts nothing.
class RestoredRunner : public Runner {
 public:
  explicit RestoredRunner(std::string detail) : detail_(std::move(detail)) {}

  void Start(const Invocation& invocation, FinishSink& sink) override {
    sink.Finished(invocation.ref, {Status::kFailed, {}, detail_});
  }
  void RequestStop(InvocationRef) override {}
  Adoption Adopt(InvocationRef invocation, const TaskSpec&, FinishSink& sink) override {
    ++adopted_;
    sink.Finished(invocation, {Status::kFailed, {}, detail_});
    return Adoption::kFinished;
  }

  std::int64_t adopted() const { return adopted_; }

 private:
  const std::string detail_;
  std::int64_t adopted_ = 0;
};

/// Steps the engine until `done`.
absl::Status StepUntil(Engine& engine, const Clock& clock,
                       const std::function<absl::StatusOr<bool>()>& done) {
  const absl::Duration deadline = clock.SinceBoot() + kPatience;
  for (;;) {
    engine.Step();
    LULL_ASSIGN_OR_RETURN(const bool is_done, done());
    if (is_done) return absl::OkStatus();
    if (clock.SinceBoot() > deadline) {
      return absl::UnavailableError("what the backup left active can't be stored as ended");
    }
  }
}

EngineOptions OptionsFor(Store& store, RestoredRunner& runner, SystemClock& clock) {
  EngineOptions options;
  options.store = &store;
  options.clock = &clock;
  options.owner = kPrincipal;
  options.history = absl::InfiniteDuration();
  options.misfire = {Misfire::kSkip, absl::ZeroDuration()};
  for (const TaskType type : {TaskType::kRunCommand, TaskType::kAutomation,
                              TaskType::kStepFunctions, TaskType::kLambda}) {
    options.runners[type] = &runner;
  }
  return options;
}

absl::Status CancelAll(Engine& engine, Store& store, const std::string& reason) {
  LULL_ASSIGN_OR_RETURN(const auto active, store.runs().LoadActive());
  CallContext context;
  context.principal = kPrincipal;
  context.request_id = kPrincipal;
  for (const auto& [execution, tasks] : active) {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(execution.id.value());
    LULL_RETURN_IF_ERROR(
        engine
            .CancelMaintenanceWindowExecution(
                context, request, {.policy = CancelPolicy::kInvocation, .reason = reason})
            .status());
  }
  return absl::OkStatus();
}

/// Ends what was in flight, and with kEnd all else that was active.
absl::Status EndRuns(Store& store, RestoredRunner& runner, SystemClock& clock, RestoredWork work,
                     const std::string& reason) {
  LULL_ASSIGN_OR_RETURN(const auto engine, Engine::Open(OptionsFor(store, runner, clock)));
  engine->HoldAdmission();
  if (work == RestoredWork::kEnd) LULL_RETURN_IF_ERROR(CancelAll(*engine, store, reason));
  return StepUntil(*engine, clock, [&]() -> absl::StatusOr<bool> {
    if (!engine->Quiet()) return false;
    if (work == RestoredWork::kResume) return true;
    LULL_ASSIGN_OR_RETURN(const auto active, store.runs().LoadActive());
    return active.empty();
  });
}

/// Windows that are due are recorded as missed, and what is due of them comes later.
absl::Status PassByWhatIsDue(Store& store, RestoredRunner& runner, SystemClock& clock,
                             std::int64_t& missed) {
  const auto count_due = [&]() -> absl::StatusOr<std::int64_t> {
    LULL_ASSIGN_OR_RETURN(const auto due, store.definitions().ListDue());
    std::int64_t count = 0;
    for (const auto& window : due) count += window.due_at <= clock.Now();
    return count;
  };
  LULL_ASSIGN_OR_RETURN(missed, count_due());
  if (missed == 0) return absl::OkStatus();
  LULL_ASSIGN_OR_RETURN(const auto engine, Engine::Open(OptionsFor(store, runner, clock)));
  return StepUntil(*engine, clock, [&]() -> absl::StatusOr<bool> {
    LULL_ASSIGN_OR_RETURN(const std::int64_t due, count_due());
    return due == 0;
  });
}

}  // namespace

absl::StatusOr<RestoredRuns> SettleRestoredRuns(const std::string& database, absl::Time taken_at,
                                                RestoredWork work) {
  LULL_ASSIGN_OR_RETURN(const auto store, storage::SqliteStore::Open({.path = database}));
  const std::string reason = absl::StrCat("restored from a backup of ", TimeText(taken_at));
  RestoredRunner runner(
      absl::StrCat("The outcome is unknown: it was in flight in what was ", reason, "."));
  SystemClock clock;
  RestoredRuns runs;
  LULL_ASSIGN_OR_RETURN(const auto active, store->runs().LoadActive());
  runs.executions = static_cast<std::int64_t>(active.size());
  LULL_RETURN_IF_ERROR(EndRuns(*store, runner, clock, work, reason));
  if (work == RestoredWork::kEnd) {
    LULL_RETURN_IF_ERROR(PassByWhatIsDue(*store, runner, clock, runs.missed));
  }
  runs.in_flight = runner.adopted();
  return runs;
}

}  // namespace lull::cli
