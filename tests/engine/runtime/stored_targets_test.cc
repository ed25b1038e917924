#include "engine/runtime/stored_targets.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/runtime/select_nodes.h"
#include "gtest/gtest.h"
#include "tests/support/builders.h"
#include "tests/support/model_store.h"

namespace lull {
namespace {

std::string Text(const std::vector<ResolvedTarget>& targets) {
  std::string text;
  for (const ResolvedTarget& target : targets) {
    text += target.node + '<' + (target.window_target ? target.window_target->value() : "") + ',' +
            target.owner_information.value_or("-") + "> ";
  }
  return text;
}

TargetQuery Query(std::vector<TargetSelector> selectors) {
  TargetQuery query;
  query.window = WindowId("mw-1");
  query.selectors = std::move(selectors);
  return query;
}

WindowTarget Registered(const std::string& id, std::vector<TargetSelector> selectors) {
  WindowTarget target;
  target.id = WindowTargetId(id);
  target.selectors = std::move(selectors);
  return target;
}

class StoredTargetsTest : public testing::Test {
 protected:
  void Put(std::vector<Node> nodes) {
    ASSERT_TRUE(store_
                    .Commit({PutNodes{.origin = "inventory",
                                      .reading = 1,
                                      .nodes = std::move(nodes),
                                      .registered_at = At(1)}})
                    .ok());
  }
  std::vector<ResolvedTarget> ResolveAll(const TargetQuery& query, std::size_t limit) {
    StoredTargets source(store_.nodes());
    auto cursor = source.Resolve(query);
    EXPECT_TRUE(cursor.ok());
    std::vector<ResolvedTarget> all;
    for (;;) {
      auto piece = (*cursor)->Next(limit);
      EXPECT_TRUE(piece.ok());
      EXPECT_LE(piece->size(), limit);
      if (piece->empty() && !(*cursor)->IsSearching()) return all;
      all.insert(all.end(), piece->begin(), piece->end());
    }
  }
  /// The nodes that one window target with these selectors selects.
  std::string Selected(std::vector<TargetSelector> selectors, std::size_t limit = 100) {
    TargetQuery query = Query({{"WindowTargetIds", {"t"}}});
    query.window_targets = {Registered("t", std::move(selectors))};
    std::string text;
    for (const ResolvedTarget& target : ResolveAll(query, limit)) text += target.node + ' ';
    return text;
  }

