// Registered targets after their registration (spec A.9 to A.11): updates, the safe and the forced
// deregistration, lists, the limit.
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/engine/registering.h"

namespace lull {
namespace {

class TargetsTest : public RegisteringTest {
 protected:
  using Listed = v1::MaintenanceWindowTarget;

  std::string Update(const std::string& text,
                     v1::UpdateMaintenanceWindowTargetResponse* response = nullptr) {
    const auto updated = world_.engine->UpdateMaintenanceWindowTarget(
        world_.context, Parse<v1::UpdateMaintenanceWindowTargetRequest>(text));
    if (updated.ok() && response != nullptr) *response = *updated;
    return Error(updated.status());
  }
  absl::Status Deregister(const std::string& text) {
    return world_.engine
        ->DeregisterTargetFromMaintenanceWindow(
            world_.context, Parse<v1::DeregisterTargetFromMaintenanceWindowRequest>(text))
        .status();
  }
  absl::StatusOr<v1::DescribeMaintenanceWindowTargetsResponse> Describe(const std::string& text) {
    return world_.engine->DescribeMaintenanceWindowTargets(
        world_.context, Parse<v1::DescribeMaintenanceWindowTargetsRequest>(text));
  }
  /// Of the window, with `filters` as text.
  std::vector<Listed> List(const std::string& filters = "") {
    const auto response = Describe("window_id: '" + window_ + "' " + filters);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    return {response->targets().begin(), response->targets().end()};
  }
  Listed Only(const std::string& id) {
    const auto rows = List("filters { key: 'WindowTargetId' values: '" + id + "' }");
    EXPECT_EQ(rows.size(), 1u);
    return rows.empty() ? Listed() : rows[0];
  }
  std::string Of(const std::string& id) const { return In("window_target_id", id); }
  v1::RegisterTargetWithMaintenanceWindowRequest FullRequest() const {
    auto request = TargetRequest();
    request.set_owner_information("team db");
    request.set_name("databases");
    request.set_description("all of them");
    return request;
  }
};

TEST_F(TargetsTest, AListShowsWhatWasRegisteredAndNothingElse) {
  const std::string full = Made(FullRequest());
  const std::string bare = Made(TargetRequest());
  const auto rows = List();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].window_id(), window_);
  EXPECT_EQ(rows[0].window_target_id(), full);
  EXPECT_EQ(rows[0].resource_type(), "INSTANCE");
  EXPECT_EQ(Text(rows[0].targets()), "InstanceIds=i-1, ");
  EXPECT_EQ(rows[0].owner_information(), "team db");
  EXPECT_EQ(rows[0].name(), "databases");
  EXPECT_EQ(rows[0].description(), "all of them");
  EXPECT_EQ(rows[1].window_target_id(), bare);
  EXPECT_FALSE(rows[1].has_owner_information());
  EXPECT_FALSE(rows[1].has_name());
  EXPECT_FALSE(rows[1].has_description());
}

TEST_F(TargetsTest, AnUpdateChangesWhatItNamesAndAnswersWithTheWhole) {
  const std::string id = Made(FullRequest());
  v1::UpdateMaintenanceWindowTargetResponse response;
  ASSERT_EQ(Update(Of(id) + "name: 'renamed'", &response), "OK");
  EXPECT_EQ(response.window_id(), window_);
  EXPECT_EQ(response.window_target_id(), id);
  EXPECT_EQ(Text(response.targets()), "InstanceIds=i-1, ");
  EXPECT_EQ(response.name(), "renamed");
  EXPECT_EQ(response.owner_information(), "team db");
  EXPECT_EQ(response.description(), "all of them");
  EXPECT_EQ(Only(id).name(), "renamed");
  EXPECT_EQ(Only(id).description(), "all of them");
  ASSERT_EQ(Update(Of(id)), "OK") << "nothing named, nothing changed";
  EXPECT_EQ(Only(id).name(), "renamed");
}

