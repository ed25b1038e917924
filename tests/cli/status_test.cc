#include "cli/status.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"
#include "engine/ports/changes.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/cli/text_stream.h"
#include "tests/support/builders.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z
constexpr char kWindow[] = "mw-0aaaaaaaaaaaaaaaa";

class StatusTest : public testing::Test {
 protected:
  StatusTest() {
    std::filesystem::create_directory(folder());
    LULL_CHECK(::chmod(folder().c_str(), 0700) == 0);
    store_ = storage::SqliteStore::Open({.path = folder() + "/lull.db"}).value();
    epoch_ = static_cast<Epoch>(store_->Commit({TakeEpoch{"test"}}).value()[0].value);
  }
  std::string folder() const {
    return std::filesystem::path(temp_.File("data")).lexically_normal().string();
  }
  void Apply(const Change& change) {
    ASSERT_EQ(store_->Commit({change}).value().at(0).verdict, Verdict::kApplied);
  }
  void AddWindow(const std::string& id, const std::string& name, const std::string& schedule) {
    Window window;
    window.id = WindowId(id);
    window.name = name;
    window.schedule = schedule;
    window.schedule_timezone = "Europe/Berlin";
    window.duration_hours = 3;
    window.created_at = window.modified_at = window.rate_base_at = kNow;
    Apply(CreateWindow{window, {}, {}});
  }
  /// An execution of kWindow with a task for each of `tasks`, which are its tasks' progress.
  void OpenWith(const std::vector<TaskProgress>& tasks) {
    Execution execution = MakeExecution(1, kWindow);
    execution.epoch = epoch_;
    std::vector<TaskExecution> fresh;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      fresh.push_back(MakeTaskExecution(static_cast<std::int64_t>(i) + 1, 1, tasks[i].count));
    }
    Apply(OpenExecution{.epoch = epoch_, .execution = execution, .tasks = fresh});
    Advance advance{.epoch = epoch_, .execution = execution.key};
    advance.progress.emplace().status = Status::kInProgress;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      TaskAdvance task{.task = fresh[i].spec->key, .progress = tasks[i]};
      task.progress.concurrency_limit = tasks[i].count;
      for (Ordinal ordinal = 0; ordinal < tasks[i].finished(); ++ordinal) {
        task.finishes.push_back(
            MakeFinish(ordinal, ordinal < tasks[i].failed ? Status::kFailed : Status::kSuccess));
      }
      advance.tasks.push_back(task);
    }
    Apply(advance);
  }
  std::string Print(bool json = false) {
    TextStream out;
    const absl::Status status = PrintStatus({folder(), json}, kNow, out.file());
    EXPECT_TRUE(status.ok()) << status;
    return out.Read();
  }

  TempFolder temp_;
  std::unique_ptr<storage::SqliteStore> store_;
  Epoch epoch_{};
};

/// Ended, running, closed by a cancel with ten still behind the cursor, and not yet started.
std::vector<TaskProgress> SomeTasks() {
  TaskProgress done;
  done.status = Status::kFailed;
  done.count = done.next = done.low = 3;
  done.succeeded = 2;
  done.failed = 1;
  done.ended_at = kNow;
  TaskProgress running;
  running.status = Status::kInProgress;
  running.count = 100;
  running.next = 7;
  running.low = 5;
  running.succeeded = 5;
  TaskProgress closed;
  closed.status = Status::kCancelling;
  closed.closed_by = ClosedBy::kCancel;
  closed.count = 11;
  closed.next = 1;
  TaskProgress queued;
  queued.count = 40;
  return {done, running, closed, queued};
}

TEST_F(StatusTest, BesideADaemonItCountsWhatIsDoneRunningAndQueued) {
  AddWindow(kWindow, "nightly", "rate(1 day)");
  OpenWith(SomeTasks());
  EXPECT_EQ(Print(),
            "WINDOW                NAME     EXECUTION    STATUS       OPENED                     "
            "CUTOFF                     TASKS                                   INVOCATIONS\n"
            "mw-0aaaaaaaaaaaaaaaa  nightly  execution-1  IN_PROGRESS  2023-11-14T23:30:01+01:00  "
            "2023-11-14T23:40:00+01:00  1 done (1 failed), 2 running, 1 queued  "
            "18 done (1 failed), 3 in flight, 133 queued\n"
            "next: 2023-11-15T23:13:20+01:00  mw-0aaaaaaaaaaaaaaaa  nightly  3 h\n");
}

TEST_F(StatusTest, JsonSaysTheSame) {
  AddWindow(kWindow, "nightly", "rate(1 day)");
  OpenWith(SomeTasks());
  EXPECT_EQ(Print(true),
            R"({"Open": [{"WindowId": "mw-0aaaaaaaaaaaaaaaa", "Name": "nightly", )"
            R"("WindowExecutionId": "execution-1", "Status": "IN_PROGRESS", )"
            R"("StartTime": "2023-11-14T23:30:01.000123+01:00", )"
            R"("CutoffTime": "2023-11-14T23:40:00.000123+01:00", )"
            R"("Tasks": {"Done": 1, "Failed": 1, "Running": 2, "Queued": 1}, )"
            R"("Invocations": {"Done": 18, "Failed": 1, "InFlight": 3, "Queued": 133}}],)"
            "\n"
            R"( "Next": {"ExecutionTime": "2023-11-15T23:13:20+01:00", )"
            R"("WindowId": "mw-0aaaaaaaaaaaaaaaa", "Name": "nightly", "Duration": 3}})"
            "\n");
}

TEST_F(StatusTest, WhenNothingIsOpenItSaysSoAndWhatIsNext) {
  EXPECT_EQ(Print(), "No window is open.\nnext: nothing opens in the next 366 days\n");
  EXPECT_EQ(Print(true), "{\"Open\": [],\n \"Next\": null}\n");
  AddWindow("mw-0bbbbbbbbbbbbbbbb", "later", "rate(2 days)");
  AddWindow("mw-0cccccccccccccccc", "sooner", "rate(1 day)");
  store_ = nullptr;  // no daemon, either
  EXPECT_EQ(Print(),
            "No window is open.\n"
            "next: 2023-11-15T23:13:20+01:00  mw-0cccccccccccccccc  sooner  3 h\n");
}

TEST_F(StatusTest, AnExecutionOutlivesItsWindow) {
  AddWindow(kWindow, "nightly", "rate(1 day)");
  OpenWith({});
  Apply(DeleteWindow{WindowId(kWindow)});
  EXPECT_NE(Print().find("mw-0aaaaaaaaaaaaaaaa  -     execution-1  IN_PROGRESS  "
                         "2023-11-14T22:30:01Z"),
            std::string::npos)
      << Print();
}

TEST_F(StatusTest, OutputThatCanNotBeWrittenIsAnError) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  EXPECT_TRUE(absl::IsUnavailable(PrintStatus({folder(), false}, kNow, full)));
  std::fclose(full);
}

}  // namespace
}  // namespace lull::cli
