#include "cli/planner.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/base/check.h"
#include "engine/model/nodes.h"
#include "proto/payload.pb.h"
#include "tests/support/model_store.h"

namespace lull::cli {
namespace {

class PlannerTest : public testing::Test {
 protected:
  PlannerTest() {
    Put(kLocalOrigin, "local");
    task_.task_arn = "AWS-RunShellScript";
    v1::TaskPayload payload;
    auto& map = *payload.mutable_task_invocation_parameters()->mutable_run_command();
    (*map.mutable_parameters())["commands"].add_values("echo a");
    task_.payload = payload.SerializeAsString();
  }
  static Plans BuiltIns() {
    auto library = runners::DocumentLibrary::Load("");
    LULL_CHECK(library.ok());
    return {{}, *std::move(library)};
  }
  void Put(const std::string& origin, const std::string& id) {
    Node node;
    node.id = id;
    node.platform = Platform::kLinux;
    const auto results = store_.Commit({PutNodes{origin, 1, {node}, absl::UnixEpoch()}});
    LULL_CHECK(results.ok());
  }
  absl::StatusOr<runners::ProcessPlan> Plan(const std::string& node) {
    const ResolvedTarget target{node, {}, {}};
    return planner_.Plan({{TaskKey{7}, 3}, ExecutionId("e"), WindowId("w"), task_, target});
  }

  ModelStore store_{std::make_shared<ModelDisk>()};
  Planner planner_{store_.nodes(), BuiltIns(), {"us-east-1", "000000000000"}, "/lull-carry"};
  TaskSpec task_;
};

TEST_F(PlannerTest, TheLocalNodeRunsTheScriptItself) {
  const auto plan = Plan("local");
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->script, "echo a\n");
  EXPECT_EQ(plan->script_by, runners::ScriptBy::kFile);
}

TEST_F(PlannerTest, WithoutANodeItSaysWhatToGive) {
  const absl::Status status = Plan("").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "A RUN_COMMAND task needs a node; give it Targets, as InstanceIds=local.");
}

TEST_F(PlannerTest, ANodeThatIsNotThereIsNotReached) {
  const absl::Status status = Plan("mi-1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            "The instance IDs list contains an invalid entry: there is no node \"mi-1\".");
}

TEST_F(PlannerTest, GoesByWhatWasReadLast) {
  task_.task_arn = "Nothing";
  EXPECT_FALSE(Plan("local").ok());
  task_.task_arn = "AWS-RunShellScript";
  planner_.Use({{}, std::make_shared<runners::DocumentLibrary>()});
  EXPECT_FALSE(Plan("local").ok()) << "a library without any";
  planner_.Use(BuiltIns());
  EXPECT_TRUE(Plan("local").ok());
}

}  // namespace
}  // namespace lull::cli
