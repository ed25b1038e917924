#include "cli/keys.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "cli/data_folder.h"
#include "server/credentials.h"
#include "server/key.h"
#include "server/key_files.h"
#include "tests/cli/text_stream.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z

class KeysTest : public testing::Test {
 protected:
  KeysTest() : folder_(OpenDataFolder(temp_.File("data")).value()) {}

  std::string Create(const std::string& role, const std::string& name) {
    TextStream out;
    KeysOptions options{.data_dir = folder_.path, .role = role, .name = name};
    EXPECT_TRUE(CreateKey(options, kNow, out.file()).ok());
    return out.Read();
  }
  std::string List(bool json = false) {
    TextStream out;
    KeysOptions options{.data_dir = folder_.path};
    options.json = json;
    EXPECT_TRUE(ListKeys(options, out.file()).ok());
    return out.Read();
  }
  server::Credentials Parsed(const std::string& text, const std::string& profile) {
    return server::ParseCredentials(text, profile, "stdout").value();
  }

  TempFolder temp_;
  const DataFolder folder_;
};

TEST_F(KeysTest, ANewKeyIsPrintedAsAProfileThatIsNamedLikeIt) {
  const std::string text = Create("viewer", "grafana");
  const server::Credentials pair = Parsed(text, "grafana");
  EXPECT_EQ(text, "[grafana]\naws_access_key_id = " + pair.access_key_id +
                      "\naws_secret_access_key = " + pair.secret_access_key + "\n");
  EXPECT_EQ(Parsed(Create("admin", ""), "default").secret_access_key.size(), 40);
}

TEST_F(KeysTest, TheListHasNoSecret) {
  const server::Credentials pair = Parsed(Create("viewer", "grafana"), "grafana");
  EXPECT_EQ(List(), "KEY                   ROLE    STATE    CREATED               NAME\n" +
                        pair.access_key_id + "  viewer  enabled  2023-11-14T22:13:20Z  grafana\n");
  EXPECT_EQ(List(true), "[{\"AccessKeyId\": \"" + pair.access_key_id +
                            "\", \"Role\": \"viewer\", \"State\": \"enabled\", \"CreatedDate\": "
                            "\"2023-11-14T22:13:20Z\", \"Name\": \"grafana\"}]\n");
}

TEST_F(KeysTest, DisablingSaysSoAndAnUnknownKeyIsAnError) {
  const std::string id = Parsed(Create("viewer", ""), "default").access_key_id;
  TextStream out;
  KeysOptions options{.data_dir = folder_.path, .role = "", .name = "", .id = id};
  ASSERT_TRUE(SetKeyState(options, server::KeyState::kDisabled, out.file()).ok());
  EXPECT_EQ(out.Read(), "Key " + id + " is disabled\n");
  EXPECT_NE(List().find("disabled"), std::string::npos);
  options.id = "AKIA";
  const absl::Status unknown = SetKeyState(options, server::KeyState::kEnabled, out.file());
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(unknown.message().find("lull keys list"), std::string::npos) << unknown;
}

TEST_F(KeysTest, AKeyThatCouldNotBePrintedIsDisabled) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  const absl::Status status = CreateKey({.data_dir = folder_.path, .role = "admin"}, kNow, full);
  std::fclose(full);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  const auto keys = server::ListKeys({folder_.keys, folder_.credentials}).value();
  ASSERT_EQ(keys.size(), 1);
  EXPECT_EQ(keys[0].state, server::KeyState::kDisabled);
}

TEST_F(KeysTest, AFolderThatIsNotThereIsNotMade) {
  TextStream out;
  const std::string missing = temp_.File("missing");
  EXPECT_EQ(CreateKey({.data_dir = missing, .role = "admin"}, kNow, out.file()).code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(missing));
}

}  // namespace
}  // namespace lull::cli
