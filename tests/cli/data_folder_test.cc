#include "cli/data_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

/// As OpenDataFolder spells it.
std::string In(const TempFolder& temp, const std::string& name) {
  return std::filesystem::path(temp.File(name)).lexically_normal().string();
}

mode_t ModeOf(const std::string& path) {
  struct stat facts {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 07777;
}

TEST(OpenDataFolder, MakesOneForItsUserAlone) {
  TempFolder temp;
  const auto folder = OpenDataFolder(temp.File("data"));
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->path, In(temp, "data"));
  EXPECT_EQ(folder->database, In(temp, "data/lull.db"));
  EXPECT_EQ(ModeOf(folder->path), 0700u);
  EXPECT_TRUE(OpenDataFolder(temp.File("data")).ok()) << "again";
  EXPECT_EQ(OpenDataFolder(temp.File("./data/"))->path, In(temp, "data"));
}

TEST(OpenDataFolder, RefusesOneThatOthersCanEnterAndSaysHowToMendIt) {
  TempFolder temp;
  const std::string path = In(temp, "data");
  std::filesystem::create_directory(path);
  for (const mode_t mode : {0755u, 0710u, 0701u, 0770u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const absl::Status status = OpenDataFolder(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_NE(status.message().find("chmod 0700 " + path), std::string::npos) << status;
  }
  EXPECT_EQ(ModeOf(path), 0770u) << "it mends nothing by itself";
}

TEST(OpenDataFolder, RefusesWhatIsNoFolderOrHasNoParent) {
  TempFolder temp;
  std::ofstream(temp.File("file")) << "text";
  for (const std::string& path : {std::string(), temp.File("file"), temp.File("a/b")}) {
    EXPECT_EQ(OpenDataFolder(path).status().code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST(FindDataFolder, MakesNothingAndRefusesWhatOpenDataFolderRefuses) {
  TempFolder temp;
  const absl::Status missing = FindDataFolder(temp.File("data")).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound) << missing;
  EXPECT_NE(missing.message().find(In(temp, "data")), std::string::npos) << missing;
  EXPECT_FALSE(std::filesystem::exists(temp.File("data")));
  ASSERT_TRUE(OpenDataFolder(temp.File("data")).ok());
  EXPECT_EQ(FindDataFolder(temp.File("data/"))->database, In(temp, "data/lull.db"));
  ASSERT_EQ(::chmod(In(temp, "data").c_str(), 0755), 0);
  EXPECT_EQ(FindDataFolder(temp.File("data")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(FindDataFolder("").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lull::cli
