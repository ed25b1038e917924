// The audit log: who asked for what, in the commit of what was done.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

class AuditTest : public testing::Test {
 protected:
  AuditTest() : world_(&targets_) { world_.context.source = "192.0.2.7:4000"; }

  /// Oldest first.
  std::vector<AuditEntry> Log() {
    std::vector<AuditEntry> entries;
    const auto lines = *world_.store.audit().ListAudit({.limit = 10000});
    for (const auto& [seq, entry] : lines) entries.insert(entries.begin(), entry);
    return entries;
  }

  AuditEntry Last() {
    const auto log = Log();
    return log.empty() ? AuditEntry() : log.back();
  }

  sim::CountedTargets targets_;
  EngineWorld world_;
};

TEST_F(AuditTest, ACreateIsKeptWithWhoAskedFromWhereAndWhatCameOfIt) {
  auto request = world_.WindowRequest();
  request.set_description("a secret of ours");
  request.set_client_token("token-1");
  const std::string window = world_.CreateWindow(request);
  EXPECT_EQ(Last(),
            (AuditEntry{.at = world_.clock.Now(),
                        .principal = "AKIATEST",
                        .source = "192.0.2.7:4000",
                        .request_id = "request-1",
                        .operation = "CreateMaintenanceWindow",
                        .resources = window,
                        .summary = "Name=\"patching\" Description Schedule=\"rate(1 hour)\" "
                                   "Duration=3 Cutoff=1 AllowUnassociatedTargets=true"}));
  world_.CreateWindow(request);  // its token is known: nothing is done
  EXPECT_EQ(Log().size(), 1u);
}

TEST_F(AuditTest, EachOperationThatChangesSomethingHasOneLine) {
  const std::string window = world_.CreateWindow();
  Engine& engine = *world_.engine;
  std::vector<std::string> expected = {"CreateMaintenanceWindow " + window};
  const auto expect = [&](const absl::Status& status, const std::string& line) {
    EXPECT_TRUE(status.ok()) << line << ": " << status;
    expected.push_back(line);
  };
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(window);
  update.set_name("other");
  expect(engine.UpdateMaintenanceWindow(world_.context, update).status(),
         "UpdateMaintenanceWindow " + window);
  v1::RegisterTargetWithMaintenanceWindowRequest target;
  target.set_window_id(window);
  target.set_resource_type("INSTANCE");
  target.add_targets()->set_key("InstanceIds");
  target.mutable_targets(0)->add_values("3");
  const auto registered = engine.RegisterTargetWithMaintenanceWindow(world_.context, target);
  const std::string target_ids = window + " " + registered->window_target_id();
  expect(registered.status(), "RegisterTargetWithMaintenanceWindow " + target_ids);
  v1::UpdateMaintenanceWindowTargetRequest retarget;
  retarget.set_window_id(window);
  retarget.set_window_target_id(registered->window_target_id());
  retarget.set_name("name");
  expect(engine.UpdateMaintenanceWindowTarget(world_.context, retarget).status(),
         "UpdateMaintenanceWindowTarget " + target_ids);
  const auto task =
      engine.RegisterTaskWithMaintenanceWindow(world_.context, world_.TaskRequest(window));
  const std::string task_ids = window + " " + task->window_task_id();
  expect(task.status(), "RegisterTaskWithMaintenanceWindow " + task_ids);
  v1::UpdateMaintenanceWindowTaskRequest retask;
  retask.set_window_id(window);
  retask.set_window_task_id(task->window_task_id());
  retask.set_priority(3);
  expect(engine.UpdateMaintenanceWindowTask(world_.context, retask).status(),
         "UpdateMaintenanceWindowTask " + task_ids);
  v1::AddTagsToResourceRequest tag;
  tag.set_resource_type("MaintenanceWindow");
  tag.set_resource_id(window);
  tag.add_tags()->set_key("k");
  tag.mutable_tags(0)->set_value("v");
  expect(engine.AddTagsToResource(world_.context, tag).status(), "AddTagsToResource " + window);
  v1::RemoveTagsFromResourceRequest untag;
  untag.set_resource_type("MaintenanceWindow");
  untag.set_resource_id(window);
  untag.add_tag_keys("k");
  expect(engine.RemoveTagsFromResource(world_.context, untag).status(),
         "RemoveTagsFromResource " + window);
  v1::SkipNextExecutionRequest skip;
  skip.set_window_id(window);
  const auto skipped = engine.SkipNextExecution(world_.context, skip);
  expect(skipped.status(), absl::StrCat("SkipNextExecution ", window, " ",
                                        world_.Executions(window).at(0).window_execution_id()));
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window);
  const auto started = engine.StartMaintenanceWindowExecution(world_.context, start);
  expect(started.status(), absl::StrCat("StartMaintenanceWindowExecution ", window, " ",
                                        started->window_execution_id()));
  world_.Settle();
  v1::CancelExecutionRequest cancel;
  cancel.set_window_execution_id(started->window_execution_id());
  cancel.set_policy("INVOCATION");
  expect(engine.CancelExecution(world_.context, cancel).status(),
         "CancelMaintenanceWindowExecution " + started->window_execution_id());
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  v1::ResumeMaintenanceWindowExecutionRequest resume;
  resume.set_window_execution_id(started->window_execution_id());
  const auto resumed = engine.ResumeMaintenanceWindowExecution(world_.context, resume);
  expect(resumed.status(),
         absl::StrCat("ResumeMaintenanceWindowExecution ", started->window_execution_id(), " ",
                      resumed->window_execution_id()));
  v1::DeregisterTargetFromMaintenanceWindowRequest untarget;
  untarget.set_window_id(window);
  untarget.set_window_target_id(registered->window_target_id());
  expect(engine.DeregisterTargetFromMaintenanceWindow(world_.context, untarget).status(),
         "DeregisterTargetFromMaintenanceWindow " + target_ids);
  v1::DeregisterTaskFromMaintenanceWindowRequest untask;
  untask.set_window_id(window);
  untask.set_window_task_id(task->window_task_id());
  expect(engine.DeregisterTaskFromMaintenanceWindow(world_.context, untask).status(),
         "DeregisterTaskFromMaintenanceWindow " + task_ids);
  v1::DeleteMaintenanceWindowRequest remove;
  remove.set_window_id(window);
  expect(engine.DeleteMaintenanceWindow(world_.context, remove).status(),
         "DeleteMaintenanceWindow " + window);
  ASSERT_TRUE(engine.DeleteMaintenanceWindow(world_.context, remove).ok());  // changes nothing
  std::vector<std::string> kept;
  for (const AuditEntry& entry : Log()) {
    kept.push_back(entry.operation + " " + entry.resources);
    EXPECT_EQ(entry.principal, "AKIATEST");
    EXPECT_FALSE(entry.error.has_value());
  }
  EXPECT_EQ(kept, expected);
}

