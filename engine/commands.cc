// The operations on commands: RUN_COMMAND task executions as Run Command shows them, and what their
// invocations printed.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/command_list.h"
#include "engine/command_words.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/invocation_page.h"
#include "engine/mapping.h"
#include "engine/paging.h"
#include "engine/runtime/runtime.h"
#include "engine/validate.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

/// Every document has one step as far as Lull knows.
constexpr char kPlugin[] = "aws:runShellScript";

/// The API's limits of what is shown, in characters.
constexpr std::size_t kMaxStdout = 24000;
constexpr std::size_t kMaxStderr = 8000;
constexpr std::size_t kMaxPluginOutput = 2500;

/// InstanceIds of a command are spelled out when it has no more: what SendCommand takes.
constexpr Ordinal kMaxInstanceIds = 50;

constexpr std::int64_t kNoResponse = -1;  // ResponseCode of what has none (yet)

absl::Status NoInvocation(const std::string& command, const std::string& node) {
  return ModelledError(absl::StatusCode::kNotFound, "InvocationDoesNotExist",
                       absl::StrCat("Command ", command, " has no invocation on node ", node,
                                    ". Check both, or wait until the command has started."));
}

std::string IsoTime(std::optional<absl::Time> at) {
  return at ? absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", *at, absl::UTCTimeZone()) : std::string();
}

std::int32_t Count(std::int64_t number) { return static_cast<std::int32_t>(number); }

/// One command, as one call sees it.
struct CommandView {
  explicit CommandView(TaskExecution execution) : task(std::move(execution)) {
    payload.ParseFromString(task.spec->payload);
  }
  const v1::MaintenanceWindowRunCommandParameters& run_command() const {
    return payload.task_invocation_parameters().run_command();
  }

  TaskExecution task;
  v1::TaskPayload payload;
};

/// The exit code, where there is one.
std::int32_t ResponseCode(const Finish* finish) {
  return Count(finish != nullptr ? finish->exit_code.value_or(kNoResponse) : kNoResponse);
}

/// What the three messages of a command have in common.
template <class Message>
void SetCommand(const CommandView& command, Message& message) {
  message.set_command_id(command.task.spec->id.value());
  message.set_document_name(command.task.spec->task_arn);
  message.set_document_version(command.run_command().document_version());
  message.set_comment(command.run_command().comment());
  if (command.run_command().has_cloud_watch_output_config()) {
    *message.mutable_cloud_watch_output_config() =
        command.run_command().cloud_watch_output_config();
  }
}

/// What the two of lists have in common.
template <class Message>
void SetListed(const CommandView& command, Message& message) {
  SetCommand(command, message);
  message.set_requested_date_time(
      ToWire(command.task.progress.started_at.value_or(absl::UnixEpoch())));
  const v1::MaintenanceWindowRunCommandParameters& asked = command.run_command();
  if (asked.has_service_role_arn()) {
    message.set_service_role(asked.service_role_arn());
  } else if (command.task.spec->service_role_arn) {
    message.set_service_role(*command.task.spec->service_role_arn);
  }
  if (asked.has_notification_config()) {
    *message.mutable_notification_config() = asked.notification_config();
  }
}

template <class Message>
void SetState(const CommandState& state, Message& message) {
  message.set_status(std::string(state.status));
  message.set_status_details(std::string(state.details));
}

void ToWire(const CommandView& command, v1::Command& message) {
  const TaskSpec& spec = *command.task.spec;
  const TaskProgress& progress = command.task.progress;
  SetListed(command, message);
  SetState(StateOf(progress), message);
  const v1::MaintenanceWindowRunCommandParameters& asked = command.run_command();
  *message.mutable_parameters() = asked.parameters();
  ToWire(spec.targets, *message.mutable_targets());
  message.set_max_concurrency(spec.max_concurrency);
  message.set_max_errors(spec.max_errors);
  const std::int64_t never =
      progress.closed_by == ClosedBy::kNone ? 0 : progress.count - progress.next;
  const bool cut_off = progress.closed_by == ClosedBy::kCutoff;
  message.set_target_count(Count(progress.count));
  message.set_completed_count(Count(progress.finished() + never));
  message.set_error_count(Count(progress.errors()));
  message.set_delivery_timed_out_count(Count(cut_off ? never : 0));
  if (asked.has_timeout_seconds()) message.set_timeout_seconds(asked.timeout_seconds());
  message.set_output_s3_bucket_name(asked.output_s3_bucket_name());
  message.set_output_s3_key_prefix(asked.output_s3_key_prefix());
  if (command.payload.has_alarm_configuration()) {
    *message.mutable_alarm_configuration() = command.payload.alarm_configuration();
  }
}

}  // namespace

