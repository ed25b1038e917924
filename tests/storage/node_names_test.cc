#include "storage/node_names.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "engine/model/runs.h"
#include "gtest/gtest.h"
#include "storage/list_codec.h"

namespace lull::storage {
namespace {

using Names = std::vector<std::string>;

/// What can be read of them, and then `damaged` if that was not all.
Names Scan(std::string_view bytes, NamePacking packing) {
  Names names;
  NameScanner scanner(bytes, packing);
  while (scanner.Next()) names.push_back(scanner.name());
  EXPECT_FALSE(scanner.Next());
  if (!scanner.status().ok()) {
    EXPECT_TRUE(absl::IsInternal(scanner.status()));
    names.push_back("damaged");
  }
  return names;
}

Names Unpack(std::string_view bytes) { return Scan(bytes, NamePacking::kShared); }

void ExpectKept(const Names& names) { EXPECT_EQ(Unpack(PackNames(names)), names); }

template <std::size_t N>
std::string Bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

TEST(NodeNames, WhatIsPackedIsScanned) {
  ExpectKept({});
  ExpectKept({""});
  ExpectKept({"", "", "a", "", "aa", "a"});
  ExpectKept({"abab", "ab", "ababab", "ab"});  // what both begin and end with overlaps
  ExpectKept({"i-0123456789abcdef0", "i-0fedcba9876543210", "mi-0fedcba9876543210"});
  ExpectKept({"web-9.example.com", "web-10.example.com", "db-10.example.com"});
  ExpectKept({"A", "g", "f", "0", std::string("\0\xFF", 2), "\xC3\xA4"});
  ExpectKept({std::string(kMaxNodeNameBytes, 'f'), std::string(kMaxNodeNameBytes, 'x'), "x"});
}

TEST(NodeNames, AnyNamesAreKept) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    Names names(random() % 20);
    for (std::string& name : names) {
      name.resize(random() % (round % 7 == 0 ? kMaxNodeNameBytes + 1 : 6));
      for (char& c : name) c = "01afgA\xFF"[random() % 7];
    }
    ExpectKept(names);
  }
}

TEST(NodeNames, TheBytesAreTheStoredFormat) {
  EXPECT_EQ(PackNames({"i-0a1f", "i-0a1c", "j-0a1c", "", "g"}), Bytes("\x00\x00\x0Ci-0a1f"
                                                                      "\x05\x00\x03\xC0"
                                                                      "\x00\x05\x02j"
                                                                      "\x00\x00\x00"
                                                                      "\x00\x00\x02g"));
  EXPECT_EQ(PackNames({"a1f"}), Bytes("\x00\x00\x07\xA1\xF0"));
}

TEST(NodeNames, AnIdTakesHalfOfItsDigits) {
  std::mt19937_64 random(1);
  Names names;
  for (int i = 0; i < 40; ++i) names.push_back(absl::StrFormat("i-0%016x", random()));
  EXPECT_LE(PackNames(names).size(), 40 * 11 + 10);
}

TEST(NodeNames, TextsOfOlderVersionsAreScanned) {
  const Names names = {"n-1", "", std::string(300, 'x')};
  const std::string bytes = EncodeTexts(names);
  EXPECT_EQ(Scan(bytes, NamePacking::kTexts), names);
  EXPECT_EQ(Scan(bytes.substr(0, bytes.size() - 1), NamePacking::kTexts),
            (Names{"n-1", "", "damaged"}));
  EXPECT_EQ(Scan("\xFF", NamePacking::kTexts), Names{"damaged"});
}

TEST(NodeNames, EachCutIsDamageOrEndsEarly) {
  const Names names = {"i-0a1f", "i-0a1c", "web-1.example.com"};
  const std::string bytes = PackNames(names);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Names cut = Unpack(std::string_view(bytes).substr(0, size));
    if (!cut.empty() && cut.back() == "damaged") cut.pop_back();
    ASSERT_LT(cut.size(), names.size());
    EXPECT_EQ(cut, Names(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(cut.size())));
  }
}

TEST(NodeNames, DamageIsAnErrorAndNoNameIsLongerThanANameMayBe) {
  const Names damaged = {"damaged"};
  EXPECT_EQ(Unpack("\xFF"), damaged);                 // a number without an end
  EXPECT_EQ(Unpack(Bytes("\x01\x00\x00")), damaged);  // shares what is not there
  EXPECT_EQ(Unpack(Bytes("\x00\x01\x00")), damaged);
  EXPECT_EQ(Unpack(Bytes("\x00\x00\x04g")), damaged);  // bytes that are not there
  EXPECT_EQ(Unpack(Bytes("\x00\x00\x07\xA1")), damaged);
  EXPECT_EQ(Unpack(Bytes("\x00\x00\x04gg\x02\x01\x00")), (Names{"gg", "damaged"}));  // overlaps
  const std::string huge = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F";                   // 2^63 - 1
  EXPECT_EQ(Unpack(Bytes("\x00\x00") + huge), damaged);
  EXPECT_EQ(Unpack(Bytes("\x00") + huge + Bytes("\x00")), damaged);
  EXPECT_EQ(Unpack(huge + huge + Bytes("\x00")), damaged);
  const std::string longest(kMaxNodeNameBytes, 'g');
  EXPECT_EQ(Unpack(PackNames({longest}) + Bytes("\x80\x02\x00\x02g")), (Names{longest, "damaged"}));
}

}  // namespace
}  // namespace lull::storage
