// What every store promises of the fleet.
#include "engine/model/nodes.h"
#include "tests/storage/conformance.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"

namespace lull {
namespace {

PutNodes Put(std::vector<Node> nodes, std::int64_t reading = 1,
             const std::string& origin = "inventory") {
  return {.origin = origin, .reading = reading, .nodes = std::move(nodes), .registered_at = At(9)};
}

/// Ids, in order.
template <class Rows>
std::string Ids(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    if constexpr (requires { row.node; }) {
      text += row.node.id + ' ';
    } else {
      text += row.id + ' ';
    }
  }
  return text;
}

TEST_P(StoreConformance, ANodeIsReadBackWhole) {
  Apply(Put({MakeNode("i-1")}));
  const auto stored = Value(nodes().GetNode("i-1"));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->node, MakeNode("i-1"));
  EXPECT_EQ(stored->origin, "inventory");
  EXPECT_EQ(stored->registered_at, At(9));
  EXPECT_EQ(stored->version, 1);
  EXPECT_TRUE(stored->api_tags.empty());
}

TEST_P(StoreConformance, ANodeOfWhichOnlyTheIdIsKnownIsReadBackSo) {
  Apply(Put({Node{.id = "plain"}}));
  EXPECT_EQ(Value(nodes().GetNode("plain"))->node, Node{.id = "plain"});
  EXPECT_FALSE(Value(nodes().GetNode("plai")).has_value());
}

TEST_P(StoreConformance, NodesAreListedByPositionPageByPage) {
  Apply(Put({Node{.id = "c"}, Node{.id = "a"}, Node{.id = "b"}}));
  const auto first = Value(nodes().ListNodes({.limit = 2}));
  EXPECT_EQ(Ids(first), "c a ");
  const auto rest = Value(nodes().ListNodes({.after_position = first.back().position}));
  EXPECT_EQ(Ids(rest), "b ");
  EXPECT_TRUE(Value(nodes().ListNodes({.limit = 0})).empty());
}

TEST_P(StoreConformance, ANodeReadAgainKeepsItsPlaceAndWhatTheApiGaveIt) {
  Apply(Put({MakeNode("i-1"), MakeNode("i-2")}));
  const std::int64_t position = Value(nodes().GetNode("i-1"))->position;
  Apply(TagNode{"i-1", {{"role", "db"}, {"own", "x"}}, 1});
  Node changed = MakeTagged("i-1", {{"role", "proxy"}, {"new", ""}});
  PutNodes again = Put({changed}, 2);
  again.registered_at = At(77);
  Apply(again);
  const auto stored = Value(nodes().GetNode("i-1"));
  EXPECT_EQ(stored->position, position);
  EXPECT_EQ(stored->node, changed);
  EXPECT_EQ(stored->registered_at, At(9));
  EXPECT_EQ(stored->api_tags, (Tags{{"own", "x"}, {"role", "db"}}));
  EXPECT_EQ(stored->version, 2) << "a reading is no change of the API's tags";
}

TEST_P(StoreConformance, ANodeOfAnotherOriginIsNotTouched) {
  Apply(Put({MakeNode("i-1")}, 1, "import"));
  const std::string before = DescribeAll(store());
  const auto results = Value(store().Commit({Put({Node{.id = "i-1"}, Node{.id = "i-2"}})}));
  EXPECT_EQ(results.at(0).verdict, Verdict::kApplied);
  EXPECT_EQ(results.at(0).value, 1);
  EXPECT_EQ(Value(nodes().GetNode("i-1"))->origin, "import");
  Apply(RemoveNodes{
      "inventory",
      9,
      {Value(nodes().GetNode("i-1"))->position, Value(nodes().GetNode("i-2"))->position}});
  EXPECT_EQ(DescribeAll(store()), before);
}

TEST_P(StoreConformance, TaggedNodesAreListedByPositionPageByPage) {
  Apply(Put({MakeTagged("d", {{"role", "web"}}), MakeTagged("c", {{"role", "db"}}),
             MakeTagged("b", {{"role", "web"}, {"env", "web"}}), MakeTagged("a", {{"role", "web"}}),
             MakeTagged("e", {{"rol", "eweb"}})}));
  const auto all = Value(nodes().ListTagged("role", "web", {}));
  EXPECT_EQ(Ids(all), "d b a ");
  EXPECT_EQ(Ids(Value(nodes().ListTagged("role", "web", {.limit = 1}))), "d ");
  EXPECT_EQ(Ids(Value(nodes().ListTagged("role", "web", {.after_position = all[0].position}))),
            "b a ");
  EXPECT_EQ(Ids(Value(nodes().ListTagged("env", "web", {}))), "b ");
  EXPECT_EQ(Ids(Value(nodes().ListTagged("env", "", {}))), "");
  EXPECT_EQ(Ids(Value(nodes().ListTagged("Role", "web", {}))), "") << "case counts";
}

