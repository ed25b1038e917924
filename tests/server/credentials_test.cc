#include "server/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace lull::server {
namespace {

class CredentialsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/credentials.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/credentials";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(CredentialsTest, GeneratedPairsLookLikeThoseOfTheApiAndDiffer) {
  std::set<std::string> ids, secrets;
  for (int i = 0; i < 100; ++i) {
    const Credentials pair = GenerateCredentials();
    EXPECT_TRUE(pair.access_key_id.starts_with("AKIA"));
    EXPECT_EQ(pair.access_key_id.size(), 20);
    EXPECT_EQ(pair.access_key_id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
              std::string::npos);
    EXPECT_EQ(pair.secret_access_key.size(), 40);
    EXPECT_EQ(pair.secret_access_key.find('='), std::string::npos);
    ids.insert(pair.access_key_id);
    secrets.insert(pair.secret_access_key);
  }
  EXPECT_EQ(ids.size(), 100);
  EXPECT_EQ(secrets.size(), 100);
}

TEST_F(CredentialsTest, ReadsBackWhatItWroteForItsOwnerAlone) {
  const Credentials pair = GenerateCredentials();
  ASSERT_TRUE(WriteCredentials(path_, pair).ok());
  struct stat info;
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600);
  const absl::StatusOr<Credentials> read = ReadCredentials(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->access_key_id, pair.access_key_id);
  EXPECT_EQ(read->secret_access_key, pair.secret_access_key);
  std::ifstream file(path_);
  std::string first;
  std::getline(file, first);
  EXPECT_EQ(first, "[default]");
}

TEST_F(CredentialsTest, WritingNeverReplacesAFileNorFollowsALinkNorLeavesLitter) {
  Write("precious");
  EXPECT_EQ(WriteCredentials(path_, GenerateCredentials()).code(),
            absl::StatusCode::kAlreadyExists);
  std::ifstream file(path_);
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "precious");
  const std::string link = directory_ + "/link";
  ASSERT_EQ(::symlink("/nonexistent", link.c_str()), 0);
  EXPECT_EQ(WriteCredentials(link, GenerateCredentials()).code(), absl::StatusCode::kAlreadyExists);
  const std::filesystem::directory_iterator entries(directory_);
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 2);
}

TEST_F(CredentialsTest, LoadOrCreateMakesOnePairAndKeepsIt) {
  const absl::StatusOr<Credentials> first = LoadOrCreateCredentials(path_);
  const absl::StatusOr<Credentials> second = LoadOrCreateCredentials(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->secret_access_key, second->secret_access_key);
}

TEST_F(CredentialsTest, RefusesAFileThatOthersCanRead) {
  Write("[default]\naws_access_key_id=AKIA\naws_secret_access_key=s\n", 0640);
  const absl::Status status = LoadOrCreateCredentials(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            path_ +
                " has mode 0640: others than its owner have access to the secret in it; run: chmod "
                "600 " +
                path_ + " (and replace it if somebody may have read it)");
}

TEST_F(CredentialsTest, ReadsTheDefaultProfileAmongOthers) {
  Write(
      "# mine\n[other]\naws_access_key_id = no\naws_secret_access_key = no\n\n"
      "[default]\r\n  aws_access_key_id=AKIAX  \r\nregion = eu-central-1\n"
      "aws_secret_access_key = a/b+c==\n; end\n[last]\naws_access_key_id = no\n");
  const absl::StatusOr<Credentials> read = ReadCredentials(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->access_key_id, "AKIAX");
  EXPECT_EQ(read->secret_access_key, "a/b+c==");
}

TEST_F(CredentialsTest, RefusesWhatIsNoCredentialsFile) {
  EXPECT_EQ(ReadCredentials(path_).status().code(), absl::StatusCode::kNotFound);
  Write("[default]\naws_access_key_id = AKIA\n");
  EXPECT_EQ(ReadCredentials(path_).status().code(), absl::StatusCode::kInvalidArgument);
  Write("");
  EXPECT_EQ(ReadCredentials(path_).status().code(), absl::StatusCode::kInvalidArgument);
  Write(std::string(kMaxCredentialsFileBytes + 1, '#'));
  EXPECT_EQ(ReadCredentials(path_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadCredentials(directory_).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string fifo = directory_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(ReadCredentials(fifo).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CredentialsTest, SaysThatTheDirectoryIsMissing) {
  const std::string path = directory_ + "/no/credentials";
  const absl::Status status = LoadOrCreateCredentials(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            "can't create " + path + ": its directory " + directory_ + "/no does not exist");
}

}  // namespace
}  // namespace lull::server
