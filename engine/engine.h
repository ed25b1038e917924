#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/core/opening.h"
#include "engine/model/context.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"
#include "engine/ports/changes.h"
#include "engine/ports/environment.h"
#include "engine/ports/observer.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "engine/ports/target_source.h"
#include "proto/extensions.pb.h"
#include "proto/maintenance_windows.pb.h"
#include "proto/managed_nodes.pb.h"

namespace lull {

class Runtime;
struct StartEvent;

/// How many of something there may be, as the API has quotas; kNoLimit: as many as fit. With 0 none
/// can be made. What is there already stays.
struct Limits {
  std::int64_t windows = 50;
  std::int64_t tasks_per_window = 20;
  std::int64_t targets_per_window = 100;
  std::int64_t tags_per_resource = 50;
};

/// What an engine is made of. It owns nothing of it: everything pointed to outlives the engine.
struct EngineOptions {
  Store* store = nullptr;  ///< required; this engine is its only writer
  std::map<TaskType, Runner*>
      runners;                      ///< a task of a type without one: its invocations are FAILED
  TargetSource* targets = nullptr;  ///< null: the store's nodes (StoredTargets)
  Observer* observer = nullptr;     ///< null: nobody is told
  Clock* clock = nullptr;           ///< null: the machine's
  IdSource* ids = nullptr;          ///< null: the machine's
  MisfireRule misfire;              ///< occurrences that it comes to late
  Limits limits;
  std::string region = "us-east-1";         ///< for the ARNs that it makes up
  std::string account_id = "000000000000";  ///< 12 digits, for them too
  /// How long an execution is kept after its end, with all that its tasks printed; then it is
  /// removed in small commits. Infinite: for ever. Not negative.
  absl::Duration history = absl::Hours(24 * 30);
  /// Who is told of changes of statuses: each has its rows in the store's outbox, from the very
  /// commit of the change on, until SettleEvents. kMaxSubscribers at most, names not twice.
  std::vector<Subscriber> subscribers;
  /// Events that wait for one subscriber at most; past it its oldest are dropped. Above 0.
  std::int64_t max_events = 100'000;
  std::string owner = "lull";  ///< stored beside the epoch, for operators to read
  /// Called when Step() has something to do, from any thread and with a lock held: it may set a
  /// flag or write to an eventfd, never call the engine. May be empty.
  std::function<void()> wake;
};

/// How a cancel is asked for beyond what the API has.
struct CancelOptions {
  CancelPolicy policy = CancelPolicy::kTask;
  std::string reason;  ///< why, for those who read it later; kMaxCancelReasonBytes at most
};
inline constexpr std::size_t kMaxCancelReasonBytes = 128;

/// A maintenance-window scheduler: windows open on their schedule, their tasks run on targets, and
/// a cancel stops what is in progress. The operations are those of the API page of the same name
/// (AWS Systems Manager, 2014-11-06), with its messages; docs/conformance.md says where they
/// differ.
///
/// Errors of all operations: kInvalidArgument (the request; the text names the member, the value
/// and what it must be), kNotFound, kAlreadyExists (a client token came with another request),
/// kResourceExhausted (one of the Limits), kFailedPrecondition (a target that a task names was to
/// go safely; an execution is in progress), kUnavailable and kUnknown (the store; try again with
/// the same client token), kInternal.
///
/// Threads: every operation may be called from any thread, also from inside Runner::Start, and may
/// take as long as one or two commits of the store. An exception that escapes a runner, a target
/// source or an observer ends the process. Step and Run are for one thread at a time. The engine
/// starts no thread of its own.
class Engine {
 public:
  /// Takes the store over (an engine that still has it is fenced off) and goes on with what is
  /// active; invocations that were in flight and whose outcome can't be learned become FAILED.
  /// Errors: kInvalidArgument for a limit or an account that is none; those of the store.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(EngineOptions options);

  /// REQUIRES: no thread is inside, and the runners report nothing any more.
  ~Engine();