TEST_F(AuditTest, ACancelIsKeptInItsOneCommitWithPolicyAndReason) {
  const std::string window = world_.CreateWindow();
  world_.RegisterTask(world_.TaskRequest(window));
  world_.Advance(absl::Hours(1));
  v1::CancelMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(world_.Executions(window).at(0).window_execution_id());
  const CancelOptions options{CancelPolicy::kStop, "fire"};
  const std::int64_t commits = world_.disk->commits();
  const std::size_t lines = Log().size();
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(
        world_.engine->CancelMaintenanceWindowExecution(world_.context, request, options).ok());
    EXPECT_EQ(world_.disk->commits(), commits + 1);
  }
  EXPECT_EQ(Log().size(), lines + 1);
  EXPECT_EQ(Last().operation, "CancelMaintenanceWindowExecution");
  EXPECT_EQ(Last().resources, request.window_execution_id());
  EXPECT_EQ(Last().summary, "Policy=\"STOP\" Reason=\"fire\"");
}

TEST_F(AuditTest, WhatIsRefusedByTheStoreLeavesNoLineOfSuccess) {
  world_.disk->FailNext(ModelDisk::Fault::kUnavailable);
  EXPECT_FALSE(world_.engine->CreateMaintenanceWindow(world_.context, world_.WindowRequest()).ok());
  EXPECT_TRUE(Log().empty());
}

TEST_F(AuditTest, ValuesThatMayBeSecretsAndLongOnesAreNotKept) {
  const std::string window = world_.CreateWindow();
  auto task = world_.TaskRequest(window);
  (*task.mutable_task_parameters()->mutable_parameters())["password"].add_values("hunter2");
  world_.RegisterTask(task);
  EXPECT_TRUE(absl::StrContains(Last().summary, "TaskParameters")) << Last().summary;
  EXPECT_FALSE(absl::StrContains(Last().summary, "hunter2")) << Last().summary;
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(window);
  update.set_description(std::string(128, 'x'));
  ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, update).ok());
  EXPECT_EQ(Last().summary, "Description");
}

TEST_F(AuditTest, AnIdThatIsNoneDoesNotReadAsAnotherLineOrId) {
  v1::DeleteMaintenanceWindowRequest request;
  for (const auto& [id, kept] : {std::pair("a\n2026 AKIA", "\"a\\n2026 AKIA\""),
                                 std::pair("a b", "\"a b\""), std::pair("a\"b", "\"a\\\"b\"")}) {
    request.set_window_id(id);
    world_.engine->KeepRefusal(world_.context, "DeleteMaintenanceWindow", &request,
                               "ValidationException");
    world_.CreateWindow();
    EXPECT_EQ(Last().resources, kept);
  }
}

TEST_F(AuditTest, ARefusedAttemptIsKeptWithTheNextCommitAndNobodyWaitsForIt) {
  v1::DeleteMaintenanceWindowRequest request;
  request.set_window_id(kNoWindow);
  const std::int64_t commits = world_.disk->commits();
  world_.engine->KeepRefusal(world_.context, "DeleteMaintenanceWindow", &request,
                             "AccessDeniedException");
  world_.engine->KeepRefusal(world_.context, "CreateMaintenanceWindow", nullptr,
                             "SerializationException");
  EXPECT_EQ(world_.disk->commits(), commits);
  world_.Settle();
  const auto log = Log();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].operation, "DeleteMaintenanceWindow");
  EXPECT_EQ(log[0].resources, kNoWindow);
  EXPECT_EQ(log[0].error, "AccessDeniedException");
  EXPECT_EQ(log[1].operation, "CreateMaintenanceWindow");
  EXPECT_EQ(log[1].resources, "");
  EXPECT_EQ(log[1].principal, "AKIATEST");
}

TEST_F(AuditTest, RefusedAttemptsOutliveAStoreThatRefusesAndAreBounded) {
  for (int i = 0; i < 1500; ++i) {
    world_.engine->KeepRefusal(world_.context, absl::StrCat("Operation", i), nullptr, "Error");
  }
  world_.disk->FailNext(ModelDisk::Fault::kUnavailable);
  world_.Settle();
  for (int i = 0; i < 3; ++i) world_.Advance(absl::Seconds(2));
  const auto log = Log();
  ASSERT_EQ(log.size(), 1000u);
  EXPECT_EQ(log[0].operation, "Operation0");
  EXPECT_EQ(log[999].operation, "Operation999");
}

}  // namespace
}  // namespace lull
