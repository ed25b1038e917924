#include "cli/listen_address.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"

namespace lull::cli {
namespace {

TEST(ParseListenAddress, ReadsWhatItPrints) {
  for (const char* text : {"127.0.0.1:8750", "[::1]:0", "0.0.0.0:65535", "[::]:1"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->Text(), text);
  }
  EXPECT_EQ(ParseListenAddress("[::1]:80")->address, "::1");
}

TEST(ParseListenAddress, RefusesTheRestAndShowsHow) {
  for (const char* text :
       {"", ":", ":8750", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:x", "127.0.0.1: 1", "::1:8750", "[]:1", "[127.0.0.1]:1", "[::1:8750", "8750"}) {
    const auto address = ParseListenAddress(text);
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(address.status().message().find("127.0.0.1:8750"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace lull::cli
