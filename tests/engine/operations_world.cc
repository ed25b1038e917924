#include "tests/engine/operations_world.h"

#include <utility>

#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "google/protobuf/text_format.h"
#include "tests/support/builders.h"

namespace lull {
namespace {

struct Row {
  const char* type;
  const char* text;
};

constexpr Row kRows[] = {
    {"CreateMaintenanceWindowRequest",
     "name: 'another' schedule: 'rate(1 hour)' duration: 3 cutoff: 1 "
     "allow_unassociated_targets: true client_token: 'once'"},
    {"GetMaintenanceWindowRequest", "window_id: '$WINDOW'"},
    {"UpdateMaintenanceWindowRequest", "window_id: '$WINDOW' name: 'renamed'"},
    {"UpdateMaintenanceWindowRequest", "window_id: '$WINDOW' schedule: 'rate(2 hours)'"},
    {"DeleteMaintenanceWindowRequest", "window_id: '$SPARE'"},
    {"DescribeMaintenanceWindowsRequest", ""},
    {"DescribeMaintenanceWindowScheduleRequest", ""},
    {"DescribeMaintenanceWindowScheduleRequest",
     "window_id: '$WINDOW' resource_type: 'INSTANCE' "
     "targets { key: 'InstanceIds' values: 'i-1' }"},
    {"DescribeMaintenanceWindowScheduleRequest",
     "targets { key: 'InstanceIds' values: 'i-3' values: 'i-9' }"},
    {"DescribeMaintenanceWindowsForTargetRequest",
     "resource_type: 'INSTANCE' targets { key: 'InstanceIds' values: 'i-1' }"},
    {"RegisterTargetWithMaintenanceWindowRequest",
     "window_id: '$WINDOW' resource_type: 'INSTANCE' client_token: 'once' "
     "targets { key: 'InstanceIds' values: 'i-1' }"},
    {"UpdateMaintenanceWindowTargetRequest",
     "window_id: '$WINDOW' window_target_id: '$TARGET' name: 'renamed'"},
    {"DeregisterTargetFromMaintenanceWindowRequest",
     "window_id: '$WINDOW' window_target_id: '$TARGET'"},
    {"DescribeMaintenanceWindowTargetsRequest", "window_id: '$WINDOW'"},
    {"GetMaintenanceWindowTaskRequest", "window_id: '$WINDOW' window_task_id: '$REGISTERED'"},
    {"UpdateMaintenanceWindowTaskRequest",
     "window_id: '$WINDOW' window_task_id: '$REGISTERED' name: 'renamed'"},
    {"UpdateMaintenanceWindowTaskRequest",
     "window_id: '$WINDOW' window_task_id: '$REGISTERED' "
     "targets { key: 'WindowTargetIds' values: '$TARGET' }"},
    {"DeregisterTaskFromMaintenanceWindowRequest",
     "window_id: '$WINDOW' window_task_id: '$REGISTERED'"},
    {"DescribeMaintenanceWindowTasksRequest", "window_id: '$WINDOW'"},
    {"RegisterTaskWithMaintenanceWindowRequest",
     "window_id: '$WINDOW' task_arn: 'a' task_type: 'AUTOMATION' client_token: 'once'"},
    {"RegisterTaskWithMaintenanceWindowRequest",
     "window_id: '$WINDOW' task_arn: 'a' task_type: 'RUN_COMMAND' max_concurrency: '1' "
     "max_errors: '0' targets { key: 'WindowTargetIds' values: '$TARGET' }"},
    {"DescribeMaintenanceWindowExecutionsRequest", "window_id: '$WINDOW'"},
    {"GetMaintenanceWindowExecutionRequest", "window_execution_id: '$EXECUTION'"},
    {"DescribeMaintenanceWindowExecutionTasksRequest", "window_execution_id: '$EXECUTION'"},
    {"GetMaintenanceWindowExecutionTaskRequest",
     "window_execution_id: '$EXECUTION' task_id: '$COMMAND'"},
    {"DescribeMaintenanceWindowExecutionTaskInvocationsRequest",
     "window_execution_id: '$EXECUTION' task_id: '$COMMAND'"},
    {"DescribeMaintenanceWindowExecutionTaskInvocationsRequest",
     "window_execution_id: '$EXECUTION' task_id: '$COMMAND' "
     "filters { key: 'STATUS' values: 'SUCCESS' }"},
    {"GetMaintenanceWindowExecutionTaskInvocationRequest",
     "window_execution_id: '$EXECUTION' task_id: '$COMMAND' invocation_id: '$INVOCATION'"},
    {"CancelMaintenanceWindowExecutionRequest", "window_execution_id: '$EXECUTION'"},
    {"CancelMaintenanceWindowExecutionRequest", "window_execution_id: '$ENDED'"},
    {"AddTagsToResourceRequest",
     "resource_type: 'MaintenanceWindow' resource_id: '$WINDOW' tags { key: 'k' value: 'v' }"},
    {"AddTagsToResourceRequest",
     "resource_type: 'ManagedInstance' resource_id: 'i-1' tags { key: 'k' value: 'v' }"},
    {"RemoveTagsFromResourceRequest",
     "resource_type: 'MaintenanceWindow' resource_id: '$WINDOW' tag_keys: 'owner'"},
    {"ListTagsForResourceRequest", "resource_type: 'MaintenanceWindow' resource_id: '$WINDOW'"},
    {"ListTagsForResourceRequest", "resource_type: 'ManagedInstance' resource_id: 'i-1'"},
    {"DescribeInstanceInformationRequest", ""},
    {"DescribeInstanceInformationRequest", "filters { key: 'InstanceIds' values: 'i-1' }"},
    {"DescribeInstanceInformationRequest", "filters { key: 'tag:role' values: 'web' }"},
    {"DescribeInstanceInformationRequest", "filters { key: 'tag-key' values: 'role' }"},
    {"GetCommandInvocationRequest", "command_id: '$COMMAND' instance_id: 'i-1'"},
    {"ListCommandInvocationsRequest", "command_id: '$COMMAND' details: true"},
    {"ListCommandInvocationsRequest", "instance_id: 'i-1'"},
    {"ListCommandInvocationsRequest", "filters { key: 'Status' value: 'Success' }"},
    {"ListCommandsRequest", ""},
    {"ListCommandsRequest", "instance_id: 'i-1'"},
    {"ListCommandsRequest", "command_id: '$COMMAND'"},
    {"StartMaintenanceWindowExecutionRequest", "window_id: '$STARTABLE' client_token: 'once'"},
    {"CancelExecutionRequest", "window_execution_id: '$EXECUTION' policy: 'STOP'"},
    {"DescribeDrainRequest", "window_execution_id: '$EXECUTION'"},
    {"ResumeMaintenanceWindowExecutionRequest",
     "window_execution_id: '$RESUMABLE' client_token: 'once'"},
    {"SkipNextExecutionRequest", "window_id: '$WINDOW'"},
};

}  // namespace

OperationsWorld::OperationsWorld() {
  PutNodes nodes{.origin = "inventory", .reading = 1, .registered_at = world.clock.Now()};
  for (const char* id : {"i-1", "i-2", "i-3"})
    nodes.nodes.push_back(MakeTagged(id, {{"role", "web"}}));
  LULL_CHECK(world.engine->ChangeFleet(std::move(nodes)).ok());
  LULL_CHECK(world.engine->ChangeFleet(PutGroups{{{"fleet", {{"tag:role", {"web"}}}}}}).ok());

  auto tagged = world.WindowRequest();
  v1::Tag& tag = *tagged.add_tags();
  tag.set_key("owner");
  tag.set_value("ops");
  window = world.CreateWindow(tagged);
  target = RegisterTarget();
  task = RegisterTask(window, {"i-1", "i-2", "i-3"});
  RegisterTask(window, {target}, "WindowTargetIds");
  world.Advance(absl::Hours(1));
  world.runner.FinishOldest(Status::kSuccess);
  world.Settle();
  execution = world.Executions(window).at(0).window_execution_id();
  command = world.Tasks(execution).at(0).task_execution_id();
  invocation = world.runner.in_flight.at(0).id;

  const std::string other = world.CreateWindow();
  RegisterTask(other, {"i-1"});
  resumable = Start(other);
  v1::CancelExecutionRequest cancel;
  cancel.set_window_execution_id(resumable);
  LULL_CHECK(world.engine->CancelExecution(world.context, cancel).ok());
  ended = Start(spare = world.CreateWindow());
  startable = world.CreateWindow();
  RegisterTask(startable, {"i-1"});
  world.Settle();
}

std::vector<std::unique_ptr<google::protobuf::Message>> OperationsWorld::Requests() const {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  std::vector<std::unique_ptr<google::protobuf::Message>> requests;
  for (const Row& row : kRows) {
    const auto* type = pool->FindMessageTypeByName(std::string("lull.v1.") + row.type);
    LULL_CHECK(type != nullptr);
    const std::string text = absl::StrReplaceAll(row.text, {{"$WINDOW", window},
                                                            {"$SPARE", spare},
                                                            {"$TARGET", target},
                                                            {"$REGISTERED", task},
                                                            {"$STARTABLE", startable},
                                                            {"$RESUMABLE", resumable},
                                                            {"$ENDED", ended},
                                                            {"$EXECUTION", execution},
                                                            {"$COMMAND", command},
                                                            {"$INVOCATION", invocation}});
    requests.emplace_back(factory->GetPrototype(type)->New());
    LULL_CHECK(google::protobuf::TextFormat::ParseFromString(text, requests.back().get()));
  }
  return requests;
}

std::string OperationsWorld::RegisterTarget() {
  v1::RegisterTargetWithMaintenanceWindowRequest request;
  request.set_window_id(window);
  request.set_resource_type("RESOURCE_GROUP");
  v1::Target& selector = *request.add_targets();
  selector.set_key("resource-groups:Name");
  selector.add_values("fleet");
  const auto response = world.engine->RegisterTargetWithMaintenanceWindow(world.context, request);
  LULL_CHECK(response.ok());
  return response->window_target_id();
}

std::string OperationsWorld::RegisterTask(const std::string& of_window,
                                          const std::vector<std::string>& values,
                                          const std::string& key) {
  auto request = world.TaskRequest(of_window);
  request.set_max_concurrency("2");
  v1::Target& selector = *request.mutable_targets(0);
  selector.set_key(key);
  selector.clear_values();
  for (const std::string& value : values) selector.add_values(value);
  const auto response = world.engine->RegisterTaskWithMaintenanceWindow(world.context, request);
  LULL_CHECK(response.ok());
  return response->window_task_id();
}

std::string OperationsWorld::Start(const std::string& of_window) {
  v1::StartMaintenanceWindowExecutionRequest request;
  request.set_window_id(of_window);
  const auto response = world.engine->StartMaintenanceWindowExecution(world.context, request);
  LULL_CHECK(response.ok());
  return response->window_execution_id();
}

}  // namespace lull
