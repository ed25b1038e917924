#include "runners/functions/function_runner.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/quiet_thread.h"
#include "engine/base/status.h"
#include "runners/folder.h"
#include "runners/functions/call_record.h"
#include "runners/invocation_files.h"

namespace lull::runners {

absl::StatusOr<std::unique_ptr<FunctionRunner>> FunctionRunner::Create(
    FunctionRunnerOptions options) {
  if (options.clock == nullptr || !options.plan || !options.read || options.output_dir.empty()) {
    return Invalid("FunctionRunnerOptions: clock, plan, read and output_dir are required");
  }
  std::error_code error;  // the files' functions want it so
  options.output_dir = std::filesystem::absolute(options.output_dir, error).string();
  if (error) return Invalid("output_dir: ", error.message());
  LULL_ASSIGN_OR_RETURN(auto http, http::Client::Create(options.http));
  auto poller = Poller::Create();
  if (!poller.ok()) return absl::UnavailableError(poller.status().message());
  return std::unique_ptr<FunctionRunner>(
      new FunctionRunner(std::move(options), *std::move(poller), std::move(http)));
}

FunctionRunner::FunctionRunner(FunctionRunnerOptions options, std::unique_ptr<Poller> poller,
                               std::unique_ptr<http::Client> http)
    : options_(std::move(options)),
      files_(options_.output_dir, ReadBootId()),
      loop_({.clock = options_.clock,
             .http = http.get(),
             .files = files_,
             .shortage_retry = options_.shortage_retry,
             .read = options_.read,
             .warn = options_.warn},
            std::move(poller)),
      http_(std::move(http)),
      thread_(QuietThread([this] { loop_.Loop(); })) {}

FunctionRunner::~FunctionRunner() {
  loop_.Stop();
  thread_.join();
  http_.reset();
}

void FunctionRunner::Start(const Invocation& invocation, FinishSink& sink) {
  absl::StatusOr<std::optional<FunctionCall>> call = options_.plan(invocation);
  if (call.ok() && !call->has_value() && options_.process == nullptr) {
    call = Invalid("This function is a local command, and no runner carries those out.");
  }
  if (!call.ok()) {
    sink.Finished(invocation.ref, {.status = Status::kFailed,
                                   .exit_code = std::nullopt,
                                   .detail = std::string(call.status().message())});
  } else if (call->has_value()) {
    loop_.Start(invocation.ref, invocation.Id(), **std::move(call), sink);
  } else {
    options_.process->Start(invocation, sink);
  }
}

void FunctionRunner::RequestStop(InvocationRef invocation) {
  loop_.RequestStop(invocation);  // either knows it
  if (options_.process != nullptr) options_.process->RequestStop(invocation);
}

Adoption FunctionRunner::Adopt(InvocationRef invocation, const TaskSpec& task, FinishSink& sink) {
  const InvocationId id = MakeInvocationId(task.id, invocation);
  auto record = files_.ReadRecord(invocation);
  if (!record.ok()) {
    if (options_.warn) options_.warn(FromAbsl(record.status().message()));
    return Adoption::kUnknown;
  }
  // One with another id is of a store that was here before, and had the same keys.
  if (!record->has_value() || (*record)->invocation_id != id.value()) {
    // That it never began is for the process runner to say: it knows whether the machine, and a
    // mark that was not on its disk yet, may have been lost meanwhile.
    return options_.process == nullptr ? Adoption::kUnknown
                                       : options_.process->Adopt(invocation, task, sink);
  }
  CallRecord& call = **record;
  switch (call.state) {
    case CallState::kSending:
      return Adoption::kUnknown;
    case CallState::kAccepted:
      loop_.Resume(invocation, id, std::move(call.function), call.due, sink);
      return Adoption::kRunning;
    case CallState::kEnded:
      // One that was stopped was not called back, and is over for its function.
      if (call.outcome.status != Status::kCancelled) loop_.Remember(id);
      sink.Finished(invocation, std::move(call.outcome));
      return Adoption::kFinished;
  }
  return Adoption::kUnknown;
}

absl::StatusOr<std::string> FunctionRunner::ReadOutput(InvocationRef invocation,
                                                       OutputStream stream, std::size_t limit) {
  return ReadOutputFile(options_.output_dir, invocation, stream, limit);
}

bool FunctionRunner::ForgetSome(TaskKey task) {
  const absl::StatusOr<bool> more = RemoveSomeFiles(options_.output_dir, task);
  if (!more.ok() && options_.warn) {
    options_.warn(absl::StrCat("what was kept of task execution ", static_cast<std::int64_t>(task),
                               " could not be removed: ", more.status().message()));
  }
  return more.ok() && *more;
}

CallBack FunctionRunner::TakeResult(const InvocationId& id, std::string_view body) {
  return loop_.TakeResult(id, body);
}

}  // namespace lull::runners
