#include "cli/progress_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/print.h"
#include "engine/base/utf8.h"

namespace lull::cli {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

/// Three tasks, of which the first has ended and the second is in the middle.
v1::DescribeDrainResponse Example() {
  v1::DescribeDrainResponse drain;
  drain.set_window_execution_id("c22ca46b-0573-48bd-b044-fd9700412baa");
  drain.set_status("IN_PROGRESS");
  drain.set_start_time(static_cast<double>(absl::ToUnixSeconds(kStart)));
  drain.set_estimated_quiet_time(static_cast<double>(absl::ToUnixSeconds(kStart)) + 315);
  v1::ExecutionTaskProgress& first = *drain.add_tasks();
  first.set_name("drain-lb");
  first.set_status("SUCCESS");
  first.set_targets(2);
  first.set_succeeded(2);
  first.set_start_time(drain.start_time());
  first.set_end_time(drain.start_time() + 75);
  v1::ExecutionTaskProgress& second = *drain.add_tasks();
  second.set_task_arn("AWS-RunPatchBaseline");
  second.set_status("IN_PROGRESS");
  second.set_targets(76);
  second.set_queued(40);
  second.set_in_flight(5);
  second.set_succeeded(30);
  second.set_failed(1);
  v1::ExecutionTaskProgress& third = *drain.add_tasks();
  third.set_name("undrain-lb");
  third.set_status("PENDING");
  third.set_targets(2);
  third.set_queued(2);
  return drain;
}

std::string Draw(const v1::DescribeDrainResponse& drain, const Style& style) {
  return absl::StrJoin(DrawProgress(drain, kStart + absl::Seconds(130), "Ctrl-C ends it", style),
                       "\n") +
         "\n";
}

TEST(ProgressTextTest, ATaskIsALineWithItsCountsAndABar) {
  EXPECT_EQ(
      Draw(Example(), {.columns = 88}),
      "TASK                  STATUS       QUEUED  IN FLIGHT  DONE  FAILED\n"
      "drain-lb              SUCCESS           -          -     2       -  ====================\n"
      "AWS-RunPatchBaseline  IN_PROGRESS      40          5    31       1  ========>...........\n"
      "undrain-lb            PENDING           2          -     -       -  ....................\n"
      "\n"
      "IN_PROGRESS for 2m10s, about 3m05s to go\n"
      "Ctrl-C ends it\n");
}

TEST(ProgressTextTest, ABarShowsWhatSucceededFailedIsInFlightAndRests) {
  v1::DescribeDrainResponse drain = Example();
  drain.mutable_tasks()->DeleteSubrange(0, 1);
  drain.mutable_tasks()->DeleteSubrange(1, 1);
  v1::ExecutionTaskProgress& task = *drain.mutable_tasks(0);
  task.set_name("patch");
  task.set_targets(40);
  task.set_succeeded(20);
  task.set_failed(6);
  task.set_timed_out(4);
  task.set_in_flight(2);
  task.set_queued(8);
  const auto bar = [&](Style style) {
    style.columns = 200;
    const std::string line = DrawProgress(drain, kStart, "", style)[1];
    return line.substr(line.rfind("  ") + 2);
  };
  EXPECT_EQ(bar({}), std::string(20, '=') + std::string(10, 'x') + ">>........");
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "━";
  for (int i = 0; i < 10; ++i) lines += "╳";
  EXPECT_EQ(bar({.unicode = true}), lines + "╍╍────────");
  EXPECT_NE(bar({.colour = true}).find("\x1b[31mxxxxxxxxxx\x1b[0m"), std::string::npos);
}

TEST(ProgressTextTest, ANarrowTerminalGetsNoBarThenShorterNamesThenOnlyHowFar) {
  EXPECT_EQ(DrawProgress(Example(), kStart, "", {.columns = 70})[2],
            "AWS-RunPatchBaseline  IN_PROGRESS      40          5    31       1");
  EXPECT_EQ(DrawProgress(Example(), kStart, "", {.columns = 56})[2],
            "AWS-RunPa~  IN_PROGRESS      40          5    31       1");
  EXPECT_EQ(DrawProgress(Example(), kStart, "", {.columns = 40})[1],
            "AWS-RunPatchBase~  IN_PROGRESS  31/76");
}

TEST(ProgressTextTest, NoLineIsWiderAndNoneTooMany) {
  v1::DescribeDrainResponse drain = Example();
  for (int i = 0; i < 30; ++i) {
    v1::ExecutionTaskProgress& task = *drain.add_tasks();
    task.set_name(absl::StrCat("täsk-", i, std::string(static_cast<std::size_t>(i), 'x')));
    task.set_status("PENDING");
    task.set_targets(1'000'000'000);
    task.set_queued(1'000'000'000);
  }
  for (int columns = 20; columns < 200; ++columns) {
    const Style style{.columns = columns, .rows = 12, .unicode = true};
    const auto lines = DrawProgress(drain, kStart, std::string(300, 'h'), style);
    EXPECT_LE(lines.size(), 12U);
    for (const std::string& line : lines) {
      EXPECT_LE(CountCodePoints(line).value(), columns) << line;
    }
  }
}

TEST(ProgressTextTest, WhereNotAllTasksHaveRoomThoseThatRunAreShown) {
  v1::DescribeDrainResponse drain;
  drain.set_status("IN_PROGRESS");
  for (int i = 0; i < 20; ++i) {
    v1::ExecutionTaskProgress& task = *drain.add_tasks();
    task.set_name(absl::StrCat("task-", i));
    task.set_status(i < 10 ? "SUCCESS" : i == 10 ? "IN_PROGRESS" : "PENDING");
  }
  const auto lines = DrawProgress(drain, kStart, "", {.rows = 10});
  EXPECT_EQ(lines[1].substr(0, 7), "task-9 ");
  EXPECT_EQ(lines[2].substr(0, 7), "task-10");
  EXPECT_EQ(lines[6], "and 15 more");
}

TEST(ProgressTextTest, NamesObeyNoTerminal) {
  v1::DescribeDrainResponse drain = Example();
  drain.mutable_tasks(0)->set_name("a\x1b[2Jb\nc\xff");
  EXPECT_EQ(TitleOf(drain.tasks(0)), "a\uFFFD[2Jb c\uFFFD");
  EXPECT_EQ(Printable("a\tb\n\x7f\xc2\x9b"), "a\tb\n\uFFFD\uFFFD");
}

TEST(ProgressTextTest, AChangeIsALineAndTheSameStateIsNone) {
  v1::DescribeDrainResponse drain = Example();
  EXPECT_EQ(DescribeChanges({}, drain).size(), 4U);
  EXPECT_EQ(DescribeChanges(drain, drain), std::vector<std::string>());
  v1::DescribeDrainResponse after = drain;
  after.set_status("CANCELLING");
  v1::ExecutionTaskProgress& task = *after.mutable_tasks(1);
  task.set_status("CANCELLING");
  task.set_queued(0);
  task.set_not_started(40);
  EXPECT_EQ(DescribeChanges(drain, after),
            (std::vector<std::string>{
                "AWS-RunPatchBaseline: CANCELLING: 5 in flight, 31 done, 1 failed, 40 cancelled",
                "Execution c22ca46b-0573-48bd-b044-fd9700412baa is CANCELLING"}));
}

TEST(ProgressTextTest, AReportSaysWhatBecameOfEachTaskAndHowLongItTook) {
  v1::DescribeDrainResponse drain = Example();
  drain.set_status("FAILED");
  drain.set_end_time(drain.start_time() + 7325);
  v1::ExecutionTaskProgress& second = *drain.mutable_tasks(1);
  second.set_status("FAILED");
  second.set_queued(0);
  second.set_in_flight(0);
  second.set_succeeded(35);
  second.set_not_started(40);
  second.set_start_time(drain.start_time() + 75);
  second.set_end_time(drain.start_time() + 75.36);
  EXPECT_EQ(DrawReport(drain, {}),
            "TASK                  STATUS          OK  FAILED  CANCELLED  DURATION\n"
            "drain-lb              SUCCESS          2       -          -     1m15s\n"
            "AWS-RunPatchBaseline  FAILED          35       1         40      0.4s\n"
            "undrain-lb            PENDING          -       -          -         -\n"
            "\n"
            "FAILED after 2h02m\n");
}

}  // namespace
}  // namespace lull::cli
