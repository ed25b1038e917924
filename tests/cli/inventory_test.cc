// What an inventory may say, and that each mistake is told with its line.
#include "cli/inventory.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

constexpr char kFull[] = R"(# a fleet
nodes:
  - id: mi-0123456789abcdef0
    name: web-1
    platform: Linux
    platform_name: Debian GNU/Linux
    platform_version: 12
    address: "10.0.0.7"
    transport: jump
    user: admin@CORP
    last_seen: 2026-11-23T03:00:00+02:00
    tags:
      role: web
      empty: ""
      "Patch Group": 'nightly'
  - {id: i-0abc, tags: {role: db}}
  - id: plain.name
groups:
  databases:
    tags: {role: [db, cache], env: prod}
  odd-ones:
    nodes: [plain.name, i-0abc]
)";

std::string ErrorOf(const std::string& text) {
  const auto inventory = ParseInventory(text);
  if (inventory.ok()) return "OK";
  EXPECT_TRUE(absl::IsInvalidArgument(inventory.status()));
  return std::string(inventory.status().message());
}

/// Of one node, whose members begin in line 3.
std::string ErrorOfNode(const std::string& members) {
  return ErrorOf("nodes:\n  - id: n\n" + members);
}

TEST(InventoryTest, EverythingThatANodeHasIsRead) {
  const auto inventory = ParseInventory(kFull);
  ASSERT_TRUE(inventory.ok()) << inventory.status();
  ASSERT_EQ(inventory->nodes.size(), 3u);
  absl::Time seen;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2026-11-23T01:00:00Z", &seen, nullptr));
  EXPECT_EQ(inventory->nodes[0],
            (Node{.id = "mi-0123456789abcdef0",
                  .name = "web-1",
                  .platform = Platform::kLinux,
                  .platform_name = "Debian GNU/Linux",
                  .platform_version = "12",
                  .address = "10.0.0.7",
                  .transport = "jump",
                  .user = "admin@CORP",
                  .last_seen_at = seen,
                  .tags = {{"Patch Group", "nightly"}, {"empty", ""}, {"role", "web"}}}));
  EXPECT_EQ(inventory->nodes[1].tags, (Tags{{"role", "db"}}));
  EXPECT_EQ(inventory->nodes[2], (Node{.id = "plain.name"}));
}

TEST(InventoryTest, AGroupIsTagsOrNodes) {
  const auto inventory = ParseInventory(kFull);
  ASSERT_TRUE(inventory.ok());
  ASSERT_EQ(inventory->groups.size(), 2u);
  EXPECT_EQ(inventory->groups[0].name, "databases");
  EXPECT_EQ(inventory->groups[0].selectors,
            (std::vector<TargetSelector>{{"tag:role", {"db", "cache"}}, {"tag:env", {"prod"}}}));
  EXPECT_EQ(inventory->groups[1].selectors,
            (std::vector<TargetSelector>{{"InstanceIds", {"plain.name", "i-0abc"}}}));
}

TEST(InventoryTest, GroupsMayComeFirstAndAFleetMayBeEmptyWhenItSaysSo) {
  EXPECT_EQ(ErrorOf("groups: {g: {nodes: [a]}}\nnodes: []\n"), "OK");
  EXPECT_EQ(ErrorOf("nodes: []"), "OK");
  for (const char* text : {"", "# nothing\n", "groups: {}"}) {
    EXPECT_EQ(ErrorOf(text), "line 1: there are no nodes; a fleet without any is spelled nodes: []")
        << text;
  }
}

TEST(InventoryTest, EachMistakeIsToldWithItsLineAndWhatToDo) {
  const std::pair<const char*, const char*> rows[] = {
      {"nodes:\n- id: a\n  nam: x\n",
       "line 3: unknown key \"nam\"; a node has id, name, platform, platform_name, "
       "platform_version, address, transport, user, last_seen and tags"},
      {"nodes:\n- id: a\n  hosts: [x]\n",
       "line 3: unknown key \"hosts\"; a node has id, name, platform, platform_name, "
       "platform_version, address, transport, user, last_seen and tags"},
      {"nodes: []\nnoodles: []\n",
       "line 2: unknown key \"noodles\"; an inventory has nodes and groups"},
      {"nodes: []\nnodes: []\n", "line 2: nodes is there twice"},
      {"nodes:\n- id: a\n- id: b\n- id: a\n", "line 4: the node \"a\" is there twice; see line 2"},
      {"nodes:\n- id: a\n  name: x\n  name: y\n", "line 4: the key \"name\" is there twice"},
      {"nodes:\n- id: a\n- name: b\n", "line 3: a node has no id; give it one"},
      {"nodes:\n- a\n", "line 2: a node must be a mapping of keys to values"},
      {"nodes:\n  a: {}\n", "line 2: nodes must be a list"},
      {"nodes: a\n", "line 1: nodes must be a list"},
      {"nodes:\n", "line 1: nodes must be a list"},
      {"- id: a\n", "line 1: an inventory is a mapping with the keys nodes and groups"},
      {"a\n", "line 1: an inventory is a mapping with the keys nodes and groups"},
      {"nodes: []\n---\nnodes: []\n", "line 2: there is a second document; an inventory is one"},
      {"nodes:\n- &a\n  id: a\n- *a\n",
       "line 4: aliases (*name) are not taken; write the value out"},
      {"nodes:\n- ? [a]\n  : b\n", "line 2: a key must be one word or text"},
      {"nodes:\n- id: [a}\n", "line 2: this is no YAML: illegal flow end"},
      {"nodes:\n- id: a\n  name:\n\n  platform: Linux\n", "line 3: name has no value"},
      {"nodes:\n- id: a\n  name: \xff\n", "line 3: this is not UTF-8"},
      {"nodes: []\ngroups:\n  g: {hosts: [a]}\n",
       "line 3: unknown key \"hosts\"; a group has nodes or tags"},
      {"nodes: []\ngroups:\n  g: {}\n", "line 3: the group \"g\" has no nodes or tags"},
      {"nodes: []\ngroups:\n  g: {nodes: [a], tags: {b: c}}\n",
       "line 3: a group has either nodes or tags, not both"},
      {"nodes: []\ngroups:\n  g: {nodes: []}\n", "line 3: nodes is empty; give it a value"},
      {"nodes: []\ngroups:\n  g: {tags: {a: {b: c}}}\n",
       "line 3: the tag \"a\" must be a list, or one value"},
  };
  for (const auto& [text, error] : rows) EXPECT_EQ(ErrorOf(text), error) << text;
}