absl::StatusOr<std::string> Engine::Printed(TaskType type, InvocationRef invocation,
                                            OutputStream stream, std::size_t max_characters) {
  const auto runner = options_.runners.find(type);
  if (runner == options_.runners.end()) return std::string();
  auto bytes = runner->second->ReadOutput(invocation, stream, max_characters * kMaxPointBytes);
  if (!bytes.ok()) {
    return absl::UnavailableError(
        absl::StrCat("what an invocation printed can't be read: ", bytes.status().message()));
  }
  return ToUtf8(*bytes, max_characters);
}

absl::StatusOr<v1::GetCommandInvocationResponse> Engine::GetCommandInvocation(
    const CallContext&, const v1::GetCommandInvocationRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(CheckCommandId(request.command_id()));
  if (request.has_plugin_name() && request.plugin_name() != kPlugin) {
    return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidPluginName",
                         absl::StrCat("The document has no step ", request.plugin_name(),
                                      ". Its only one is ", kPlugin, "."));
  }
  RunReader& runs = options_.store->runs();
  LULL_ASSIGN_OR_RETURN(auto task,
                        runs.GetTaskExecution(TaskExecutionId(Lower(request.command_id()))));
  if (!task || !IsCommand(*task)) {
    return NoInvocation(request.command_id(), request.instance_id());
  }
  const CommandView command(*std::move(task));
  const TaskProgress& progress = command.task.progress;
  const TaskKey key = command.task.spec->key;
  LULL_ASSIGN_OR_RETURN(const auto target,
                        runs.FindTarget(command.task.spec->snapshot, progress.first,
                                        progress.first + progress.count, request.instance_id()));
  if (!target) return NoInvocation(request.command_id(), request.instance_id());
  const InvocationRef ref{key, *target - progress.first};
  LULL_ASSIGN_OR_RETURN(const auto finishes, runs.ListFinishes({key, ref.ordinal, {}, 1}));
  const bool finished = !finishes.empty() && finishes.front().ordinal == ref.ordinal;
  const Finish* finish = finished ? &finishes.front() : nullptr;
  const auto started_at = StartOf(InFlightTimesOf(key, ref.ordinal), ref.ordinal, finish);

  v1::GetCommandInvocationResponse response;
  SetCommand(command, response);
  response.set_instance_id(request.instance_id());
  response.set_plugin_name(kPlugin);
  SetState(StateOf(progress, ref.ordinal, finish), response);
  response.set_response_code(ResponseCode(finish));
  response.set_execution_start_date_time(IsoTime(started_at));
  response.set_execution_elapsed_time("");
  response.set_execution_end_date_time("");
  if (finished) {
    response.set_execution_end_date_time(IsoTime(finish->ended_at));
    if (started_at) {
      response.set_execution_elapsed_time(FormatIsoDuration(finish->ended_at - *started_at));
    }
  }
  const TaskType type = command.task.spec->type;
  LULL_ASSIGN_OR_RETURN(*response.mutable_standard_output_content(),
                        Printed(type, ref, OutputStream::kStdout, kMaxStdout));
  LULL_ASSIGN_OR_RETURN(*response.mutable_standard_error_content(),
                        Printed(type, ref, OutputStream::kStderr, kMaxStderr));
  // Where the service's agent says why something did not run to its end.
  if (finished && !finish->exit_code && response.standard_error_content().empty()) {
    response.set_standard_error_content(finish->detail);
  }
  response.set_standard_output_url("");
  response.set_standard_error_url("");
  return response;
}

/// One call of ListCommandInvocations under way.
struct Engine::InvocationList {
  InvocationList(Engine& e, const v1::ListCommandInvocationsRequest& r, ListCall c)
      : engine(e), runs(e.options_.store->runs()), request(r), call(std::move(c)), search(runs) {}

  /// Adds those of `command`. False: the page ends here, and has its token.
  absl::StatusOr<bool> AddAll(const CommandView& command);

