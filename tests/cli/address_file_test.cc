#include "cli/address_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

const DaemonAddress kOld{"http://127.0.0.1:8750", "us-east-1"};
const DaemonAddress kNew{"http://[::1]:8751", "eu-central-1"};

TEST(AddressFile, IsReadBackAndIsTheOwnersAlone) {
  TempFolder temp;
  const std::string path = temp.File("address");
  EXPECT_EQ(ReadAddress(path).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(WriteAddress(path, kOld).ok());
  ASSERT_TRUE(WriteAddress(path, kNew).ok());
  EXPECT_EQ(ReadAddress(path).value(), kNew);
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST(AddressFile, ADaemonTakesAwayNoOthers) {
  TempFolder temp;
  const std::string path = temp.File("address");
  ASSERT_TRUE(WriteAddress(path, kNew).ok());
  RemoveAddress(path, kOld);
  EXPECT_EQ(ReadAddress(path).value(), kNew);
  RemoveAddress(path, kNew);
  EXPECT_FALSE(std::filesystem::exists(path));
  RemoveAddress(path, kNew);
}

TEST(AddressFile, WhatIsNoneOrOpenToOthersIsRefused) {
  TempFolder temp;
  const std::string path = temp.File("address");
  std::ofstream(path) << "";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(ReadAddress(path).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(WriteAddress(path, kNew).ok());
  ASSERT_EQ(::chmod(path.c_str(), 0622), 0);
  EXPECT_EQ(ReadAddress(path).status().code(), absl::StatusCode::kFailedPrecondition)
      << "others could send this user's signed requests elsewhere";
}

}  // namespace
}  // namespace lull::cli
