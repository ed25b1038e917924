#include "cli/control.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/connection_options.h"
#include "cli/print.h"
#include "engine/base/status.h"
#include "proto/extensions.pb.h"
#include "server/json_codec.h"

namespace lull::cli {
namespace {

constexpr char kStartFooter[] = R"(Examples:
  lull start mw-0a4f1c5be21d77e90 --data-dir ./lull-data --reason 'kernel fix, change 4711'
  lull start mw-0a4f1c5be21d77e90 --endpoint http://127.0.0.1:8750 --duration 1 --json

Opens the window now, whatever its schedule says: its tasks run as they would then, for --duration
hours at most, and its cutoff holds. Refused while the window is open.)";

constexpr char kCancelFooter[] = R"(Examples:
  lull cancel c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data
  lull cancel c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data --policy stop --reason 'web-3 is down'

Policies, each stricter than the one before it:
  task        tasks that run go on over all their targets; what has not started never will
  invocation  only what is in flight finishes
  stop        as invocation, and what is in flight is asked to stop
Asked again, it changes nothing, or makes the policy stricter.)";

constexpr char kResumeFooter[] = R"(Examples:
  lull resume c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data --duration 2

Opens a new execution over exactly those targets that a cancelled or cut-off one never started.)";

constexpr char kSkipFooter[] = R"(Examples:
  lull skip mw-0a4f1c5be21d77e90 --data-dir ./lull-data --reason 'change freeze'
  lull skip mw-0a4f1c5be21d77e90 --data-dir ./lull-data --at 2026-12-24T02:00+01:00

The window passes its next occurrence by; `lull forecast` shows what is left. Asked twice it skips
two, but with --at none but that one.)";

constexpr char kExits[] = R"(

Exit status: 1 the daemon could not be asked; 2 the request is wrong; 3 there is no such window or
execution; 4 something is in its way; 6 the key is not let in; 7 try again later; 8 broken.)";

/// Asks for the operation of `request`, and prints its answer or what `sentence` makes of it.
template <class Request, class Response>
absl::Status Ask(const ControlOptions& options, const Request& request, std::FILE* out,
                 std::string (*sentence)(const ControlOptions&, const Response&)) {
  LULL_ASSIGN_OR_RETURN(const Connection daemon, Connection::Find(options.connection));
  Response response;
  LULL_RETURN_IF_ERROR(daemon.Call(request, &response));
  const std::string text =
      options.json ? server::MessageToJson(response) : sentence(options, response);
  return Print(out, text + "\n");
}

using Verb = absl::Status (*)(const ControlOptions&, std::FILE*);

CLI::App* AddVerb(CLI::App& app, const char* name, const char* what,
                  const std::shared_ptr<ControlOptions>& options, Verb verb,
                  std::function<absl::Status()>& action) {
  CLI::App* command = app.add_subcommand(name, what);
  AddConnectionOptions(*command, options->connection);
  command->add_option("--reason", options->reason, "Why, for those who read it later")
      ->type_name("TEXT");
  command->add_flag("--json", options->json, "The operation's answer");
  command->callback(
      [&action, options, verb] { action = [options, verb] { return verb(*options, stdout); }; });
  return command;
}

void AddId(CLI::App& command, ControlOptions& options, const char* name, const char* what) {
  command.add_option(name, options.id, what)->required();
}

void AddDuration(CLI::App& command, ControlOptions& options) {
  command.add_option("--duration", options.duration, "Hours; the window's own when absent")
      ->type_name("H");
}

}  // namespace

absl::Status StartWindow(const ControlOptions& options, std::FILE* out) {
  v1::StartMaintenanceWindowExecutionRequest request;
  request.set_window_id(options.id);
  if (options.duration) request.set_duration(*options.duration);
  if (options.reason) request.set_reason(*options.reason);
  return Ask<v1::StartMaintenanceWindowExecutionRequest,
             v1::StartMaintenanceWindowExecutionResponse>(
      options, request, out, [](const ControlOptions& asked, const auto& response) {
        return absl::StrCat("Window ", asked.id, " is open: execution ",
                            response.window_execution_id());
      });
}