  Engine& engine;
  RunReader& runs;
  const v1::ListCommandInvocationsRequest& request;
  const ListCall call;
  NodeSearch search;
  std::size_t rows_left = kMaxRowsRead;
  v1::ListCommandInvocationsResponse response;

 private:
  using Rows = std::map<Ordinal, std::optional<Finish>>;

  std::size_t room() const {
    return call.page - static_cast<std::size_t>(response.command_invocations_size());
  }
  bool EndAt(const CommandView& command, Ordinal from) {
    response.set_next_token(EncodeInvocationPlace(call.list, {command.task.spec->key, from}));
    return false;
  }
  /// The next rows from `from` on, which moves on behind them.
  absl::StatusOr<Rows> Read(const CommandView& command, const InFlightTimes& in_flight,
                            Ordinal& from);
  absl::StatusOr<Rows> ReadOfNode(const CommandView& command, Ordinal& from);
  absl::Status Add(const CommandView& command, Ordinal ordinal, const Finish* finish,
                   std::optional<absl::Time> started_at, const ResolvedTarget& target);
};

absl::StatusOr<bool> Engine::InvocationList::AddAll(const CommandView& command) {
  const TaskProgress& progress = command.task.progress;
  const TaskKey key = command.task.spec->key;
  const bool goes_on = call.place && call.place->task == key;
  Ordinal from = goes_on ? call.place->ordinal : 0;
  const InFlightTimes in_flight = engine.InFlightTimesOf(key);
  TargetsAhead targets(runs, command.task);
  while (from < progress.count) {
    if (room() == 0 || rows_left == 0) return EndAt(command, from);
    const bool by_node = request.has_instance_id();
    LULL_ASSIGN_OR_RETURN(const Rows rows,
                          by_node ? ReadOfNode(command, from) : Read(command, in_flight, from));
    if (by_node && rows.empty() && from < progress.count) return EndAt(command, from);
    rows_left -= std::min(rows_left, std::max<std::size_t>(rows.size(), 1));
    for (const auto& [ordinal, row] : rows) {
      const Finish* finish = row ? &*row : nullptr;
      if (!call.filters.AdmitsState(StateOf(progress, ordinal, finish))) continue;
      LULL_ASSIGN_OR_RETURN(const ResolvedTarget target, targets.At(ordinal));
      LULL_RETURN_IF_ERROR(
          Add(command, ordinal, finish, StartOf(in_flight, ordinal, finish), target));
    }
  }
  return true;
}

absl::StatusOr<Engine::InvocationList::Rows> Engine::InvocationList::Read(
    const CommandView& command, const InFlightTimes& in_flight, Ordinal& from) {
  const std::size_t limit = std::min(room(), rows_left);
  LULL_ASSIGN_OR_RETURN(
      Rows rows, FindPage(runs, command.task, in_flight, call.filters.statuses(), from, limit));
  from = rows.size() == limit ? std::prev(rows.end())->first + 1 : command.task.progress.count;
  return rows;
}

absl::StatusOr<Engine::InvocationList::Rows> Engine::InvocationList::ReadOfNode(
    const CommandView& command, Ordinal& from) {
  LULL_ASSIGN_OR_RETURN(const NodeSearch::Result result,
                        search.Find(command.task, from, request.instance_id()));
  Rows rows;
  from = result.searched;
  if (!result.found) return rows;
  from = command.task.progress.count;  // a node has one invocation
  LULL_ASSIGN_OR_RETURN(auto finishes,
                        runs.ListFinishes({command.task.spec->key, *result.found, {}, 1}));
  std::optional<Finish>& finish = rows[*result.found];
  if (!finishes.empty() && finishes[0].ordinal == *result.found) finish = std::move(finishes[0]);
  return rows;
}

