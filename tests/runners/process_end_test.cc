#include "runners/process_end.h"

#include <signal.h>

#include <cerrno>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/model/runs.h"
#include "gtest/gtest.h"

namespace lull::runners {
namespace {

struct Row {
  const char* name;
  ProcessEnd end;
  Status status;
  std::optional<std::int64_t> exit_code;
  const char* detail;
};

const Row kRows[] = {
    {"succeeds", {.exit_status = 0}, Status::kSuccess, 0, ""},
    {"fails", {.exit_status = 3}, Status::kFailed, 3, "Failed: exit status 3"},
    {"is killed",
     {.signal = SIGKILL},
     Status::kFailed,
     137,
     "Failed: killed by signal 9 (SIGKILL)"},
    {"gets a real-time signal",
     {.signal = 40},
     Status::kFailed,
     168,
     "Failed: killed by signal 40"},
    {"ends in a way that is not known",
     {},
     Status::kFailed,
     std::nullopt,
     "Failed: its exit status is not known"},
    {"times out and heeds TERM",
     {.cause = StopCause::kTimeOut, .exit_status = 0},
     Status::kTimedOut,
     0,
     "Timed out: ran for more than 1m30s."},
    {"times out",
     {.cause = StopCause::kTimeOut, .signal = SIGTERM},
     Status::kTimedOut,
     143,
     "Timed out: ran for more than 1m30s."},
    {"stops",
     {.cause = StopCause::kStopRequest, .signal = SIGTERM},
     Status::kCancelled,
     143,
     "Stopped on request."},
    {"stops before it started",
     {.cause = StopCause::kStopRequest, .start_error = EAGAIN, .start_step = "fork"},
     Status::kCancelled,
     std::nullopt,
     "Stopped on request."},
    {"does not start",
     {.start_error = EACCES, .start_step = "exec"},
     Status::kFailed,
     std::nullopt,
     "Failed to start: exec: Permission denied"},
    {"stops but for some",
     {.cause = StopCause::kStopRequest, .signal = SIGKILL, .left = 2, .left_ids = {17, 18}},
     Status::kFailed,
     137,
     "Stopped on request; can't be verified to have ended: 2 left after KILL (process ids 17, "
     "18)."},
    {"times out but for itself",
     {.cause = StopCause::kTimeOut, .left = 1, .left_ids = {17}},
     Status::kFailed,
     std::nullopt,
     "Timed out: ran for more than 1m30s; can't be verified to have ended: 1 left after KILL "
     "(process ids 17)."},
    {"succeeds without room for its output",
     {.exit_status = 0, .write_error = ENOSPC},
     Status::kSuccess,
     0,
     "output was lost: No space left on device"},
    {"fails without room for its output",
     {.exit_status = 3, .write_error = ENOSPC},
     Status::kFailed,
     3,
     "Failed: exit status 3; output was lost: No space left on device"},
    {"stops without room for its output",
     {.cause = StopCause::kStopRequest, .signal = SIGTERM, .write_error = EIO},
     Status::kCancelled,
     143,
     "Stopped on request; output was lost: Input/output error"},
};

TEST(ProcessEnd, TableOfOutcomes) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Outcome outcome = OutcomeOf(row.end, absl::Seconds(90));
    EXPECT_EQ(outcome.status, row.status);
    EXPECT_EQ(outcome.exit_code, row.exit_code);
    EXPECT_EQ(outcome.detail, row.detail);
    EXPECT_LE(outcome.detail.size(), kMaxDetailBytes);
    EXPECT_FALSE(outcome.undelivered);
  }
}

TEST(ProcessEnd, WhatCouldNotBeStartedFailsWithTheReason) {
  const Outcome outcome = NotStarted(absl::UnavailableError("no room"));
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(outcome.detail, "Failed to start: no room");
}

}  // namespace
}  // namespace lull::runners
