// Invocations as the API shows them: most have no row, and no reader can tell.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/sim/world.h"

namespace lull {
namespace {

constexpr int kTargets = 3000;
constexpr int kConcurrency = 200;

using Identity = v1::MaintenanceWindowExecutionTaskInvocationIdentity;

class InvocationsTest : public testing::Test {
 protected:
  /// An execution over kTargets, 600 of them ended, with all sorts of outcomes.
  void SetUp() override {
    const std::string window = world_.CreateWindow();
    auto task = world_.TaskRequest(window);
    task.mutable_targets(0)->set_values(0, std::to_string(kTargets));
    task.set_max_concurrency(std::to_string(kConcurrency));
    task.set_max_errors("1000");
    world_.RegisterTask(task);
    world_.Advance(absl::Hours(1));
    execution_ = world_.Executions(window).at(0).window_execution_id();
    task_ = world_.Tasks(execution_).at(0).task_execution_id();
    for (int i = 0; i < 600; ++i) {
      const Status status = i % 7 == 0    ? Status::kFailed
                            : i % 11 == 0 ? Status::kTimedOut
                                          : Status::kSuccess;
      world_.runner.FinishOldest(status, status == Status::kSuccess ? "" : "went wrong");
      if (i % 50 == 0) world_.Settle();
    }
    world_.Settle();
  }

  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest Request(
      const std::vector<std::string>& statuses) const {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
    request.set_window_execution_id(execution_);
    request.set_task_id(task_);
    if (!statuses.empty()) {
      v1::MaintenanceWindowFilter& filter = *request.add_filters();
      filter.set_key("STATUS");
      for (const std::string& status : statuses) filter.add_values(status);
    }
    return request;
  }
  std::string DescribeError(
      const v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest& request) {
    return Error(
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request)
            .status());
  }
  /// All pages of a list.
  std::vector<Identity> All(const std::vector<std::string>& statuses, int page_size = 100) {
    auto request = Request(statuses);
    request.set_max_results(page_size);
    std::vector<Identity> all;
    do {
      const auto page =
          world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      EXPECT_LE(page->window_execution_task_invocation_identities_size(), page_size);
      all.insert(all.end(), page->window_execution_task_invocation_identities().begin(),
                 page->window_execution_task_invocation_identities().end());
      request.set_next_token(page->next_token());
    } while (!request.next_token().empty() && all.size() < 2 * kTargets);
    return all;
  }
  static std::vector<std::string> Ids(const std::vector<Identity>& rows) {
    std::vector<std::string> ids;
    for (const Identity& row : rows) ids.push_back(row.invocation_id());
    return ids;
  }
  std::map<std::string, int> Counts() {
    std::map<std::string, int> counts;
    for (const Identity& row : All({})) ++counts[row.status()];
    return counts;
  }
  /// Each list by STATUS holds what the whole list says, in the same order.
  void ExpectFiltersAgree() {
    const auto all = All({});
    ASSERT_EQ(all.size(), static_cast<std::size_t>(kTargets));
    const std::vector<std::vector<std::string>> filters = {{"PENDING"},
                                                           {"IN_PROGRESS"},
                                                           {"SUCCESS"},
                                                           {"FAILED"},
                                                           {"TIMED_OUT"},
                                                           {"CANCELLING"},
                                                           {"CANCELLED"},
                                                           {"FAILED", "TIMED_OUT"},
                                                           {"SUCCESS", "PENDING", "IN_PROGRESS"},
                                                           {"CANCELLED", "FAILED", "CANCELLING"},
                                                           {"PENDING", "PENDING"}};
    for (const auto& statuses : filters) {
      std::vector<std::string> expected;
      for (const Identity& row : all) {
        if (std::set<std::string>(statuses.begin(), statuses.end()).count(row.status()) != 0) {
          expected.push_back(row.invocation_id());
        }
      }
      for (const int page_size : {10, 100}) {
        EXPECT_EQ(Ids(All(statuses, page_size)), expected) << statuses.front();
      }
    }
  }
  void Cancel(CancelPolicy policy) {
    v1::CancelMaintenanceWindowExecutionRequest request;
    request.set_window_execution_id(execution_);
    ASSERT_TRUE(
        world_.engine->CancelMaintenanceWindowExecution(world_.context, request, {.policy = policy})
            .ok());
  }

