#include "storage/list_codec.h"

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lull::storage {
namespace {

TEST(ListCodec, WhatIsEncodedIsDecoded) {
  const std::vector<std::string> texts = {"", "a", std::string(300, 'x'), std::string("\0\xFF", 2)};
  EXPECT_EQ(*DecodeTexts(EncodeTexts(texts)), texts);
  const std::vector<TargetSelector> selectors = {{"k", {"v", ""}}, {"", {}}, {"k", {"w"}}};
  EXPECT_EQ(*DecodeSelectors(EncodeSelectors(selectors)), selectors);
  const std::map<std::string, std::string> tags = {{"", ""}, {"team", "db"}, {"stage", ""}};
  EXPECT_EQ(*DecodeTags(EncodeTags(tags)), tags);
  const std::vector<Ordinal> ordinals = {0, 1, 127, 128, 16'384, kMaxTargetsPerTask - 1};
  EXPECT_EQ(*DecodeOrdinals(EncodeOrdinals(ordinals)), ordinals);
}

TEST(ListCodec, AnEmptyListIsNoBytes) {
  EXPECT_EQ(EncodeTexts({}) + EncodeSelectors({}) + EncodeOrdinals({}), "");
  EXPECT_TRUE(DecodeTexts("")->empty());
  EXPECT_TRUE(DecodeSelectors("")->empty());
  EXPECT_TRUE(DecodeOrdinals("")->empty());
}

TEST(ListCodec, TheBytesAreTheStoredFormat) {
  EXPECT_EQ(EncodeTexts({"ab", ""}), std::string("\x02"
                                                 "ab\0",
                                                 4));
  EXPECT_EQ(EncodeSelectors({{"k", {"v"}}}), "\x01k\x01\x01v");
  EXPECT_EQ(EncodeOrdinals({3, 131}), "\x03\x80\x01");
}

TEST(ListCodec, EachCutOfAListIsAnErrorOrAShorterList) {
  const std::string bytes = EncodeSelectors({{"key", {"value", "other"}}, {"more", {}}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = DecodeSelectors(std::string_view(bytes).substr(0, size));
    if (cut.ok()) {
      EXPECT_LT(cut->size(), 2u);
    } else {
      EXPECT_TRUE(absl::IsInternal(cut.status()));
    }
  }
}

TEST(ListCodec, DamageIsAnError) {
  EXPECT_FALSE(DecodeTexts("\x05"
                           "ab")
                   .ok());
  EXPECT_FALSE(DecodeTexts(std::string(20, '\xFF')).ok());      // a number without an end
  EXPECT_FALSE(DecodeSelectors("\x01k\xFF\xFF\xFF\x7F").ok());  // more values than bytes
  EXPECT_FALSE(DecodeOrdinals("\x80\x80\x80\x80\x01").ok());    // 2^28: no ordinal
  EXPECT_FALSE(DecodeOrdinals(std::string("\x03\0", 2)).ok());  // twice the same
  EXPECT_FALSE(DecodeOrdinals("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F").ok());
}

}  // namespace
}  // namespace lull::storage
