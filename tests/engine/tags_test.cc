// Tags of windows and nodes (spec A.24 to A.26; H 12: 51 tags).
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

constexpr char kWindow[] = "MaintenanceWindow";
constexpr char kNode[] = "ManagedInstance";

class TagsTest : public testing::Test {
 protected:
  TagsTest() { window_ = world_.CreateWindow(); }

  void PutNode(const std::string& id, Tags tags, std::int64_t reading = 1) {
    ASSERT_TRUE(world_.engine
                    ->ChangeFleet(PutNodes{.origin = "inventory",
                                           .reading = reading,
                                           .nodes = {MakeTagged(id, std::move(tags))},
                                           .registered_at = At(1)})
                    .ok());
  }
  absl::Status Add(const std::string& type, const std::string& id,
                   const std::vector<std::pair<std::string, std::string>>& tags) {
    v1::AddTagsToResourceRequest request;
    request.set_resource_type(type);
    request.set_resource_id(id);
    for (const auto& [key, value] : tags) {
      v1::Tag& tag = *request.add_tags();
      tag.set_key(key);
      tag.set_value(value);
    }
    return world_.engine->AddTagsToResource(world_.context, request).status();
  }
  absl::Status Remove(const std::string& type, const std::string& id,
                      const std::vector<std::string>& keys) {
    v1::RemoveTagsFromResourceRequest request;
    request.set_resource_type(type);
    request.set_resource_id(id);
    for (const std::string& key : keys) request.add_tag_keys(key);
    return world_.engine->RemoveTagsFromResource(world_.context, request).status();
  }
  /// `key=value ` for each, or the error's type.
  std::string List(const std::string& type, const std::string& id) {
    v1::ListTagsForResourceRequest request;
    request.set_resource_type(type);
    request.set_resource_id(id);
    const auto response = world_.engine->ListTagsForResource(world_.context, request);
    if (!response.ok()) return ModelledType(response.status());
    std::string text;
    for (const v1::Tag& tag : response->tag_list()) text += tag.key() + '=' + tag.value() + ' ';
    return text;
  }
  static std::vector<std::pair<std::string, std::string>> Many(int count) {
    std::vector<std::pair<std::string, std::string>> tags;
    for (int i = 0; i < count; ++i) tags.emplace_back(absl::StrCat("key-", i), "");
    return tags;
  }

  EngineWorld world_;
  std::string window_;
};

TEST_F(TagsTest, TagsOfAWindowAreAddedOverwrittenRemovedAndListedByKey) {
  EXPECT_EQ(List(kWindow, window_), "");
  EXPECT_EQ(Error(Add(kWindow, window_, {{"team", "db"}, {"stage", ""}})), "OK");
  EXPECT_EQ(Error(Add(kWindow, window_, {{"team", "web"}})), "OK");
  EXPECT_EQ(List(kWindow, window_), "stage= team=web ");
  EXPECT_EQ(Error(Remove(kWindow, window_, {"stage", "absent"})), "OK");
  EXPECT_EQ(List(kWindow, window_), "team=web ");
}

TEST_F(TagsTest, TaggingAWindowIsNoChangeOfIt) {
  const auto before = world_.GetWindow(window_);
  world_.Advance(absl::Minutes(5));
  ASSERT_TRUE(Add(kWindow, window_, {{"team", "db"}}).ok());
  const auto after = world_.GetWindow(window_);
  EXPECT_EQ(after.modified_date(), before.modified_date());
  EXPECT_EQ(after.next_execution_time(), before.next_execution_time());
}

TEST_F(TagsTest, TagsOfCreateAreListed) {
  auto request = world_.WindowRequest();
  v1::Tag& tag = *request.add_tags();
  tag.set_key("team");
  tag.set_value("db");
  EXPECT_EQ(List(kWindow, world_.CreateWindow(request)), "team=db ");
}

TEST_F(TagsTest, AResourceHasFiftyTagsAtMost) {
  PutNode("n", {{"own", "x"}});
  EXPECT_EQ(Error(Add(kWindow, window_, Many(50))), "OK");
  const std::string fifty = List(kWindow, window_);
  EXPECT_EQ(ModelledType(Add(kWindow, window_, {{"one more", ""}})), "TooManyTagsError");
  EXPECT_EQ(List(kWindow, window_), fifty);
  EXPECT_EQ(Error(Add(kWindow, window_, {{"key-7", "again"}})), "OK");
  EXPECT_EQ(ModelledType(Add(kNode, "n", Many(50))), "TooManyTagsError") << "its origin's count";
  EXPECT_EQ(Error(Add(kNode, "n", Many(49))), "OK");
}

