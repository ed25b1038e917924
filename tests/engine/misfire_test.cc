// Occurrences that the engine comes to late, and clocks that jump.
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/engine/engine_world.h"

namespace lull {
namespace {

constexpr char kMissed[] = "The window was missed: the engine came to it too late.";

/// A clock that went wrong was never stopped: the machine's boot time goes on by a little.
void Jump(EngineWorld& world, absl::Duration by) {
  world.clock.Jump(by);
  world.Advance(absl::Seconds(1));
}

/// Statuses and details, oldest first.
std::vector<std::string> Runs(EngineWorld& world, const std::string& window) {
  std::vector<std::string> runs;
  for (const auto& run : world.Executions(window)) {
    runs.insert(runs.begin(), run.status() + " " + run.status_details());
  }
  return runs;
}

const std::string kRan = "SUCCESS No tasks to execute.";

TEST(MisfireTest, AfterDowntimeAWindowThatIsStillOnOpensLateWithItsOwnEnd) {
  EngineWorld world;
  const std::string window = world.CreateWindow();  // every hour, 3 hours long, cutoff 1
  world.Restart();
  world.clock.Advance(absl::Hours(1) + absl::Minutes(50));
  world.Settle();
  EXPECT_EQ(Runs(world, window), std::vector<std::string>{kRan});
  EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-15T00:13:20Z");
}

TEST(MisfireTest, WhatWasMissedIsRecordedOnceWithWhatIsDueNextAndTheNewestOpens) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  world.Restart();
  world.clock.Advance(absl::Hours(5) + absl::Minutes(1));
  world.Settle();
  EXPECT_EQ(Runs(world, window),
            (std::vector<std::string>{std::string("TIMED_OUT ") + kMissed +
                                          " What is due next starts at 2023-11-15T03:13:20Z.",
                                      kRan}));
  EXPECT_EQ(world.warnings.texts.size(), 1u);
}

TEST(MisfireTest, AWindowPastItsCutoffNeverOpens) {
  EngineWorld world;
  auto request = world.WindowRequest();
  request.set_schedule("at(2023-11-15T00:00:00)");
  const std::string window = world.CreateWindow(request);
  world.Restart();
  world.clock.Advance(absl::Hours(24));
  world.Settle();
  EXPECT_EQ(Runs(world, window), std::vector<std::string>{std::string("TIMED_OUT ") + kMissed});
  EXPECT_TRUE(world.GetWindow(window).next_execution_time().empty());
}

TEST(MisfireTest, ToldToSkipItRecordsTheLateOneAndOpensTheNextInTime) {
  EngineWorld world;
  world.misfire.misfire = Misfire::kSkip;
  world.Restart();
  const std::string window = world.CreateWindow();
  world.clock.Advance(absl::Hours(1) + absl::Minutes(2));
  world.Settle();
  EXPECT_EQ(Runs(world, window),
            std::vector<std::string>{std::string("TIMED_OUT ") + kMissed +
                                     " What is due next starts at 2023-11-15T00:13:20Z."});
  world.Advance(absl::Minutes(58));
  EXPECT_EQ(Runs(world, window).back(), kRan);
}

TEST(MisfireTest, AClockSetForwardByYearsAndBackOpensNothingTwiceAndDoesNotWaitForYears) {
  for (const bool restart : {false, true}) {
    EngineWorld world;
    const std::string window = world.CreateWindow();
    world.Advance(absl::Hours(1));
    ASSERT_EQ(Runs(world, window).size(), 1u);
    Jump(world, absl::Hours(24 * 365 * 3));
    const std::size_t ahead = Runs(world, window).size();
    EXPECT_EQ(ahead, 3u);  // what was missed, once; and the newest, in the false future
    Jump(world, -absl::Hours(24 * 365 * 3));
    if (restart) {
      world.Restart();
      world.Settle();
    }
    EXPECT_EQ(Runs(world, window).size(), ahead);
    // That of 00:13:20 is the one recorded as missed: it stays what it is. The next one opens.
    EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-15T00:13:20Z");
    world.Advance(absl::Hours(1));
    EXPECT_EQ(Runs(world, window).size(), ahead);
    world.Advance(absl::Hours(1));
    EXPECT_EQ(Runs(world, window).size(), ahead + 1);
  }
}

TEST(MisfireTest, AClockSetBackByHoursOpensNoOccurrenceAgain) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  for (int hour = 0; hour < 5; ++hour) world.Advance(absl::Hours(1));
  ASSERT_EQ(Runs(world, window).size(), 5u);
  Jump(world, -absl::Hours(4));
  for (int hour = 0; hour < 4; ++hour) {
    world.Advance(absl::Hours(1));
    EXPECT_EQ(Runs(world, window).size(), 5u);
  }
  world.Advance(absl::Hours(1));
  EXPECT_EQ(Runs(world, window).size(), 6u);
}

TEST(MisfireTest, AClockSetBackBySecondsChangesNothing) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  world.Advance(absl::Hours(1));
  Jump(world, -absl::Seconds(30));
  EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-15T00:13:20Z");
  EXPECT_TRUE(world.warnings.texts.empty());
  world.Advance(absl::Minutes(1));
  EXPECT_EQ(Runs(world, window).size(), 1u);
}

TEST(MisfireTest, WhatIsDueOfAHundredWindowsIsPutRightAfterTheClockWasSetBack) {
  EngineWorld world;
  std::vector<std::string> windows;
  for (int i = 0; i < 100; ++i) windows.push_back(world.CreateWindow());
  Jump(world, absl::Hours(24 * 30));
  Jump(world, -absl::Hours(24 * 30));
  for (const std::string& window : windows) {
    EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-14T23:13:20Z");
  }
}

}  // namespace
}  // namespace lull
