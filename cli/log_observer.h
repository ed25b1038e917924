#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/ports/observer.h"

namespace spdlog {
class logger;
}

namespace lull::cli {

/// Writes what the engine does to `logger`, one line a move, as key=value:
///   execution id=0b77... window=mw-... status=CANCELLING
///   task id=f3ac... status=SUCCESS targets=1 succeeded=1 failed=0 undelivered=0 timed_out=0 ...
///   warning text="..."
/// Nothing in it is secret: parameters and outputs are never logged. Any thread, as far as the
/// logger allows.
class LogObserver : public Observer {
 public:
  explicit LogObserver(std::shared_ptr<spdlog::logger> logger);

  void ExecutionMoved(const Execution& execution) override;
  void TaskMoved(const TaskExecution& task) override;
  void Warn(std::string_view text) override;
  void EventsStored() override;

  /// From now on `wake` is called when there are new events. Before anyone calls the above.
  void OnEvents(std::function<void()> wake) { wake_ = std::move(wake); }

 private:
  const std::shared_ptr<spdlog::logger> logger_;
  std::function<void()> wake_;
};

}  // namespace lull::cli
