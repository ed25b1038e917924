// DescribeInstanceInformation, and what runs on the nodes that tags and groups select (H 46).
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"
#include "tests/support/builders.h"

namespace lull {
namespace {

using Filters = std::vector<std::pair<std::string, std::vector<std::string>>>;
using Request = v1::DescribeInstanceInformationRequest;

class NodesTest : public testing::Test {
 protected:
  void Put(std::vector<Node> nodes, const std::string& origin = "inventory") {
    const auto put = world_.engine->ChangeFleet(PutNodes{.origin = origin,
                                                         .reading = 1,
                                                         .nodes = std::move(nodes),
                                                         .registered_at = world_.clock.Now()});
    ASSERT_TRUE(put.ok()) << put.status();
  }
  static Request With(const Filters& filters) {
    Request request;
    for (const auto& [key, values] : filters) {
      auto& filter = *request.add_filters();
      filter.set_key(key);
      for (const std::string& value : values) filter.add_values(value);
    }
    return request;
  }
  absl::StatusOr<v1::DescribeInstanceInformationResponse> Describe(const Request& request) {
    return world_.engine->DescribeInstanceInformation(world_.context, request);
  }
  /// Ids of all pages, in order; or the error's type.
  std::string Ids(Request request) {
    std::string ids;
    for (;;) {
      const auto response = Describe(request);
      if (!response.ok()) {
        return ids + (ModelledType(response.status()).empty() ? Error(response.status())
                                                              : ModelledType(response.status()));
      }
      EXPECT_LE(response->instance_information_list_size(),
                request.has_max_results() ? request.max_results() : 50);
      for (const auto& node : response->instance_information_list()) {
        ids += node.instance_id() + ' ';
      }
      if (response->next_token().empty()) return ids;
      request.set_next_token(response->next_token());
    }
  }
  std::string Ids(const Filters& filters) { return Ids(With(filters)); }

  /// What ran of a task on one registered target with these selectors.
  std::vector<std::string> RunOn(const std::string& type, const Filters& selectors) {
    const std::string window = world_.CreateWindow();
    v1::RegisterTargetWithMaintenanceWindowRequest target;
    target.set_window_id(window);
    target.set_resource_type(type);
    for (const auto& [key, values] : selectors) {
      v1::Target& row = *target.add_targets();
      row.set_key(key);
      for (const std::string& value : values) row.add_values(value);
    }
    const auto id = world_.engine->RegisterTargetWithMaintenanceWindow(world_.context, target);
    EXPECT_TRUE(id.ok()) << id.status();
    if (!id.ok()) return {};
    auto task = world_.TaskRequest(window);
    task.clear_targets();
    v1::Target& row = *task.add_targets();
    row.set_key("WindowTargetIds");
    row.add_values(id->window_target_id());
    task.set_max_concurrency("100");
    world_.RegisterTask(task);
    world_.runner.nodes.clear();
    world_.Advance(absl::Hours(1));
    return world_.runner.nodes;
  }

