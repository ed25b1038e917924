#include "tests/support/describe.h"

#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "absl/time/time.h"

namespace lull {
namespace {

std::string Show(const std::string& text) { return '"' + text + '"'; }
std::string Show(absl::Time time) { return std::to_string(absl::ToUnixMicros(time)) + "us"; }
template <class T>
  requires(std::is_integral_v<T>)
std::string Show(T number) {
  return std::to_string(number);
}
template <class T>
  requires(std::is_enum_v<T>)
std::string Show(T value) {
  return std::to_string(static_cast<std::int64_t>(value));
}
template <class Kind>
std::string Show(const TextId<Kind>& id) {
  return id.value();
}
template <class T>
std::string Show(const std::vector<T>& list);
std::string Show(const TargetSelector& selector);
std::string Show(const CancelRequest& cancel);
std::string Show(const StartRequest& request);
template <class T>
std::string Show(const std::optional<T>& value) {
  return value.has_value() ? Show(*value) : "-";
}

std::string Show(const std::map<std::string, std::string>& tags) {
  std::string text = "{";
  for (const auto& [key, value] : tags) text += Show(key) + '=' + Show(value) + ' ';
  return text + '}';
}

template <class... Ts>
std::string Line(const char* what, const Ts&... values) {
  std::string line = what;
  ((line += ' ', line += Show(values)), ...);
  return line;
}

template <class T>
std::string Show(const std::vector<T>& list) {
  std::string text = "[";
  for (const T& value : list) text += Show(value) + ' ';
  return text + "]";
}
std::string Show(const TargetSelector& selector) {
  return Show(selector.key) + "=" + Show(selector.values);
}
std::string Show(const CancelRequest& cancel) {
  return Line("cancel", cancel.policy, cancel.principal, cancel.reason, cancel.requested_at,
              cancel.queued, cancel.in_flight);
}

std::string Show(const StartRequest& request) {
  return Line("start", request.principal, request.reason);
}

template <class T>
void AddAll(const absl::StatusOr<std::vector<T>>& rows, std::string& text) {
  if (!rows.ok()) {
    text += rows.status().ToString() + '\n';
    return;
  }
  for (const T& row : *rows) text += Describe(row) + '\n';
}

constexpr std::size_t kAll = 1'000'000;

void AddWindows(Store& store, std::string& text) {
  const auto windows = store.definitions().ListWindows({.limit = kAll});
  if (!windows.ok()) {
    text += windows.status().ToString() + '\n';
    return;
  }
  for (const auto& [position, window] : *windows) {
    text += std::to_string(position) + ' ' + Describe(window) + '\n';
    AddAll(store.definitions().ListTargets(window.id), text);
    AddAll(store.definitions().ListTasks(window.id), text);
    AddAll(store.runs().ListExecutions({.window = window.id, .limit = kAll}), text);
  }
  const auto due = store.definitions().ListDue();
  if (!due.ok()) text += due.status().ToString() + '\n';
  if (!due.ok()) return;
  for (const auto& row : *due) text += Line("due", row.due_at, row.window) + '\n';
}

void AddExecution(Store& store, ExecutionKey key, std::string& text) {
  const auto tasks = store.runs().ListTaskExecutions(key);
  if (!tasks.ok()) text += tasks.status().ToString() + '\n';
  if (!tasks.ok()) return;
  for (const TaskExecution& task : *tasks) {
    text += Describe(task) + '\n';
    AddAll(store.runs().ListFinishes({.task = task.spec->key, .limit = kAll}), text);
    for (Ordinal first = 0;;) {
      const auto targets = store.runs().ReadTargets(task.spec->key, first, kAll);
      AddAll(targets, text);
      if (!targets.ok() || targets->empty()) break;
      first += static_cast<Ordinal>(targets->size());
    }
  }
}

void AddActive(Store& store, std::string& text) {
  const auto active = store.runs().LoadActive();
  if (!active.ok()) text += active.status().ToString() + '\n';
  if (!active.ok()) return;
  for (const auto& [execution, tasks] : *active) {
    text += "active " + Describe(execution) + '\n';
    for (const auto& [task, in_flight] : tasks) {
      text += "active " + Describe(task) + " in flight " + Show(in_flight) + '\n';
    }
  }
}

void AddRecords(Store& store, std::string& text) {
  const auto counts = store.outbox().CountEvents();
  if (!counts.ok()) text += counts.status().ToString() + '\n';
  if (!counts.ok()) return;
  for (const auto& [subscriber, count] : *counts) {
    text += Line("outbox", subscriber, count) + '\n';
    AddAll(store.outbox().ListEvents(subscriber, 0, kAll), text);
  }
  AddAll(store.audit().ListAudit({.limit = kAll}), text);
}

}  // namespace

std::string Describe(const Window& w) {
  return Line("window", w.id, w.name, w.description, w.schedule, w.schedule_timezone,
              w.schedule_offset, w.start_date, w.end_date, w.duration_hours, w.cutoff_hours,
              w.allow_unassociated_targets, w.enabled, w.created_at, w.modified_at, w.rate_base_at,
              w.due_at, w.tags, w.version);
}

std::string Describe(const WindowTarget& t) {
  return Line("target", t.id, t.window, t.resource_type, t.selectors, t.owner_information, t.name,
              t.description, t.created_at, t.version);
}

std::string Describe(const WindowTask& t) {
  return Line("task", t.id, t.window, t.task_arn, t.type, t.targets, t.priority, t.max_concurrency,
              t.max_errors, t.cutoff_behavior, t.service_role_arn, t.name, t.description, t.payload,
              t.created_at, t.version);
}

std::string Describe(const Token& t) {
  return Line("token", t.operation, t.scope, t.token, t.request_hash, t.result_id, t.created_at);
}

std::string Describe(const Execution& e) {
  return Line("execution", e.key, e.id, e.window, e.occurrence.start_at, e.occurrence.cutoff_at,
              e.occurrence.end_at, e.started_at, e.epoch, e.progress.status, e.progress.reason,
              e.progress.detail, e.progress.ended_at, e.progress.cancel, e.request, e.resumed_from);
}

std::string Describe(const TaskExecution& task) {
  const TaskSpec& s = *task.spec;
  const TaskProgress& p = task.progress;
  return Line("task execution", s.key, s.id, s.execution, s.window_task, s.task_arn, s.type,
              s.targets, s.priority, s.max_concurrency, s.max_errors, s.cutoff_behavior,
              s.service_role_arn, s.payload, s.snapshot, s.only_associated) +
         Line(" :", p.status, p.closed_by, p.stop_requested, p.reason, p.detail, p.first, p.count,
              p.concurrency_limit, p.error_limit, p.next, p.low, p.stragglers, p.succeeded,
              p.failed, p.undelivered, p.timed_out, p.cancelled, p.started_at, p.ended_at);
}

std::string Describe(const Finish& f) {
  return Line("finish", f.ordinal, f.status, f.started_at, f.ended_at, f.exit_code, f.detail);
}

std::string Describe(const ResolvedTarget& t) {
  return Line("resolved", t.node, t.window_target, t.owner_information, t.resource_type);
}

std::string Describe(const StoredNode& s) {
  const Node& n = s.node;
  return Line("node", s.position, s.origin, n.id, n.name, n.platform, n.platform_name,
              n.platform_version, n.address, n.transport, n.user, n.last_seen_at, n.tags,
              s.api_tags, s.registered_at, s.version);
}

std::string Describe(const NodeReader::NodeName& n) { return Line("name", n.position, n.id); }

std::string Describe(const NodeReader::NodeReading& r) {
  return Line("reading", r.position, r.reading);
}

std::string Describe(const NodeGroup& g) { return Line("group", g.name, g.selectors); }

std::string Describe(const OutboxReader::StoredEvent& row) {
  const StateEvent& e = row.event;
  return Line("event", row.seq, e.subscriber, e.id, e.level, e.at, e.window, e.execution, e.task,
              e.invocation, e.node, e.window_target, e.owner_information, e.status, e.started_at,
              e.ended_at);
}

std::string Describe(const AuditReader::StoredEntry& row) {
  const AuditEntry& e = row.entry;
  return Line("audit", row.seq, e.at, e.principal, e.source, e.request_id, e.operation, e.resources,
              e.summary, e.error);
}

std::string Describe(const ChangeResult& r) { return Line("result", r.verdict, r.value); }

std::string DescribeAll(Store& store) {
  std::string text;
  AddWindows(store, text);
  AddAll(store.nodes().ListNodes({.limit = kAll}), text);
  const auto keys = store.runs().GreatestKeys();
  if (!keys.ok()) return text + keys.status().ToString();
  text += Line("keys", keys->execution, keys->task) + '\n';
  for (std::int64_t key = 1; key <= static_cast<std::int64_t>(keys->execution); ++key) {
    AddExecution(store, static_cast<ExecutionKey>(key), text);
  }
  AddActive(store, text);
  AddRecords(store, text);
  return text;
}

}  // namespace lull