TEST_F(TargetsTest, ReplaceClearsWhatItLeavesOut) {
  const std::string id = Made(FullRequest());
  v1::UpdateMaintenanceWindowTargetResponse response;
  ASSERT_EQ(Update(Of(id) + "replace: true name: 'new' "
                            "targets { key: 'InstanceIds' values: 'i-2' }",
                   &response),
            "OK");
  EXPECT_EQ(Text(response.targets()), "InstanceIds=i-2, ");
  EXPECT_EQ(response.name(), "new");
  EXPECT_FALSE(response.has_owner_information());
  EXPECT_FALSE(response.has_description());
  EXPECT_FALSE(Only(id).has_owner_information());
}

TEST_F(TargetsTest, ReplaceNeedsTargets) {
  const std::string id = Made(FullRequest());
  EXPECT_EQ(Update(Of(id) + "replace: true name: 'new'"),
            "INVALID_ARGUMENT: 1 validation error detected: Value null at 'targets' failed to "
            "satisfy constraint: Member must not be null");
  EXPECT_EQ(Only(id).name(), "databases");
}

TEST_F(TargetsTest, TargetsMayBecomeOfAnyOtherForm) {
  const std::string id = Made(TargetRequest());
  struct Row {
    const char* targets;
    const char* type;
    const char* text;
  };
  const Row rows[] = {
      {"targets { key: 'tag:role' values: 'web' }", "INSTANCE", "tag:role=web, "},
      {"targets { key: 'resource-groups:Name' values: 'g' }", "RESOURCE_GROUP",
       "resource-groups:Name=g, "},
      {"targets { key: 'InstanceIds' values: 'i-9' }", "INSTANCE", "InstanceIds=i-9, "}};
  for (const Row& row : rows) {
    ASSERT_EQ(Update(Of(id) + row.targets), "OK");
    EXPECT_EQ(Only(id).resource_type(), row.type);
    EXPECT_EQ(Text(Only(id).targets()), row.text);
  }
  ExpectError(Update(Of(id) + "targets { key: 'instanceids' values: 'i-1' }"),
              "*Targets must be specified in one of the following formats");
  EXPECT_EQ(Update(Of(id) + "targets { key: 'resource-groups:Name' values: 'g' } "
                            "targets { key: 'tag:role' values: 'web' }"),
            "INVALID_ARGUMENT: Target Type does not match with the provided target.");
  EXPECT_EQ(Text(Only(id).targets()), "InstanceIds=i-9, ") << "refused, nothing changed";
}

TEST_F(TargetsTest, WhatTheWindowLacksDoesNotExist) {
  const std::string missing = std::string("NOT_FOUND: Maintenance window target ") + kNoUuid +
                              " does not exist in window " + window_;
  EXPECT_EQ(Update(Of(kNoUuid)), missing);
  EXPECT_EQ(Error(Deregister(Of(kNoUuid))), missing);
  auto elsewhere = TargetRequest();
  elsewhere.set_window_id(world_.CreateWindow());
  const std::string other = Made(elsewhere);
  const std::string not_here =
      "NOT_FOUND: Maintenance window target " + other + " does not exist in window " + window_;
  EXPECT_EQ(Update(Of(other)), not_here);
  EXPECT_EQ(Error(Deregister(Of(other))), not_here);
  const std::string no_window =
      std::string("window_id: '") + kNoWindow + "' window_target_id: '" + other + "'";
  EXPECT_EQ(Update(no_window), kNoSuchWindow);
  EXPECT_EQ(Error(Deregister(no_window)), kNoSuchWindow);
  EXPECT_EQ(Error(Describe(std::string("window_id: '") + kNoWindow + "'").status()), kNoSuchWindow);
}

TEST_F(TargetsTest, IdsAreTakenInEitherCase) {
  const std::string id = Made(TargetRequest());
  std::string upper = id;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  ASSERT_NE(upper, id);
  v1::UpdateMaintenanceWindowTargetResponse response;
  EXPECT_EQ(Update(Of(upper) + "name: 'renamed'", &response), "OK");
  EXPECT_EQ(response.window_target_id(), id);
  EXPECT_EQ(Only(upper).name(), "renamed");
  const std::string task = MadeTaskOn({{"WindowTargetIds", {upper}}});
  EXPECT_EQ(ModelledType(Deregister(Of(upper) + "safe: true")), "TargetInUseException");
  EXPECT_EQ(Error(Deregister(Of(upper))), "OK");
}

