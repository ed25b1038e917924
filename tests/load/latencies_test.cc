#include "bench/latencies.h"

#include "gtest/gtest.h"

namespace lull::bench {
namespace {

TEST(Latencies, QuantilesAreRightToOnePartInSixteen) {
  Latencies latencies;
  for (int i = 1; i <= 10'000; ++i) latencies.Add(i * 1e-4);
  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(latencies.Quantile(share), share, share / 16 + 1e-4);
  }
  EXPECT_EQ(latencies.max(), 1.0);
  EXPECT_EQ(latencies.Quantile(1), 1.0);
}

TEST(Latencies, OfTwoTogetherAreThoseOfBoth) {
  Latencies quick, slow;
  for (int i = 0; i < 99; ++i) quick.Add(0.001);
  slow.Add(2);
  quick.Add(slow);
  EXPECT_EQ(quick.count(), 100);
  EXPECT_NEAR(quick.Quantile(0.99), 0.001, 0.0001);
  EXPECT_EQ(quick.Quantile(1), 2.0);
}

TEST(Latencies, OfNothingAndOfDays) {
  Latencies latencies;
  EXPECT_EQ(latencies.Quantile(0.5), 0);
  latencies.Add(1e9);
  EXPECT_GT(latencies.Quantile(0.5), 1e4);
}

}  // namespace
}  // namespace lull::bench
