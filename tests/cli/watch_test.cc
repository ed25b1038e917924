#include "cli/watch.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "proto/extensions.pb.h"
#include "server/errors.h"

namespace lull::cli {
namespace {

int ExitOf(const std::string& status) {
  v1::DescribeDrainResponse drain;
  drain.set_status(status);
  return ExitCodeOf(drain);
}

TEST(WatchTest, EachOutcomeHasAnExitStatusThatNoErrorHas) {
  EXPECT_EQ(ExitOf("SUCCESS"), 0);
  EXPECT_EQ(ExitOf("FAILED"), 10);
  EXPECT_EQ(ExitOf("TIMED_OUT"), 11);
  EXPECT_EQ(ExitOf("CANCELLED"), 12);
  EXPECT_EQ(ExitOf("SKIPPED_OVERLAPPING"), 13);
  std::set<int> errors = {1};
  for (const server::ErrorRow& row : server::ErrorTable()) errors.insert(row.exit_code);
  for (const int outcome : {0, 10, 11, 12, 13}) EXPECT_EQ(errors.count(outcome), 0U) << outcome;
}

}  // namespace
}  // namespace lull::cli