  absl::StatusOr<v1::CreateMaintenanceWindowResponse> CreateMaintenanceWindow(
      const CallContext& context, const v1::CreateMaintenanceWindowRequest& request);
  absl::StatusOr<v1::GetMaintenanceWindowResponse> GetMaintenanceWindow(
      const CallContext& context, const v1::GetMaintenanceWindowRequest& request);
  absl::StatusOr<v1::UpdateMaintenanceWindowResponse> UpdateMaintenanceWindow(
      const CallContext& context, const v1::UpdateMaintenanceWindowRequest& request);
  absl::StatusOr<v1::DeleteMaintenanceWindowResponse> DeleteMaintenanceWindow(
      const CallContext& context, const v1::DeleteMaintenanceWindowRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowsResponse> DescribeMaintenanceWindows(
      const CallContext& context, const v1::DescribeMaintenanceWindowsRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowScheduleResponse> DescribeMaintenanceWindowSchedule(
      const CallContext& context, const v1::DescribeMaintenanceWindowScheduleRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowsForTargetResponse>
  DescribeMaintenanceWindowsForTarget(
      const CallContext& context, const v1::DescribeMaintenanceWindowsForTargetRequest& request);
  absl::StatusOr<v1::RegisterTargetWithMaintenanceWindowResponse>
  RegisterTargetWithMaintenanceWindow(
      const CallContext& context, const v1::RegisterTargetWithMaintenanceWindowRequest& request);
  absl::StatusOr<v1::UpdateMaintenanceWindowTargetResponse> UpdateMaintenanceWindowTarget(
      const CallContext& context, const v1::UpdateMaintenanceWindowTargetRequest& request);
  absl::StatusOr<v1::DeregisterTargetFromMaintenanceWindowResponse>
  DeregisterTargetFromMaintenanceWindow(
      const CallContext& context, const v1::DeregisterTargetFromMaintenanceWindowRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowTargetsResponse> DescribeMaintenanceWindowTargets(
      const CallContext& context, const v1::DescribeMaintenanceWindowTargetsRequest& request);
  absl::StatusOr<v1::RegisterTaskWithMaintenanceWindowResponse> RegisterTaskWithMaintenanceWindow(
      const CallContext& context, const v1::RegisterTaskWithMaintenanceWindowRequest& request);
  absl::StatusOr<v1::GetMaintenanceWindowTaskResponse> GetMaintenanceWindowTask(
      const CallContext& context, const v1::GetMaintenanceWindowTaskRequest& request);
  absl::StatusOr<v1::UpdateMaintenanceWindowTaskResponse> UpdateMaintenanceWindowTask(
      const CallContext& context, const v1::UpdateMaintenanceWindowTaskRequest& request);
  absl::StatusOr<v1::DeregisterTaskFromMaintenanceWindowResponse>
  DeregisterTaskFromMaintenanceWindow(
      const CallContext& context, const v1::DeregisterTaskFromMaintenanceWindowRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowTasksResponse> DescribeMaintenanceWindowTasks(
      const CallContext& context, const v1::DescribeMaintenanceWindowTasksRequest& request);

  absl::StatusOr<v1::DescribeMaintenanceWindowExecutionsResponse>
  DescribeMaintenanceWindowExecutions(
      const CallContext& context, const v1::DescribeMaintenanceWindowExecutionsRequest& request);
  absl::StatusOr<v1::GetMaintenanceWindowExecutionResponse> GetMaintenanceWindowExecution(
      const CallContext& context, const v1::GetMaintenanceWindowExecutionRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowExecutionTasksResponse>
  DescribeMaintenanceWindowExecutionTasks(
      const CallContext& context,
      const v1::DescribeMaintenanceWindowExecutionTasksRequest& request);
  absl::StatusOr<v1::GetMaintenanceWindowExecutionTaskResponse> GetMaintenanceWindowExecutionTask(
      const CallContext& context, const v1::GetMaintenanceWindowExecutionTaskRequest& request);
  absl::StatusOr<v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse>
  DescribeMaintenanceWindowExecutionTaskInvocations(
      const CallContext& context,
      const v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest& request);
  absl::StatusOr<v1::GetMaintenanceWindowExecutionTaskInvocationResponse>
  GetMaintenanceWindowExecutionTaskInvocation(
      const CallContext& context,
      const v1::GetMaintenanceWindowExecutionTaskInvocationRequest& request);

  /// Stops an execution in progress. When it returns OK, the cancel is durable and no task that had
  /// not started, nor (by policy) any unclaimed invocation, will ever start (R1); what is in flight
  /// drains. Asked again, or of an execution that has ended, it changes nothing.
  absl::StatusOr<v1::CancelMaintenanceWindowExecutionResponse> CancelMaintenanceWindowExecution(
      const CallContext& context, const v1::CancelMaintenanceWindowExecutionRequest& request,
      const CancelOptions& options = {});

  /// Tags of windows and of managed nodes (spec A.24 to A.26).
  absl::StatusOr<v1::AddTagsToResourceResponse> AddTagsToResource(
      const CallContext& context, const v1::AddTagsToResourceRequest& request);
  absl::StatusOr<v1::RemoveTagsFromResourceResponse> RemoveTagsFromResource(
      const CallContext& context, const v1::RemoveTagsFromResourceRequest& request);
  absl::StatusOr<v1::ListTagsForResourceResponse> ListTagsForResource(
      const CallContext& context, const v1::ListTagsForResourceRequest& request);

  /// Stores a piece of the fleet, as an origin of nodes gives it; changes.h says how much at a time
  /// (programmers' errors). When it returns OK, it is durable; the result is the change's value.
  using FleetChange = std::variant<PutNodes, RemoveNodes, PutGroups>;
  absl::StatusOr<std::int64_t> ChangeFleet(FleetChange change);

  /// A subscriber has had these events (Store::outbox), kMaxSettled at most: they go. Safe to
  /// repeat.
  absl::Status SettleEvents(const std::string& subscriber, std::vector<std::int64_t> seqs);

  /// Puts a call that changes something, and was refused before or by its operation, into the audit
  /// log: with one of the next commits, nobody waits for it. `operation` as the API has it;
  /// `request` may be null; `error` is its kind.
  void KeepRefusal(const CallContext& context, std::string_view operation,
                   const google::protobuf::Message* request, std::string_view error);

  /// The fleet, and what ran on it: one command is one RUN_COMMAND task execution, whose id it has.
  absl::StatusOr<v1::DescribeInstanceInformationResponse> DescribeInstanceInformation(
      const CallContext& context, const v1::DescribeInstanceInformationRequest& request);
  absl::StatusOr<v1::GetCommandInvocationResponse> GetCommandInvocation(
      const CallContext& context, const v1::GetCommandInvocationRequest& request);
  absl::StatusOr<v1::ListCommandInvocationsResponse> ListCommandInvocations(
      const CallContext& context, const v1::ListCommandInvocationsRequest& request);
  absl::StatusOr<v1::ListCommandsResponse> ListCommands(const CallContext& context,
                                                        const v1::ListCommandsRequest& request);

  /// What the API lacks (proto/extensions.proto).
  absl::StatusOr<v1::StartMaintenanceWindowExecutionResponse> StartMaintenanceWindowExecution(
      const CallContext& context, const v1::StartMaintenanceWindowExecutionRequest& request);
  absl::StatusOr<v1::CancelExecutionResponse> CancelExecution(
      const CallContext& context, const v1::CancelExecutionRequest& request);
  absl::StatusOr<v1::DescribeDrainResponse> DescribeDrain(const CallContext& context,
                                                          const v1::DescribeDrainRequest& request);
  absl::StatusOr<v1::ResumeMaintenanceWindowExecutionResponse> ResumeMaintenanceWindowExecution(
      const CallContext& context, const v1::ResumeMaintenanceWindowExecutionRequest& request);
  absl::StatusOr<v1::SkipNextExecutionResponse> SkipNextExecution(
      const CallContext& context, const v1::SkipNextExecutionRequest& request);

  /// Any of the operations, by the type of its request, as a server has it. Error: kUnimplemented.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const CallContext& context, const google::protobuf::Message& request);

  /// One pass: reads the clock once, does one batch of what is queued or due and all of its
  /// effects. Returns when to call it next: the past, when there is more to do now; the infinite
  /// future, when only an event (see EngineOptions::wake) brings something. It notices that the
  /// clock was set back, and plans anew: after such a thing, don't wait for the time returned.
  absl::Time Step();

  /// Steps until Stop() is called from another thread or the engine is Fenced(); sleeps while there
  /// is nothing to do.
  void Run();
  void Stop();

  /// True once it has met, in a commit, that another engine has taken over the store: for good,
  /// this one opens, claims and finishes nothing any more (R11).
  bool Fenced() const;

  /// From now on nothing opens, starts or is claimed; what is in flight goes on and is recorded.
  void HoldAdmission();
  /// True when nothing is in flight and every outcome reported so far is stored.
  bool Quiet() const;

 private:
  Engine(EngineOptions options, std::unique_ptr<Clock> clock, std::unique_ptr<IdSource> ids,
         std::unique_ptr<TargetSource> targets);

  absl::StatusOr<Window> FindWindow(const std::string& id);
  absl::StatusOr<WindowTarget> FindWindowTarget(const std::string& window, const std::string& id);
  absl::StatusOr<WindowTask> FindWindowTask(const std::string& window, const std::string& id);
  /// The registered targets that `targets` name. Error: kNotFound for one that `window` lacks.
  absl::StatusOr<std::vector<WindowTargetId>> FindRequiredTargets(
      const WindowId& window, const std::vector<TargetSelector>& targets);
  struct TaskOfExecution;
  absl::StatusOr<Execution> FindExecution(const std::string& id);
  absl::StatusOr<TaskOfExecution> FindTask(const std::string& execution, const std::string& task);

  /// The create that `make` describes, once for each client token (spec A.0.2): commits its change,
  /// or finds what an earlier one with the token made. Returns the new thing's id.
  struct Creation;
  absl::StatusOr<std::string> CreateOnce(std::string_view operation, const std::string& scope,
                                         const std::string& client_token,
                                         std::uint64_t request_hash, const AuditEntry& audit,
                                         const std::function<absl::StatusOr<Creation>()>& make);

  /// Tags of a resource, and changing those that the API gave (engine/tags.cc).
  struct Tagged;
  absl::StatusOr<Tagged> FindTags(const std::string& type, const std::string& id);
  absl::Status Retag(const std::string& type, const std::string& id, const AuditEntry& audit,
                     const std::function<absl::Status(Tagged&)>& edit);
  /// What an invocation printed up to now: so many characters, as UTF-8 whatever it was.
  absl::StatusOr<std::string> Printed(TaskType type, InvocationRef invocation, OutputStream stream,
                                      std::size_t max_characters);
  /// When those in flight of a task were claimed: all, or the first from `ordinal` on.
  std::map<Ordinal, absl::Time> InFlightTimesOf(TaskKey task);
  std::map<Ordinal, absl::Time> InFlightTimesOf(TaskKey task, Ordinal ordinal);
  struct InvocationList;
  /// What `attempt` does, once for each client token: it is given the token to store with what it
  /// makes, and from when on older ones go; it returns the new thing's id, or nothing when it met
  /// a change and is to decide again.
  using Attempt = std::function<absl::StatusOr<std::optional<std::string>>(
      const std::optional<Token>& token, absl::Time expiry)>;
  absl::StatusOr<std::string> Once(std::string_view operation, const std::string& scope,
                                   const std::string& client_token, std::uint64_t request_hash,
                                   const Attempt& attempt);
  /// Of an execution that `make` describes, each time anew.
  absl::StatusOr<std::string> StartOnce(std::string_view operation, const std::string& scope,
                                        const std::string& client_token, std::uint64_t request_hash,
                                        const AuditEntry& audit,
                                        const std::function<absl::StatusOr<StartEvent>()>& make);
  /// What of a task is in flight from ordinal `from` on, up to `page` rows and a NextToken.
  absl::Status AddInFlight(const TaskExecution& task, Ordinal from, std::size_t page,
                           const std::string& list, v1::DescribeDrainResponse& response);

  absl::Time Now() const;  ///< the wall clock cut to the API's milliseconds
  std::string NewUuid();

  EngineOptions options_;
  std::unique_ptr<Clock> own_clock_;
  std::unique_ptr<IdSource> own_ids_;
  std::unique_ptr<TargetSource> own_targets_;
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace lull
