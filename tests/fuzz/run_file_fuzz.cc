// Any bytes as the file of `lull run`: an error that names a line, or requests that the API takes,
// never a crash.
//
// tools/fuzz makes inputs up, corpus/run_file has those that every test run replays.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "cli/run_file.h"
#include "engine/base/check.h"
#include "engine/validate.h"
#include "tests/fuzz/line_error.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr char kWindow[] = "mw-00000000000000000";

void CheckTask(RunTask task) {
  task.request.set_window_id(kWindow);
  LULL_CHECK(ValidateConstraints(task.request).ok());
  LULL_CHECK(task.request.has_priority() && task.request.priority() >= 0);
  const bool has_targets = !task.targets.empty() || !task.request.targets().empty();
  LULL_CHECK(task.request.has_max_concurrency() == has_targets);
  LULL_CHECK(task.request.has_max_errors() == has_targets);
  LULL_CHECK(has_targets || task.request.task_type() != "RUN_COMMAND");
  for (auto& target : task.targets) {
    target.set_window_id(kWindow);
    LULL_CHECK(ValidateConstraints(target).ok());
  }
}

/// Every task takes bytes of the text.
void Try(std::string_view input) {
  const auto run = ParseRunFile(input);
  if (!run.ok()) return CheckLineError(run.status());
  LULL_CHECK(ValidateConstraints(run->window).ok());
  LULL_CHECK(run->window.cutoff() < run->window.duration());
  LULL_CHECK(!run->tasks.empty() && run->tasks.size() <= input.size());
  for (const RunTask& task : run->tasks) CheckTask(task);
}

}  // namespace
}  // namespace lull::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::cli::kMaxBytes) lull::cli::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