TEST_F(TargetsTest, SafelyATargetGoesOnlyWhenNoTaskNamesIt) {
  const std::string named = Made(TargetRequest());
  const std::string idle = Made(TargetRequest());
  MadeTaskOn({{"InstanceIds", {"i-1"}}});
  const std::string task = MadeTaskOn({{"WindowTargetIds", {named}}});
  const absl::Status refused = Deregister(Of(named) + "safe: true");
  EXPECT_EQ(ModelledType(refused), "TargetInUseException");
  EXPECT_EQ(Error(refused),
            "FAILED_PRECONDITION: This Target cannot be deregistered because it is still "
            "referenced in Task: " +
                task);
  EXPECT_EQ(List().size(), 2u);
  EXPECT_EQ(Error(Deregister(Of(idle) + "safe: true")), "OK");
  EXPECT_EQ(List().size(), 1u);
  EXPECT_EQ(Error(Deregister(Of(named))), "OK") << "not asked to be safe";
  EXPECT_TRUE(List().empty());
  EXPECT_EQ(Error(Deregister(Of(named))).rfind("NOT_FOUND: ", 0), 0u);
}

TEST_F(TargetsTest, ATargetThatWasForcedOutContributesNothingToTheNextExecution) {
  auto kept = TargetRequest();
  SetTargets({{"InstanceIds", {"i-kept"}}}, kept);
  const std::string gone = Made(TargetRequest());
  MadeTaskOn({{"WindowTargetIds", {gone, Made(kept)}}});
  ASSERT_EQ(Error(Deregister(Of(gone))), "OK");
  world_.Advance(absl::Hours(1));
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-kept"}));
}

TEST_F(TargetsTest, AnExecutionInProgressKeepsTheTargetsThatItOpenedWith) {
  auto request = TargetRequest();
  SetTargets({{"InstanceIds", {"i-1", "i-2", "i-3", "i-4"}}}, request);
  const std::string id = Made(request);
  MadeTaskOn({{"WindowTargetIds", {id}}});
  world_.Advance(absl::Hours(1));
  ASSERT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1"}));
  ASSERT_EQ(Update(Of(id) + "targets { key: 'InstanceIds' values: 'i-9' }"), "OK");
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  ASSERT_EQ(Error(Deregister(Of(id))), "OK");
  world_.runner.FinishOldest(Status::kSuccess);
  world_.Settle();
  EXPECT_EQ(world_.runner.nodes, (std::vector<std::string>{"i-1", "i-2", "i-3"}));
}

TEST_F(TargetsTest, FiltersMatchAnyOfTheirValuesAndAllOfThem) {
  const std::string full = Made(FullRequest());
  const std::string bare = Made(TargetRequest());
  auto group = TargetRequest();
  group.set_resource_type("RESOURCE_GROUP");
  SetTargets({{"resource-groups:Name", {"g"}}}, group);
  group.set_owner_information("team web");
  const std::string of_group = Made(group);
  struct Row {
    std::string filters;
    std::vector<std::string> ids;
  };
  const std::vector<Row> rows = {
      {"", {full, bare, of_group}},
      {"filters { key: 'Type' values: 'INSTANCE' }", {full, bare}},
      {"filters { key: 'Type' values: 'RESOURCE_GROUP' }", {of_group}},
      {"filters { key: 'Type' values: 'RESOURCE_GROUP' values: 'INSTANCE' }",
       {full, bare, of_group}},
      {"filters { key: 'OwnerInformation' values: 'team db' }", {full}},
      {"filters { key: 'OwnerInformation' values: 'team' }", {}},
      {"filters { key: 'OwnerInformation' values: 'team db' values: 'team web' }",
       {full, of_group}},
      {"filters { key: 'OwnerInformation' values: 'team web' } "
       "filters { key: 'Type' values: 'INSTANCE' }",
       {}},
      {"filters { key: 'WindowTargetId' values: '" + bare + "' }", {bare}},
      {std::string("filters { key: 'WindowTargetId' values: '") + kNoUuid + "' }", {}}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.filters);
    std::vector<std::string> ids;
    for (const auto& target : List(row.filters)) ids.push_back(target.window_target_id());
    EXPECT_EQ(ids, row.ids);
  }
}

