// Backups that nobody took: what a restore refuses of them, and that it leaves nothing then.
#include "cli/restore.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/backup_files.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/cli/text_stream.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

namespace fs = std::filesystem;

class RestoreTest : public testing::Test {
 protected:
  RestoreTest() {
    fs::create_directories(from_ + "/output/1");
    EXPECT_TRUE(storage::SqliteStore::Open({.path = from_ + "/lull.db"}).ok());
    Write(from_ + "/output/1/0.stdout", "hello");
    manifest_ = {.taken_at = absl::FromUnixSeconds(1'700'000'000), .version = "1"};
    Add("lull.db");
    Add("output/1/0.stdout");
  }

  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }

  /// To the manifest, with the right checksum.
  void Add(const std::string& path) {
    manifest_.files.push_back({path, *SumFile(from_ + "/" + path)});
  }

  absl::Status Restore() {
    Write(from_ + "/manifest", FormatManifest(manifest_));
    fs::permissions(from_ + "/manifest", fs::perms::owner_read | fs::perms::owner_write);
    TextStream out, progress;
    return RestoreDataDir({.from = from_, .data_dir = to_}, out.file(), progress.file());
  }

  void ExpectRefused(const std::string& why) {
    const absl::Status status = Restore();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_NE(status.message().find(why), std::string::npos) << status;
    EXPECT_TRUE(!fs::exists(to_) || fs::is_empty(to_));
  }

  const TempFolder folder_;
  const std::string from_ = folder_.File("backup");
  const std::string to_ = folder_.File("data");
  Manifest manifest_;
};

TEST_F(RestoreTest, WhatABackupHasIsRestored) {
  const absl::Status status = Restore();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(fs::exists(to_ + "/lull.db"));
  EXPECT_EQ(*SumFile(to_ + "/output/1/0.stdout"), manifest_.files[1].sha256);
}

TEST_F(RestoreTest, AFolderThatIsALinkIsNotFollowedThoughTheChecksumIsRight) {
  fs::rename(from_ + "/output/1", folder_.File("elsewhere"));
  fs::create_symlink(folder_.File("elsewhere"), from_ + "/output/1");
  ExpectRefused("output/1 is a symbolic link");
}

TEST_F(RestoreTest, AFileThatIsALinkIsNotFollowedThoughTheChecksumIsRight) {
  fs::rename(from_ + "/output/1/0.stdout", folder_.File("elsewhere"));
  fs::create_symlink(folder_.File("elsewhere"), from_ + "/output/1/0.stdout");
  ExpectRefused("output/1/0.stdout is a symbolic link");
}

TEST_F(RestoreTest, AFileThatIsNamedTwiceIsRefusedBeforeAnythingIsCopied) {
  Add("output/1/0.stdout");
  ExpectRefused("it names output/1/0.stdout twice");
}

TEST_F(RestoreTest, WhatIsAFileAndAFolderIsRefused) {
  manifest_.files.push_back({"output/1", manifest_.files[1].sha256});
  ExpectRefused("it names output/1 as a file and as a folder");
}

TEST_F(RestoreTest, PathsThatNoBackupHasAreRefused) {
  const std::string sum = manifest_.files[1].sha256;
  for (const std::string& path :
       {std::string(".restoring/x"), std::string("."), std::string("../x"), std::string("/x"),
        std::string("output/../x"), std::string("output//1/0.stdout"), std::string("output/./x"),
        std::string("output/"), std::string("output/1\0x", 10), std::string()}) {
    manifest_.files.push_back({path, sum});
    ExpectRefused("it is no manifest of a backup, or damaged");
    manifest_.files.pop_back();
  }
}

}  // namespace
}  // namespace lull::cli