TEST(InventoryTest, EachBadValueOfANodeIsNamed) {
  const std::pair<std::string, std::string> rows[] = {
      {"    platform: Solaris", "platform is \"Solaris\"; it must be Linux, Windows or MacOS"},
      {"    last_seen: yesterday",
       "last_seen is \"yesterday\"; it must be a time with its offset, as 2030-01-31T12:00:00Z"},
      {"    last_seen: 2030-01-31T12:00:00",
       "last_seen is \"2030-01-31T12:00:00\"; it must be a time with its offset, as "
       "2030-01-31T12:00:00Z"},
      {"    name:", "name has no value"},
      {"    name: [a]", "name must be one word or text"},
      {"    name: " + std::string(257, 'n'), "name has 257 bytes; it may have 256"},
      {"    user: ''",
       "user is \"\"; it must have 1 to 256 letters, digits or ._@+- and not begin with -"},
      {"    user: -oProxyCommand=x",
       "user is \"-oProxyCommand=x\"; it must have 1 to 256 letters, digits or ._@+- and not begin "
       "with -"},
      {"    user: a;b",
       "user is \"a;b\"; it must have 1 to 256 letters, digits or ._@+- and not begin with -"},
      {"    transport: a/b",
       "transport is \"a/b\"; it must have 1 to 64 letters, digits or ._- and not begin with -"},
      {"    tags: [a]", "tags must be a mapping of keys to values"},
      {"    tags: {a: b, a: c}", "the key \"a\" is there twice"},
      {"    tags: {a: [b]}", "the tag \"a\" must be one word or text"},
      {"    tags: {a!: b}",
       "the tag key \"a!\" must have 1 to 128 letters, digits, blanks or _.:/=+-@"},
      {"    tags: {a: b!}",
       "the tag value \"b!\" must have 0 to 256 letters, digits, blanks or _.:/=+-@"},
      {"    tags: {'': b}",
       "the tag key \"\" must have 1 to 128 letters, digits, blanks or _.:/=+-@"},
  };
  for (const auto& [member, error] : rows) {
    EXPECT_EQ(ErrorOfNode(member), "line 3: " + error) << member;
  }
  for (const char* id : {"''", "a b", "-a", ".a", "a/b", "mi-1", "mi-0123456789ABCDEF0", "local"}) {
    EXPECT_EQ(ErrorOf(absl::StrCat("nodes:\n- id: ", id, "\n")).rfind("line 2: the node id ", 0),
              0u)
        << id;
  }
}

TEST(InventoryTest, ANodeHasFiftyTags) {
  const auto with = [](int count) {
    std::string members = "    tags:\n";
    for (int i = 0; i < count; ++i) absl::StrAppend(&members, "      k", i, ": v\n");
    return ErrorOfNode(members);
  };
  EXPECT_EQ(with(50), "OK");
  EXPECT_EQ(with(51), "line 54: a node has 50 tags at most");
}

TEST(InventoryTest, HostileTextIsRefusedBeforeItTakesMemoryOrTheStack) {
  EXPECT_EQ(ErrorOf("nodes:\n" + std::string(kMaxInventoryBytes - 10, '[')),
            "line 2: more than 256 KiB from here hold no value that ends");
  EXPECT_EQ(ErrorOf("nodes: [[[[[[[[[[[a]]]]]]]]]]]"), "line 1: this lies too deep");
  std::string wide = "nodes:\n- id: a\n  tags:\n    k: [";
  for (int i = 0; i < 100'000; ++i) wide += "x,";
  EXPECT_EQ(ErrorOf(wide + "]\n"), "line 4: a node has too many values");
  EXPECT_EQ(ErrorOf(std::string(kMaxInventoryBytes + 1, ' ')),
            "the inventory has more than 16 MiB; import large fleets with `lull nodes import`");
  std::string laughs = "nodes:\n- &a {id: a}\n";
  for (int i = 0; i < 20; ++i) laughs += "- [*a, *a, *a, *a]\n";
  EXPECT_EQ(ErrorOf(laughs), "line 3: aliases (*name) are not taken; write the value out");
}

TEST(InventoryTest, AFileIsReadAndItsErrorsNameIt) {
  const TempFolder folder;
  const std::string path = folder.File("fleet.yaml");
  EXPECT_EQ(std::string(ReadInventory(path).status().message()),
            absl::StrCat("can't read the inventory ", path, ": No such file or directory"));
  std::ofstream(path) << "nodes: 1\n";
  EXPECT_EQ(std::string(ReadInventory(path).status().message()),
            absl::StrCat(path, ": line 1: nodes must be a list"));
  std::ofstream(path) << kFull;
  EXPECT_TRUE(ReadInventory(path).ok());
  EXPECT_FALSE(ReadInventory("/").ok()) << "a folder";
}

}  // namespace
}  // namespace lull::cli
