#include "cli/run_command.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "proto/payload.pb.h"

namespace lull::cli {
namespace {

using runners::ShellCommand;

constexpr char kCommands[] = "commands";
constexpr char kWorkingDirectory[] = "workingDirectory";
constexpr char kExecutionTimeout[] = "executionTimeout";

constexpr std::int64_t kMaxExecutionTimeoutSeconds = 172800;  // the document's: 48 hours

/// Of a value in an error, which has room for kMaxDetailBytes in all.
constexpr std::size_t kMaxQuotedBytes = 48;

std::string Quoted(std::string_view value) {
  if (value.size() <= kMaxQuotedBytes) return JsonString(value);
  return JsonString(value.substr(0, kMaxQuotedBytes)) + "...";
}

absl::StatusOr<std::string_view> OnlyValue(const std::string& name,
                                           const v1::ParameterValueList& list) {
  if (list.values_size() != 1) {
    return Invalid("Parameter ", name, " has ", list.values_size(), " values; give exactly one.");
  }
  return list.values(0);
}

absl::Status ReadWorkingDirectory(std::string_view value, ShellCommand& command) {
  if (!value.empty() && value.front() != '/') {
    return Invalid("Parameter workingDirectory ", Quoted(value),
                   " is not absolute; start it with \"/\" or leave it out.");
  }
  command.working_directory = value;
  return absl::OkStatus();
}

absl::Status ReadExecutionTimeout(std::string_view value, ShellCommand& command) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.begin(), value.end(), seconds);
  if (error != std::errc() || end != value.end() || seconds < 1 ||
      seconds > kMaxExecutionTimeoutSeconds) {
    return Invalid("Parameter executionTimeout ", Quoted(value),
                   " is no time-out; give whole seconds from 1 to ", kMaxExecutionTimeoutSeconds,
                   ", as text.");
  }
  command.execution_timeout = absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::Status ReadParameter(const std::string& name, const v1::ParameterValueList& list,
                           ShellCommand& command) {
  if (name == kCommands) {
    command.commands.assign(list.values().begin(), list.values().end());
    return absl::OkStatus();
  }
  if (name != kWorkingDirectory && name != kExecutionTimeout) {
    return Invalid("Unknown parameter ", Quoted(name),
                   "; AWS-RunShellScript has commands, workingDirectory and executionTimeout.");
  }
  LULL_ASSIGN_OR_RETURN(const std::string_view value, OnlyValue(name, list));
  return name == kWorkingDirectory ? ReadWorkingDirectory(value, command)
                                   : ReadExecutionTimeout(value, command);
}

}  // namespace

absl::StatusOr<ShellCommand> DecodeRunCommand(const TaskSpec& task) {
  v1::TaskPayload payload;
  if (!payload.ParseFromString(task.payload)) {
    return Invalid("The stored parameters of this task can't be read; register it again.");
  }
  const auto& unordered = payload.task_invocation_parameters().run_command().parameters();
  // Sorted: of two errors always the same one is to be told.
  const std::map<std::string, v1::ParameterValueList> parameters(unordered.begin(),
                                                                 unordered.end());
  ShellCommand command;
  for (const auto& [name, list] : parameters) {
    LULL_RETURN_IF_ERROR(ReadParameter(name, list, command));
  }
  if (command.commands.empty()) {
    return Invalid(
        "Parameter commands is missing or empty; give at least one line of shell script in "
        "TaskInvocationParameters.RunCommand.Parameters.commands.");
  }
  return command;
}

}  // namespace lull::cli
