#include "bench/latencies.h"

#include "gtest/gtest.h"

namespace lull::bench {
namespace {

TEST(Latencies, QuantilesAreRightToOnePartInAHundredAndTwentyEight) {
  Latencies latencies;
  for (int i = 1; i <= 10'000; ++i) latencies.Add(i * 1e-4);
  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    EXPECT_NEAR(latencies.Quantile(share), share, share / 128 + 1e-4);
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

TEST(Latencies, DistributionIsAsHdrHistogramPrintsIt) {
  Latencies latencies;
  for (int i = 0; i < 3; ++i) latencies.Add(0.001);
  latencies.Add(2);
  EXPECT_EQ(latencies.Distribution(),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
            "       1.004 0.750000000000          3           4.00\n"
            "    2000.000 1.000000000000          4\n"
            "#[Max     =     2000.000, Total count    =            4]\n");
}

TEST(Latencies, OfNothingAndOfDays) {
  Latencies latencies;
  EXPECT_EQ(latencies.Quantile(0.5), 0);
  latencies.Add(1e9);
  EXPECT_GT(latencies.Quantile(0.5), 1e4);
}

}  // namespace
}  // namespace lull::bench
