#include "cli/callback_key.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace lull::cli {
namespace {

constexpr std::string_view kBase = "https://lull.example.com/";

class CallbackKeyTest : public testing::Test {
 protected:
  CallbackKeyTest() { std::remove(path_.c_str()); }

  static std::string SecretIn(const std::string& url) { return url.substr(url.rfind('/') + 1); }

  const std::string path_ = testing::TempDir() + "/callback_key";
  const InvocationId id_{"one"};
};

TEST_F(CallbackKeyTest, TheSecretOfAUrlOpensItsInvocationOnly) {
  const auto key = CallbackKey::LoadOrCreate(path_);
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string url = key->UrlOf(kBase, id_);
  const std::string secret = SecretIn(url);
  EXPECT_EQ(url, "https://lull.example.com/callback/one/" + secret);
  EXPECT_EQ(secret.size(), 64u);
  EXPECT_TRUE(key->Opens(id_, secret));
  EXPECT_FALSE(key->Opens(InvocationId("two"), secret));
  EXPECT_FALSE(key->Opens(id_, ""));
  EXPECT_FALSE(key->Opens(id_, secret.substr(1)));
  EXPECT_FALSE(key->Opens(id_, secret + "0"));
}

TEST_F(CallbackKeyTest, TheNextStartHasTheSameKeyInAFileOfItsOwnersAlone) {
  const std::string secret = SecretIn(CallbackKey::LoadOrCreate(path_)->UrlOf(kBase, id_));
  EXPECT_TRUE(CallbackKey::LoadOrCreate(path_)->Opens(id_, secret));
  struct stat info;
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  std::remove(path_.c_str());
  EXPECT_FALSE(CallbackKey::LoadOrCreate(path_)->Opens(id_, secret));
}

TEST_F(CallbackKeyTest, AFileThatIsNoKeyOrNotPrivateIsRefused) {
  std::ofstream(path_) << "short";
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  EXPECT_EQ(CallbackKey::LoadOrCreate(path_).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  EXPECT_EQ(CallbackKey::LoadOrCreate(path_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace lull::cli
