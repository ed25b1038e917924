#include "cli/log_observer.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "engine/base/json_text.h"
#include "engine/model/states.h"

namespace lull::cli {
namespace {

std::string Why(Reason reason) {
  return reason == Reason::kNone ? "" : " reason=" + JsonString(Text(reason));
}

}  // namespace

LogObserver::LogObserver(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

void LogObserver::ExecutionMoved(const Execution& execution) {
  logger_->info("execution id={} window={} status={}{}", execution.id.value(),
                execution.window.value(), Name(execution.progress.status),
                Why(execution.progress.reason));
}

void LogObserver::TaskMoved(const TaskExecution& task) {
  const TaskProgress& progress = task.progress;
  logger_->info(
      "task id={} window_task={} status={} targets={} succeeded={} failed={} undelivered={} "
      "timed_out={} cancelled={}{}",
      task.spec->id.value(), task.spec->window_task.value(), Name(progress.status), progress.count,
      progress.succeeded, progress.failed, progress.undelivered, progress.timed_out,
      progress.cancelled, Why(progress.reason));
}

void LogObserver::Warn(std::string_view text) {
  logger_->warn("warning text={}", JsonString(text));
}

void LogObserver::EventsStored() {
  if (wake_) wake_();
}

}  // namespace lull::cli
