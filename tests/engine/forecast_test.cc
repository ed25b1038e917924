// What will open when (spec A.6), which windows are aimed at a target (spec A.7): H 22 and 23.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"

namespace lull {
namespace {

using Selectors = std::vector<std::pair<std::string, std::vector<std::string>>>;

template <class Request>
void AddTargets(const Selectors& selectors, Request& request) {
  for (const auto& [key, values] : selectors) {
    v1::Target& target = *request.add_targets();
    target.set_key(key);
    for (const std::string& value : values) target.add_values(value);
  }
}

template <class Request>
void SetTargets(const Selectors& selectors, const std::string& type, Request& request) {
  if (!type.empty()) request.set_resource_type(type);
  AddTargets(selectors, request);
}

class ForecastTest : public testing::Test {
 protected:
  using Request = v1::DescribeMaintenanceWindowScheduleRequest;

  std::string Create(const std::string& name, const std::string& schedule,
                     const std::string& zone = "") {
    auto request = world_.WindowRequest();
    request.set_name(name);
    request.set_schedule(schedule);
    if (!zone.empty()) request.set_schedule_timezone(zone);
    return world_.CreateWindow(request);
  }
  void Enable(const std::string& id, bool enabled) {
    v1::UpdateMaintenanceWindowRequest update;
    update.set_window_id(id);
    update.set_enabled(enabled);
    ASSERT_TRUE(world_.engine->UpdateMaintenanceWindow(world_.context, update).ok());
  }
  void Delete(const std::string& id) {
    v1::DeleteMaintenanceWindowRequest remove;
    remove.set_window_id(id);
    ASSERT_TRUE(world_.engine->DeleteMaintenanceWindow(world_.context, remove).ok());
  }
  std::string RegisterTarget(const std::string& window, const Selectors& selectors,
                             const std::string& type = "INSTANCE") {
    v1::RegisterTargetWithMaintenanceWindowRequest request;
    request.set_window_id(window);
    SetTargets(selectors, type, request);
    const auto response =
        world_.engine->RegisterTargetWithMaintenanceWindow(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->window_target_id() : "";
  }
  void RegisterTaskOn(const std::string& window, const Selectors& selectors) {
    auto request = world_.TaskRequest(window);
    request.clear_targets();
    AddTargets(selectors, request);
    world_.RegisterTask(request);
  }

  v1::DescribeMaintenanceWindowScheduleResponse Page(const Request& request) {
    auto response = world_.engine->DescribeMaintenanceWindowSchedule(world_.context, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *std::move(response) : v1::DescribeMaintenanceWindowScheduleResponse();
  }
  std::string ScheduleError(const Request& request) {
    return Error(
        world_.engine->DescribeMaintenanceWindowSchedule(world_.context, request).status());
  }
  /// `name time`, of all pages.
  std::vector<std::string> Schedule(Request request) {
    std::vector<std::string> rows;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = Page(request);
      for (const auto& row : page.scheduled_window_executions()) {
        rows.push_back(row.name() + ' ' + row.execution_time());
      }
      if (page.next_token().empty()) return rows;
      EXPECT_GT(page.scheduled_window_executions_size(), 0);
      request.set_next_token(page.next_token());
    }
    ADD_FAILURE() << "the pages do not end";
    return rows;
  }
  static Request Of(const std::string& window) {
    Request request;
    request.set_window_id(window);
    return request;
  }
  static void AddFilter(const std::string& key, const std::vector<std::string>& values,
                        Request& request) {
    v1::PatchOrchestratorFilter& filter = *request.add_filters();
    filter.set_key(key);
    for (const std::string& value : values) filter.add_values(value);
  }

  std::string ForTargetError(const v1::DescribeMaintenanceWindowsForTargetRequest& request) {
    return Error(
        world_.engine->DescribeMaintenanceWindowsForTarget(world_.context, request).status());
  }
  /// The names, of all pages of so many.
  std::string WindowsFor(const Selectors& selectors, const std::string& type = "INSTANCE",
                         int max_results = 50) {
    v1::DescribeMaintenanceWindowsForTargetRequest request;
    SetTargets(selectors, type, request);
    request.set_max_results(max_results);
    std::string names;
    for (int pages = 0; pages < 100; ++pages) {
      const auto page = world_.engine->DescribeMaintenanceWindowsForTarget(world_.context, request);
      if (!page.ok()) return Error(page.status());
      for (const auto& window : page->window_identities()) names += window.name() + ' ';
      if (page->next_token().empty()) return names;
      request.set_next_token(page->next_token());
    }
    return "the pages do not end";
  }

  EngineWorld world_;  // it is 2023-11-14T22:13:20Z
};

TEST_F(ForecastTest, AWindowsOccurrencesAreThereInOrderWithItsIdAndName) {
  const std::string id = Create("hourly", "rate(1 hour)");
  Create("other", "rate(1 hour)");
  Request request = Of(id);
  request.set_max_results(3);
  const auto page = Page(request);
  ASSERT_EQ(page.scheduled_window_executions_size(), 3);
  EXPECT_EQ(page.scheduled_window_executions(0).window_id(), id);
  EXPECT_EQ(page.scheduled_window_executions(0).name(), "hourly");
  EXPECT_EQ(page.scheduled_window_executions(0).execution_time(), "2023-11-14T23:13:20Z");
  EXPECT_EQ(page.scheduled_window_executions(1).execution_time(), "2023-11-15T00:13:20Z");
  EXPECT_EQ(page.scheduled_window_executions(2).execution_time(), "2023-11-15T01:13:20Z");
  EXPECT_FALSE(page.next_token().empty());
}

TEST_F(ForecastTest, TheFirstOccurrenceIsTheNextExecutionTime) {
  const std::string id = Create("daily", "rate(1 day)", "America/New_York");
  for (const int hours : {0, 5, 20, 40}) {
    world_.Advance(absl::Hours(hours));
    EXPECT_EQ(Page(Of(id)).scheduled_window_executions(0).execution_time(),
              world_.GetWindow(id).next_execution_time());
  }
}

TEST_F(ForecastTest, TimesAreInEachWindowsOwnZone) {
  Create("tokyo", "at(2023-12-01T09:00:00)", "Asia/Tokyo");
  Create("boston", "at(2023-11-30T18:30:00)", "America/New_York");
  EXPECT_EQ(Schedule({}), (std::vector<std::string>{"boston 2023-11-30T18:30-05:00",
                                                    "tokyo 2023-12-01T09:00+09:00"}))
      << "half an hour apart";
}

TEST_F(ForecastTest, OfOneInstantTheSmallerWindowIdComesFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(Create("same", "at(2023-12-01T00:00:00)"));
  std::sort(ids.begin(), ids.end());
  for (const int max_results : {1, 3, 8, 50}) {
    std::vector<std::string> seen;
    Request request;
    request.set_max_results(max_results);
    do {
      const auto page = Page(request);
      for (const auto& row : page.scheduled_window_executions()) seen.push_back(row.window_id());
      request.set_next_token(page.next_token());
    } while (!request.next_token().empty());
    EXPECT_EQ(seen, ids) << max_results;
  }
}

TEST_F(ForecastTest, PagesOfAnySizeGiveTheSameRowsAndEnd) {
  const std::string id = Create("often", "rate(5 minutes)");
  Create("weekly", "rate(7 days)");
  Create("once", "at(2023-11-15T01:00:00)");
  const auto all = Schedule({});
  EXPECT_EQ(all.size(), 100u + 52u + 1u) << "100 of a window, a year ahead";
  for (const int max_results : {1, 7, 50, 100, 2147483647}) {
    Request request;
    request.set_max_results(max_results);
    EXPECT_EQ(Schedule(request), all) << max_results;
  }
  Request request = Of(id);
  request.set_max_results(1);
  EXPECT_EQ(Schedule(request).size(), 100u);
}

TEST_F(ForecastTest, WhatOpensOnceAYearIsAlwaysThere) {
  const std::string id = Create("yearly", "rate(365 days)");
  EXPECT_EQ(Schedule(Of(id)), std::vector<std::string>{"yearly 2024-11-13T22:13:20Z"});
}

TEST_F(ForecastTest, APageHasAThousandRowsAtMost) {
  for (int i = 0; i < 11; ++i) Create("often", "rate(5 minutes)");
  Request request;
  request.set_max_results(5000);
  EXPECT_EQ(Page(request).scheduled_window_executions_size(), 1000);
  EXPECT_EQ(Schedule(request).size(), 1100u);
}

TEST_F(ForecastTest, TimeThatPassesBetweenPagesLosesNothingAndAddsNothing) {
  Create("often", "rate(5 minutes)");
  Create("daily", "rate(1 day)");
  const auto all = Schedule({});
  Request request;
  request.set_max_results(30);
  std::vector<std::string> rows;
  do {
    const auto page = Page(request);
    for (const auto& row : page.scheduled_window_executions()) {
      rows.push_back(row.name() + ' ' + row.execution_time());
    }
    request.set_next_token(page.next_token());
    world_.Advance(absl::Hours(1));
  } while (!request.next_token().empty());
  EXPECT_EQ(rows, all);
}

TEST_F(ForecastTest, WindowsThatGoOrComeBetweenPagesShiftNothing) {
  const std::string first = Create("a-hourly", "rate(1 hour)");
  Create("b-hourly", "rate(2 hours)");
  Request request;
  request.set_max_results(3);
  const auto page = Page(request);
  ASSERT_EQ(page.scheduled_window_executions(2).execution_time(), "2023-11-15T00:13:20Z");
  Delete(first);
  Create("c-hourly", "rate(1 hour)");
  request.set_next_token(page.next_token());
  const auto second = Page(request);
  // At 00:13:20 both of the hourly ones open as well; whether they are before or behind the mark
  // is a matter of their ids.
  for (const auto& row : second.scheduled_window_executions()) {
    EXPECT_GE(row.execution_time(), "2023-11-15T00:13:20Z");
    EXPECT_NE(row.name(), "a-hourly");
  }
  EXPECT_EQ(second.scheduled_window_executions_size(), 3);
}

TEST_F(ForecastTest, ADisabledWindowContributesNothingUntilItIsEnabledAgain) {
  const std::string id = Create("hourly", "rate(1 hour)");
  Enable(id, false);
  EXPECT_TRUE(Schedule(Of(id)).empty());
  EXPECT_TRUE(Schedule({}).empty());
  Enable(id, true);
  EXPECT_EQ(Schedule(Of(id)).size(), 100u);
}

TEST_F(ForecastTest, NothingIsOutsideStartDateAndEndDate) {
  auto request = world_.WindowRequest();
  request.set_name("short");
  request.set_schedule("rate(1 day)");
  request.set_start_date("2023-12-01T00:00:00Z");
  request.set_end_date("2023-12-03T00:00:00Z");
  const std::string id = world_.CreateWindow(request);
  EXPECT_EQ(Schedule(Of(id)),
            (std::vector<std::string>{"short 2023-12-01T00:00Z", "short 2023-12-02T00:00Z",
                                      "short 2023-12-03T00:00Z"}));
  request.set_start_date("2020-01-01T00:00:00Z");
  request.set_end_date("2021-01-01T00:00:00Z");
  EXPECT_TRUE(Schedule(Of(world_.CreateWindow(request))).empty()) << "it has ended";
}

TEST_F(ForecastTest, ScheduledBeforeAndAfterLeaveOutTheirOwnInstant) {
  const std::string id = Create("hourly", "rate(1 hour)");
  Request request = Of(id);
  AddFilter("ScheduledAfter", {"2023-11-15T00:13:20Z"}, request);
  AddFilter("ScheduledBefore", {"2023-11-15T05:13:20+01:00"}, request);
  const std::vector<std::string> between = {
      "hourly 2023-11-15T01:13:20Z", "hourly 2023-11-15T02:13:20Z", "hourly 2023-11-15T03:13:20Z"};
  EXPECT_EQ(Schedule(request), between);
  AddFilter("ScheduledAfter", {"2022-01-01T00:00:00Z"}, request);
  EXPECT_EQ(Schedule(request), between) << "all must hold";
  request.set_max_results(1);
  EXPECT_EQ(Schedule(request), between) << "page by page";
  AddFilter("ScheduledBefore", {"2023-11-15T00:13:20Z"}, request);
  EXPECT_TRUE(Schedule(request).empty());
}

TEST_F(ForecastTest, ScheduledAfterReachesWhatTheFirstHundredDoNot) {
  Request request = Of(Create("often", "rate(5 minutes)"));
  AddFilter("ScheduledAfter", {"2024-06-01T00:00:00Z"}, request);
  const auto rows = Schedule(request);
  ASSERT_EQ(rows.size(), 100u);
  EXPECT_EQ(rows[0], "often 2024-06-01T00:03:20Z");
  request.clear_filters();
  AddFilter("ScheduledAfter", {"2025-06-01T00:00:00Z"}, request);
  EXPECT_TRUE(Schedule(request).empty()) << "beyond the horizon";
}

TEST_F(ForecastTest, FiltersThatMeanNothingAreRefused) {
  for (const auto& [key, values, error] :
       {std::tuple<const char*, std::vector<std::string>, const char*>{
            "Name",
            {"a"},
            "The filter key Name is not valid. Valid filter keys are ScheduledBefore and "
            "ScheduledAfter."},
        {"ScheduledAfter", {}, "The filter ScheduledAfter takes exactly one date-time, not 0."},
        {"ScheduledAfter",
         {"2023-11-15T00:00:00Z", "2023-11-16T00:00:00Z"},
         "The filter ScheduledAfter takes exactly one date-time, not 2."},
        {"ScheduledBefore",
         {"tomorrow"},
         "DateTime tomorrow is malformed, format either must contain an offset - e.g. "
         "'2018-01-01T00:00:00-02:00' or '2018-01-01T00:00:00Z'"}}) {
    Request request;
    AddFilter(key, values, request);
    EXPECT_EQ(ScheduleError(request), std::string("INVALID_ARGUMENT: ") + error);
  }
}

TEST_F(ForecastTest, AnUnknownWindowDoesNotExistAndBadMembersAreNamed) {
  EXPECT_EQ(ScheduleError(Of(kNoWindow)),
            "NOT_FOUND: Maintenance window mw-00000000000000000 does not exist");
  Request request = Of("mw-1");
  request.set_max_results(0);
  request.set_resource_type("NODE");
  const std::string error = ScheduleError(request);
  EXPECT_NE(error.find("4 validation errors detected"), std::string::npos) << error;
  EXPECT_NE(error.find("Value '0' at 'maxResults' failed to satisfy constraint: Member must have "
                       "value greater than or equal to 1"),
            std::string::npos)
      << error;
  EXPECT_NE(error.find("Value 'NODE' at 'resourceType' failed to satisfy constraint: Member must "
                       "satisfy enum value set: [INSTANCE, RESOURCE_GROUP]"),
            std::string::npos)
      << error;
}

TEST_F(ForecastTest, TargetsSelectTheWindowsThatAreAimedAtThem) {
  const std::string direct = Create("direct", "at(2023-12-01T00:00:00)");
  RegisterTarget(direct, {{"InstanceIds", {"i-1", "i-2"}}});
  const std::string task = Create("task", "at(2023-12-02T00:00:00)");
  RegisterTaskOn(task, {{"InstanceIds", {"i-1"}}});
  const std::string group = Create("group", "at(2023-12-03T00:00:00)");
  RegisterTarget(group, {{"resource-groups:Name", {"fleet"}}}, "RESOURCE_GROUP");
  Create("nobody", "at(2023-12-04T00:00:00)");
  const auto names = [&](const Selectors& selectors, const std::string& type,
                         const std::string& window = "") {
    Request request;
    if (!window.empty()) request.set_window_id(window);
    SetTargets(selectors, type, request);
    std::string joined;
    for (const std::string& row : Schedule(request)) joined += row.substr(0, row.find(' ')) + ' ';
    return joined;
  };
  EXPECT_EQ(names({{"InstanceIds", {"i-1"}}}, "INSTANCE"), "direct task ");
  EXPECT_EQ(names({{"InstanceIds", {"i-1"}}}, ""), "direct task ") << "the key tells the type";
  EXPECT_EQ(names({{"InstanceIds", {"i-2"}}}, "INSTANCE"), "direct ");
  EXPECT_EQ(names({{"InstanceIds", {"i-9"}}}, "INSTANCE"), "");
  EXPECT_EQ(names({{"resource-groups:Name", {"fleet"}}}, "RESOURCE_GROUP"), "group ");
  EXPECT_EQ(names({{"resource-groups:Name", {"fleet"}}}, ""), "group ");
  EXPECT_EQ(names({{"InstanceIds", {"i-1"}}}, "INSTANCE", task), "task ")
      << "both: what is in both";
  EXPECT_EQ(names({{"InstanceIds", {"i-2"}}}, "INSTANCE", task), "");
}

TEST_F(ForecastTest, SelectorsThatDoNotFitTogetherAreRefused) {
  Request request;
  request.set_resource_type("INSTANCE");
  EXPECT_EQ(
      ScheduleError(request),
      "INVALID_ARGUMENT: ResourceType says of what kind Targets are. Give Targets as well, or "
      "neither.");
  SetTargets({{"resource-groups:Name", {"fleet"}}}, "INSTANCE", request);
  EXPECT_EQ(ScheduleError(request),
            "INVALID_ARGUMENT: Target Type does not match with the provided target.");
}

TEST_F(ForecastTest, ATokenOfAnotherScheduleOrOfNoneIsRefused) {
  const std::string id = Create("hourly", "rate(1 hour)");
  Request request = Of(id);
  request.set_max_results(10);
  const std::string token = Page(request).next_token();
  Request other;
  other.set_next_token(token);
  EXPECT_EQ(ScheduleError(other).substr(0, 57),
            "INVALID_ARGUMENT: The NextToken belongs to another list. ");
  v1::DescribeMaintenanceWindowsRequest windows;
  windows.set_next_token(token);
  EXPECT_FALSE(world_.engine->DescribeMaintenanceWindows(world_.context, windows).ok());
  for (const std::string& garbage :
       {std::string("x"), token + "A", token.substr(1), std::string(5000, 'A'), std::string("!")}) {
    request.set_next_token(garbage);
    EXPECT_NE(ScheduleError(request), "OK") << garbage;
  }
}

TEST_F(ForecastTest, ForTargetFindsWindowsByTargetAndByTaskInTheOrderOfTheirCreation) {
  const std::string both = Create("both", "rate(1 day)");
  RegisterTarget(both, {{"InstanceIds", {"i-1", "i-2"}}});
  RegisterTaskOn(both, {{"InstanceIds", {"i-1"}}});
  Create("nobody", "rate(1 day)");
  const std::string task = Create("task", "rate(1 day)");
  RegisterTaskOn(task, {{"InstanceIds", {"i-3", "i-1"}}});
  Enable(task, false);
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-1"}}}), "both task ") << "the disabled ones too";
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-2"}}}), "both ");
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-3", "i-2"}}}), "both task ") << "any of the values";
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-4"}}}), "");
}

TEST_F(ForecastTest, ForTargetFindsTagsAndGroupsByTheirNames) {
  const std::string tag = Create("tag", "rate(1 day)");
  RegisterTarget(tag, {{"tag:role", {"web", "db"}}, {"tag:stage", {"prod"}}});
  const std::string key = Create("key", "rate(1 day)");
  RegisterTarget(key, {{"tag-key", {"role"}}});
  const std::string group = Create("group", "rate(1 day)");
  RegisterTarget(group, {{"resource-groups:Name", {"fleet"}}}, "RESOURCE_GROUP");
  EXPECT_EQ(WindowsFor({{"tag:role", {"web"}}}), "tag ");
  EXPECT_EQ(WindowsFor({{"tag:role", {"web"}}, {"tag:stage", {"prod"}}}), "tag ");
  EXPECT_EQ(WindowsFor({{"tag:role", {"web"}}, {"tag:stage", {"test"}}}), "") << "all of the keys";
  EXPECT_EQ(WindowsFor({{"tag:other", {"web"}}}), "");
  EXPECT_EQ(WindowsFor({{"tag-key", {"role"}}}), "key ");
  EXPECT_EQ(WindowsFor({{"resource-groups:Name", {"fleet"}}}, "RESOURCE_GROUP"), "group ");
  EXPECT_EQ(WindowsFor({{"resource-groups:Name", {"fleet"}}}),
            "INVALID_ARGUMENT: Target Type does not match with the provided target.");
}

TEST_F(ForecastTest, ForTargetFindsANodesWindowsByTheTagsAndGroupsThatSelectItNow) {
  const auto put = [&](Tags tags) {
    ASSERT_TRUE(world_.engine
                    ->ChangeFleet(PutNodes{.origin = "inventory",
                                           .reading = 1,
                                           .nodes = {Node{.id = "i-1", .tags = std::move(tags)}}})
                    .ok());
  };
  put({{"role", "web"}, {"stage", "prod"}});
  ASSERT_TRUE(world_.engine
                  ->ChangeFleet(PutGroups{{{"webs", {{"tag:role", {"web"}}}},
                                           {"dbs", {{"tag:role", {"db"}}}},
                                           {"named", {{"InstanceIds", {"i-1"}}}}}})
                  .ok());
  const auto window = [&](const std::string& name, const Selectors& selectors,
                          const std::string& type = "INSTANCE") {
    RegisterTarget(Create(name, "rate(1 day)"), selectors, type);
  };
  window("one-tag", {{"tag:role", {"db", "web"}}});
  window("both-tags", {{"tag:role", {"web"}}, {"tag:stage", {"prod"}}});
  window("not-both", {{"tag:role", {"web"}}, {"tag:stage", {"test"}}});
  window("keys", {{"tag-key", {"role", "stage"}}});
  window("other-keys", {{"tag-key", {"role", "none"}}});
  window("group", {{"resource-groups:Name", {"webs"}}}, "RESOURCE_GROUP");
  window("other-group", {{"resource-groups:Name", {"dbs"}}}, "RESOURCE_GROUP");
  window("named-group", {{"resource-groups:Name", {"named"}}}, "RESOURCE_GROUP");
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-1"}}}), "one-tag both-tags keys group named-group ");
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-2", "i-1"}}}),
            "one-tag both-tags keys group named-group ");
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-2"}}}), "");
  put({{"role", "db"}});
  EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-1"}}}), "one-tag other-group named-group ");
}

TEST_F(ForecastTest, TheScheduleOfANodeHasTheWindowsWhoseTagsSelectIt) {
  ASSERT_TRUE(world_.engine
                  ->ChangeFleet(PutNodes{.origin = "inventory",
                                         .reading = 1,
                                         .nodes = {Node{.id = "i-1", .tags = {{"role", "web"}}}}})
                  .ok());
  RegisterTarget(Create("web", "rate(1 day)"), {{"tag:role", {"web"}}});
  RegisterTarget(Create("data", "rate(1 day)"), {{"tag:role", {"db"}}});
  Request request;
  SetTargets({{"InstanceIds", {"i-1"}}}, "INSTANCE", request);
  const auto rows = Schedule(request);
  ASSERT_FALSE(rows.empty());
  for (const std::string& row : rows) EXPECT_EQ(row.rfind("web ", 0), 0u) << row;
}

TEST_F(ForecastTest, ForTargetNeedsBothMembers) {
  EXPECT_EQ(ForTargetError({}),
            "INVALID_ARGUMENT: 2 validation errors detected: Value null at 'targets' failed to "
            "satisfy constraint: Member must not be null; Value null at 'resourceType' failed to "
            "satisfy constraint: Member must not be null");
}

TEST_F(ForecastTest, ForTargetPagesEndAndAWindowDeletedBetweenThemShiftsNothing) {
  std::string all;
  std::vector<std::string> ids;
  for (int i = 10; i < 35; ++i) {
    const std::string name = "w" + std::to_string(i);
    ids.push_back(Create(name, "rate(1 day)"));
    if (i % 5 == 0) continue;
    RegisterTarget(ids.back(), {{"InstanceIds", {"i-1"}}});
    all += name + ' ';
  }
  for (const int max_results : {1, 7, 20, 50}) {
    EXPECT_EQ(WindowsFor({{"InstanceIds", {"i-1"}}}, "INSTANCE", max_results), all);
  }
  v1::DescribeMaintenanceWindowsForTargetRequest request;
  SetTargets({{"InstanceIds", {"i-1"}}}, "INSTANCE", request);
  request.set_max_results(2);
  const auto page = world_.engine->DescribeMaintenanceWindowsForTarget(world_.context, request);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->window_identities(1).name(), "w12");
  Delete(ids[2]);
  request.set_next_token(page->next_token());
  const auto next = world_.engine->DescribeMaintenanceWindowsForTarget(world_.context, request);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->window_identities(0).name(), "w13");
}

}  // namespace
}  // namespace lull