absl::Status Engine::InvocationList::Add(const CommandView& command, Ordinal ordinal,
                                         const Finish* finish, std::optional<absl::Time> started_at,
                                         const ResolvedTarget& target) {
  v1::CommandInvocation& message = *response.add_command_invocations();
  SetListed(command, message);
  SetState(StateOf(command.task.progress, ordinal, finish), message);
  message.set_instance_id(target.node);
  if (started_at) message.set_requested_date_time(ToWire(*started_at));
  if (!request.details()) return absl::OkStatus();
  v1::CommandPlugin& plugin = *message.add_command_plugins();
  plugin.set_name(kPlugin);
  // A plugin knows no Cancelling (CommandPluginStatus).
  plugin.set_status(message.status() == "Cancelling" ? "InProgress" : message.status());
  plugin.set_status_details(message.status_details());
  plugin.set_response_code(ResponseCode(finish));
  if (started_at) plugin.set_response_start_date_time(ToWire(*started_at));
  if (finish != nullptr) plugin.set_response_finish_date_time(ToWire(finish->ended_at));
  const TaskSpec& spec = *command.task.spec;
  LULL_ASSIGN_OR_RETURN(std::string text, engine.Printed(spec.type, {spec.key, ordinal},
                                                         OutputStream::kStdout, kMaxPluginOutput));
  LULL_ASSIGN_OR_RETURN(
      const std::string errors,
      engine.Printed(spec.type, {spec.key, ordinal}, OutputStream::kStderr, kMaxPluginOutput));
  if (!errors.empty()) absl::StrAppend(&text, "\n----------ERROR-------\n", errors);
  plugin.set_output(ToUtf8(text, kMaxPluginOutput));
  return absl::OkStatus();
}

absl::StatusOr<v1::ListCommandInvocationsResponse> Engine::ListCommandInvocations(
    const CallContext&, const v1::ListCommandInvocationsRequest& request) {
  LULL_ASSIGN_OR_RETURN(auto call,
                        ReadList("command invocations", request, CommandFilters::Of::kInvocations));
  InvocationList list(*this, request, std::move(call));
  LULL_ASSIGN_OR_RETURN(CommandCursor commands, CursorOf(list.runs, request, list.call.place));
  for (;;) {
    LULL_ASSIGN_OR_RETURN(auto task, commands.Next());
    if (!task) break;
    if (!list.call.filters.AdmitsCommand(*task)) continue;
    LULL_ASSIGN_OR_RETURN(const bool more, list.AddAll(CommandView(*std::move(task))));
    if (!more) return std::move(list.response);
  }
  if (commands.more()) {
    list.response.set_next_token(EncodeInvocationPlace(list.call.list, {commands.place(), 0}));
  }
  return std::move(list.response);
}

absl::StatusOr<v1::ListCommandsResponse> Engine::ListCommands(
    const CallContext&, const v1::ListCommandsRequest& request) {
  LULL_ASSIGN_OR_RETURN(auto call, ReadList("commands", request, CommandFilters::Of::kCommands));
  RunReader& runs = options_.store->runs();
  LULL_ASSIGN_OR_RETURN(CommandCursor commands, CursorOf(runs, request, call.place));
  NodeSearch search(runs);
  v1::ListCommandsResponse response;
  for (;;) {
    if (static_cast<std::size_t>(response.commands_size()) == call.page) break;
    LULL_ASSIGN_OR_RETURN(auto task, commands.Next());
    if (!task) break;
    if (!call.filters.AdmitsCommand(*task) || !call.filters.AdmitsStage(task->progress) ||
        !call.filters.AdmitsState(StateOf(task->progress))) {
      continue;
    }
    const TaskKey key = task->spec->key;
    if (request.has_instance_id()) {
      const Ordinal from = call.place && call.place->task == key ? call.place->ordinal : 0;
      LULL_ASSIGN_OR_RETURN(const NodeSearch::Result result,
                            search.Find(*task, from, request.instance_id()));
      if (!result.found && result.searched < task->progress.count) {
        response.set_next_token(EncodeInvocationPlace(call.list, {key, result.searched}));
        return response;
      }
      if (!result.found) continue;
    }
    const CommandView command(*std::move(task));
    v1::Command& message = *response.add_commands();
    ToWire(command, message);
    if (command.task.progress.count > kMaxInstanceIds) continue;
    TargetsAhead targets(runs, command.task);
    for (Ordinal ordinal = 0; ordinal < command.task.progress.count; ++ordinal) {
      LULL_ASSIGN_OR_RETURN(const ResolvedTarget target, targets.At(ordinal));
      message.add_instance_ids(target.node);
    }
  }
  if (request.has_command_id() && !commands.found()) {
    return BadCommandId(request.command_id(), " belongs to no command. Check it and try again.");
  }
  if (commands.more())
    response.set_next_token(EncodeInvocationPlace(call.list, {commands.place(), 0}));
  return response;
}

}  // namespace lull
