#include "cli/run_output.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/follow.h"
#include "cli/print.h"
#include "cli/progress_text.h"
#include "engine/base/status.h"
#include "proto/managed_nodes.pb.h"

namespace lull::cli {
namespace {

using Identity = v1::MaintenanceWindowExecutionTaskInvocationIdentity;

constexpr int kPageSize = 100;
constexpr int kMaxFailures = 5;  // of a task, that are shown
constexpr int kMaxFailureLines = 10;

/// Calls `take` for each invocation of the task with one of the statuses, until it returns false.
template <class Take>
absl::Status ForEachInvocation(const Connection& daemon, const std::string& execution,
                               const std::string& task, std::vector<const char*> statuses,
                               const Take& take) {
  v1::DescribeMaintenanceWindowExecutionTaskInvocationsRequest request;
  request.set_window_execution_id(execution);
  request.set_task_id(task);
  request.set_max_results(kPageSize);
  v1::MaintenanceWindowFilter& filter = *request.add_filters();
  filter.set_key("STATUS");
  for (const char* status : statuses) filter.add_values(status);
  for (;;) {
    v1::DescribeMaintenanceWindowExecutionTaskInvocationsResponse page;
    LULL_RETURN_IF_ERROR(daemon.Call(request, &page));
    for (const Identity& row : page.window_execution_task_invocation_identities()) {
      LULL_ASSIGN_OR_RETURN(const bool more, take(row));
      if (!more) return absl::OkStatus();
    }
    if (!page.has_next_token()) return absl::OkStatus();
    request.set_next_token(page.next_token());
  }
}

/// What its command printed; nothing of what is no command's.
absl::StatusOr<v1::GetCommandInvocationResponse> ReadOutput(const Connection& daemon,
                                                            const Identity& invocation) {
  v1::GetCommandInvocationResponse response;
  const std::string node = NodeOf(invocation);
  if (invocation.task_type() != "RUN_COMMAND" || !invocation.has_execution_id() || node.empty()) {
    return response;
  }
  v1::GetCommandInvocationRequest request;
  request.set_command_id(invocation.execution_id());
  request.set_instance_id(node);
  LULL_RETURN_IF_ERROR(daemon.Call(request, &response));
  return response;
}

std::int64_t EndedOf(const v1::ExecutionTaskProgress& task) {
  return std::int64_t{task.succeeded()} + task.failed() + task.timed_out() + task.cancelled();
}

std::string Indented(std::string_view text) { return Prefixed(text, "    "); }

/// `patch on web-3: exit status 100`, and the last lines that it printed.
absl::StatusOr<std::string> DescribeFailure(const Connection& daemon,
                                            const v1::ExecutionTaskProgress& task,
                                            const Identity& row, const OutputPrinter* printer) {
  const std::string node = NodeOf(row);
  std::string text = absl::StrCat(TitleOf(task), node.empty() ? "" : " on ", OneLine(node), ": ",
                                  OneLine(row.status_details()), "\n");
  if (printer != nullptr && printer->HasPrinted(row.invocation_id())) return text;
  LULL_ASSIGN_OR_RETURN(const v1::GetCommandInvocationResponse output, ReadOutput(daemon, row));
  const std::string& errors = output.standard_error_content();
  if (errors == row.status_details() + "\n") return text;  // it never ran
  const std::string& shown = errors.empty() ? output.standard_output_content() : errors;
  return text + Indented(LastLines(shown, kMaxFailureLines));
}

}  // namespace

std::string NodeOf(const Identity& invocation) {
  // The request of SendCommand that it stands for, as JSON text.
  boost::json::error_code error;
  const boost::json::value parameters = boost::json::parse(invocation.parameters(), error);
  if (error || !parameters.is_object()) return "";
  const boost::json::value* nodes = parameters.as_object().if_contains("instanceIds");
  if (nodes == nullptr || !nodes->is_array() || nodes->as_array().empty()) return "";
  const boost::json::value& first = nodes->as_array().front();
  if (!first.is_string()) return "";
  return std::string(first.as_string().begin(), first.as_string().end());
}

std::string Prefixed(std::string_view text, std::string_view prefix) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    absl::StrAppend(&lines, ToAbsl(prefix), Printable(text.substr(0, end)), "\n");
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view LastLines(std::string_view text, int lines) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::size_t begin = text.size();
  for (int i = 0; i < lines && begin != std::string_view::npos; ++i) {
    begin = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  }
  return begin == std::string_view::npos ? text : text.substr(begin + 1);
}

absl::Status OutputPrinter::Print(const Connection& daemon,
                                  const v1::DescribeDrainResponse& drain) {
  for (const v1::ExecutionTaskProgress& task : drain.tasks()) {
    std::int64_t& before = ended_[task.task_execution_id()];
    const std::int64_t now = EndedOf(task);
    if (now == before) continue;
    LULL_ASSIGN_OR_RETURN(const bool all, PrintTask(daemon, drain, task));
    if (all) before = now;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> OutputPrinter::PrintTask(const Connection& daemon,
                                              const v1::DescribeDrainResponse& drain,
                                              const v1::ExecutionTaskProgress& task) {
  absl::Status written;  // apart from what the daemon says
  const auto print = [&](const Identity& row) -> absl::StatusOr<bool> {
    if (!row.has_end_time() || printed_.count(row.invocation_id()) > 0) return true;
    LULL_ASSIGN_OR_RETURN(const v1::GetCommandInvocationResponse output, ReadOutput(daemon, row));
    const std::string prefix =
        plain_ ? "" : absl::StrCat(OneLine(NodeOf(row)), " ", TitleOf(task), " | ");
    const std::string text = Prefixed(output.standard_output_content(), prefix) +
                             Prefixed(output.standard_error_content(), prefix);
    if (!text.empty()) written = screen_.Print(text);
    if (!written.ok()) return false;
    printed_.insert(row.invocation_id());
    return true;
  };
  const absl::Status read =
      ForEachInvocation(daemon, drain.window_execution_id(), task.task_execution_id(),
                        {"SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED"}, print);
  LULL_RETURN_IF_ERROR(written);
  if (MayPass(read)) return false;
  LULL_RETURN_IF_ERROR(read);
  return true;
}

absl::StatusOr<std::string> DescribeFailures(const Connection& daemon,
                                             const v1::DescribeDrainResponse& drain,
                                             const OutputPrinter* printer) {
  std::string text;
  for (const v1::ExecutionTaskProgress& task : drain.tasks()) {
    if (task.status() == "FAILED" && !task.status_details().empty()) {
      absl::StrAppend(&text, TitleOf(task), ": ", OneLine(task.status_details()), "\n");
    }
    const std::int64_t all = std::int64_t{task.failed()} + task.timed_out();
    if (all == 0) continue;
    int shown = 0;
    const auto add = [&](const Identity& row) -> absl::StatusOr<bool> {
      if (!row.has_end_time()) return true;  // the cutoff kept it from starting
      LULL_ASSIGN_OR_RETURN(const std::string one, DescribeFailure(daemon, task, row, printer));
      text += one;
      return ++shown < kMaxFailures;
    };
    LULL_RETURN_IF_ERROR(ForEachInvocation(daemon, drain.window_execution_id(),
                                           task.task_execution_id(), {"FAILED", "TIMED_OUT"}, add));
    if (all > shown) absl::StrAppend(&text, "and ", all - shown, " more of ", TitleOf(task), "\n");
  }
  return text;
}

}  // namespace lull::cli
