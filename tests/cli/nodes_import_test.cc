// `lull nodes import` into a store of its own.
#include "cli/nodes_import.h"

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/model/nodes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

class NodesImportTest : public testing::Test {
 protected:
  NodesImportTest() { options_.data_dir = folder_.File("data"); }

  /// The error, or what was said.
  std::string Import(const std::string& lines) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::tmpfile(), std::fclose);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(), std::fclose);
    std::fwrite(lines.data(), 1, lines.size(), in.get());
    std::rewind(in.get());
    const absl::Status status = ImportNodes(options_, in.get(), out.get());
    if (!status.ok()) return std::string(status.message());
    std::string text(1000, '\0');
    std::rewind(out.get());
    text.resize(std::fread(text.data(), 1, text.size(), out.get()));
    return text;
  }
  std::unique_ptr<Store> Open() {
    auto store = storage::SqliteStore::Open({.path = options_.data_dir + "/lull.db"});
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  std::string Ids() {
    std::string ids;
    const auto store = Open();
    const auto nodes = store->nodes().ListNodes({.limit = 100'000});
    for (const StoredNode& node : *nodes) ids += node.node.id + ' ';
    return ids;
  }

  const TempFolder folder_;
  ImportOptions options_;
};

TEST_F(NodesImportTest, ALineIsANodeWithAllItsMembers) {
  EXPECT_EQ(Import(R"({"id":"mi-0123456789abcdef0","name":"w","platform":"Windows",)"
                   R"("platform_name":"p","platform_version":"1","address":"a",)"
                   R"("last_seen":"1970-01-01T00:00:01Z","tags":{"role":"web","e":""}})"
                   "\n\n  \r\n{\"id\":\"last\"}"),
            "lull: 2 nodes of origin import stored, 0 removed\n");
  const auto store = Open();
  const auto stored = store->nodes().GetNode("mi-0123456789abcdef0");
  ASSERT_TRUE(stored.ok() && stored->has_value());
  EXPECT_EQ((*stored)->node, (Node{.id = "mi-0123456789abcdef0",
                                   .name = "w",
                                   .platform = Platform::kWindows,
                                   .platform_name = "p",
                                   .platform_version = "1",
                                   .address = "a",
                                   .last_seen_at = absl::FromUnixSeconds(1),
                                   .tags = {{"e", ""}, {"role", "web"}}}));
  EXPECT_EQ((*stored)->origin, "import");
  EXPECT_TRUE(store->nodes().GetNode("last")->has_value());
}

TEST_F(NodesImportTest, ABadLineIsToldWithItsNumberAndThoseBeforeItAreStored) {
  const std::pair<const char*, const char*> rows[] = {
      {"nonsense", "this is no JSON: "},
      {"[]", "a node must be a JSON object"},
      {"{}", "the node has no id; give it one"},
      {R"({"id":"b","nam":"x"})", "unknown key \"nam\"; a node has id, "},
      {R"({"id":"b","name":1})", "name must be a string"},
      {R"({"id":"b","tags":[]})", "tags must be an object of strings"},
      {R"({"id":"b","tags":{"k":1}})", "the tag \"k\" must be a string"},
      {R"({"id":"b","platform":"BeOS"})", "platform is \"BeOS\"; it must be Linux, "},
      {R"({"id":"local"})", "the node id \"local\" is that of the node that the daemon runs on"},
      {R"({"id":"b"}{"id":"c"})", "this is no JSON: "},
      {R"({"id":{"a":{"b":{"c":{"d":1}}}}})", "this is no JSON: "},
  };
  int number = 0;
  for (const auto& [line, error] : rows) {
    const std::string before = absl::StrCat("ok-", number++);
    const std::string said =
        Import(absl::StrCat("{\"id\":\"", before, "\"}\n", line, "\n{\"id\":\"after\"}\n"));
    EXPECT_EQ(said.rfind(absl::StrCat("line 2: ", error), 0), 0u) << said;
    EXPECT_NE(said.find("The nodes of the lines before it are stored."), std::string::npos);
    const std::string ids = Ids();
    EXPECT_NE(ids.find(before + ' '), std::string::npos);
    EXPECT_EQ(ids.find("after"), std::string::npos);
  }
}

TEST_F(NodesImportTest, ALineThatIsTooLongIsToldAndOneOfTheGreatestLengthIsRead) {
  const std::string long_line = R"({"id":"a")" + std::string(70'000, ' ') + "}";
  EXPECT_EQ(
      Import("{\"id\":\"b\"}\n" + long_line + "\n").rfind("line 2: the line has more than ", 0),
      0u);
  std::string line = R"({"id":"c"})";
  line += std::string(65'535 - line.size(), ' ') + '\n';
  EXPECT_EQ(Import(line + line + R"({"id":"d"})"),
            "lull: 3 nodes of origin import stored, 0 removed\n");
  EXPECT_EQ(Ids(), "b c d ");
}

TEST_F(NodesImportTest, ManyNodesGoThroughAndAnIdThatComesTwiceIsOneNode) {
  std::string lines, ids;
  for (int i = 0; i < 12'001; ++i) {
    absl::StrAppend(&lines, "{\"id\":\"n", i, "\",\"tags\":{\"even\":\"", i % 2, "\"}}\n");
    absl::StrAppend(&ids, "n", i, " ");
  }
  lines += R"({"id":"n5","name":"later"})";
  // Before it, where that takes long, it tells how far it has come.
  EXPECT_THAT(Import(lines),
              testing::EndsWith("lull: 12002 nodes of origin import stored, 0 removed\n"));
  EXPECT_EQ(Ids(), ids);
  EXPECT_EQ(Open()->nodes().GetNode("n5")->value().node.name, "later");
  EXPECT_EQ(Open()->nodes().ListTagged("even", "1", {.limit = 100'000})->size(), 5999u);
}

TEST_F(NodesImportTest, TheOthersGoOnlyWhenAskedForAndOnlyOfThisOrigin) {
  ASSERT_EQ(Import("{\"id\":\"a\"}\n{\"id\":\"b\"}\n").rfind("lull: 2", 0), 0u);
  options_.origin = "other";
  ASSERT_EQ(Import("{\"id\":\"c\"}\n{\"id\":\"a\"}\n"),
            "lull: 1 nodes of origin other stored, 0 removed; 1 left as they are, for another "
            "origin has them\n");
  options_.origin = "import";
  ASSERT_EQ(Import("{\"id\":\"d\"}\n"), "lull: 1 nodes of origin import stored, 0 removed\n");
  EXPECT_EQ(Ids(), "a b c d ");
  options_.remove_others = true;
  EXPECT_EQ(Import("{\"id\":\"b\"}\n"), "lull: 1 nodes of origin import stored, 2 removed\n");
  EXPECT_EQ(Ids(), "b c ");
}

TEST_F(NodesImportTest, ABadLineRemovesNothing) {
  ASSERT_EQ(Import("{\"id\":\"a\"}\n").rfind("lull: 1", 0), 0u);
  options_.remove_others = true;
  EXPECT_EQ(Import("{\"id\":\"b\"}\nnonsense\n").rfind("line 2: ", 0), 0u);
  EXPECT_EQ(Ids(), "a b ");
}

TEST_F(NodesImportTest, AStoreThatADaemonHasOpenIsLeftAlone) {
  ASSERT_EQ(Import("").rfind("lull: 0", 0), 0u);
  const auto daemon = Open();
  EXPECT_NE(Import("{\"id\":\"a\"}\n").find("stop `lull serve` first"), std::string::npos);
}

TEST_F(NodesImportTest, TheDaemonsOwnOriginsAreRefused) {
  for (const char* origin : {"local", "inventory", ""}) {
    options_.origin = origin;
    EXPECT_EQ(Import("{\"id\":\"a\"}\n").rfind("--origin is ", 0), 0u) << origin;
  }
}

}  // namespace
}  // namespace lull::cli
