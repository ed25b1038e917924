#include "tests/support/random_changes.h"

#include <algorithm>

#include "storage/preconditions.h"
#include "tests/support/builders.h"

namespace lull {

std::vector<Change> RandomChanges::NextCommit() {
  advanced_.clear();
  std::vector<Change> changes;
  for (std::int64_t i = 1 + Below(4); i > 0; --i) changes.push_back(Next());
  if (OneIn(2)) changes.push_back(RecordSome(Below(static_cast<std::int64_t>(changes.size()))));
  if (OneIn(4)) changes.push_back(RecordSome(std::nullopt));
  return changes;
}

Change RandomChanges::Next() {
  const std::string window = AnyWindow();
  switch (Below(20)) {
    case 0:
      if (!OneIn(4)) return AdvanceSome();
      ++epochs_;
      return TakeEpoch{.owner = "engine " + std::to_string(epochs_)};
    case 1: {
      Window row = MakeWindow(window);
      if (OneIn(2)) row.due_at = AnyTime();
      if (OneIn(3)) row.description = std::nullopt;
      return CreateWindow{
          .window = row, .token = AnyToken(), .token_expiry = AnyTime(), .limit = AnyLimit()};
    }
    case 2: {
      Window row = MakeWindow(window);
      row.name = "changed";
      row.version = VersionOf(window) + 1;
      return UpdateWindow{.window = row, .expected_version = row.version - 1};
    }
    case 3:
      if (!OneIn(3)) return OpenSome();
      return DeleteWindow{WindowId(window)};
    case 4:
      return TargetChange(window);
    case 5:
      return TaskChange(window);
    case 6:
      return MoveDue{AnyEpoch(), WindowId(window), VersionOf(window),
                     OneIn(2) ? std::nullopt : std::optional(AnyTime())};
    case 7:
    case 8:
      return OpenSome();
    case 9:
      return StageSome();
    case 10:
      if (!OneIn(4)) return StageSome();
      if (OneIn(2)) return DropSnapshots{AnyEpoch(), AnyExecution()};
      return PruneExecution{AnyEpoch(), AnyExecution(), static_cast<std::size_t>(Below(12))};
    case 11:
      return PutSomeNodes();
    case 12:
      return OneIn(2) ? TagSome() : RemoveSomeNodes();
    case 13:
      if (OneIn(2)) return SettleSome();
      return PutGroups{{{"group-" + std::to_string(Below(3)), {{"tag:role", {"web"}}}}}};
    default:
      return AdvanceSome();
  }
}

Change RandomChanges::TargetChange(const std::string& window) {
  WindowTarget target = MakeTarget(AnyTarget().value(), window);
  const auto known = store_.definitions().GetTarget(target.id);
  if (!known->has_value() || OneIn(4)) {
    return CreateTarget{
        .target = target, .token = AnyToken(), .token_expiry = AnyTime(), .limit = AnyLimit()};
  }
  if (!OneIn(6)) target.window = (*known)->window;
  if (OneIn(2)) return DeleteTarget{target.window, target.id, OneIn(2)};
  target.name = "changed";
  if (OneIn(2)) target.owner_information = std::nullopt;
  target.version = (*known)->version + (OneIn(5) ? 1 : 0);
  return UpdateTarget{.target = target, .expected_version = target.version};
}

Change RandomChanges::TaskChange(const std::string& window) {
  WindowTask task = MakeTask(AnyTask().value(), window);
  const auto known = store_.definitions().GetTask(task.id);
  const bool creates = !known->has_value() || OneIn(4);
  if (!creates && !OneIn(6)) task.window = (*known)->window;
  if (!creates && OneIn(3)) return DeleteTask{task.window, task.id};
  const auto required = SomeTargets(task.window.value());
  task.targets[0].values.clear();
  for (const WindowTargetId& target : required) task.targets[0].values.push_back(target.value());
  if (creates) {
    return CreateTask{.task = task,
                      .token = AnyToken(),
                      .token_expiry = AnyTime(),
                      .limit = AnyLimit(),
                      .required_targets = required};
  }
  task.priority = Below(9);
  if (OneIn(2)) task.description = "changed";
  task.version = (*known)->version + (OneIn(5) ? 1 : 0);
  return UpdateTask{.task = task, .expected_version = task.version, .required_targets = required};
}

std::int64_t RandomChanges::AnyLimit() { return OneIn(4) ? Below(5) : kNoLimit; }

std::vector<WindowTargetId> RandomChanges::SomeTargets(const std::string& window) {
  std::vector<WindowTargetId> targets;
  const auto known = store_.definitions().ListTargets(WindowId(window));
  for (const WindowTarget& target : *known) {
    if (OneIn(2)) targets.push_back(target.id);
  }
  if (OneIn(6)) targets.push_back(AnyTarget());
  return targets;
}

ExecutionKey RandomChanges::AnyExecution() {
  const auto keys = store_.runs().GreatestKeys();
  const auto greatest = static_cast<std::int64_t>(keys->execution);
  return static_cast<ExecutionKey>(std::max<std::int64_t>(greatest - Below(4), 0));
}

absl::Time RandomChanges::AnyTime() { return At(Below(50)); }

std::int64_t RandomChanges::VersionOf(const std::string& window) {
  const auto row = store_.definitions().GetWindow(WindowId(window));
  return (row->has_value() ? (*row)->version : 1) + (OneIn(5) ? 1 : 0);
}

Epoch RandomChanges::AnyEpoch() { return static_cast<Epoch>(epochs_ - (OneIn(6) ? 1 : 0)); }

std::optional<Token> RandomChanges::AnyToken() {
  if (OneIn(2)) return std::nullopt;
  Token token = MakeToken(std::to_string(Below(8)), AnyTime());
  token.scope = OneIn(2) ? "mw-1" : "";
  token.request_hash = random_();
  return token;
}

Change RandomChanges::OpenSome() {
  const auto keys = store_.runs().GreatestKeys();
  const std::int64_t key = static_cast<std::int64_t>(keys->execution) + (OneIn(8) ? 0 : 1);
  const std::string window = AnyWindow();
  Execution execution = MakeExecution(std::max<std::int64_t>(key, 1), window);
  if (OneIn(8)) execution.occurrence.start_at = At(1000 * (key - 1));
  if (OneIn(3)) {
    execution.progress.status = Status::kSkippedOverlapping;
    execution.progress.ended_at = execution.started_at;
  }
  OpenExecution open{.epoch = AnyEpoch(), .execution = execution};
  if (OneIn(3)) {
    open.execution.request = StartRequest{OneIn(2) ? "me" : "", OneIn(2) ? "why" : ""};
    if (OneIn(2)) {
      open.execution.resumed_from = MakeExecution(1 + Below(std::max<std::int64_t>(key, 1)), "").id;
    }
    open.token = AnyToken();
    open.token_expiry = AnyTime();
  }
  if (OneIn(2)) open.move_due = MoveDue{open.epoch, WindowId(window), VersionOf(window), AnyTime()};
  std::int64_t task = static_cast<std::int64_t>(keys->task) + (OneIn(8) ? 0 : 1);
  for (std::int64_t i = Below(4); i > 0; --i) {
    open.tasks.push_back(MakeTaskExecution(std::max<std::int64_t>(task++, 1),
                                           static_cast<std::int64_t>(execution.key), Below(200)));
    TaskProgress& progress = open.tasks.back().progress;
    progress.concurrency_limit = progress.count;  // any number of them may be in flight
    if (task == 1) ++task;
  }
  return open;
}

Change RandomChanges::StageSome() {
  StageSnapshot stage{.epoch = AnyEpoch(), .execution = AnyExecution()};
  const auto tasks = store_.runs().ListTaskExecutions(stage.execution);
  for (std::int64_t i = Below(3); i > 0; --i) {
    SnapshotChunk chunk{.snapshot = TaskKey{1}, .first = Below(5) * 3};
    if (!tasks->empty() && !OneIn(8)) chunk.snapshot = (*tasks)[Below(tasks->size())].spec->key;
    for (std::int64_t n = 1 + Below(3); n > 0; --n) {
      chunk.nodes.push_back("node-" + std::to_string(created_++));
    }
    if (OneIn(2)) chunk.window_target = WindowTargetId("target-1");
    if (OneIn(2)) chunk.owner_information = "";
    if (OneIn(2)) chunk.resource_type = ResourceType::kResourceGroup;
    stage.chunks.push_back(chunk);
  }
  return stage;
}

Change RandomChanges::AdvanceSome() {
  const auto active = store_.runs().LoadActive();
  if (active->empty()) {
    return Advance{.epoch = AnyEpoch(), .execution = AnyExecution()};
  }
  const auto& [execution, tasks] = (*active)[Below(active->size())];
  if (!advanced_.insert(execution.key).second) return StageSome();
  Advance advance{.epoch = AnyEpoch(),
                  .execution = execution.key,
                  .expected_status = execution.progress.status};
  if (OneIn(10)) advance.expected_status = kAllStatuses[Below(kAllStatuses.size())];
  for (const RunReader::ActiveTask& task : tasks) {
    if (!OneIn(3)) advance.tasks.push_back(AdvanceTask(task));
  }
  if (OneIn(3)) advance.progress = Progress(advance.expected_status);
  return advance;
}

TaskAdvance RandomChanges::AdvanceTask(const RunReader::ActiveTask& active) {
  TaskProgress progress = active.task.progress;
  TaskAdvance advance{.task = active.task.spec->key,
                      .expected_status = progress.status,
                      .expected_next = progress.next};
  if (IsFinal(Level::kTask, progress.status)) {
    advance.progress = progress;
    return advance;
  }
  progress.detail = std::to_string(created_++);
  std::vector<Ordinal> in_flight = active.in_flight;
  const Ordinal claimed = std::min<Ordinal>(Below(20), progress.count - progress.next);
  for (Ordinal i = 0; i < claimed; ++i) in_flight.push_back(progress.next++);
  std::shuffle(in_flight.begin(), in_flight.end(), random_);
  for (std::int64_t i = Below(static_cast<std::int64_t>(in_flight.size()) + 1); i > 0; --i) {
    constexpr Status kOutcomes[] = {Status::kSuccess, Status::kSuccess, Status::kFailed,
                                    Status::kTimedOut, Status::kCancelled};
    const Status status = kOutcomes[Below(5)];
    progress.succeeded += status == Status::kSuccess;
    progress.failed += status == Status::kFailed;
    progress.undelivered += status == Status::kFailed && OneIn(2);
    progress.timed_out += status == Status::kTimedOut;
    progress.cancelled += status == Status::kCancelled;
    advance.finishes.push_back(MakeFinish(in_flight.back(), status));
    in_flight.pop_back();
  }
  std::sort(in_flight.begin(), in_flight.end());
  const std::size_t stragglers = std::min<std::size_t>(in_flight.size(), Below(4));
  progress.stragglers.assign(in_flight.begin(), in_flight.begin() + stragglers);
  progress.low = stragglers < in_flight.size() ? in_flight[stragglers] : progress.next;
  if (OneIn(12)) {  // one that must be refused: of an ordinal that has finished, or is not claimed
    const bool twice = progress.low > 0 && progress.stragglers.empty();
    advance.finishes.push_back(
        MakeFinish(twice ? Below(progress.low) : progress.next + Below(20), Status::kSuccess));
  }
  if (OneIn(12)) ++advance.expected_next;

  for (const Status to : kAllStatuses) {
    if (!OneIn(4) || !storage::IsReachable(Level::kTask, progress.status, to)) continue;
    if (IsFinal(Level::kTask, to) && !in_flight.empty()) continue;
    progress.status = to;
    if (IsFinal(Level::kTask, to)) progress.ended_at = AnyTime();
    break;
  }
  if (OneIn(5)) progress.closed_by = static_cast<ClosedBy>(Below(5));
  if (OneIn(5)) progress.stop_requested = true;
  if (OneIn(5)) progress.started_at = AnyTime();
  advance.progress = progress;
  return advance;
}

std::string RandomChanges::AnyOrigin() { return OneIn(4) ? "import" : "inventory"; }

Tags RandomChanges::AnyTags() {
  Tags tags;
  for (const char* key : {"role", "env"}) {
    if (OneIn(2)) tags[key] = OneIn(2) ? "web" : "";
  }
  return tags;
}

Change RandomChanges::PutSomeNodes() {
  PutNodes put{.origin = AnyOrigin(), .reading = Below(4), .registered_at = AnyTime()};
  for (int i = 0; i < 8; ++i) {
    const std::string id = "node-" + std::to_string(i);
    if (!OneIn(3)) put.nodes.push_back(OneIn(4) ? MakeNode(id) : MakeTagged(id, AnyTags()));
  }
  return put;
}

Change RandomChanges::RemoveSomeNodes() {
  RemoveNodes remove{.origin = AnyOrigin(), .reading = Below(4)};
  const auto nodes = store_.nodes().ListNodes({.limit = 100});
  for (const StoredNode& stored : *nodes) {
    if (OneIn(3)) remove.positions.push_back(stored.position);
  }
  remove.positions.push_back(Below(50));
  return remove;
}

Change RandomChanges::TagSome() {
  const std::string id = "node-" + std::to_string(Below(8));
  const auto stored = store_.nodes().GetNode(id);
  return TagNode{id, AnyTags(),
                 (stored->has_value() ? (*stored)->version : 1) + (OneIn(5) ? 1 : 0)};
}

Change RandomChanges::RecordSome(std::optional<std::size_t> of) {
  if (!of || OneIn(3)) {
    KeepAudit audit{of, MakeAuditEntry("Operation" + std::to_string(Below(9)))};
    audit.entry.at = AnyTime();
    if (OneIn(2)) audit.entry.error = "AccessDeniedException";
    return audit;
  }
  KeepEvents keep{.of = *of};
  for (std::int64_t i = Below(4); i > 0; --i) {
    StateEvent& event =
        keep.events.emplace_back(MakeEvent(AnySubscriber(), std::to_string(created_++)));
    if (OneIn(2)) event.level = Level::kTask;
    if (event.level == Level::kTask) event.task = TaskExecutionId("task");
    if (OneIn(2)) event.ended_at = AnyTime();
  }
  return keep;
}

Change RandomChanges::SettleSome() {
  const std::string subscriber = AnySubscriber();
  if (OneIn(3)) return DropEvents{subscriber, Below(5)};
  SettleEvents settle{.subscriber = subscriber};
  const auto events = store_.outbox().ListEvents(subscriber, 0, 20);
  for (const auto& [seq, event] : *events) {
    if (OneIn(3)) settle.seqs.push_back(seq);
  }
  if (OneIn(2)) settle.seqs.push_back(Below(50));
  return settle;
}

ExecutionProgress RandomChanges::Progress(Status from) {
  ExecutionProgress progress{.status = from, .reason = Reason::kTasksFailed, .detail = "d"};
  if (OneIn(2)) progress.cancel = CancelRequest{CancelPolicy::kStop, "p", "", AnyTime(), 4, 5};
  for (const Status to : kAllStatuses) {
    if (OneIn(6) && storage::IsReachable(Level::kExecution, from, to)) progress.status = to;
  }
  if (!storage::IsReachable(Level::kExecution, from, progress.status)) progress.status = from;
  if (IsFinal(Level::kExecution, progress.status)) progress.ended_at = AnyTime();
  return progress;
}

}  // namespace lull
