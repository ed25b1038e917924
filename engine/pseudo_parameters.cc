#include "engine/pseudo_parameters.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

enum class In { kText, kJson };

std::string Written(const std::string& value, In in) {
  if (in == In::kText) return value;
  const std::string quoted = JsonString(value);
  return quoted.substr(1, quoted.size() - 2);
}

/// One pass from left to right. The braces that are nearest to a name are its own.
std::string Put(const PseudoParameters& parameters, std::string_view text, In in) {
  std::string result;
  for (;;) {
    const std::size_t close = text.find("}}");
    const std::size_t open = close == text.npos ? text.npos : text.rfind("{{", close);
    if (close == text.npos) return result += text;
    const bool has_open = open != text.npos && open + 2 <= close;
    const auto found = has_open ? parameters.find(Trimmed(text.substr(open + 2, close - open - 2)))
                                : parameters.end();
    if (found == parameters.end()) {
      result += text.substr(0, close + 1);  // the second brace may be the first of another pair
      text.remove_prefix(close + 1);
      continue;
    }
    result += text.substr(0, open);
    result += Written(found->second, in);
    text.remove_prefix(close + 2);
  }
}

std::string NodeArn(const std::string& node, const ArnScope& scope) {
  const bool is_ec2 = node.starts_with("i-");
  return absl::StrCat("arn:aws:", is_ec2 ? "ec2:" : "ssm:", scope.region, ":", scope.account_id,
                      is_ec2 ? ":instance/" : ":managed-instance/", node);
}

}  // namespace

PseudoParameters PseudoParametersOf(WindowId window, ExecutionId execution, const TaskSpec& task,
                                    InvocationId invocation, const ResolvedTarget& target,
                                    const ArnScope& scope) {
  const bool is_group = target.resource_type == ResourceType::kResourceGroup;
  PseudoParameters values = {
      {"WINDOW_ID", window.value()},
      {"WINDOW_TASK_ID", task.window_task.value()},
      {"WINDOW_TARGET_ID", target.window_target ? target.window_target->value() : ""},
      {"WINDOW_EXECUTION_ID", execution.value()},
      {"TASK_EXECUTION_ID", task.id.value()},
      {"INVOCATION_ID", invocation.value()},
      {"TARGET_TYPE", target.node.empty() ? ""
                      : is_group          ? "RESOURCE_GROUP"
                                          : "INSTANCE"},
  };
  if (task.type == TaskType::kRunCommand) return values;
  values["TARGET_ID"] =
      is_group && !target.node.empty() ? NodeArn(target.node, scope) : target.node;
  values["RESOURCE_ID"] = target.node;
  return values;
}

PseudoParameters PseudoParametersOf(const Invocation& invocation, const ArnScope& scope) {
  return PseudoParametersOf(invocation.window, invocation.execution, invocation.task,
                            invocation.Id(), invocation.target, scope);
}

void PutPseudoParameters(const PseudoParameters& parameters, v1::TaskPayload& payload) {
  const auto put = [&](std::string* text, In in = In::kText) {
    *text = Put(parameters, *text, in);
  };
  auto& all = *payload.mutable_task_invocation_parameters();
  if (all.has_run_command()) {
    v1::MaintenanceWindowRunCommandParameters& command = *all.mutable_run_command();
    if (command.has_comment()) put(command.mutable_comment());
    for (auto& [name, list] : *command.mutable_parameters()) {
      for (std::string& value : *list.mutable_values()) put(&value);
    }
  }
  if (all.has_automation()) {
    for (auto& [name, list] : *all.mutable_automation()->mutable_parameters()) {
      for (std::string& value : *list.mutable_values()) put(&value);
    }
  }
  if (all.has_step_functions()) {
    v1::MaintenanceWindowStepFunctionsParameters& step_functions = *all.mutable_step_functions();
    if (step_functions.has_input()) put(step_functions.mutable_input(), In::kJson);
    if (step_functions.has_name()) put(step_functions.mutable_name());
  }
  if (all.has_lambda()) {
    v1::MaintenanceWindowLambdaParameters& lambda = *all.mutable_lambda();
    if (lambda.has_payload()) put(lambda.mutable_payload(), In::kJson);
    if (lambda.has_client_context()) put(lambda.mutable_client_context());
  }
}

bool MayHavePseudoParameters(const std::string& payload) {
  return payload.find("{{") != payload.npos;
}

}  // namespace lull
