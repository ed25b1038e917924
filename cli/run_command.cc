#include "cli/run_command.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/node_fields.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "proto/payload.pb.h"

namespace lull::cli {
namespace {

using runners::ProcessPlan;

constexpr char kRunShellScript[] = "AWS-RunShellScript";

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

absl::Status ReadWorkingDirectory(std::string_view value, ProcessPlan& plan) {
  if (!value.empty() && value.front() != '/') {
    return Invalid("Parameter workingDirectory ", Quoted(value),
                   " is not absolute; start it with \"/\" or leave it out.");
  }
  plan.working_directory = value;
  return absl::OkStatus();
}

absl::Status ReadExecutionTimeout(std::string_view value, ProcessPlan& plan) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.begin(), value.end(), seconds);
  if (error != std::errc() || end != value.end() || seconds < 1 ||
      seconds > kMaxExecutionTimeoutSeconds) {
    return Invalid("Parameter executionTimeout ", Quoted(value),
                   " is no time-out; give whole seconds from 1 to ", kMaxExecutionTimeoutSeconds,
                   ", as text.");
  }
  plan.execution_timeout = absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::Status ReadParameter(const std::string& name, const v1::ParameterValueList& list,
                           ProcessPlan& plan) {
  if (name == kCommands) {
    for (const std::string& line : list.values()) absl::StrAppend(&plan.script, line, "\n");
    return absl::OkStatus();
  }
  if (name != kWorkingDirectory && name != kExecutionTimeout) {
    return Invalid("Unknown parameter ", Quoted(name),
                   "; AWS-RunShellScript has commands, workingDirectory and executionTimeout.");
  }
  LULL_ASSIGN_OR_RETURN(const std::string_view value, OnlyValue(name, list));
  return name == kWorkingDirectory ? ReadWorkingDirectory(value, plan)
                                   : ReadExecutionTimeout(value, plan);
}

bool NamesDocument(const std::string& task_arn) {
  return task_arn == kRunShellScript ||
         (absl::StartsWith(task_arn, "arn:") &&
          absl::EndsWith(task_arn, absl::StrCat(":document/", kRunShellScript)));
}

}  // namespace

absl::StatusOr<ProcessPlan> PlanRunCommand(const Invocation& invocation) {
  if (!NamesDocument(invocation.task.task_arn)) {
    return Invalid("Unknown document \"", invocation.task.task_arn, "\": this runner knows ",
                   kRunShellScript, ".");
  }
  if (invocation.target.node.empty()) {
    return Invalid("No node: this daemon runs commands on node \"", kLocalNode,
                   "\" only; add it to the task's targets.");
  }
  if (invocation.target.node != kLocalNode) {
    return Invalid("Unknown node \"", invocation.target.node,
                   "\": this daemon runs commands on node \"", kLocalNode, "\" only.");
  }
  return DecodeRunCommand(invocation.task);
}

absl::StatusOr<ProcessPlan> DecodeRunCommand(const TaskSpec& task) {
  v1::TaskPayload payload;
  if (!payload.ParseFromString(task.payload)) {
    return Invalid("The stored parameters of this task can't be read; register it again.");
  }
  const auto& unordered = payload.task_invocation_parameters().run_command().parameters();
  // Sorted: of two errors always the same one is to be told.
  const std::map<std::string, v1::ParameterValueList> parameters(unordered.begin(),
                                                                 unordered.end());
  ProcessPlan plan;
  for (const auto& [name, list] : parameters) {
    LULL_RETURN_IF_ERROR(ReadParameter(name, list, plan));
  }
  if (plan.script.empty()) {
    return Invalid(
        "Parameter commands is missing or empty; give at least one line of shell script in "
        "TaskInvocationParameters.RunCommand.Parameters.commands.");
  }
  return plan;
}

}  // namespace lull::cli
