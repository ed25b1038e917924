#include "cli/describe_invocation.h"

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>
#include <map>
#include <optional>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "proto/payload.pb.h"

namespace lull::cli {
namespace {

bool IsJson(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse({text.data(), text.size()}, error);
  return !error;
}

/// The members of a JSON object, in the order in which they were added.
class Members {
 public:
  void AddJson(std::string_view name, std::string_view json) {
    absl::StrAppend(&text_, text_.empty() ? "" : ",", JsonString(name), ":", ToAbsl(json));
  }
  void AddText(std::string_view name, std::string_view value) { AddJson(name, JsonString(value)); }
  /// Absent when it is empty.
  void AddIfAny(std::string_view name, std::string_view value) {
    if (!value.empty()) AddText(name, value);
  }
  std::string Object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

void AddAutomation(const v1::MaintenanceWindowAutomationParameters& automation, Members& to) {
  to.AddIfAny("DocumentVersion", automation.document_version());
  // Sorted: the same invocation is always the same text.
  const std::map<std::string, v1::AutomationParameterValueList> sorted(
      automation.parameters().begin(), automation.parameters().end());
  Members parameters;
  for (const auto& [name, list] : sorted) {
    const std::string values = absl::StrJoin(
        list.values(), ",",
        [](std::string* out, const std::string& value) { out->append(JsonString(value)); });
    parameters.AddJson(name, "[" + values + "]");
  }
  to.AddJson("Parameters", parameters.Object());
}

/// What is JSON goes as it stands: no number in it changes.
void AddLambda(const v1::MaintenanceWindowLambdaParameters& lambda, Members& to) {
  to.AddIfAny("ClientContext", lambda.client_context());
  to.AddIfAny("Qualifier", lambda.qualifier());
  if (IsJson(lambda.payload())) {
    to.AddJson("Payload", lambda.payload());
  } else if (!lambda.payload().empty()) {
    to.AddText("PayloadBase64", absl::Base64Escape(lambda.payload()));
  }
}

void AddStepFunctions(const v1::MaintenanceWindowStepFunctionsParameters& step, Members& to) {
  to.AddIfAny("Name", step.name());
  if (IsJson(step.input())) {
    to.AddJson("Input", step.input());
  } else {
    to.AddIfAny("Input", step.input());
  }
}

void AddTarget(const ResolvedTarget& target, Members& to) {
  to.AddIfAny("Node", target.node);
  if (target.window_target) to.AddText("WindowTargetId", target.window_target->value());
  if (target.owner_information) to.AddText("OwnerInformation", *target.owner_information);
}

/// What the task was registered with, pseudo parameters put in.
absl::StatusOr<v1::MaintenanceWindowTaskInvocationParameters> ParametersOf(
    const Invocation& invocation, const ArnScope& scope) {
  v1::TaskPayload payload;
  if (!payload.ParseFromString(invocation.task.payload)) {
    return Invalid("The stored parameters of this task can't be read; register it again.");
  }
  PutPseudoParameters(PseudoParametersOf(invocation, scope), payload);
  return std::move(*payload.mutable_task_invocation_parameters());
}

}  // namespace

absl::StatusOr<std::string> DescribeInvocation(const Invocation& invocation, const ArnScope& scope,
                                               const std::string& callback_url) {
  LULL_ASSIGN_OR_RETURN(const auto parameters, ParametersOf(invocation, scope));
  const TaskSpec& task = invocation.task;
  Members members;
  members.AddText("InvocationId", invocation.Id().value());
  members.AddText("WindowExecutionId", invocation.execution.value());
  members.AddText("TaskExecutionId", task.id.value());
  members.AddText("WindowId", invocation.window.value());
  members.AddText("WindowTaskId", task.window_task.value());
  members.AddText("TaskType", Name(task.type));
  members.AddText("TaskArn", task.task_arn);
  AddTarget(invocation.target, members);
  members.AddIfAny("CallbackUrl", callback_url);
  switch (task.type) {
    case TaskType::kAutomation:
      AddAutomation(parameters.automation(), members);
      break;
    case TaskType::kLambda:
      AddLambda(parameters.lambda(), members);
      break;
    case TaskType::kStepFunctions:
      AddStepFunctions(parameters.step_functions(), members);
      break;
    case TaskType::kRunCommand:
      break;
  }
  return members.Object();
}

}  // namespace lull::cli
