// What the face does beside the operations: calls by name, and a drain.
#include "engine/engine.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "proto/options.pb.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/operations_world.h"
#include "tests/sim/world.h"
#include "tests/support/api_files.h"
#include "tests/support/describe.h"

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
  bool Quiet() const { return world_.engine->Quiet(); }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string window_;
  std::string execution_;
  std::string task_;
};

TEST(CallTest, ReachesEveryOperationByItsRequestAndOnlyReadersChangeNothing) {
  std::map<const google::protobuf::Descriptor*, const google::protobuf::MethodDescriptor*> unseen;
  for (const auto* method : ApiOperations()) unseen[method->input_type()] = method;
  const auto methods = unseen;
  for (std::size_t i = 0; i < OperationsWorld().Requests().size(); ++i) {
    OperationsWorld made;
    const auto request = std::move(made.Requests()[i]);
    SCOPED_TRACE(request->GetTypeName() + " " + request->ShortDebugString());
    const auto* method = methods.at(request->GetDescriptor());
    const std::string before = DescribeAll(made.world.store);
    const auto response = made.world.engine->Call(made.world.context, *request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ((*response)->GetDescriptor(), method->output_type());
    const bool reads = method->options().GetExtension(v1::access) == v1::READ;
    const bool changed = DescribeAll(made.world.store) != before;
    EXPECT_FALSE(reads && changed);
    if (reads || changed) unseen.erase(request->GetDescriptor());
  }
  for (const auto& [type, method] : unseen) {
    ADD_FAILURE() << method->full_name() << " needs a request in operations_world.cc that "
                  << "it carries out";
  }
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

TEST_F(EngineTest, HeldAnEngineDoesNotSkipWhatIsDueAlready) {
  window_ = world_.CreateWindow();
  world_.engine->HoldAdmission();
  v1::SkipNextExecutionRequest request;
  request.set_window_id(window_);
  world_.clock.Advance(absl::Hours(1));
  EXPECT_EQ(Error(world_.engine->SkipNextExecution(world_.context, request).status()),
            "UNAVAILABLE: the window is opening at this moment; try again");
  EXPECT_TRUE(world_.Executions(window_).empty());
}

TEST_F(EngineTest, RunDoesWhatThereIsToDoUntilItIsStopped) {
  window_ = world_.CreateWindow();
  world_.RegisterTask(world_.TaskRequest(window_));
  std::thread thread([&] { world_.engine->Run(); });
  v1::StartMaintenanceWindowExecutionRequest request;
  request.set_window_id(window_);
  EXPECT_TRUE(world_.engine->StartMaintenanceWindowExecution(world_.context, request).ok());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (world_.Executions(window_).at(0).status() != "IN_PROGRESS" &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  world_.engine->Stop();
  thread.join();
  EXPECT_EQ(world_.runner.nodes.size(), 1u);
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
