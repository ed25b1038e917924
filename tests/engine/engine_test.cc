// What the face does beside the operations: calls by name, and a drain.
#include "engine/engine.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"
#include "tests/support/api_files.h"

namespace lull {
namespace {

using google::protobuf::Message;

std::unique_ptr<Message> Make(const google::protobuf::Descriptor& type) {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
}

class EngineTest : public testing::Test {
 protected:
  /// Opens a window with a task over 3 nodes, one after the other.
  void Open() {
    window_ = world_.CreateWindow();
    world_.RegisterTask(world_.TaskRequest(window_));
    world_.Advance(absl::Hours(1));
    execution_ = world_.Executions(window_).at(0).window_execution_id();
    task_ = world_.Tasks(execution_).at(0).task_execution_id();
  }
  /// An execution of `window` that was cancelled before it had its targets.
  std::string StartAndCancel(const std::string& window) {
    world_.RegisterTask(world_.TaskRequest(window));
    v1::StartMaintenanceWindowExecutionRequest start;
    start.set_window_id(window);
    v1::CancelExecutionRequest cancel;
    cancel.set_window_execution_id(
        world_.engine->StartMaintenanceWindowExecution(world_.context, start)
            ->window_execution_id());
    EXPECT_TRUE(world_.engine->CancelExecution(world_.context, cancel).ok());
    return cancel.window_execution_id();
  }
  bool Quiet() const { return world_.engine->Quiet(); }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
  std::string execution_;
  std::string task_;
};

TEST_F(EngineTest, CallReachesEveryOperationOfTheServiceByItsName) {
  Open();
  const std::map<std::string, std::string> requests = {
      {"CreateMaintenanceWindowRequest",
       "name: 'another' schedule: 'rate(1 hour)' duration: 3 cutoff: 1 "
       "allow_unassociated_targets: true"},
      {"GetMaintenanceWindowRequest", "window_id: 'WINDOW'"},
      {"UpdateMaintenanceWindowRequest", "window_id: 'WINDOW' name: 'renamed'"},
      {"DeleteMaintenanceWindowRequest", "window_id: 'SPARE'"},
      {"DescribeMaintenanceWindowsRequest", ""},
      {"DescribeMaintenanceWindowScheduleRequest", ""},
      {"DescribeMaintenanceWindowsForTargetRequest",
       "resource_type: 'INSTANCE' targets { key: 'InstanceIds' values: 'i-1' }"},
      {"RegisterTargetWithMaintenanceWindowRequest",
       "window_id: 'WINDOW' resource_type: 'INSTANCE' "
       "targets { key: 'InstanceIds' values: 'i-1' }"},
      {"UpdateMaintenanceWindowTargetRequest",
       "window_id: 'WINDOW' window_target_id: 'KNOWN_1' name: 'renamed'"},
      {"DeregisterTargetFromMaintenanceWindowRequest",
       "window_id: 'WINDOW' window_target_id: 'KNOWN_1'"},
      {"DescribeMaintenanceWindowTargetsRequest", "window_id: 'WINDOW'"},
      {"GetMaintenanceWindowTaskRequest", "window_id: 'WINDOW' window_task_id: 'KNOWN_2'"},
      {"UpdateMaintenanceWindowTaskRequest",
       "window_id: 'WINDOW' window_task_id: 'KNOWN_2' name: 'renamed'"},
      {"DeregisterTaskFromMaintenanceWindowRequest",
       "window_id: 'WINDOW' window_task_id: 'KNOWN_2'"},
      {"DescribeMaintenanceWindowTasksRequest", "window_id: 'WINDOW'"},
      {"RegisterTaskWithMaintenanceWindowRequest",
       "window_id: 'WINDOW' task_arn: 'a' task_type: 'AUTOMATION'"},
      {"DescribeMaintenanceWindowExecutionsRequest", "window_id: 'WINDOW'"},
      {"GetMaintenanceWindowExecutionRequest", "window_execution_id: 'EXECUTION'"},
      {"DescribeMaintenanceWindowExecutionTasksRequest", "window_execution_id: 'EXECUTION'"},
      {"GetMaintenanceWindowExecutionTaskRequest",
       "window_execution_id: 'EXECUTION' task_id: 'TASK'"},
      {"DescribeMaintenanceWindowExecutionTaskInvocationsRequest",
       "window_execution_id: 'EXECUTION' task_id: 'TASK'"},
      {"GetMaintenanceWindowExecutionTaskInvocationRequest",
       "window_execution_id: 'EXECUTION' task_id: 'TASK' invocation_id: 'INVOCATION'"},
      {"CancelMaintenanceWindowExecutionRequest", "window_execution_id: 'EXECUTION'"},
      {"AddTagsToResourceRequest",
       "resource_type: 'MaintenanceWindow' resource_id: 'WINDOW' tags { key: 'k' value: 'v' }"},
      {"RemoveTagsFromResourceRequest",
       "resource_type: 'MaintenanceWindow' resource_id: 'WINDOW' tag_keys: 'k'"},
      {"ListTagsForResourceRequest", "resource_type: 'MaintenanceWindow' resource_id: 'WINDOW'"},
      {"DescribeInstanceInformationRequest", ""},
      {"GetCommandInvocationRequest", "command_id: 'TASK' instance_id: 'node-0'"},
      {"ListCommandInvocationsRequest", "command_id: 'TASK'"},
      {"ListCommandsRequest", ""},
      {"StartMaintenanceWindowExecutionRequest", "window_id: 'STARTABLE'"},
      {"CancelExecutionRequest", "window_execution_id: 'EXECUTION' policy: 'STOP'"},
      {"DescribeDrainRequest", "window_execution_id: 'EXECUTION'"},
      {"ResumeMaintenanceWindowExecutionRequest", "window_execution_id: 'RESUMABLE'"},
      {"SkipNextExecutionRequest", "window_id: 'WINDOW'"},
  };
  v1::RegisterTargetWithMaintenanceWindowRequest target;
  target.set_window_id(window_);
  target.set_resource_type("INSTANCE");
  target.add_targets()->set_key("InstanceIds");
  target.mutable_targets(0)->add_values("i-1");
  const std::string known_target =
      world_.engine->RegisterTargetWithMaintenanceWindow(world_.context, target)
          ->window_target_id();
  const std::string known_task =
      world_.store.definitions().ListTasks(WindowId(window_))->at(0).id.value();
  const std::string spare = world_.CreateWindow();
  const std::string startable = world_.CreateWindow();
  const std::string resumable = StartAndCancel(world_.CreateWindow());
  const auto filled = [&](const std::string& text) {
    return absl::StrReplaceAll(text, {{"WINDOW", window_},
                                      {"SPARE", spare},
                                      {"KNOWN_1", known_target},
                                      {"KNOWN_2", known_task},
                                      {"STARTABLE", startable},
                                      {"RESUMABLE", resumable},
                                      {"EXECUTION", execution_},
                                      {"TASK", task_},
                                      {"INVOCATION", world_.runner.in_flight.at(0).id}});
  };
  std::size_t reached = 0;
  for (const google::protobuf::MethodDescriptor* method : ApiOperations()) {
    SCOPED_TRACE(method->full_name());
    const auto request = Make(*method->input_type());
    const auto text = requests.find(method->input_type()->name());
    ASSERT_NE(text, requests.end()) << "a new operation needs a request above";
    ++reached;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(filled(text->second), request.get()));
    const auto response = world_.engine->Call(world_.context, *request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ((*response)->GetDescriptor(), method->output_type());
  }
  EXPECT_EQ(reached, requests.size());
  // They were carried out, not just answered.
  EXPECT_EQ(world_.GetWindow(window_).name(), "renamed");
  EXPECT_EQ(world_.store.runs().GetExecution(ExecutionId(execution_)).value()->progress.status,
            Status::kCancelling);
  EXPECT_FALSE(world_.store.definitions().GetWindow(WindowId(spare))->has_value());
  EXPECT_FALSE(world_.store.definitions().GetTask(WindowTaskId(known_task))->has_value());
  EXPECT_FALSE(world_.store.definitions().GetTarget(WindowTargetId(known_target))->has_value());
}

TEST_F(EngineTest, CallHandsOnTheErrorsOfTheOperations) {
  for (const google::protobuf::MethodDescriptor* method : ApiOperations()) {
    if (method->name() == "DescribeMaintenanceWindows" ||
        method->name() == "DescribeMaintenanceWindowSchedule" ||
        method->name() == "DescribeInstanceInformation" ||
        method->name() == "ListCommandInvocations" || method->name() == "ListCommands") {
      continue;  // they need no member
    }
    const auto empty = Make(*method->input_type());
    const auto response = world_.engine->Call(world_.context, *empty);
    EXPECT_TRUE(absl::IsInvalidArgument(response.status())) << method->full_name();
  }
}

TEST_F(EngineTest, CallOfAnythingElseIsUnimplemented) {
  const auto response = world_.engine->Call(world_.context, v1::GetMaintenanceWindowResponse());
  EXPECT_EQ(Error(response.status()),
            "UNIMPLEMENTED: there is no operation for lull.v1.GetMaintenanceWindowResponse");
}

TEST_F(EngineTest, HeldBeforeItIsDueAWindowDoesNotOpenAndNothingIsWaitedFor) {
  window_ = world_.CreateWindow();
  EXPECT_TRUE(Quiet());
  world_.engine->HoldAdmission();
  world_.Advance(absl::Hours(1));
  EXPECT_TRUE(world_.Executions(window_).empty());
  EXPECT_EQ(world_.engine->Step(), absl::InfiniteFuture());
  EXPECT_TRUE(Quiet());
}

TEST_F(EngineTest, HeldInTheMiddleWhatIsInFlightIsRecordedAndNothingElseStarts) {
  Open();
  EXPECT_FALSE(Quiet());
  world_.engine->HoldAdmission();
  world_.Settle();
  EXPECT_FALSE(Quiet()) << "one is in flight";
  world_.runner.FinishOldest(Status::kSuccess);
  EXPECT_FALSE(Quiet()) << "its report is not stored";
  world_.Settle();
  EXPECT_TRUE(Quiet());
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"node-0"}));
  const auto row = world_.store.runs().GetExecution(ExecutionId(execution_)).value();
  EXPECT_EQ(row->progress.status, Status::kInProgress);
  const auto tasks = world_.store.runs().ListTaskExecutions(row->key).value();
  EXPECT_EQ(tasks.at(0).progress.succeeded, 1);
  EXPECT_EQ(tasks.at(0).progress.next, 1);
}

TEST_F(EngineTest, HeldAnEngineStillCancels) {
  Open();
  world_.engine->HoldAdmission();
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(execution_);
  ASSERT_TRUE(world_.engine
                  ->CancelMaintenanceWindowExecution(world_.context, request,
                                                     {.policy = CancelPolicy::kInvocation})
                  .ok());
  EXPECT_FALSE(Quiet());
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_TRUE(Quiet());
  EXPECT_EQ(world_.store.runs().GetExecution(ExecutionId(execution_)).value()->progress.status,
            Status::kCancelled);
}

}  // namespace
}  // namespace lull