absl::Status CancelExecution(const ControlOptions& options, std::FILE* out) {
  v1::CancelExecutionRequest request;
  request.set_window_execution_id(options.id);
  if (options.policy) request.set_policy(absl::AsciiStrToUpper(*options.policy));
  if (options.reason) request.set_reason(*options.reason);
  return Ask<v1::CancelExecutionRequest, v1::CancelExecutionResponse>(
      options, request, out, [](const ControlOptions& asked, const auto& response) {
        std::string text = absl::StrCat("Execution ", asked.id, " is ", response.status(), ": ");
        if (!response.has_queued_cancelled()) return text + "it was not cancelled";
        return absl::StrCat(text, Counted(response.queued_cancelled(), "queued invocation"),
                            " cancelled, ", response.in_flight(), " in flight");
      });
}

absl::Status ResumeExecution(const ControlOptions& options, std::FILE* out) {
  v1::ResumeMaintenanceWindowExecutionRequest request;
  request.set_window_execution_id(options.id);
  if (options.duration) request.set_duration(*options.duration);
  if (options.reason) request.set_reason(*options.reason);
  return Ask<v1::ResumeMaintenanceWindowExecutionRequest,
             v1::ResumeMaintenanceWindowExecutionResponse>(
      options, request, out, [](const ControlOptions& asked, const auto& response) {
        return absl::StrCat("Execution ", response.window_execution_id(), " goes on with what ",
                            asked.id, " never started");
      });
}

absl::Status SkipWindow(const ControlOptions& options, std::FILE* out) {
  v1::SkipNextExecutionRequest request;
  request.set_window_id(options.id);
  if (options.reason) request.set_reason(*options.reason);
  if (options.at) request.set_execution_time(*options.at);
  return Ask<v1::SkipNextExecutionRequest, v1::SkipNextExecutionResponse>(
      options, request, out, [](const ControlOptions& asked, const auto& response) {
        return absl::StrCat(
            "Window ", asked.id, " passes ", response.skipped_execution_time(), " by; ",
            response.has_next_execution_time() ? "it opens at " + response.next_execution_time()
                                               : "nothing is left after that");
      });
}

void AddControl(CLI::App& app, std::function<absl::Status()>& action) {
  auto start = std::make_shared<ControlOptions>();
  CLI::App* command = AddVerb(app, "start", "Open a window now", start, StartWindow, action);
  AddId(*command, *start, "WINDOW", "Its id");
  AddDuration(*command, *start);
  command->footer(absl::StrCat(kStartFooter, kExits));

  auto cancel = std::make_shared<ControlOptions>();
  command = AddVerb(app, "cancel", "Cancel an execution", cancel, CancelExecution, action);
  AddId(*command, *cancel, "EXECUTION", "Its id");
  command->add_option("--policy", cancel->policy, "How much it stops: task, invocation or stop")
      ->type_name("POLICY")
      ->check(CLI::IsMember({"task", "invocation", "stop"}).description(""));
  command->footer(absl::StrCat(kCancelFooter, kExits));

  auto resume = std::make_shared<ControlOptions>();
  command = AddVerb(app, "resume", "Open what a cancelled execution never started", resume,
                    ResumeExecution, action);
  AddId(*command, *resume, "EXECUTION", "The cancelled one's id");
  AddDuration(*command, *resume);
  command->footer(absl::StrCat(kResumeFooter, kExits));

  auto skip = std::make_shared<ControlOptions>();
  command = AddVerb(app, "skip", "Pass a window's next occurrence by", skip, SkipWindow, action);
  AddId(*command, *skip, "WINDOW", "Its id");
  command->add_option("--at", skip->at, "Only this one, as NextExecutionTime has it")
      ->type_name("TIME");
  command->footer(absl::StrCat(kSkipFooter, kExits));
}

}  // namespace lull::cli
