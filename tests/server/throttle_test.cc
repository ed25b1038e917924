#include "server/throttle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace lull::server {
namespace {

constexpr absl::Duration kStart = absl::Hours(100);

TEST(Throttle, AllowsABurstAndThenTheRate) {
  Throttle throttle({.requests_per_second = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(throttle.Admit("a", kStart)) << i;
  EXPECT_FALSE(throttle.Admit("a", kStart));
  EXPECT_FALSE(throttle.Admit("a", kStart + absl::Milliseconds(99)));
  EXPECT_TRUE(throttle.Admit("a", kStart + absl::Milliseconds(100)));
  EXPECT_FALSE(throttle.Admit("a", kStart + absl::Milliseconds(100)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(throttle.Admit("a", kStart + absl::Hours(1)));
  EXPECT_FALSE(throttle.Admit("a", kStart + absl::Hours(1))) << "a rest fills it, no more";
}

TEST(Throttle, WhatItRefusesCostsNothing) {
  Throttle throttle({.requests_per_second = 1, .burst = 1});
  EXPECT_TRUE(throttle.Admit("a", kStart));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(throttle.Admit("a", kStart));
  EXPECT_TRUE(throttle.Admit("a", kStart + absl::Seconds(1)));
}

TEST(Throttle, CallersHaveBucketsOfTheirOwn) {
  Throttle throttle({.requests_per_second = 1, .burst = 1});
  EXPECT_TRUE(throttle.Admit("a", kStart));
  EXPECT_FALSE(throttle.Admit("a", kStart));
  EXPECT_TRUE(throttle.Admit("b", kStart));
}

TEST(Throttle, AClockThatAnotherThreadReadEarlierGivesNothingAway) {
  Throttle throttle({.requests_per_second = 10, .burst = 1});
  EXPECT_TRUE(throttle.Admit("a", kStart));
  EXPECT_FALSE(throttle.Admit("a", kStart - absl::Milliseconds(1)));
  EXPECT_TRUE(throttle.Admit("a", kStart + absl::Milliseconds(100)));
}

TEST(Throttle, KeepsNoMoreThanItsBoundAndForgetsThoseThatRested) {
  Throttle throttle({.requests_per_second = 1, .burst = 1});
  for (std::size_t i = 0; i < Throttle::kMaxCallers; ++i) {
    ASSERT_TRUE(throttle.Admit(std::to_string(i), kStart));
  }
  EXPECT_FALSE(throttle.Admit("one more", kStart));
  EXPECT_TRUE(throttle.Admit("one more", kStart + absl::Seconds(1)));
}

TEST(Throttle, ThreadsTogetherGetTheBurstAndNotOneMore) {
  Throttle throttle({.requests_per_second = 1, .burst = 1000});
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) admitted += throttle.Admit("a", kStart) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 1000);
}

}  // namespace
}  // namespace lull::server