  EngineWorld world_;
};

TEST_F(NodesTest, ANodeIsShownWithAllThatIsKnown) {
  Node node = MakeNode("mi-0123456789abcdef0");
  node.last_seen_at = world_.clock.Now();
  Put({node, Node{.id = "i-1"}});
  const auto response = Describe({});
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->instance_information_list_size(), 2);
  const auto& full = response->instance_information_list(0);
  EXPECT_EQ(full.instance_id(), node.id);
  EXPECT_EQ(full.ping_status(), "Online");
  EXPECT_NEAR(full.last_ping_date_time(),
              absl::ToDoubleSeconds(world_.clock.Now() - absl::UnixEpoch()), 0.001);
  EXPECT_EQ(full.platform_type(), "MacOS");
  EXPECT_EQ(full.platform_name(), "Debian GNU/Linux");
  EXPECT_EQ(full.platform_version(), "12");
  EXPECT_TRUE(full.has_registration_date());
  EXPECT_EQ(full.resource_type(), "ManagedInstance");
  EXPECT_EQ(full.name(), node.name);
  EXPECT_EQ(full.ip_address(), "10.0.0.7");
  const auto& bare = response->instance_information_list(1);
  EXPECT_EQ(bare.resource_type(), "EC2Instance");
  EXPECT_EQ(bare.ping_status(), "Inactive") << "it was never seen";
  EXPECT_FALSE(bare.has_last_ping_date_time() || bare.has_platform_type() || bare.has_name() ||
               bare.has_ip_address());
}

TEST_F(NodesTest, ANodeThatWasNotSeenForLongHasLostItsConnectionAndTheLocalOneNever) {
  Node node{.id = "n"};
  node.last_seen_at = world_.clock.Now();
  Put({node});
  Put({Node{.id = "local"}}, kLocalOrigin);
  EXPECT_EQ(Ids(Filters{{"PingStatus", {"Online"}}}), "n local ");
  world_.Advance(absl::Minutes(15));
  EXPECT_EQ(Ids(Filters{{"PingStatus", {"Online"}}}), "n local ");
  world_.Advance(absl::Seconds(1));
  EXPECT_EQ(Ids(Filters{{"PingStatus", {"ConnectionLost"}}}), "n ");
  EXPECT_EQ(Ids(Filters{{"PingStatus", {"Online", "Inactive"}}}), "local ");
}

TEST_F(NodesTest, FiltersMustAllMatchOneOfTheirValues) {
  Node linux_node = MakeTagged("i-1", {{"role", "web"}, {"env", "prod"}});
  linux_node.platform = Platform::kLinux;
  Node windows_node = MakeTagged("mi-1", {{"role", "db"}});
  windows_node.platform = Platform::kWindows;
  Put({linux_node, windows_node, MakeTagged("plain", {{"role", "web"}})});
  const std::vector<std::pair<Filters, std::string>> rows = {
      {{}, "i-1 mi-1 plain "},
      {{{"InstanceIds", {"plain", "i-1", "i-1", "none"}}}, "i-1 plain "},
      {{{"InstanceIds", {"none"}}}, ""},
      {{{"PlatformTypes", {"Linux", "Windows"}}}, "i-1 mi-1 "},
      {{{"PlatformTypes", {"MacOS"}}}, ""},
      {{{"ResourceType", {"ManagedInstance"}}}, "mi-1 plain "},
      {{{"SourceTypes", {"AWS::EC2::Instance"}}}, "i-1 "},
      {{{"tag:role", {"web"}}}, "i-1 plain "},
      {{{"tag:role", {"web", "db"}}, {"tag-key", {"env"}}}, "i-1 "},
      {{{"tag:role", {"web"}}, {"PlatformTypes", {"Linux"}}}, "i-1 "},
      {{{"InstanceIds", {"i-1", "mi-1"}}, {"tag:role", {"db"}}}, "mi-1 "},
      {{{"AgentVersion", {"3"}}}, ""},
      {{{"Nonsense", {"x"}}}, "InvalidFilterKey"},
      {{{"tag:", {"x"}}}, "InvalidFilterKey"},
      {{{"PingStatus", {"online"}}}, "InvalidInstanceInformationFilterValue"},
      {{{"PlatformTypes", {"Linux", "BeOS"}}}, "InvalidInstanceInformationFilterValue"},
      {{{"ResourceType", {"Document"}}}, "InvalidInstanceInformationFilterValue"},
  };
  for (const auto& [filters, ids] : rows) {
    EXPECT_EQ(Ids(filters), ids) << With(filters).ShortDebugString();
  }
}

TEST_F(NodesTest, TheOlderFormOfFiltersDoesTheSameWithoutTagsAndNeverBesideTheNewOne) {
  Put({Node{.id = "a"}, Node{.id = "b"}});
  Request request;
  auto& filter = *request.add_instance_information_filter_list();
  filter.set_key("InstanceIds");
  filter.add_value_set("b");
  EXPECT_EQ(Ids(request), "b ");
  Request both = request;
  both.MergeFrom(With({{"InstanceIds", {"b"}}}));
  EXPECT_EQ(Ids(both),
            "INVALID_ARGUMENT: Filters and InstanceInformationFilterList can't be used together. "
            "Use Filters.");
  request.mutable_instance_information_filter_list(0)->set_key("tag:role");
  EXPECT_TRUE(absl::IsInvalidArgument(Describe(request).status()));
}

TEST_F(NodesTest, PagesGoByPositionAndANodeThatStaysIsInExactlyOne) {
  std::string all, odd;
  for (int i = 0; i < 23; ++i) {
    const std::string id = absl::StrCat("n", i);
    Put({MakeTagged(id, {{"odd", i % 2 == 1 ? "yes" : "no"}})});
    absl::StrAppend(&all, id, " ");
    if (i % 2 == 1) absl::StrAppend(&odd, id, " ");
  }
  for (const int size : {5, 7, 22, 23, 50}) {
    Request request = With({{"tag:odd", {"yes"}}});
    request.set_max_results(size);
    EXPECT_EQ(Ids(request), odd);
    request.clear_filters();
    EXPECT_EQ(Ids(request), all);
  }
  Request request;
  request.set_max_results(5);
  const auto first = Describe(request);
  request.set_next_token(first->next_token());
  ASSERT_TRUE(world_.engine->ChangeFleet(RemoveNodes{"inventory", 9, {1, 2, 6}}).ok());
  EXPECT_EQ(Ids(request).rfind("n6 n7 ", 0), 0u);
}

TEST_F(NodesTest, BadPagesAreRefused) {
  Request request;
  request.set_next_token("nonsense");
  EXPECT_EQ(Ids(request), "InvalidNextToken");
  for (const int size : {4, 51}) {
    Request sized;
    sized.set_max_results(size);
    EXPECT_TRUE(absl::IsInvalidArgument(Describe(sized).status())) << size;
  }
  EXPECT_EQ(Ids(With(Filters(11, {"InstanceIds", {"a"}}))),
            "INVALID_ARGUMENT: There are 11 filters; 10 is the most.");
}

TEST_F(NodesTest, ATaskRunsOnTheNodesThatTagsSelectWhenItsWindowOpens) {
  Put({MakeTagged("a", {{"role", "web"}}), MakeTagged("b", {{"role", "db"}}),
       MakeTagged("c", {{"role", "web"}, {"env", "prod"}})});
  EXPECT_EQ(RunOn("INSTANCE", {{"tag:role", {"web"}}}), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(RunOn("INSTANCE", {{"tag:role", {"web"}}, {"tag-key", {"env"}}}),
            (std::vector<std::string>{"c"}));
}

TEST_F(NodesTest, ATaskRunsOnTheNodesOfAGroup) {
  Put({MakeTagged("a", {{"role", "web"}})});
  ASSERT_TRUE(world_.engine
                  ->ChangeFleet(PutGroups{
                      {{"web", {{"tag:role", {"web"}}}}, {"odd", {{"InstanceIds", {"x", "y"}}}}}})
                  .ok());
  EXPECT_EQ(RunOn("RESOURCE_GROUP", {{"resource-groups:Name", {"web"}}}),
            (std::vector<std::string>{"a"}));
  EXPECT_EQ(RunOn("RESOURCE_GROUP", {{"resource-groups:Name", {"odd"}}}),
            (std::vector<std::string>{"x", "y"}));
}

TEST_F(NodesTest, ATagThatMatchesNothingRunsNothingAndTheExecutionEnds) {
  EXPECT_TRUE(RunOn("INSTANCE", {{"tag:role", {"none"}}}).empty());
}

}  // namespace
}  // namespace lull
