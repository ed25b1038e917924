#include "server/key_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/credentials.h"
#include "server/key.h"
#include "server/key_ring.h"
#include "tests/support/temp_folder.h"

namespace lull::server {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z
constexpr char kLine[] =
    "AKIA2345ABCDEFGHIJKL viewer enabled 2023-11-14T22:13:20Z grafana "
    "abcDEF123/+abcDEF123/+abcDEF123/+abcDEF1\n";

class KeyFilesTest : public testing::Test {
 protected:
  KeyFilesTest() { first_ = LoadOrCreateCredentials(files_.credentials).value(); }

  Key Create(Role role, const std::string& name = "") {
    return CreateKey(files_, role, name, kNow).value();
  }
  std::string Text() const {
    std::ifstream file(files_.keys);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& text) {
    std::ofstream(files_.keys) << text;
    ASSERT_EQ(::chmod(files_.keys.c_str(), 0600), 0);
  }
  bool IsIn(const std::string& id) { return ring_.Find(id).value() != nullptr; }

  TempFolder temp_;
  const KeyFiles files_{temp_.File("keys"), temp_.File("credentials")};
  Credentials first_;
  KeyRing ring_{files_};
};

TEST_F(KeyFilesTest, TheFirstPairIsAnAdminsAndNeedsNoKeysFile) {
  const std::vector<Key> keys = ListKeys(files_).value();
  ASSERT_EQ(keys.size(), 1);
  EXPECT_EQ(keys[0].access_key_id, first_.access_key_id);
  EXPECT_EQ(keys[0].secret_access_key, first_.secret_access_key);
  EXPECT_EQ(keys[0].role, Role::kAdmin);
  EXPECT_EQ(keys[0].state, KeyState::kEnabled);
  EXPECT_EQ(keys[0].name, "default");
  EXPECT_FALSE(std::filesystem::exists(files_.keys));
}

TEST_F(KeyFilesTest, WhatIsMadeIsReadBackAndIsTheOwnersAlone) {
  const Key made = Create(Role::kOperator, "on-call@example.com");
  const std::vector<Key> keys = ListKeys(files_).value();
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[1].access_key_id, made.access_key_id);
  EXPECT_EQ(keys[1].secret_access_key, made.secret_access_key);
  EXPECT_EQ(keys[1].role, Role::kOperator);
  EXPECT_EQ(keys[1].name, "on-call@example.com");
  EXPECT_EQ(keys[1].created_at, kNow);
  const Key nameless = Create(Role::kViewer);
  EXPECT_EQ(nameless.name, nameless.access_key_id);
  struct stat info;
  ASSERT_EQ(::stat(files_.keys.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(KeyFilesTest, ADisabledKeyIsOutAtOnceAndTheFirstPairIsNoException) {
  const Key made = Create(Role::kViewer);
  for (const std::string& id : {made.access_key_id, first_.access_key_id}) {
    EXPECT_TRUE(IsIn(id));
    ASSERT_TRUE(SetKeyState(files_, id, KeyState::kDisabled).ok());
    EXPECT_FALSE(IsIn(id));
    ASSERT_TRUE(SetKeyState(files_, id, KeyState::kDisabled).ok()) << "again";
    EXPECT_FALSE(KeyRing(files_).Find(id).value()) << "after a restart";
    ASSERT_TRUE(SetKeyState(files_, id, KeyState::kEnabled).ok());
    EXPECT_TRUE(IsIn(id));
  }
  EXPECT_EQ(Text().find(first_.secret_access_key), std::string::npos) << "it has one home";
  const absl::Status unknown = SetKeyState(files_, "AKIA", KeyState::kDisabled);
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound) << unknown;
}

TEST_F(KeyFilesTest, ANewKeyIsInAtOnceWithItsRole) {
  EXPECT_FALSE(IsIn("AKIA2345ABCDEFGHIJKL"));
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    const Key made = Create(role);
    const auto found = ring_.Find(made.access_key_id).value();
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->role, role);
    EXPECT_EQ(found->secret_access_key, made.secret_access_key);
  }
}

