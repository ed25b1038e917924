#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/ports/environment.h"
#include "engine/ports/runner.h"
#include "runners/functions/call_ending.h"
#include "runners/functions/call_files.h"
#include "runners/functions/function_call.h"
#include "runners/functions/function_loop.h"
#include "runners/http/http_client.h"

namespace lull::runners {

struct FunctionRunnerOptions {
  /// REQUIRED; outlives the runner.
  const Clock* clock = nullptr;

  /// REQUIRED: the call that an invocation comes to; nothing: a local command, which `process`
  /// carries out. An error's text is shown to the user. Called inside Start, from any thread.
  std::function<absl::StatusOr<std::optional<FunctionCall>>(const Invocation&)> plan;

  /// REQUIRED.
  ReadResult read;

  /// Carries local commands out; outlives the runner. Null: each of them is FAILED.
  Runner* process = nullptr;

  /// REQUIRED, and that of `process`: what is kept of a call is in its folders (runners/folder.h),
  /// as `<ordinal>.call` and `<ordinal>.stdout`.
  std::string output_dir;

  /// How long a call that could not be marked for a shortage waits for the next try.
  absl::Duration shortage_retry = absl::Seconds(1);
  http::ClientOptions http;
  /// Told of what no outcome says. Called on the runner's thread; may be empty.
  std::function<void(std::string_view)> warn;
};

/// Runs invocations by calling functions: one POST each, never a second one (R4). The answer is the
/// result, or 202: then a call back brings it (TakeResult). What each answer comes to is
/// call_ending.h's.
///
/// A call outlives this process once it was answered 202: the next life waits for the call back,
/// until the same time. What was on its way when the process died has an unknown outcome; what was
/// not marked as sent never began. RequestStop ends a call at once, CANCELLED: what the function
/// does with it is not known.
///
/// Threads: all calls are thread-safe, and all but Adopt, ReadOutput, ForgetSome and TakeResult
/// only enqueue. One thread of its own makes the reports (those of what can't be called at all are
/// made inside Start), one more is libcurl's.
class FunctionRunner : public Runner {
 public:
  /// Errors: kInvalidArgument: a required option is missing; kUnavailable: no descriptors left.
  static absl::StatusOr<std::unique_ptr<FunctionRunner>> Create(FunctionRunnerOptions options);

  /// Ends the calls that are on their way and reports none of them. Nothing is reported once it has
  /// returned. REQUIRES: no TakeResult under way.
  ~FunctionRunner() override;
  FunctionRunner(const FunctionRunner&) = delete;
  FunctionRunner& operator=(const FunctionRunner&) = delete;

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef invocation) override;

  /// By what it finds: an invocation with a `.call` file of its own is a function's, any other is
  /// the process runner's to know, whatever the configuration says by now. With neither a file nor
  /// a process runner it is kUnknown.
  Adoption Adopt(InvocationRef invocation, const TaskSpec& task, FinishSink& sink) override;

  absl::StatusOr<std::string> ReadOutput(InvocationRef invocation, OutputStream stream,
                                         std::size_t limit) override;
  bool ForgetSome(TaskKey task) override;

  /// A call back brings the result of `id`; waits until it is on the disk. Who calls must have
  /// shown that it may.
  CallBack TakeResult(const InvocationId& id, std::string_view body);

  /// Calls whose outcome would be lost with this process: waiting to be sent, or for an answer.
  /// Those that wait for a call back are not.
  std::size_t on_their_way() { return loop_.on_their_way(); }

 private:
  FunctionRunner(FunctionRunnerOptions options, std::unique_ptr<Poller> poller,
                 std::unique_ptr<http::Client> http);

  const FunctionRunnerOptions options_;
  const CallFiles files_;
  FunctionLoop loop_;
  std::unique_ptr<http::Client> http_;  // goes before the loop, which its callbacks enqueue to
  std::thread thread_;
};

}  // namespace lull::runners
