#include "cli/log_observer.h"

#include <gtest/gtest.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>

#include "engine/model/runs.h"
#include "engine/model/states.h"

namespace lull::cli {
namespace {

class LogObserverTest : public testing::Test {
 protected:
  LogObserverTest()
      : logger_(std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_))),
        observer_(logger_) {
    logger_->set_pattern("%l %v");
  }

  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> logger_;
  LogObserver observer_;
};

TEST_F(LogObserverTest, WritesOneLineAMove) {
  Execution execution;
  execution.id = ExecutionId("e-1");
  execution.window = WindowId("mw-1");
  execution.progress.status = Status::kCancelling;
  observer_.ExecutionMoved(execution);
  TaskSpec spec;
  spec.id = TaskExecutionId("t-1");
  spec.window_task = WindowTaskId("w-1");
  spec.payload = "secret";
  TaskExecution task{std::make_shared<const TaskSpec>(spec), {}};
  task.progress.status = Status::kSuccess;
  task.progress.count = 3;
  task.progress.succeeded = 2;
  task.progress.failed = 1;
  observer_.TaskMoved(task);
  EXPECT_EQ(text_.str(),
            "info execution id=e-1 window=mw-1 status=CANCELLING\n"
            "info task id=t-1 window_task=w-1 status=SUCCESS targets=3 succeeded=2 failed=1 "
            "undelivered=0 timed_out=0 cancelled=0\n");
}

TEST_F(LogObserverTest, QuotesWarningsSoThatOneStaysALine) {
  observer_.Warn("two\nlines \"quoted\"");
  EXPECT_EQ(text_.str(), "warning warning text=\"two\\nlines \\\"quoted\\\"\"\n");
}

}  // namespace
}  // namespace lull::cli