TEST_F(KeyFilesTest, EveryChangeIsSeenAlsoWhenTheyFollowEachOtherAtOnce) {
  const Key made = Create(Role::kViewer);
  for (int i = 0; i < 200; ++i) {
    const KeyState state = i % 2 == 0 ? KeyState::kDisabled : KeyState::kEnabled;
    ASSERT_TRUE(SetKeyState(files_, made.access_key_id, state).ok());
    ASSERT_EQ(IsIn(made.access_key_id), state == KeyState::kEnabled) << i;
  }
}

TEST_F(KeyFilesTest, LookupsOnManyThreadsFindNothingOnceADisablingHasReturned) {
  const std::string id = Create(Role::kViewer).access_key_id;
  std::atomic<bool> disabled = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int after = 0; after < 100;) {
        const bool is_after = disabled;
        const bool is_in = IsIn(id);
        if (is_after) {
          EXPECT_FALSE(is_in);
        }
        after += is_after ? 1 : 0;
      }
    });
  }
  EXPECT_TRUE(SetKeyState(files_, id, KeyState::kDisabled).ok());
  disabled = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_F(KeyFilesTest, ADamagedFileLetsNobodyIn) {
  const Key made = Create(Role::kViewer);
  const std::string good = Text();
  for (const std::string& damaged :
       {good.substr(0, good.size() - 1), good.substr(0, good.size() - 9), good + "x\n",
        good + kLine + kLine, std::string("\n") + good + '\0'}) {
    Write(damaged);
    for (const std::string& id : {made.access_key_id, first_.access_key_id}) {
      const absl::Status status = ring_.Find(id).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
      EXPECT_NE(status.message().find(files_.keys), std::string::npos) << status;
      EXPECT_EQ(status.message().find(made.secret_access_key.substr(0, 8)), std::string::npos);
    }
    EXPECT_FALSE(CreateKey(files_, Role::kAdmin, "", kNow).ok()) << "it keeps what is damaged";
    EXPECT_EQ(Text(), damaged);
  }
  Write(good);
  EXPECT_TRUE(IsIn(made.access_key_id)) << "once it is mended";
}

TEST_F(KeyFilesTest, AFileThatIsGoneOrOpenToOthersLetsNobodyIn) {
  const Key made = Create(Role::kViewer);
  ASSERT_TRUE(IsIn(first_.access_key_id));
  ASSERT_EQ(::chmod(files_.keys.c_str(), 0640), 0);
  EXPECT_EQ(ring_.Find(first_.access_key_id).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_EQ(::chmod(files_.keys.c_str(), 0600), 0);
  ASSERT_TRUE(IsIn(first_.access_key_id));
  std::filesystem::rename(files_.keys, temp_.File("away"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ring_.Find(first_.access_key_id).status().code(), absl::StatusCode::kUnavailable)
        << "the first pair might be disabled in it";
  }
  std::filesystem::rename(temp_.File("away"), files_.keys);
  EXPECT_TRUE(IsIn(made.access_key_id));
}

TEST_F(KeyFilesTest, AFileThatIsMadeAnewDoesNotLetADisabledFirstPairIn) {
  ASSERT_TRUE(SetKeyState(files_, first_.access_key_id, KeyState::kDisabled).ok());
  ASSERT_FALSE(IsIn(first_.access_key_id));
  std::filesystem::remove(files_.keys);
  const Key made = Create(Role::kViewer);
  for (const std::string& id : {first_.access_key_id, made.access_key_id}) {
    const absl::Status lost = ring_.Find(id).status();
    EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable);
    EXPECT_NE(lost.message().find("lull keys disable " + first_.access_key_id), std::string::npos);
  }
  ASSERT_TRUE(SetKeyState(files_, first_.access_key_id, KeyState::kDisabled).ok());
  EXPECT_FALSE(IsIn(first_.access_key_id));
  EXPECT_TRUE(IsIn(made.access_key_id));
  ASSERT_TRUE(SetKeyState(files_, first_.access_key_id, KeyState::kEnabled).ok());
  EXPECT_TRUE(IsIn(first_.access_key_id));
}