  ModelStore store_{std::make_shared<ModelDisk>()};
};

TEST_F(StoredTargetsTest, ATaskWithoutTargetsHasOneInvocationWithoutANode) {
  EXPECT_EQ(Text(ResolveAll(Query({}), 10)), "<,-> ");
}

TEST_F(StoredTargetsTest, InstanceIdsAreTheNodesInTheirOrderEachOnce) {
  EXPECT_EQ(Text(ResolveAll(Query({{"InstanceIds", {"b", "a", "b", "c", "a"}}}), 10)),
            "b<,-> a<,-> c<,-> ");
}

TEST_F(StoredTargetsTest, NodesOfWindowTargetsCarryTheirOriginTheFirstOneThatNamesThem) {
  TargetQuery query = Query({{"WindowTargetIds", {"t-2", "t-1"}}, {"InstanceIds", {"a"}}});
  query.window_targets = {Registered("t-2", {{"InstanceIds", {"a", "b"}}}),
                          Registered("t-1", {{"InstanceIds", {"b", "c"}}})};
  query.window_targets[0].owner_information = "ops";
  EXPECT_EQ(Text(ResolveAll(query, 10)), "a<,-> b<t-2,ops> c<t-1,-> ");
}

TEST_F(StoredTargetsTest, ATargetIsOfTheTypeThatItWasRegisteredWith) {
  TargetQuery query = Query({{"WindowTargetIds", {"t-1", "t-2"}}, {"InstanceIds", {"a"}}});
  query.window_targets = {Registered("t-1", {{"InstanceIds", {"b"}}}),
                          Registered("t-2", {{"InstanceIds", {"c"}}})};
  query.window_targets[1].resource_type = ResourceType::kResourceGroup;
  const auto targets = ResolveAll(query, 10);
  ASSERT_EQ(targets.size(), 3u);
  EXPECT_EQ(targets[0].resource_type, ResourceType::kInstance);
  EXPECT_EQ(targets[1].resource_type, ResourceType::kInstance);
  EXPECT_EQ(targets[2].resource_type, ResourceType::kResourceGroup);
}

TEST_F(StoredTargetsTest, AnInstanceIdThatARegisteredTargetSelectsHasItAsItsOrigin) {
  Put({MakeTagged("web", {{"role", "web"}}), MakeTagged("db", {{"role", "db"}, {"env", "prod"}}),
       MakeTagged("free", {{"role", "none"}})});
  ASSERT_TRUE(
      store_.Commit({PutGroups{{{"databases", {{"tag:role", {"db"}}, {"tag-key", {"env"}}}}}}})
          .ok());
  TargetQuery query =
      Query({{"InstanceIds", {"free", "db", "named", "web", "unknown", "both", "db"}}});
  query.allow_unassociated_targets = false;
  query.registered = {Registered("by-name", {{"InstanceIds", {"named", "both"}}}),
                      Registered("by-tag", {{"tag:role", {"web", "x"}}}),
                      Registered("later", {{"InstanceIds", {"both", "web"}}}),
                      Registered("by-group", {{"resource-groups:Name", {"databases"}}})};
  query.registered[1].owner_information = "ops";
  query.registered[3].resource_type = ResourceType::kResourceGroup;
  for (const std::size_t limit : {1, 2, 100}) {
    const auto targets = ResolveAll(query, limit);
    EXPECT_EQ(
        Text(targets),
        "free<,-> db<by-group,-> named<by-name,-> web<by-tag,ops> unknown<,-> both<by-name,-> ");
    EXPECT_EQ(targets.at(1).resource_type, ResourceType::kResourceGroup);
    EXPECT_EQ(targets.at(3).resource_type, ResourceType::kInstance);
  }
}

TEST_F(StoredTargetsTest, NodesOfWindowTargetsKeepTheirOriginThoughAnotherSelectsThemToo) {
  TargetQuery query = Query({{"WindowTargetIds", {"t-2"}}, {"InstanceIds", {"a"}}});
  query.allow_unassociated_targets = false;
  query.registered = {Registered("t-1", {{"InstanceIds", {"a", "b"}}}),
                      Registered("t-2", {{"InstanceIds", {"a", "b"}}})};
  query.window_targets = {query.registered[1]};
  EXPECT_EQ(Text(ResolveAll(query, 10)), "a<t-1,-> b<t-2,-> ");
}

TEST_F(StoredTargetsTest, OneCallLooksAtAPieceOfALargeFleet) {
  constexpr int kNodes = 10'000;
  std::vector<Change> changes;
  for (int i = 0; i < kNodes; ++i) {
    if (i % kMaxNodesAChange == 0) changes.push_back(PutNodes{"inventory", 1, {}, At(1)});
    Node node = MakeNode("node-" + std::to_string(i));
    if (i == kNodes - 1) node.tags = {{"rare", ""}};
    std::get<PutNodes>(changes.back()).nodes.push_back(std::move(node));
  }
  ASSERT_TRUE(store_.Commit(changes).ok());
  StoredTargets source(store_.nodes());
  TargetQuery query = Query({{"WindowTargetIds", {"t"}}});
  query.window_targets = {Registered("t", {{"tag-key", {"rare"}}})};
  auto cursor = source.Resolve(query);
  ASSERT_TRUE(cursor.ok());
  int calls = 0;
  std::vector<ResolvedTarget> found;
  do {
    found = (*cursor)->Next(10).value();
    ++calls;
  } while (found.empty() && (*cursor)->IsSearching());
  EXPECT_EQ(Text(found), "node-9999<t,-> ");
  EXPECT_GE(calls, 3) << "no call reads the whole fleet";
  EXPECT_TRUE((*cursor)->Next(10)->empty());
  EXPECT_FALSE((*cursor)->IsSearching());
}

TEST_F(StoredTargetsTest, DanglingWindowTargetsContributeNothing) {
  EXPECT_TRUE(ResolveAll(Query({{"WindowTargetIds", {"gone"}}}), 10).empty());
}

TEST_F(StoredTargetsTest, NamesThatNoRowHoldsAreLeftOut) {
  const std::string longest(kMaxNodeNameBytes, 'n');
  const auto targets = ResolveAll(Query({{"InstanceIds", {longest + "n", longest}}}), 10);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].node, longest);
}

TEST_F(StoredTargetsTest, PiecesOfEverySizeGiveTheSame) {
  std::vector<std::string> nodes;
  for (int i = 0; i < 50; ++i) nodes.push_back("i-" + std::to_string(i));
  const TargetQuery query = Query({{"InstanceIds", nodes}});
  const std::string all = Text(ResolveAll(query, 1000));
  for (std::size_t limit = 1; limit <= 51; ++limit) EXPECT_EQ(Text(ResolveAll(query, limit)), all);
}

TEST_F(StoredTargetsTest, ValuesOfATagAreAlternatives) {
  Put({MakeTagged("a", {{"role", "web"}}), MakeTagged("b", {{"role", "db"}}),
       MakeTagged("c", {{"role", "cache"}}), MakeTagged("d", {{"role", "web"}})});
  EXPECT_EQ(Selected({{"tag:role", {"web", "cache"}}}), "a c d ");
  EXPECT_EQ(Selected({{"tag:role", {"web", "web"}}}), "a d ");
  EXPECT_EQ(Selected({{"tag:role", {"none"}}}), "");
  EXPECT_EQ(Selected({{"tag:rol", {"web"}}}), "");
}

TEST_F(StoredTargetsTest, SeveralTagsMustAllHold) {
  Put({MakeTagged("a", {{"role", "web"}, {"env", "prod"}}), MakeTagged("b", {{"role", "web"}}),
       MakeTagged("c", {{"env", "prod"}}), MakeTagged("d", {{"role", "db"}, {"env", "prod"}})});
  EXPECT_EQ(Selected({{"tag:role", {"web", "db"}}, {"tag:env", {"prod"}}}), "a d ");
}