  sim::CountedTargets targets_;
  EngineWorld world_{&targets_};
  std::string execution_;
  std::string task_;
};

TEST_F(InvocationsTest, TheListHoldsEachOnceInTheOrderOfTheTargets) {
  const auto all = All({}, 97);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kTargets));
  std::set<std::string> ids;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(ids.insert(all[i].invocation_id()).second);
    const std::string node = "\"node-" + std::to_string(i) + "\"";
    EXPECT_NE(all[i].parameters().find(node), std::string::npos) << all[i].parameters();
  }
}

TEST_F(InvocationsTest, TheirStatusesAddUp) {
  const auto counts = Counts();
  EXPECT_EQ(counts.at("FAILED"), 86);
  EXPECT_EQ(counts.at("TIMED_OUT"), 47);
  EXPECT_EQ(counts.at("SUCCESS") + counts.at("FAILED") + counts.at("TIMED_OUT"), 600);
  EXPECT_EQ(counts.at("IN_PROGRESS"), kConcurrency);
  EXPECT_EQ(counts.at("PENDING"), kTargets - 600 - kConcurrency);
}

TEST_F(InvocationsTest, ListsByStatusAgreeWithTheWholeList) { ExpectFiltersAgree(); }

TEST_F(InvocationsTest, AfterACancelTheQueuedAreCancelledAndListsStillAgree) {
  Cancel(CancelPolicy::kInvocation);
  const auto counts = Counts();
  EXPECT_EQ(counts.at("IN_PROGRESS"), kConcurrency);
  EXPECT_EQ(counts.at("CANCELLED"), kTargets - 600 - kConcurrency);
  EXPECT_EQ(counts.count("PENDING"), 0u);
  ExpectFiltersAgree();
}

TEST_F(InvocationsTest, AfterAStopWhatIsInFlightIsCancellingThenCancelledBesideTheQueued) {
  Cancel(CancelPolicy::kStop);
  EXPECT_EQ(Counts().at("CANCELLING"), kConcurrency);
  for (int i = 0; i < 50; ++i) world_.runner.FinishOldest(Status::kCancelled, "stopped");
  world_.Settle();
  EXPECT_EQ(Counts().at("CANCELLED"), kTargets - 600 - kConcurrency + 50);
  EXPECT_EQ(Counts().at("CANCELLING"), kConcurrency - 50);
  ExpectFiltersAgree();
}

TEST_F(InvocationsTest, EachIsFoundByItsIdAsTheListShowsIt) {
  const auto all = All({});
  std::set<std::string> statuses;
  for (std::size_t i = 0; i < all.size(); i += 37) {
    v1::GetMaintenanceWindowExecutionTaskInvocationRequest request;
    request.set_window_execution_id(execution_);
    request.set_task_id(task_);
    request.set_invocation_id(all[i].invocation_id());
    const auto one =
        world_.engine->GetMaintenanceWindowExecutionTaskInvocation(world_.context, request);
    ASSERT_TRUE(one.ok()) << one.status();
    statuses.insert(one->status());
    EXPECT_EQ(one->invocation_id(), all[i].invocation_id());
    EXPECT_EQ(one->status(), all[i].status());
    EXPECT_EQ(one->status_details(), all[i].status_details());
    EXPECT_EQ(one->has_start_time(), all[i].has_start_time());
    EXPECT_EQ(one->has_end_time(), all[i].has_end_time());
    EXPECT_EQ(one->parameters(), all[i].parameters());
    EXPECT_EQ(one->execution_id(), all[i].execution_id());
    EXPECT_EQ(one->has_end_time(), one->status() != "PENDING" && one->status() != "IN_PROGRESS");
    EXPECT_EQ(one->has_start_time(), one->status() != "PENDING");
  }
  EXPECT_EQ(statuses.size(), 5u);
}

TEST_F(InvocationsTest, IdsThatNobodyHandedOutDoNotExist) {
  v1::GetMaintenanceWindowExecutionTaskInvocationRequest request;
  request.set_window_execution_id(execution_);
  request.set_task_id(task_);
  const auto keys = *world_.store.runs().GreatestKeys();
  for (const std::string& id :
       {std::string(kNoUuid), task_, execution_,
        MakeInvocationId(TaskExecutionId(task_), {keys.task, kTargets}).value(),
        MakeInvocationId(TaskExecutionId(execution_), {keys.task, 0}).value()}) {
    request.set_invocation_id(id);
    EXPECT_EQ(
        Error(world_.engine->GetMaintenanceWindowExecutionTaskInvocation(world_.context, request)
                  .status()),
        "NOT_FOUND: Maintenance window execution task invocation " + id + " does not exist");
  }
}