TEST_F(TagsTest, ANodeHasFiftyTagsAtMostHoweverManyAWindowMayHave) {
  world_.limits.tags_per_resource = kNoLimit;
  world_.Restart();
  PutNode("web-1", {{"team", "a"}});
  std::vector<std::pair<std::string, std::string>> tags;
  for (int i = 0; i < 51; ++i) tags.emplace_back("k" + std::to_string(i), "v");
  EXPECT_TRUE(Add(kWindow, window_, tags).ok());
  EXPECT_EQ(ModelledType(Add(kNode, "web-1", tags)), "TooManyTagsError");
  tags.resize(49);
  EXPECT_TRUE(Add(kNode, "web-1", tags).ok());
}

TEST_F(TagsTest, AWindowIsNotCreatedWithFiftyOneTagsOrWithReservedOnes) {
  auto request = world_.WindowRequest();
  for (const auto& [key, value] : Many(51)) request.add_tags()->set_key(key);
  for (v1::Tag& tag : *request.mutable_tags()) tag.set_value("");
  EXPECT_EQ(Error(world_.engine->CreateMaintenanceWindow(world_.context, request).status()),
            "RESOURCE_EXHAUSTED: A maintenance window can have 50 tags; this has 51.");
  request.mutable_tags()->DeleteSubrange(1, 50);
  request.mutable_tags(0)->set_key("aws:x");
  EXPECT_TRUE(absl::IsInvalidArgument(
      world_.engine->CreateMaintenanceWindow(world_.context, request).status()));
}

TEST_F(TagsTest, ReservedKeysAreRefused) {
  for (const char* key : {"aws:x", "AWS:x"}) {
    EXPECT_EQ(Error(Add(kWindow, window_, {{key, "v"}})),
              absl::StrCat("INVALID_ARGUMENT: The tag key ", key,
                           " is not valid: keys that start with aws: are reserved. Use another "
                           "one."));
  }
  EXPECT_EQ(List(kWindow, window_), "");
}

TEST_F(TagsTest, UnknownResourcesAndTypesWithoutTagsAreErrorsOfTheirOwn) {
  for (const auto& [type, id, error] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {kWindow, kNoWindow, "InvalidResourceId"},
           {kWindow, "nonsense", "InvalidResourceId"},
           {kNode, "i-none", "InvalidResourceId"},
           {kNode, window_, "InvalidResourceId"},
           {"Document", "d", "InvalidResourceType"},
           {"Parameter", window_, "InvalidResourceType"}}) {
    SCOPED_TRACE(type + ' ' + id);
    EXPECT_EQ(ModelledType(Add(type, id, {{"a", "b"}})), error);
    EXPECT_EQ(ModelledType(Remove(type, id, {"a"})), error);
    EXPECT_EQ(List(type, id), error);
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Add("Nonsense", window_, {{"a", "b"}})));
}

TEST_F(TagsTest, AnApiTagOfANodeWinsOverItsOriginsAndSurvivesEachReading) {
  PutNode("n", {{"role", "web"}, {"env", "prod"}});
  EXPECT_EQ(List(kNode, "n"), "env=prod role=web ");
  ASSERT_TRUE(Add(kNode, "n", {{"role", "db"}, {"own", "x"}}).ok());
  EXPECT_EQ(List(kNode, "n"), "env=prod own=x role=db ");
  PutNode("n", {{"role", "proxy"}}, 2);
  EXPECT_EQ(List(kNode, "n"), "own=x role=db ");
  ASSERT_TRUE(Remove(kNode, "n", {"role"}).ok());
  EXPECT_EQ(List(kNode, "n"), "own=x role=proxy ") << "the origin's shows again";
}

TEST_F(TagsTest, TheApiRemovesNoTagOfAnOrigin) {
  PutNode("n", {{"role", "web"}});
  ASSERT_TRUE(Add(kNode, "n", {{"own", "x"}}).ok());
  EXPECT_EQ(Error(Remove(kNode, "n", {"own", "role"})),
            "INVALID_ARGUMENT: The tag role of node n comes from its inventory. Remove it there.");
  EXPECT_EQ(List(kNode, "n"), "own=x role=web ") << "nothing of it was done";
}

}  // namespace
}  // namespace lull
