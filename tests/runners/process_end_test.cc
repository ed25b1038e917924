#include "runners/process_end.h"

#include <signal.h>

#include <cerrno>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace lull::runners {
namespace {

struct Row {
  const char* name;
  StopCause cause;
  ProcessEnd end;
  Status status;
  std::optional<std::int64_t> exit_code;
  const char* detail;
};

const Row kRows[] = {
    {"succeeds", StopCause::kNone, {.exit_status = 0}, Status::kSuccess, 0, ""},
    {"fails", StopCause::kNone, {.exit_status = 3}, Status::kFailed, 3, "Failed: exit status 3"},
    {"is killed",
     StopCause::kNone,
     {.signal = SIGKILL},
     Status::kFailed,
     137,
     "Failed: killed by signal 9 (SIGKILL)"},
    {"gets a real-time signal",
     StopCause::kNone,
     {.signal = 40},
     Status::kFailed,
     168,
     "Failed: killed by signal 40"},
    {"is reaped by others",
     StopCause::kNone,
     {},
     Status::kFailed,
     std::nullopt,
     "Failed: the exit status was taken by another part of this process"},
    {"times out and heeds TERM",
     StopCause::kTimeOut,
     {.exit_status = 0},
     Status::kTimedOut,
     0,
     "Timed out: ran for more than 1m30s."},
    {"times out",
     StopCause::kTimeOut,
     {.signal = SIGTERM},
     Status::kTimedOut,
     143,
     "Timed out: ran for more than 1m30s."},
    {"stops",
     StopCause::kStopRequest,
     {.signal = SIGTERM},
     Status::kCancelled,
     143,
     "Stopped on request."},
    {"stops before it started",
     StopCause::kStopRequest,
     {},
     Status::kCancelled,
     std::nullopt,
     "Stopped on request."},
    {"is in the way of a shutdown",
     StopCause::kShutdown,
     {.signal = SIGKILL},
     Status::kFailed,
     137,
     "Failed: killed because the runner shut down."},
};

TEST(ProcessEnd, TableOfOutcomes) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Outcome outcome = OutcomeOf(row.cause, row.end, absl::Seconds(90));
    EXPECT_EQ(outcome.status, row.status);
    EXPECT_EQ(outcome.exit_code, row.exit_code);
    EXPECT_EQ(outcome.detail, row.detail);
  }
}

TEST(ProcessEnd, OutputThatWasLostIsSaidAfterWhatElseThereIsToSay) {
  const auto detail = [](const std::string& before, int write_error) {
    return WithLostOutput({.status = Status::kSuccess, .exit_code = 0, .detail = before},
                          write_error)
        .detail;
  };
  EXPECT_EQ(detail("", 0), "");
  EXPECT_EQ(detail("Stopped on request.", 0), "Stopped on request.");
  EXPECT_EQ(detail("", ENOSPC), "output was lost: No space left on device");
  EXPECT_EQ(detail("Failed: exit status 3", ENOSPC),
            "Failed: exit status 3; output was lost: No space left on device");
  EXPECT_EQ(detail("Stopped on request.", EIO),
            "Stopped on request; output was lost: Input/output error");
}

TEST(ProcessEnd, WhatCouldNotBeStartedFailsWithTheReason) {
  const Outcome outcome = NotStarted(absl::UnavailableError("no room"));
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(outcome.detail, "Failed to start: no room");
}

}  // namespace
}  // namespace lull::runners
