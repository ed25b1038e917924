#include "engine/runtime/registered_targets.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lull {
namespace {

std::vector<ResolvedTarget> ResolveAll(const TargetQuery& query, std::size_t limit) {
  RegisteredTargets source;
  auto cursor = source.Resolve(query);
  EXPECT_TRUE(cursor.ok());
  std::vector<ResolvedTarget> all;
  for (;;) {
    auto piece = (*cursor)->Next(limit);
    EXPECT_TRUE(piece.ok());
    EXPECT_LE(piece->size(), limit);
    if (piece->empty()) return all;
    all.insert(all.end(), piece->begin(), piece->end());
  }
}

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

TEST(RegisteredTargetsTest, ATaskWithoutTargetsHasOneInvocationWithoutANode) {
  EXPECT_EQ(Text(ResolveAll(Query({}), 10)), "<,-> ");
}

TEST(RegisteredTargetsTest, InstanceIdsAreTheNodesInTheirOrderEachOnce) {
  EXPECT_EQ(Text(ResolveAll(Query({{"InstanceIds", {"b", "a", "b", "c", "a"}}}), 10)),
            "b<,-> a<,-> c<,-> ");
}

TEST(RegisteredTargetsTest, NodesOfWindowTargetsCarryTheirOriginTheFirstOneThatNamesThem) {
  TargetQuery query = Query({{"WindowTargetIds", {"t-2", "t-1"}}, {"InstanceIds", {"a"}}});
  query.window_targets = {Registered("t-2", {{"InstanceIds", {"a", "b"}}}),
                          Registered("t-1", {{"InstanceIds", {"b", "c"}}})};
  query.window_targets[0].owner_information = "ops";
  EXPECT_EQ(Text(ResolveAll(query, 10)), "a<,-> b<t-2,ops> c<t-1,-> ");
}

TEST(RegisteredTargetsTest, TagsAndGroupsContributeNothing) {
  TargetQuery query = Query({{"WindowTargetIds", {"t-1"}}});
  query.window_targets = {Registered("t-1", {{"tag:role", {"web"}}}),
                          Registered("t-2", {{"resource-groups:Name", {"g"}}})};
  EXPECT_TRUE(ResolveAll(query, 10).empty());
}

TEST(RegisteredTargetsTest, DanglingWindowTargetsContributeNothing) {
  EXPECT_TRUE(ResolveAll(Query({{"WindowTargetIds", {"gone"}}}), 10).empty());
}

TEST(RegisteredTargetsTest, NamesThatNoRowHoldsAreLeftOut) {
  const std::string longest(kMaxNodeNameBytes, 'n');
  const auto targets = ResolveAll(Query({{"InstanceIds", {longest + "n", longest}}}), 10);
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].node, longest);
}

TEST(RegisteredTargetsTest, PiecesOfEverySizeGiveTheSame) {
  std::vector<std::string> nodes;
  for (int i = 0; i < 50; ++i) nodes.push_back("i-" + std::to_string(i));
  const TargetQuery query = Query({{"InstanceIds", nodes}});
  const std::string all = Text(ResolveAll(query, 1000));
  for (std::size_t limit = 1; limit <= 51; ++limit) EXPECT_EQ(Text(ResolveAll(query, limit)), all);
}

}  // namespace
}  // namespace lull