TEST_F(StoredTargetsTest, TagKeySelectsNodesThatHaveAllTheKeysWhateverTheirValues) {
  Put({MakeTagged("a", {{"role", "web"}, {"env", ""}}), MakeTagged("b", {{"role", "db"}}),
       MakeTagged("c", {{"env", "prod"}, {"role", "x"}})});
  EXPECT_EQ(Selected({{"tag-key", {"role", "env"}}}), "a c ");
  EXPECT_EQ(Selected({{"tag-key", {"role"}}, {"tag:role", {"db", "x"}}}), "b c ");
}

TEST_F(StoredTargetsTest, AGroupSelectsWhatItsSelectorsDo) {
  Put({MakeTagged("a", {{"role", "web"}}), MakeTagged("b", {{"role", "db"}})});
  ASSERT_TRUE(store_
                  .Commit({PutGroups{
                      {{"web", {{"tag:role", {"web"}}}}, {"odd", {{"InstanceIds", {"z", "b"}}}}}}})
                  .ok());
  EXPECT_EQ(Selected({{"resource-groups:Name", {"web"}}}), "a ");
  EXPECT_EQ(Selected({{"resource-groups:Name", {"odd"}}}), "z b ");
  EXPECT_EQ(Selected({{"resource-groups:Name", {"unknown"}}}), "");
}

TEST_F(StoredTargetsTest, TypeFiltersOfAGroupLetNodesInOrKeepThemOut) {
  ASSERT_TRUE(store_.Commit({PutGroups{{{"odd", {{"InstanceIds", {"i-1"}}}}}}}).ok());
  const auto with = [&](std::vector<std::string> types) {
    return Selected({{"resource-groups:Name", {"odd"}},
                     {"resource-groups:ResourceTypeFilters", std::move(types)}});
  };
  EXPECT_EQ(with({"AWS::EC2::Instance"}), "i-1 ");
  EXPECT_EQ(with({"AWS::S3::Bucket", "AWS::SSM::ManagedInstance"}), "i-1 ");
  EXPECT_EQ(with({"AWS::SSM::ManagedInstanceInventory"}), "i-1 ");
  EXPECT_EQ(with({"AWS::S3::Bucket"}), "");
}

TEST_F(StoredTargetsTest, EachNodeComesOnceWithTheFirstTargetThatSelectsIt) {
  Put({MakeTagged("a", {{"role", "web"}}), MakeTagged("b", {{"role", "web"}, {"env", "prod"}}),
       MakeTagged("c", {{"env", "prod"}}), MakeTagged("d", {{"role", "db"}, {"env", "prod"}})});
  TargetQuery query = Query({{"WindowTargetIds", {"1", "2", "3"}}, {"InstanceIds", {"d"}}});
  query.window_targets = {Registered("1", {{"tag:role", {"web"}}}),
                          Registered("2", {{"tag:env", {"prod"}}}),
                          Registered("3", {{"InstanceIds", {"c", "x", "a", "d"}}})};
  query.window_targets[1].owner_information = "ops";
  const std::string all = "d<,-> a<1,-> b<1,-> c<2,ops> x<3,-> ";
  for (std::size_t limit = 1; limit <= 10; ++limit) EXPECT_EQ(Text(ResolveAll(query, limit)), all);
}

TEST_F(StoredTargetsTest, AFleetOfThreeThousandIsTheSameInPiecesOfEverySize) {
  std::string web, both;
  for (int i = 0; i < 3000; i += 250) {
    std::vector<Node> nodes;
    for (int k = i; k < i + 250; ++k) {
      Tags tags = {{"role", k % 3 == 0 ? "web" : "db"}};
      if (k % 1001 == 0) tags["rare"] = "yes";
      nodes.push_back(MakeTagged("n" + std::to_string(k), tags));
      if (k % 3 == 0) web += nodes.back().id + ' ';
      if (k % 3003 == 0) both += nodes.back().id + ' ';
    }
    Put(std::move(nodes));
  }
  for (const std::size_t limit : {7u, 100u, 999u, 1000u, 1001u, 5000u}) {
    EXPECT_EQ(Selected({{"tag:role", {"web"}}}, limit), web);
    EXPECT_EQ(Selected({{"tag:rare", {"yes"}}, {"tag:role", {"web"}}}, limit), both);
    EXPECT_EQ(Selected({{"tag-key", {"rare"}}}, limit), "n0 n1001 n2002 ");
  }
}

TEST_F(StoredTargetsTest, OneLookForARareTagReadsABoundedPartOfTheFleet) {
  for (int i = 0; i < 8; ++i) {
    std::vector<Node> nodes;
    for (int k = 0; k < 250; ++k) {
      nodes.push_back(MakeTagged("n" + std::to_string(i * 250 + k), {}));
    }
    Put(std::move(nodes));
  }
  Put({MakeTagged("last", {{"rare", ""}})});
  const auto first = SelectNodes(store_.nodes(), {{"tag-key", {"rare"}}}, 0, 10);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->names.empty());
  EXPECT_EQ(first->through, 1000);
}

}  // namespace
}  // namespace lull
