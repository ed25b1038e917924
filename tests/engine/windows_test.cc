#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"

namespace lull {
namespace {

class WindowsTest : public testing::Test {
 protected:
  std::string Create(const v1::CreateMaintenanceWindowRequest& request) {
    return Error(world_.engine->CreateMaintenanceWindow(world_.context, request).status());
  }
  std::string Update(const v1::UpdateMaintenanceWindowRequest& request) {
    return Error(world_.engine->UpdateMaintenanceWindow(world_.context, request).status());
  }
  v1::DescribeMaintenanceWindowsResponse Describe(
      const v1::DescribeMaintenanceWindowsRequest& request) {
    auto response = world_.engine->DescribeMaintenanceWindows(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::DescribeMaintenanceWindowsResponse();
  }
  std::string DescribeError(const v1::DescribeMaintenanceWindowsRequest& request) {
    return Error(world_.engine->DescribeMaintenanceWindows(world_.context, request).status());
  }
  /// All pages, the names of each joined by blanks.
  std::vector<std::string> Pages(v1::DescribeMaintenanceWindowsRequest request) {
    std::vector<std::string> pages;
    do {
      const auto page = Describe(request);
      std::string& names = pages.emplace_back();
      for (const auto& window : page.window_identities()) names += window.name() + ' ';
      request.set_next_token(page.next_token());
    } while (!request.next_token().empty() && pages.size() < 100);
    return pages;
  }
  void CreateNamed(const std::string& name, bool enabled = true) {
    auto request = world_.WindowRequest();
    request.set_name(name);
    v1::UpdateMaintenanceWindowRequest update;
    update.set_window_id(world_.CreateWindow(request));
    update.set_enabled(enabled);
    ASSERT_EQ(Update(update), "OK");
  }
  static v1::DescribeMaintenanceWindowsRequest Filter(
      const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
    v1::DescribeMaintenanceWindowsRequest request;
    for (const auto& [key, values] : filters) {
      v1::MaintenanceWindowFilter& filter = *request.add_filters();
      filter.set_key(key);
      for (const std::string& value : values) filter.add_values(value);
    }
    return request;
  }

  EngineWorld world_;
};

TEST_F(WindowsTest, ANewWindowIsEnabledAndShowsWhatItWasGivenAndNothingElse) {
  const std::string id = world_.CreateWindow();
  EXPECT_EQ(id.size(), 20u);
  EXPECT_EQ(id.substr(0, 3), "mw-");
  const auto window = world_.GetWindow(id);
  EXPECT_EQ(window.window_id(), id);
  EXPECT_EQ(window.name(), "patching");
  EXPECT_TRUE(window.enabled());
  EXPECT_TRUE(window.allow_unassociated_targets());
  EXPECT_EQ(window.created_date(), 1700000000.0);
  EXPECT_EQ(window.modified_date(), 1700000000.0);
  EXPECT_EQ(window.next_execution_time(), "2023-11-14T23:13:20Z");
  EXPECT_FALSE(window.has_description());
  EXPECT_FALSE(window.has_start_date());
  EXPECT_FALSE(window.has_end_date());
  EXPECT_FALSE(window.has_schedule_timezone());
  EXPECT_FALSE(window.has_schedule_offset());
}

TEST_F(WindowsTest, TheCutoffMustBeSmallerThanTheDuration) {
  struct Row {
    int duration;
    int cutoff;
    const char* error;
  };
  const Row rows[] = {
      {2, 1, "OK"},
      {2, 0, "OK"},
      {1, 0, "OK"},
      {24, 23, "OK"},
      {2, 2, "INVALID_ARGUMENT: Cutoff was 2 but must be smaller than 1 (Duration  - 1 )"},
      {1, 2, "INVALID_ARGUMENT: Cutoff was 2 but must be smaller than 0 (Duration  - 1 )"},
      {5, 23, "INVALID_ARGUMENT: Cutoff was 23 but must be smaller than 4 (Duration  - 1 )"}};
  for (const Row& row : rows) {
    auto request = world_.WindowRequest();
    request.set_duration(row.duration);
    request.set_cutoff(row.cutoff);
    EXPECT_EQ(Create(request), row.error);
  }
}

TEST_F(WindowsTest, ARefusedCreateStoresNothing) {
  auto request = world_.WindowRequest();
  request.set_schedule("every hour");
  EXPECT_NE(Create(request), "OK");
  request = world_.WindowRequest();
  request.set_schedule_timezone("Foo/Bar");
  EXPECT_EQ(Create(request),
            "INVALID_ARGUMENT: Foo/Bar is a malformed timezone. Please refer to the IANA time zone "
            "database for a valid timezones.");
  request = world_.WindowRequest();
  request.set_name("a");
  EXPECT_NE(Create(request), "OK");
  EXPECT_EQ(Describe({}).window_identities_size(), 0);
}

TEST_F(WindowsTest, TwoWindowsMayHaveTheSameName) {
  EXPECT_NE(world_.CreateWindow(), world_.CreateWindow());
}

TEST_F(WindowsTest, AnUnknownIdDoesNotExist) {
  v1::GetMaintenanceWindowRequest get;
  get.set_window_id(kNoWindow);
  EXPECT_EQ(Error(world_.engine->GetMaintenanceWindow(world_.context, get).status()),
            "NOT_FOUND: Maintenance window mw-00000000000000000 does not exist");
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(kNoWindow);
  EXPECT_EQ(Update(update), "NOT_FOUND: Maintenance window mw-00000000000000000 does not exist");
}

TEST_F(WindowsTest, TheSameClientTokenGivesTheSameWindowWithOtherParametersAnError) {
  auto request = world_.WindowRequest();
  request.set_client_token("token");
  const std::string id = world_.CreateWindow(request);
  world_.Advance(absl::Hours(23));
  EXPECT_EQ(world_.CreateWindow(request), id);
  EXPECT_EQ(Describe({}).window_identities_size(), 1);
  request.set_name("other");
  EXPECT_EQ(Create(request).substr(0, 15), "ALREADY_EXISTS:");
  request.set_client_token("another token");
  EXPECT_NE(world_.CreateWindow(request), id);
}

TEST_F(WindowsTest, AnUpdateChangesWhatItNamesAndTheModifiedDate) {
  const std::string id = world_.CreateWindow();
  const auto before = world_.GetWindow(id);
  world_.Advance(absl::Seconds(90));
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_name("renamed");
  update.set_description("why");
  const auto response = world_.engine->UpdateMaintenanceWindow(world_.context, update);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->name(), "renamed");
  EXPECT_EQ(response->schedule(), "rate(1 hour)");
  const auto after = world_.GetWindow(id);
  EXPECT_EQ(after.name(), "renamed");
  EXPECT_EQ(after.description(), "why");
  EXPECT_EQ(after.duration(), before.duration());
  EXPECT_EQ(after.created_date(), before.created_date());
  EXPECT_EQ(after.modified_date(), before.modified_date() + 90);
  EXPECT_EQ(after.next_execution_time(), before.next_execution_time()) << "the grid stays";
}

TEST_F(WindowsTest, ANewScheduleCountsFromItsUpdate) {
  const std::string id = world_.CreateWindow();
  world_.Advance(absl::Minutes(20));
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_schedule("rate(2 hours)");
  ASSERT_EQ(Update(update), "OK");
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-11-15T00:33:20Z");
}

TEST_F(WindowsTest, RulesOverSeveralMembersHoldForTheMergedWindow) {
  const std::string id = world_.CreateWindow();  // Duration 3, Cutoff 1
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_duration(1);
  EXPECT_EQ(Update(update),
            "INVALID_ARGUMENT: Cutoff was 1 but must be smaller than 0 (Duration  - 1 )");
  EXPECT_EQ(world_.GetWindow(id).duration(), 3);
  update.clear_duration();
  update.set_schedule_offset(1);
  EXPECT_EQ(Update(update),
            "INVALID_ARGUMENT: An offset can't be added to the specified schedule.");
}

TEST_F(WindowsTest, ReplaceClearsWhatItLeavesOutAndKeepsEnabled) {
  auto request = world_.WindowRequest();
  request.set_description("d");
  request.set_start_date("2023-01-01T00:00:00Z");
  request.set_end_date("2033-01-01T00:00:00Z");
  request.set_schedule_timezone("Europe/Berlin");
  const std::string id = world_.CreateWindow(request);
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_enabled(false);
  ASSERT_EQ(Update(update), "OK");
  update.clear_enabled();
  update.set_replace(true);
  update.set_name("replaced");
  update.set_schedule("rate(2 days)");
  update.set_duration(4);
  update.set_cutoff(2);
  update.set_allow_unassociated_targets(false);
  ASSERT_EQ(Update(update), "OK");
  const auto window = world_.GetWindow(id);
  EXPECT_EQ(window.name(), "replaced");
  EXPECT_FALSE(window.enabled());
  EXPECT_FALSE(window.allow_unassociated_targets());
  EXPECT_FALSE(window.has_description());
  EXPECT_FALSE(window.has_start_date());
  EXPECT_FALSE(window.has_end_date());
  EXPECT_FALSE(window.has_schedule_timezone());
}

TEST_F(WindowsTest, TagsGivenAtCreateAreStoredAndNoUpdateLosesThem) {
  auto request = world_.WindowRequest();
  for (const auto& [key, value] : {std::pair("team", "db"), {"stage", ""}, {"team", "web"}}) {
    v1::Tag& tag = *request.add_tags();
    tag.set_key(key);
    tag.set_value(value);
  }
  const std::string id = world_.CreateWindow(request);
  const auto tags = [&] {
    return world_.store.definitions().GetWindow(WindowId(id)).value()->tags;
  };
  const std::map<std::string, std::string> expected = {{"stage", ""}, {"team", "web"}};
  EXPECT_EQ(tags(), expected) << "of a key given twice the last counts";
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_replace(true);
  update.set_name("replaced");
  update.set_schedule("rate(2 days)");
  update.set_duration(4);
  update.set_cutoff(2);
  update.set_allow_unassociated_targets(false);
  ASSERT_EQ(Update(update), "OK");
  EXPECT_EQ(tags(), expected);
}

TEST_F(WindowsTest, TheSameClientTokenWithOtherTagsIsAnotherRequest) {
  auto request = world_.WindowRequest();
  request.set_client_token("token");
  ASSERT_EQ(Create(request), "OK");
  v1::Tag& tag = *request.add_tags();
  tag.set_key("team");
  tag.set_value("db");
  EXPECT_EQ(Create(request).rfind("ALREADY_EXISTS: ", 0), 0u);
}

TEST_F(WindowsTest, ReplaceNeedsAllThatCreateNeeds) {
  const std::string id = world_.CreateWindow();
  const char* const members[] = {"name", "schedule", "duration", "cutoff",
                                 "allowUnassociatedTargets"};
  for (std::size_t missing = 0; missing < 5; ++missing) {
    v1::UpdateMaintenanceWindowRequest update;
    update.set_window_id(id);
    update.set_replace(true);
    if (missing != 0) update.set_name("replaced");
    if (missing != 1) update.set_schedule("rate(2 days)");
    if (missing != 2) update.set_duration(4);
    if (missing != 3) update.set_cutoff(2);
    if (missing != 4) update.set_allow_unassociated_targets(false);
    EXPECT_EQ(Update(update),
              std::string("INVALID_ARGUMENT: 1 validation error detected: Value null at '") +
                  members[missing] + "' failed to satisfy constraint: Member must not be null");
  }
  EXPECT_EQ(world_.GetWindow(id).name(), "patching");
}

TEST_F(WindowsTest, NoMoreAreMadeThanTheLimitSays) {
  world_.limits = Limits();
  world_.Restart();
  auto first = world_.WindowRequest();
  first.set_client_token("token");
  const std::string id = world_.CreateWindow(first);
  for (int i = 1; i < 50; ++i) world_.CreateWindow();
  const std::string full =
      "RESOURCE_EXHAUSTED: The limit of 50 maintenance windows is reached. Delete one, or raise "
      "the limit: lull serve --max-windows, or Limits::windows of the library.";
  EXPECT_EQ(Create(world_.WindowRequest()), full);
  EXPECT_EQ(world_.CreateWindow(first), id) << "a repeated request makes nothing";
  world_.Restart();
  EXPECT_EQ(Create(world_.WindowRequest()), full);
  v1::DeleteMaintenanceWindowRequest gone;
  gone.set_window_id(id);
  ASSERT_TRUE(world_.engine->DeleteMaintenanceWindow(world_.context, gone).ok());
  EXPECT_EQ(Create(world_.WindowRequest()), "OK");
  world_.limits.windows = kNoLimit;
  world_.Restart();
  EXPECT_EQ(Create(world_.WindowRequest()), "OK");
  world_.limits.windows = 0;
  world_.Restart();
  EXPECT_EQ(Create(world_.WindowRequest()).rfind("RESOURCE_EXHAUSTED: The limit of 0 ", 0), 0u);
}

TEST_F(WindowsTest, AWindowHas50TagsAtMost) {
  auto request = world_.WindowRequest();
  for (int i = 0; i < 50; ++i) {
    v1::Tag& tag = *request.add_tags();
    tag.set_key(std::to_string(i));
    tag.set_value("v");
  }
  EXPECT_EQ(Create(request), "OK");
  v1::Tag& tag = *request.add_tags();
  tag.set_key("one more");
  tag.set_value("v");
  EXPECT_EQ(Create(request),
            "RESOURCE_EXHAUSTED: A maintenance window can have 50 tags; this has 51.");
}

TEST_F(WindowsTest, OptionsThatMeanNothingAreRefused) {
  const auto error = [&](EngineOptions options) {
    options.store = &world_.store;
    return Error(Engine::Open(std::move(options)).status());
  };
  EngineOptions options;
  options.limits.windows = -1;
  EXPECT_EQ(error(options), "INVALID_ARGUMENT: A limit is -1; it must be 0 or more.");
  options = EngineOptions();
  options.max_events = 0;
  EXPECT_EQ(error(options), "INVALID_ARGUMENT: The limit of events is 0; it must be above 0.");
  for (const char* account : {"", "12345678901", "12345678901x"}) {
    options = EngineOptions();
    options.account_id = account;
    EXPECT_EQ(error(options), std::string("INVALID_ARGUMENT: The account id is '") + account +
                                  "'; it must be 12 digits.");
  }
}

TEST_F(WindowsTest, ADisabledWindowHasNoNextExecutionTimeUntilItIsEnabledAgain) {
  const std::string id = world_.CreateWindow();
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_enabled(false);
  ASSERT_EQ(Update(update), "OK");
  EXPECT_FALSE(world_.GetWindow(id).has_next_execution_time());
  EXPECT_FALSE(Describe({}).window_identities(0).has_next_execution_time());
  world_.Advance(absl::Hours(2));
  EXPECT_TRUE(world_.Executions(id).empty());
  update.set_enabled(true);
  ASSERT_EQ(Update(update), "OK");
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-11-15T01:13:20Z") << "on its grid";
}

TEST_F(WindowsTest, NextExecutionTimeIsInTheWindowsZone) {
  auto request = world_.WindowRequest();
  request.set_schedule("at(2023-12-24T18:00:00)");
  request.set_schedule_timezone("America/New_York");
  EXPECT_EQ(world_.GetWindow(world_.CreateWindow(request)).next_execution_time(),
            "2023-12-24T18:00-05:00");
}

TEST_F(WindowsTest, ACronScheduleOpensAtTheWallClockOfItsZone) {
  auto request = world_.WindowRequest();
  request.set_schedule("cron(0 2 ? * THU#3 *)");
  request.set_schedule_timezone("America/New_York");
  const std::string id = world_.CreateWindow(request);
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-11-16T02:00-05:00");
  world_.Advance(absl::Hours(33));
  EXPECT_EQ(world_.Executions(id).size(), 1u);
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-12-21T02:00-05:00");
  request.set_schedule("cron(0 4 1 * 1 *)");
  EXPECT_EQ(Create(request),
            "INVALID_ARGUMENT: Invalid CRON expression: error at position 0, details: Specifying "
            "both a day-of-week AND a day-of-month parameter is not supported.");
}

TEST_F(WindowsTest, WithAnOffsetOnlyBasesAfterTheCreationOrTheUpdateCount) {
  auto request = world_.WindowRequest();  // on Tuesday, 2023-11-14, at 22:13:20Z
  request.set_schedule("cron(0 4 ? * TUE#2 *)");
  request.set_schedule_offset(2);
  EXPECT_EQ(world_.GetWindow(world_.CreateWindow(request)).next_execution_time(),
            "2023-12-14T04:00Z");
  request.set_schedule("cron(30 23 ? * TUE#2 *)");
  const std::string id = world_.CreateWindow(request);
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-11-16T23:30Z");
  world_.Advance(absl::Hours(2));
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(id);
  update.set_duration(4);
  ASSERT_EQ(Update(update), "OK");
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-11-16T23:30Z");
  update.set_schedule_offset(3);
  ASSERT_EQ(Update(update), "OK");
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-12-15T23:30Z");
}

TEST_F(WindowsTest, WithoutAFurtherOccurrenceThereIsNoNextExecutionTime) {
  auto past = world_.WindowRequest();
  past.set_schedule("at(2020-01-01T00:00:00)");
  EXPECT_FALSE(world_.GetWindow(world_.CreateWindow(past)).has_next_execution_time());
  auto ended = world_.WindowRequest();
  ended.set_end_date("2020-01-01T00:00:00Z");
  EXPECT_FALSE(world_.GetWindow(world_.CreateWindow(ended)).has_next_execution_time());
}

TEST_F(WindowsTest, NextExecutionTimeMovesOnWhenAnExecutionBegins) {
  const std::string id = world_.CreateWindow();
  world_.Advance(absl::Minutes(60));
  EXPECT_EQ(world_.GetWindow(id).next_execution_time(), "2023-11-15T00:13:20Z");
  auto once = world_.WindowRequest();
  once.set_schedule("at(2023-11-15T00:00:00)");
  const std::string only = world_.CreateWindow(once);
  EXPECT_TRUE(world_.GetWindow(only).has_next_execution_time());
  world_.Advance(absl::Minutes(60));
  EXPECT_FALSE(world_.GetWindow(only).has_next_execution_time());
  EXPECT_EQ(world_.Executions(only).size(), 1u);
}

TEST_F(WindowsTest, DeletedTwiceOrNeverThereItIsGoneAllTheSame) {
  const std::string id = world_.CreateWindow();
  world_.Advance(absl::Hours(1));
  v1::DeleteMaintenanceWindowRequest remove;
  for (const std::string& gone : {id, id, std::string(kNoWindow)}) {
    remove.set_window_id(gone);
    const auto response = world_.engine->DeleteMaintenanceWindow(world_.context, remove);
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->window_id(), gone);
  }
  v1::GetMaintenanceWindowRequest get;
  get.set_window_id(id);
  EXPECT_FALSE(world_.engine->GetMaintenanceWindow(world_.context, get).ok());
  EXPECT_EQ(world_.Executions(id).size(), 1u) << "its history stays";
  world_.Advance(absl::Hours(3));
  EXPECT_EQ(world_.Executions(id).size(), 1u) << "and it opens no more";
}

TEST_F(WindowsTest, PagesFollowTheOrderOfCreationAndEnd) {
  std::string all;
  for (int i = 10; i < 35; ++i) {
    CreateNamed("w" + std::to_string(i));
    all += "w" + std::to_string(i) + ' ';
  }
  v1::DescribeMaintenanceWindowsRequest request;
  request.set_max_results(10);
  const auto pages = Pages(request);
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_EQ(pages[0] + pages[1] + pages[2], all);
  request.set_max_results(25);
  EXPECT_EQ(Pages(request), (std::vector<std::string>{all})) << "a page that is just full";
  request.clear_max_results();
  EXPECT_EQ(Pages(request), (std::vector<std::string>{all}));
}

TEST_F(WindowsTest, AWindowDeletedBetweenPagesShiftsNothing) {
  for (int i = 10; i < 30; ++i) CreateNamed("w" + std::to_string(i));
  v1::DescribeMaintenanceWindowsRequest request;
  request.set_max_results(10);
  const auto first = Describe(request);
  v1::DeleteMaintenanceWindowRequest remove;
  remove.set_window_id(first.window_identities(9).window_id());
  ASSERT_TRUE(world_.engine->DeleteMaintenanceWindow(world_.context, remove).ok());
  request.set_next_token(first.next_token());
  const auto second = Describe(request);
  EXPECT_EQ(second.window_identities(0).name(), "w20");
  EXPECT_EQ(second.window_identities_size(), 10);
}

TEST_F(WindowsTest, FiltersMatchByPrefixAnyOfTheirValuesAndAllOfThem) {
  CreateNamed("My-one");
  CreateNamed("My-two", false);
  CreateNamed("my-three");
  CreateNamed("Your-four", false);
  using Rows = std::vector<
      std::pair<std::vector<std::pair<std::string, std::vector<std::string>>>, std::string>>;
  for (const auto& [filters, names] :
       Rows{{{}, "My-one My-two my-three Your-four "},
            {{{"Name", {"My"}}}, "My-one My-two "},
            {{{"Name", {"My-one"}}}, "My-one "},
            {{{"Name", {"My-o", "Your"}}}, "My-one Your-four "},
            {{{"Name", {"nobody"}}}, ""},
            {{{"Enabled", {"true"}}}, "My-one my-three "},
            {{{"Enabled", {"False"}}}, "My-two Your-four "},
            {{{"Enabled", {"TRUE", "false"}}}, "My-one My-two my-three Your-four "},
            {{{"Name", {"My"}}, {"Enabled", {"False"}}}, "My-two "},
            {{{"Name", {"My"}}, {"Name", {"My-t"}}}, "My-two "}}) {
    EXPECT_EQ(Pages(Filter(filters)), (std::vector<std::string>{names}));
  }
}

TEST_F(WindowsTest, FiltersThatMeanNothingAreRefused) {
  EXPECT_EQ(DescribeError(Filter({{"Owner", {"me"}}})),
            "INVALID_ARGUMENT: The filter key Owner is not valid. Valid filter keys are Name and "
            "Enabled.");
  EXPECT_EQ(DescribeError(Filter({{"Name", {}}})),
            "INVALID_ARGUMENT: The filter Name has no values. Give it at least one.");
  EXPECT_EQ(DescribeError(Filter({{"Enabled", {"maybe"}}})),
            "INVALID_ARGUMENT: The value maybe of filter Enabled is not valid. Use true or false.");
}

TEST_F(WindowsTest, ATokenOfAnotherListOrOfNoneIsRefused) {
  for (int i = 10; i < 25; ++i) CreateNamed("w" + std::to_string(i));
  v1::DescribeMaintenanceWindowsRequest request;
  request.set_max_results(10);
  const std::string token = Describe(request).next_token();
  ASSERT_FALSE(token.empty());
  auto other = Filter({{"Name", {"w"}}});
  other.set_next_token(token);
  EXPECT_EQ(DescribeError(other).substr(0, 57),
            "INVALID_ARGUMENT: The NextToken belongs to another list. ");
  v1::DescribeMaintenanceWindowExecutionsRequest executions;
  executions.set_window_id(world_.CreateWindow());
  executions.set_next_token(token);
  EXPECT_FALSE(world_.engine->DescribeMaintenanceWindowExecutions(world_.context, executions).ok());
  for (const std::string& garbage : {std::string("x"), token + "A", token.substr(1),
                                     std::string(5000, 'A'), std::string("!!!!")}) {
    request.set_next_token(garbage);
    EXPECT_NE(DescribeError(request), "OK") << garbage;
  }
  request.set_next_token(token);
  request.set_max_results(20);  // another page size is no other list
  EXPECT_EQ(Describe(request).window_identities_size(), 6);
}

}  // namespace
}  // namespace lull