TEST_F(InvocationsTest, FiltersThatMeanNothingAreRefused) {
  EXPECT_EQ(DescribeError(Request({"SKIPPED_OVERLAPPING"})),
            "INVALID_ARGUMENT: The value SKIPPED_OVERLAPPING of filter STATUS is not valid. Use "
            "PENDING, IN_PROGRESS, SUCCESS, FAILED, TIMED_OUT, CANCELLING or CANCELLED.");
  EXPECT_NE(DescribeError(Request({"pending"})), "OK");
  auto request = Request({"PENDING"});
  request.mutable_filters(0)->set_key("Status");
  EXPECT_EQ(
      DescribeError(request),
      "INVALID_ARGUMENT: The filter key Status is not valid. The valid filter key is STATUS.");
}

TEST_F(InvocationsTest, FiltersAreAllAndTheirValuesAny) {
  auto request = Request({"PENDING", "FAILED"});
  v1::MaintenanceWindowFilter& second = *request.add_filters();
  second.set_key("STATUS");
  second.add_values("FAILED");
  second.add_values("SUCCESS");
  request.set_max_results(100);
  const auto page =
      world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->window_execution_task_invocation_identities_size(), 86);
  for (const auto& row : page->window_execution_task_invocation_identities()) {
    EXPECT_EQ(row.status(), "FAILED");
  }
}

TEST_F(InvocationsTest, ATokenOfAnotherFilterIsRefused) {
  const auto first = world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(
      world_.context, Request({"PENDING"}));
  ASSERT_TRUE(first.ok());
  ASSERT_FALSE(first->next_token().empty());
  auto other = Request({"SUCCESS"});
  other.set_next_token(first->next_token());
  EXPECT_EQ(DescribeError(other).rfind("INVALID_ARGUMENT: The NextToken belongs to another", 0),
            0u);
}

TEST_F(InvocationsTest, APageBegunBeforeACancelGoesOnAfterIt) {
  auto request = Request({});
  request.set_max_results(100);
  std::set<std::string> ids;
  for (int page = 0; page < 30; ++page) {
    const auto rows =
        world_.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world_.context, request);
    ASSERT_TRUE(rows.ok());
    for (const auto& row : rows->window_execution_task_invocation_identities()) {
      EXPECT_TRUE(ids.insert(row.invocation_id()).second);
    }
    request.set_next_token(rows->next_token());
    if (page == 3) Cancel(CancelPolicy::kInvocation);
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kTargets));
  EXPECT_TRUE(request.next_token().empty());
}

TEST(InvocationParameters, AreShownWithPseudoParametersPut) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  auto request = world.TaskRequest(window);
  auto& command = *request.mutable_task_invocation_parameters()->mutable_run_command();
  command.set_comment("in {{WINDOW_ID}} as {{ INVOCATION_ID }}");
  (*command.mutable_parameters())["commands"].add_values(
      "echo {{TARGET_TYPE}} {{TARGET_ID}} {{X}}");
  world.RegisterTask(request);
  world.Advance(absl::Hours(1));
  const std::string execution = world.Executions(window).at(0).window_execution_id();
  const std::string task = world.Tasks(execution).at(0).task_execution_id();

  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest list;
  list.set_window_execution_id(execution);
  list.set_task_id(task);
  const auto page =
      world.engine->DescribeMaintenanceWindowExecutionTaskInvocations(world.context, list);
  ASSERT_TRUE(page.ok()) << page.status();
  const Identity& listed = page->window_execution_task_invocation_identities(0);
  const std::string comment = "\"comment\":\"in " + window + " as " + listed.invocation_id() + "\"";
  EXPECT_NE(listed.parameters().find(comment), std::string::npos) << listed.parameters();
  EXPECT_NE(listed.parameters().find("[\"echo INSTANCE {{TARGET_ID}} {{X}}\"]"), std::string::npos)
      << listed.parameters();

  v1::GetMaintenanceWindowExecutionTaskInvocationRequest get;
  get.set_window_execution_id(execution);
  get.set_task_id(task);
  get.set_invocation_id(listed.invocation_id());
  EXPECT_EQ(
      world.engine->GetMaintenanceWindowExecutionTaskInvocation(world.context, get)->parameters(),
      listed.parameters());
}

}  // namespace
}  // namespace lull