TEST_F(TargetsTest, FiltersThatMeanNothingAreRefused) {
  const auto error = [&](const std::string& filters) {
    return Error(Describe("window_id: '" + window_ + "' " + filters).status());
  };
  EXPECT_EQ(error("filters { key: 'Name' values: 'a' }"),
            "INVALID_ARGUMENT: The filter key Name is not valid. Valid filter keys are Type, "
            "WindowTargetId and OwnerInformation.");
  EXPECT_EQ(error("filters { key: 'Type' }"),
            "INVALID_ARGUMENT: The filter Type has no values. Give it at least one.");
  EXPECT_EQ(error("filters { key: 'Type' values: 'instance' }"),
            "INVALID_ARGUMENT: The value instance of filter Type is not valid. Use INSTANCE or "
            "RESOURCE_GROUP.");
}

TEST_F(TargetsTest, PagesFollowTheOrderOfRegistrationThoughTargetsGoBetween) {
  std::vector<std::string> ids;
  for (int i = 0; i < 25; ++i) ids.push_back(Made(TargetRequest()));
  const std::string ask = "window_id: '" + window_ + "' max_results: 10 ";
  std::vector<std::string> seen;
  const auto page = [&](const std::string& token) {
    const auto response = Describe(ask + "next_token: '" + token + "'");
    EXPECT_TRUE(response.ok()) << response.status();
    for (const auto& target : response->targets()) seen.push_back(target.window_target_id());
    return response->next_token();
  };
  const std::string second = page("");
  ASSERT_EQ(Error(Deregister(Of(ids[9]))), "OK");
  ASSERT_EQ(Error(Deregister(Of(ids[12]))), "OK");
  const std::string third = page(second);
  ASSERT_FALSE(third.empty());
  EXPECT_TRUE(page(third).empty());
  ids.erase(ids.begin() + 12);
  EXPECT_EQ(seen, ids);
  EXPECT_EQ(
      Error(Describe("window_id: '" + window_ +
                     "' filters { key: 'Type' values: 'INSTANCE' } next_token: '" + second + "'")
                .status())
          .rfind("INVALID_ARGUMENT: The NextToken belongs to another list.", 0),
      0u);
}

TEST_F(TargetsTest, NoMoreAreRegisteredThanTheLimitSays) {
  UseLimits({.targets_per_window = 2});
  auto first = TargetRequest();
  first.set_client_token("token");
  const std::string id = Made(first);
  Made(TargetRequest());
  EXPECT_EQ(Register(TargetRequest()),
            "RESOURCE_EXHAUSTED: The limit of 2 targets of a maintenance window is reached. "
            "Deregister one, or raise the limit: lull serve --max-targets-per-window, or "
            "Limits::targets_per_window of the library.");
  EXPECT_EQ(Made(first), id) << "a repeated request makes nothing";
  auto elsewhere = TargetRequest();
  elsewhere.set_window_id(world_.CreateWindow());
  Made(elsewhere);
  ASSERT_EQ(Error(Deregister(Of(id))), "OK");
  Made(TargetRequest());
  UseLimits({.targets_per_window = 3});
  Made(TargetRequest());
}

TEST_F(TargetsTest, The101stTargetIsRefused) {
  for (int i = 0; i < 100; ++i) Made(TargetRequest());
  EXPECT_EQ(Register(TargetRequest()).rfind("RESOURCE_EXHAUSTED: The limit of 100 targets", 0), 0u);
}

}  // namespace
}  // namespace lull
