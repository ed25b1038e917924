#include "runners/process_runner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/json_text.h"
#include "engine/base/quiet_thread.h"
#include "engine/base/status.h"
#include "runners/folder.h"
#include "runners/invocation_files.h"
#include "runners/outcome_file.h"
#include "runners/process_end.h"
#include "runners/record_file.h"

namespace lull::runners {
namespace {

/// Longer than any time-out that a user can give, and short enough to be added to.
constexpr absl::Duration kMaxTimeout = absl::Hours(24 * 366 * 10);

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

absl::Status Check(const ProcessPlan& plan) {
  if (plan.argv.empty() || plan.argv.front().empty()) return Invalid("No command: argv is empty.");
  for (const std::string& argument : plan.argv) {
    if (HasNul(argument)) return Invalid("A command contains a NUL byte.");
  }
  for (const std::string& variable : plan.environment) {
    if (HasNul(variable)) return Invalid("An environment variable contains a NUL byte.");
  }
  if (HasNul(plan.script)) return Invalid("A command contains a NUL byte.");
  if (HasNul(plan.working_directory)) return Invalid("The working directory contains a NUL byte.");
  if (plan.execution_timeout <= absl::ZeroDuration()) {
    return Invalid("The execution time-out must be greater than zero.");
  }
  return absl::OkStatus();
}

bool IsProgram(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessRunner>> ProcessRunner::Create(ProcessRunnerOptions options) {
  if (options.clock == nullptr || !options.plan || options.output_dir.empty() ||
      options.shim_path.empty()) {
    return Invalid("ProcessRunnerOptions: clock, plan, output_dir and shim_path are required");
  }
  if (!IsProgram(options.shim_path)) {
    return absl::FailedPreconditionError(absl::StrCat(
        options.shim_path, " is missing, or can't be run; install it again, it comes with lull"));
  }
  std::error_code error;  // processes start elsewhere, so a relative path would lead elsewhere
  options.output_dir = std::filesystem::absolute(options.output_dir, error).string();
  if (error) return Invalid("output_dir: ", error.message());
  auto poller = Poller::Create();
  if (!poller.ok()) return absl::UnavailableError(poller.status().message());
  const absl::StatusOr<bool> has_past = MakeOutputDir(options.output_dir);
  return std::unique_ptr<ProcessRunner>(new ProcessRunner(
      std::move(options), ReadBootId(), has_past.ok() && *has_past, *std::move(poller)));
}

ProcessRunner::ProcessRunner(ProcessRunnerOptions options, std::string boot_id, bool has_past,
                             std::unique_ptr<Poller> poller)
    : options_(std::move(options)),
      boot_id_(std::move(boot_id)),
      has_past_(has_past),
      loop_({.clock = options_.clock,
             .output_dir = options_.output_dir,
             .shim_path = options_.shim_path,
             .boot_id = boot_id_,
             .output_limit_bytes = options_.output_limit_bytes,
             .stop_grace = options_.stop_grace,
             .output_grace = options_.output_grace,
             .verify_patience = options_.verify_patience,
             .shortage_retry = options_.shortage_retry,
             .warn = options_.warn},
            std::move(poller)),
      thread_(QuietThread([this] { loop_.Loop(); })) {}

ProcessRunner::~ProcessRunner() { Shutdown(); }

void ProcessRunner::Shutdown() {
  loop_.Shutdown();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<std::string> ProcessRunner::FindProgram(const std::string& name) const {
  if (name.front() == '/' && !IsProgram(name)) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no program ", JsonString(name), " on this machine"));
  }
  if (name.find('/') != std::string::npos) return name;
  for (const auto folder : absl::StrSplit(options_.path, ':', absl::SkipEmpty())) {
    const std::string path = absl::StrCat(folder, "/", name);
    if (IsProgram(path)) return path;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("there is no program ", JsonString(name), " in the folders ", options_.path));
}

absl::StatusOr<Launch> ProcessRunner::Prepare(const Invocation& invocation,
                                              FinishSink& sink) const {
  LULL_ASSIGN_OR_RETURN(ProcessPlan plan, options_.plan(invocation));
  LULL_RETURN_IF_ERROR(Check(plan));
  LULL_ASSIGN_OR_RETURN(plan.argv.front(), FindProgram(plan.argv.front()));
  plan.execution_timeout = std::min(plan.execution_timeout, kMaxTimeout);
  if (plan.working_directory.empty()) plan.working_directory = options_.working_directory;
  plan.environment.insert(plan.environment.begin(),
                          {
                              absl::StrCat("PATH=", options_.path),
                              absl::StrCat("HOME=", options_.home),
                              absl::StrCat("LANG=", options_.lang),
                              absl::StrCat("LULL_INVOCATION_ID=", invocation.Id().value()),
                              absl::StrCat("LULL_TASK_EXECUTION_ID=", invocation.task.id.value()),
                              absl::StrCat("LULL_EXECUTION_ID=", invocation.execution.value()),
                              absl::StrCat("LULL_NODE=", invocation.target.node),
                          });
  return Launch{.invocation = {invocation.ref, invocation.Id(), &sink}, .plan = std::move(plan)};
}

void ProcessRunner::Start(const Invocation& invocation, FinishSink& sink) {
  absl::StatusOr<Launch> launch = Prepare(invocation, sink);
  if (launch.ok()) return loop_.Submit(*std::move(launch));
  const absl::Status& why = launch.status();
  Outcome outcome = absl::IsFailedPrecondition(why)
                        ? NotStarted(why)
                        : Outcome{.status = Status::kFailed, .detail = std::string(why.message())};
  outcome.undelivered = absl::IsNotFound(why) || absl::IsUnavailable(why);
  sink.Finished(invocation.ref, std::move(outcome));
}

void ProcessRunner::RequestStop(InvocationRef invocation) { loop_.RequestStop(invocation); }

Adoption ProcessRunner::Adopt(InvocationRef invocation, const TaskSpec& task, FinishSink& sink) {
  const absl::StatusOr<UniqueFd> folder = FindFolder(options_.output_dir, invocation.task);
  if (!folder.ok() || (!folder->valid() && !has_past_)) return Adoption::kUnknown;
  if (!folder->valid()) return Adoption::kNotStarted;
  return AdoptIn(*folder, {invocation, MakeInvocationId(task.id, invocation), &sink});
}

Adoption ProcessRunner::AdoptIn(const UniqueFd& folder, Awaited invocation) {
  const auto& [ref, id, sink] = invocation;
  Found found = FindRecord(folder, ref.ordinal, id);
  switch (found.trace) {
    case Trace::kLives:
      loop_.Adopt(std::move(invocation), std::move(found.pidfd));
      return Adoption::kRunning;
    case Trace::kEnded:
      sink->Finished(ref, OutcomeOfRecord(folder, ref.ordinal, *found.record));
      return Adoption::kFinished;
    case Trace::kLost:
      RemoveScript(folder, ref.ordinal);
      return Adoption::kUnknown;
    case Trace::kNone:
      break;
  }
  RemoveScript(folder, ref.ordinal);
  if (!LostNothing(folder, boot_id_)) return Adoption::kUnknown;
  RemoveStart(folder, ref.ordinal);
  return Adoption::kNotStarted;
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
