#include "engine/model/ids.h"

#include <random>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace lull {
namespace {

const TaskExecutionId kTask("3f2b8c14-9d7e-4a61-b5c0-1e2f3a4b5c6d");
const TaskExecutionId kOther("3f2b8c14-9d7e-4a61-b5c0-1e2f3a4b5c6e");

std::string UpperCase(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

void ExpectRoundTrip(TaskKey key, Ordinal ordinal) {
  const InvocationId id = MakeInvocationId(kTask, {key, ordinal});
  ASSERT_EQ(OrdinalOf(id, kTask, key), ordinal) << id.value();
  ASSERT_EQ(OrdinalOf(InvocationId(UpperCase(id.value())), kTask, key), ordinal);
  ASSERT_EQ(id.value().size(), 36u);
  ASSERT_EQ(id.value()[14], '8') << id.value();
  ASSERT_NE(std::string("89ab").find(id.value()[19]), std::string::npos) << id.value();
  for (const std::size_t dash : {8, 13, 18, 23}) ASSERT_EQ(id.value()[dash], '-');
}

TEST(InvocationIdTest, CarriesTheOrdinalAtEveryBound) {
  for (const std::int64_t key : {std::int64_t{1}, std::int64_t{2}, std::int64_t{4095},
                                 std::int64_t{1} << 20, kMaxTaskKey - 1, kMaxTaskKey}) {
    for (const Ordinal ordinal : {Ordinal{0}, Ordinal{1}, Ordinal{7}, Ordinal{8}, Ordinal{32767},
                                  Ordinal{32768}, kMaxTargetsPerTask - 1}) {
      ExpectRoundTrip(static_cast<TaskKey>(key), ordinal);
    }
  }
}

TEST(InvocationIdTest, CarriesTheOrdinalWhateverItIs) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    ExpectRoundTrip(
        static_cast<TaskKey>(1 + random() % static_cast<std::uint64_t>(kMaxTaskKey)),
        static_cast<Ordinal>(random() % static_cast<std::uint64_t>(kMaxTargetsPerTask)));
  }
}

TEST(InvocationIdTest, NoTwoInvocationsOfAStoreShareOne) {
  std::set<InvocationId> ids;
  for (std::int64_t key = 1; key <= 20; ++key) {
    for (Ordinal ordinal = 0; ordinal < 200; ++ordinal) {
      EXPECT_TRUE(ids.insert(MakeInvocationId(kTask, {TaskKey{key}, ordinal})).second);
    }
  }
}

TEST(InvocationIdTest, IsRefusedForAnotherTask) {
  const InvocationId id = MakeInvocationId(kTask, {TaskKey{5}, 3});
  EXPECT_EQ(OrdinalOf(id, kOther, TaskKey{5}), std::nullopt);
  EXPECT_EQ(OrdinalOf(id, kTask, TaskKey{6}), std::nullopt);
}

TEST(InvocationIdTest, WithAnyDigitChangedIsRefusedOrOfAnotherOrdinal) {
  const InvocationId id = MakeInvocationId(kTask, {TaskKey{5}, 3});
  for (std::size_t i = 0; i < id.value().size(); ++i) {
    if (id.value()[i] == '-') continue;
    std::string other = id.value();
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_NE(OrdinalOf(InvocationId(other), kTask, TaskKey{5}), 3) << other;
  }
}

TEST(InvocationIdTest, GarbageIsRefused) {
  const std::string id = MakeInvocationId(kTask, {TaskKey{5}, 3}).value();
  for (const std::string& text :
       {std::string(), std::string("x"), id + "0", id.substr(1), std::string(36, '-'),
        std::string(36, '0'), std::string(36, 'f'), "g" + id.substr(1), " " + id.substr(1),
        id.substr(1) + "-", std::string(36, '\0'),
        std::string("00000000-0000-0000-0000-000000000000"),
        std::string("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        std::string("00000000-0000-4000-8000-000000000000")}) {
    EXPECT_EQ(OrdinalOf(InvocationId(text), kTask, TaskKey{5}), std::nullopt) << text;
  }
}

TEST(InvocationRowKeyTest, OrdersByTaskThenOrdinal) {
  EXPECT_EQ(InvocationRowKey(TaskKey{1}, 0), std::int64_t{1} << kOrdinalBits);
  EXPECT_EQ(InvocationRowKey(TaskKey{1}, 5) + 1, InvocationRowKey(TaskKey{1}, 6));
  EXPECT_EQ(InvocationRowKey(TaskKey{1}, kMaxTargetsPerTask - 1) + 1,
            InvocationRowKey(TaskKey{2}, 0));
  EXPECT_EQ(InvocationRowKey(TaskKey{kMaxTaskKey}, kMaxTargetsPerTask - 1),
            std::numeric_limits<std::int64_t>::max());
}

TEST(InvocationRowKeyDeathTest, BeyondItsBoundsItEndsTheProcess) {
  EXPECT_DEATH(InvocationRowKey(TaskKey{0}, 0), "key > 0");
  EXPECT_DEATH(InvocationRowKey(TaskKey{kMaxTaskKey + 1}, 0), "kMaxTaskKey");
  EXPECT_DEATH(InvocationRowKey(TaskKey{1}, -1), "ordinal >= 0");
  EXPECT_DEATH(InvocationRowKey(TaskKey{1}, kMaxTargetsPerTask), "kMaxTargetsPerTask");
}

TEST(FormatUuidTest, PrintsTheBitsWithVersionAndVariantSet) {
  EXPECT_EQ(FormatUuid(0, 0, 4), "00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(FormatUuid(~std::uint64_t{0}, ~std::uint64_t{0}, 4),
            "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(FormatUuid(0x0123456789ABCDEF, 0x0123456789ABCDEF, 8),
            "01234567-89ab-8def-8123-456789abcdef");
}

}  // namespace
}  // namespace lull
