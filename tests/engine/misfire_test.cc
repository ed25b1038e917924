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
    // That of 00:13:20 was recorded as missed, and opens all the same now that its time has come.
    EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-15T00:13:20Z");
    world.Advance(absl::Hours(1));
    EXPECT_EQ(Runs(world, window).size(), ahead + 1);
    EXPECT_EQ(Runs(world, window).back(), kRan);
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

TEST(MisfireTest, AOneOffWindowThatWasMissedInAFalseFutureStillOpens) {
  EngineWorld world;
  auto request = world.WindowRequest();
  request.set_schedule("at(2023-11-15T00:00:00)");
  const std::string window = world.CreateWindow(request);
  Jump(world, absl::Hours(48));
  ASSERT_EQ(Runs(world, window), std::vector<std::string>{std::string("TIMED_OUT ") + kMissed});
  Jump(world, -absl::Hours(48));
  world.Advance(absl::Hours(2));
  EXPECT_EQ(Runs(world, window).back(), kRan);
}

TEST(MisfireTest, WhatRestsInAFalseFutureIsWokenWhenTheClockComesBack) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  world.disk->SetUnreadable(WindowId(window), ModelDisk::Unreadable::kWindow);
  world.clock.Jump(absl::Hours(24 * 365));
  world.engine->Step();  // can't be read: it rests until the false next second
  world.disk->SetUnreadable(WindowId(window), ModelDisk::Unreadable::kNothing);
  Jump(world, -absl::Hours(24 * 365));
  world.Advance(absl::Hours(1));
  EXPECT_EQ(Runs(world, window), std::vector<std::string>{kRan});
}

TEST(MisfireTest, AStartDateFinerThanTheStoreKeepsOpensOnTheMicrosecondAfterIt) {
  EngineWorld world;
  auto request = world.WindowRequest();
  request.set_start_date("2023-11-15T00:00:00.1234567Z");
  request.set_end_date("2023-11-20T00:00:00.1234567Z");
  const std::string window = world.CreateWindow(request);
  EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-15T00:00:00.123457Z");
  world.Advance(absl::Hours(2));
  EXPECT_EQ(Runs(world, window), std::vector<std::string>{kRan});
  EXPECT_TRUE(world.warnings.texts.empty());
  EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-15T01:00:00.123457Z");
}

TEST(MisfireTest, AnUpdateDoesNotLoseAnOccurrenceThatIsDueAlready) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  world.clock.Advance(absl::Hours(1));
  v1::UpdateMaintenanceWindowRequest update;
  update.set_window_id(window);
  update.set_schedule_timezone("Europe/Berlin");
  ASSERT_TRUE(world.engine->UpdateMaintenanceWindow(world.context, update).ok());
  world.Settle();
  EXPECT_EQ(Runs(world, window), std::vector<std::string>{kRan});
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

TEST(MisfireTest, AWindowThatIsTaggedWhileItIsReviewedIsReviewedAgain) {
  EngineWorld world;
  const std::string window = world.CreateWindow();
  Jump(world, absl::Hours(24 * 30));
  world.clock.Jump(-absl::Hours(24 * 30));
  v1::AddTagsToResourceRequest request;
  request.set_resource_type("MaintenanceWindow");
  request.set_resource_id(window);
  v1::Tag& tag = *request.add_tags();
  tag.set_key("team");
  tag.set_value("db");
  // Its caller leads, and so reviews the windows in the batch that changes this one.
  ASSERT_TRUE(world.engine->AddTagsToResource(world.context, request).ok());
  world.Settle();
  EXPECT_EQ(world.GetWindow(window).next_execution_time(), "2023-11-14T23:13:20Z");
}

}  // namespace
}  // namespace lull