TEST_P(StoreConformance, AnApiTagHidesTheOriginsOfTheSameKeyUntilItGoes) {
  const auto tagged = [&](const std::string& key, const std::string& value) {
    return Ids(Value(nodes().ListTagged(key, value, {})));
  };
  Apply(Put({MakeTagged("n", {{"role", "web"}, {"env", "prod"}})}));
  Apply(TagNode{"n", {{"role", "db"}, {"own", ""}}, 1});
  EXPECT_EQ(tagged("role", "web"), "");
  EXPECT_EQ(tagged("role", "db"), "n ");
  EXPECT_EQ(tagged("own", ""), "n ");
  EXPECT_EQ(tagged("env", "prod"), "n ");
  EXPECT_EQ(TagsOf(*Value(nodes().GetNode("n"))),
            (Tags{{"env", "prod"}, {"own", ""}, {"role", "db"}}));
  // The origin changes the hidden one, and drops another.
  Apply(Put({MakeTagged("n", {{"role", "proxy"}})}, 2));
  EXPECT_EQ(tagged("role", "proxy"), "");
  EXPECT_EQ(tagged("role", "db"), "n ");
  EXPECT_EQ(tagged("env", "prod"), "");
  Apply(TagNode{"n", {}, 2});
  EXPECT_EQ(tagged("role", "proxy"), "n ");
  EXPECT_EQ(tagged("role", "db"), "");
  EXPECT_EQ(tagged("own", ""), "");
}

TEST_P(StoreConformance, TagsOfANodeThatIsGoneOrOfAnOlderVersionAreAConflict) {
  EXPECT_EQ(Try(TagNode{"n", {}, 1}), Verdict::kConflict);
  Apply(Put({MakeTagged("n", {})}));
  EXPECT_EQ(Try(TagNode{"n", {{"a", "b"}}, 2}), Verdict::kConflict);
  Apply(TagNode{"n", {{"a", "b"}}, 1});
  EXPECT_EQ(Try(TagNode{"n", {}, 1}), Verdict::kConflict);
}

TEST_P(StoreConformance, WhatALaterReadingDidNotNameGoesWithItsTags) {
  Apply(Put({MakeTagged("gone", {{"role", "web"}}), MakeTagged("kept", {{"role", "web"}})}));
  Apply(TagNode{"gone", {{"own", "x"}}, 1});
  Apply(Put({MakeTagged("kept", {{"role", "web"}})}, 2));
  std::vector<std::int64_t> positions;
  for (const auto& row : Value(nodes().ListReadings("inventory", {}))) {
    positions.push_back(row.position);
  }
  ASSERT_EQ(positions.size(), 2u);
  positions.push_back(12345);
  const auto results = Value(store().Commit({RemoveNodes{"inventory", 2, positions}}));
  EXPECT_EQ(results.at(0).value, 1);
  EXPECT_FALSE(Value(nodes().GetNode("gone")).has_value());
  EXPECT_EQ(Ids(Value(nodes().ListTagged("role", "web", {}))), "kept ");
  EXPECT_EQ(Ids(Value(nodes().ListTagged("own", "x", {}))), "");
}

TEST_P(StoreConformance, ReadingsAreListedOfOneOriginPageByPage) {
  Apply(Put({Node{.id = "a"}, Node{.id = "b"}}, 1));
  Apply(Put({Node{.id = "c"}}, 5, "import"));
  Apply(Put({Node{.id = "b"}, Node{.id = "d"}}, 2));
  const auto rows = Value(nodes().ListReadings("inventory", {}));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].reading, 1);
  EXPECT_EQ(rows[1].reading, 2) << "an unchanged node is marked, too";
  EXPECT_EQ(rows[2].reading, 2);
  EXPECT_EQ(
      Value(nodes().ListReadings("inventory", {.after_position = rows[0].position, .limit = 1})),
      (std::vector{rows[1]}));
}

TEST_P(StoreConformance, ThePositionOfARemovedNodeIsNotUsedAgain) {
  Apply(Put({Node{.id = "a"}}));
  const std::int64_t position = Value(nodes().GetNode("a"))->position;
  Apply(RemoveNodes{"inventory", 2, {position}});
  Apply(Put({Node{.id = "a"}}));
  EXPECT_GT(Value(nodes().GetNode("a"))->position, position);
}

TEST_P(StoreConformance, GroupsAreReplacedAllTogether) {
  const NodeGroup web{"web", {{"tag:role", {"web", "proxy"}}, {"tag:env", {"prod"}}}};
  Apply(PutGroups{{web, {"odd", {{"InstanceIds", {"i-1", "i-2"}}}}}});
  EXPECT_EQ(Describe(*Value(nodes().GetGroup("web"))), Describe(web));
  EXPECT_FALSE(Value(nodes().GetGroup("We")).has_value());
  Apply(PutGroups{{{"new", {}}}});
  EXPECT_FALSE(Value(nodes().GetGroup("web")).has_value());
  EXPECT_TRUE(Value(nodes().GetGroup("new"))->selectors.empty());
}

TEST_P(StoreConformance, TheFleetIsThereAfterACrash) {
  Apply(Put({MakeNode("i-1")}));
  Apply(TagNode{"i-1", {{"own", "x"}}, 1});
  Apply(PutGroups{{{"web", {{"tag:role", {"web"}}}}}});
  const std::string before = DescribeAll(store());
  Reopen();
  EXPECT_EQ(DescribeAll(store()), before);
  EXPECT_EQ(Ids(Value(nodes().ListTagged("own", "x", {}))), "i-1 ");
  EXPECT_TRUE(Value(nodes().GetGroup("web")).has_value());
}

}  // namespace
}  // namespace lull
