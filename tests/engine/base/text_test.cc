// Texts of others: what is UTF-8 of them, and as JSON.
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json_text.h"
#include "engine/base/utf8.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

struct PointRow {
  const char* label;
  std::string_view bytes;
  std::optional<char32_t> point;  // nothing: it is no UTF-8
};

constexpr PointRow kPoints[] = {
    {"nothing", "", {}},
    {"ASCII", "a", U'a'},
    {"two bytes, the first", "\xC2\x80", U'\x80'},
    {"two bytes, the last", "\xDF\xBF", U'\x7FF'},
    {"two bytes, overlong", "\xC1\xBF", {}},
    {"three bytes, the first", "\xE0\xA0\x80", U'\x800'},
    {"three bytes, the last", "\xEF\xBF\xBF", U'\xFFFF'},
    {"three bytes, overlong", "\xE0\x9F\xBF", {}},
    {"the last before the surrogates", "\xED\x9F\xBF", U'\xD7FF'},
    {"the first surrogate", "\xED\xA0\x80", {}},
    {"the last surrogate", "\xED\xBF\xBF", {}},
    {"the first after the surrogates", "\xEE\x80\x80", U'\xE000'},
    {"four bytes, the first", "\xF0\x90\x80\x80", U'\x10000'},
    {"four bytes, the last", "\xF4\x8F\xBF\xBF", U'\x10FFFF'},
    {"four bytes, overlong", "\xF0\x8F\xBF\xBF", {}},
    {"beyond the last", "\xF4\x90\x80\x80", {}},
    {"five bytes", "\xF8\x88\x80\x80\x80", {}},
    {"a byte of the middle", "\x80", {}},
    {"cut off", "\xE2\x82", {}},
    {"another one begins in its middle", "\xE2\x82\x41", {}},
};

TEST(TakeCodePointTest, IsStrict) {
  for (const PointRow& row : kPoints) {
    SCOPED_TRACE(row.label);
    std::string_view rest = row.bytes;
    EXPECT_EQ(TakeCodePoint(rest), row.point);
    EXPECT_EQ(rest.size(), row.point ? 0 : row.bytes.size());
  }
}

TEST(CountCodePointsTest, CountsThemOrSaysThatOneIsNone) {
  EXPECT_EQ(CountCodePoints(""), 0);
  EXPECT_EQ(CountCodePoints("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 4);
  EXPECT_EQ(CountCodePoints("a\xFF"), std::nullopt);
}

TEST(Utf8PrefixTest, SplitsNoCodePoint) {
  EXPECT_EQ(Utf8Prefix("abc", 3), "abc");
  EXPECT_EQ(Utf8Prefix("abc", 2), "ab");
  EXPECT_EQ(Utf8Prefix("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(Utf8Prefix("\xE2\x82\xAC", 2), "");
  EXPECT_EQ(Utf8Prefix("\x80\x80\x80", 2), "") << "no UTF-8: some prefix";
}

TEST(ToUtf8Test, ReplacesEachByteThatIsNoneAndStopsAtTheLimit) {
  EXPECT_EQ(ToUtf8("a\xFF\x80z", 10), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(ToUtf8("\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 2), "\xE2\x82\xAC\xE2\x82\xAC");
}

TEST(JsonStringTest, EscapesWhatJsonWantsEscaped) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("a\xC3\xA9/"), "\"a\xC3\xA9/\"");
  EXPECT_EQ(JsonString("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(JsonString(std::string_view("\0\x1F\x7F", 3)), "\"\\u0000\\u001f\x7F\"");
}

TEST(JsonStringTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(JsonString("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
}

}  // namespace
}  // namespace lull