TEST_F(KeyFilesTest, ANewFirstPairTakesTheOldOnesPlace) {
  ASSERT_TRUE(IsIn(first_.access_key_id));
  std::filesystem::remove(files_.credentials);
  EXPECT_FALSE(IsIn(first_.access_key_id));
  const Credentials second = LoadOrCreateCredentials(files_.credentials).value();
  EXPECT_TRUE(IsIn(second.access_key_id));
  EXPECT_FALSE(IsIn(first_.access_key_id));
}

TEST_F(KeyFilesTest, AKeyThatIsCopiedIntoTheFirstPairsFileGainsNothing) {
  const Key viewer = Create(Role::kViewer);
  std::filesystem::remove(files_.credentials);
  ASSERT_TRUE(
      WriteCredentials(files_.credentials, {viewer.access_key_id, viewer.secret_access_key}).ok());
  EXPECT_EQ(ring_.Find(viewer.access_key_id).value()->role, Role::kViewer);
  EXPECT_EQ(ListKeys(files_)->size(), 1);
}

TEST_F(KeyFilesTest, NamesAreBoundedAndCanNotBreakALine) {
  for (const std::string& name : {std::string("a b"), std::string("a\nb"), std::string("\xc3\xa4"),
                                  std::string(65, 'a'), std::string("a]")}) {
    EXPECT_EQ(CreateKey(files_, Role::kViewer, name, kNow).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_TRUE(CreateKey(files_, Role::kViewer, std::string(64, 'a'), kNow).ok());
}

TEST_F(KeyFilesTest, ThereAreSoManyKeysAndNoMore) {
  std::string text;
  for (std::size_t i = 0; i < kMaxKeys; ++i) {
    std::string line = kLine;
    line.replace(4, 4, std::to_string(1000 + i));
    text += line;
  }
  Write(text);
  EXPECT_EQ(ListKeys(files_)->size(), 1 + kMaxKeys);
  EXPECT_EQ(CreateKey(files_, Role::kViewer, "", kNow).status().code(),
            absl::StatusCode::kResourceExhausted);
  Write(std::string(kMaxKeysFileBytes, '#') + "\n");
  EXPECT_EQ(ListKeys(files_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(KeyFilesTest, WritersAtOnceLoseNothingAndLeaveNoLitter) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(CreateKey(files_, Role::kViewer, "", kNow).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ListKeys(files_)->size(), 41);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(temp_.File("."))) {
    names.insert(entry.path().filename());
  }
  EXPECT_EQ(names, (std::set<std::string>{"credentials", "keys"}));
}

TEST(ParseKeys, RefusesEveryPrefixThatCutsALine) {
  const std::string good = kLine;
  for (std::size_t size = 1; size < good.size(); ++size) {
    EXPECT_FALSE(ParseKeys(good.substr(0, size), "keys").ok()) << size;
  }
  ASSERT_EQ(ParseKeys(good, "keys")->size(), 1);
  EXPECT_TRUE(ParseKeys("", "keys")->empty());
}

TEST(ParseKeys, RefusesColumnsThatAreNone) {
  const std::string good = kLine;
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"viewer", "root"},
                                                        {"enabled", "maybe"},
                                                        {"2023-11-14T", "2023-13-14T"},
                                                        {"grafana", "a]"},
                                                        {"AKIA", "akia"},
                                                        {"AKIA", "AKIAX"},
                                                        {"abcDEF", "abcDE"},
                                                        {" grafana", "  grafana"},
                                                        {"grafana ", "grafana"}}) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const absl::Status status = ParseKeys(text, "/d/keys").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(status.message(),
              "/d/keys is damaged: line 1 is no key; put back a copy of it, or take that line away "
              "(its key with it)");
  }
}

}  // namespace
}  // namespace lull::server
