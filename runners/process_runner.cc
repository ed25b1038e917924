#include "runners/process_runner.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/quiet_thread.h"
#include "engine/base/status.h"
#include "runners/invocation_files.h"
#include "runners/process_end.h"

namespace lull::runners {
namespace {

bool NamesDocument(const std::string& task_arn) {
  return task_arn == kRunShellScript ||
         (absl::StartsWith(task_arn, "arn:") &&
          absl::EndsWith(task_arn, absl::StrCat(":document/", kRunShellScript)));
}

absl::Status Check(const Invocation& invocation) {
  if (invocation.task.type != TaskType::kRunCommand) {
    return Invalid("Unknown task type: this runner carries out RUN_COMMAND tasks only.");
  }
  if (!NamesDocument(invocation.task.task_arn)) {
    return Invalid("Unknown document \"", invocation.task.task_arn, "\": this runner knows ",
                   kRunShellScript, ".");
  }
  if (invocation.target.node.empty()) {
    return Invalid("No node: this daemon runs commands on node \"", kLocalNode,
                   "\" only; add it to the task's targets.");
  }
  if (invocation.target.node != kLocalNode) {
    return Invalid("Unknown node \"", invocation.target.node,
                   "\": this daemon runs commands on node \"", kLocalNode, "\" only.");
  }
  return absl::OkStatus();
}

absl::Status Check(const ShellCommand& command) {
  if (command.commands.empty()) return Invalid("No commands: the script would be empty.");
  for (const std::string& line : command.commands) {
    if (line.find('\0') != std::string::npos) return Invalid("A command contains a NUL byte.");
  }
  if (command.working_directory.find('\0') != std::string::npos) {
    return Invalid("The working directory contains a NUL byte.");
  }
  if (command.execution_timeout <= absl::ZeroDuration()) {
    return Invalid("The execution time-out must be greater than zero.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessRunner>> ProcessRunner::Create(ProcessRunnerOptions options) {
  if (options.clock == nullptr || !options.decode || options.output_dir.empty()) {
    return Invalid("ProcessRunnerOptions: clock, decode and output_dir are required");
  }
  std::error_code error;  // commands start elsewhere, so a relative path would lead elsewhere
  options.output_dir = std::filesystem::absolute(options.output_dir, error).string();
  if (error) return Invalid("output_dir: ", error.message());
  auto poller = Poller::Create();
  if (!poller.ok()) return absl::UnavailableError(poller.status().message());
  return std::unique_ptr<ProcessRunner>(new ProcessRunner(std::move(options), *std::move(poller)));
}

ProcessRunner::ProcessRunner(ProcessRunnerOptions options, std::unique_ptr<Poller> poller)
    : options_(std::move(options)),
      loop_({.clock = options_.clock,
             .output_dir = options_.output_dir,
             .working_directory = options_.working_directory,
             .output_limit_bytes = options_.output_limit_bytes,
             .graces = {.stop = options_.stop_grace, .output = options_.output_grace},
             .shortage_retry = options_.shortage_retry,
             .warn = options_.warn},
            std::move(poller)),
      thread_(QuietThread([this] { loop_.Loop(); })) {}

ProcessRunner::~ProcessRunner() {
  loop_.Abandon();
  if (thread_.joinable()) thread_.join();
}

void ProcessRunner::Shutdown(absl::Duration patience) {
  loop_.Shutdown(patience);
  if (thread_.joinable()) thread_.join();
}

void ProcessRunner::Kill(absl::Duration patience) {
  loop_.Abandon();
  loop_.AwaitKilled(patience);
}

absl::StatusOr<Launch> ProcessRunner::Prepare(const Invocation& invocation,
                                              FinishSink& sink) const {
  LULL_RETURN_IF_ERROR(Check(invocation));
  LULL_ASSIGN_OR_RETURN(ShellCommand command, options_.decode(invocation));
  LULL_RETURN_IF_ERROR(Check(command));
  return Launch{
      .invocation = invocation.ref,
      .sink = &sink,
      .command = std::move(command),
      .environment =
          {
              absl::StrCat("PATH=", options_.path),
              absl::StrCat("HOME=", options_.home),
              absl::StrCat("LANG=", options_.lang),
              absl::StrCat("LULL_INVOCATION_ID=", invocation.id.value()),
              absl::StrCat("LULL_TASK_EXECUTION_ID=", invocation.task.id.value()),
              absl::StrCat("LULL_EXECUTION_ID=", invocation.execution.value()),
              absl::StrCat("LULL_NODE=", invocation.target.node),
          },
  };
}

void ProcessRunner::Start(const Invocation& invocation, FinishSink& sink) {
  absl::StatusOr<Launch> launch = Prepare(invocation, sink);
  if (!launch.ok()) {
    sink.Finished(invocation.ref, {.status = Status::kFailed,
                                   .exit_code = std::nullopt,
                                   .detail = std::string(launch.status().message())});
    return;
  }
  if (!loop_.Submit(*std::move(launch))) {
    sink.Finished(invocation.ref, NotStarted(absl::UnavailableError("the runner has shut down")));
  }
}

void ProcessRunner::RequestStop(InvocationRef invocation) { loop_.RequestStop(invocation); }

Adoption ProcessRunner::Adopt(InvocationRef, const TaskSpec&, FinishSink&) {
  return Adoption::kUnknown;
}

absl::StatusOr<std::string> ProcessRunner::ReadOutput(InvocationRef invocation, OutputStream stream,
                                                      std::size_t limit) {
  return ReadOutputFile(options_.output_dir, invocation, stream, limit);
}

bool ProcessRunner::ForgetSome(TaskKey task) {
  const absl::StatusOr<bool> more = RemoveSomeFiles(options_.output_dir, task);
  if (!more.ok() && options_.warn) {
    options_.warn(absl::StrCat("outputs that are too old can't be removed: ",
                               std::string(more.status().message())));
  }
  return more.ok() && *more;
}

}  // namespace lull::runners
