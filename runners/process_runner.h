#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/ports/environment.h"
#include "engine/ports/runner.h"
#include "runners/process_loop.h"
#include "runners/shell_command.h"

namespace lull::runners {

/// The document that a ProcessRunner carries out, and the node that it is.
inline constexpr char kRunShellScript[] = "AWS-RunShellScript";
inline constexpr char kLocalNode[] = "local";

struct ProcessRunnerOptions {
  /// REQUIRED; outlives the runner. Only boot time is read.
  const Clock* clock = nullptr;

  /// REQUIRED: turns a task's payload into a command; an error's text is shown to the user. Called
  /// inside Start, from any thread.
  std::function<absl::StatusOr<ShellCommand>(const Invocation&)> decode;

  /// REQUIRED: scripts and outputs go to `<output_dir>/<task
  /// key>/<ordinal>.{script,stdout,stderr}`. Made when it is missing, its parent is not. Outputs
  /// are removed by ForgetSome only.
  std::string output_dir;

  std::string working_directory = "/";  ///< of commands that name none

  /// The environment of every command, with LULL_INVOCATION_ID, LULL_TASK_EXECUTION_ID,
  /// LULL_EXECUTION_ID and LULL_NODE; nothing is inherited.
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string home = "/";
  std::string lang = "C.UTF-8";

  std::int64_t output_limit_bytes = kDefaultOutputLimitBytes;  ///< of each stream
  absl::Duration stop_grace = absl::Seconds(5);                ///< between TERM and KILL
  /// How long output is waited for after a command has ended, when something that left its process
  /// group holds the pipe.
  absl::Duration output_grace = absl::Seconds(1);

  /// How long a command that could not be started for a shortage waits for the next try.
  absl::Duration shortage_retry = absl::Seconds(1);
  /// Told once when commands begin to wait so. Called on the runner's thread; may be empty.
  std::function<void(std::string_view)> warn;
};

/// Runs RUN_COMMAND tasks with the document AWS-RunShellScript on the node `local`, which is this
/// machine, as this process's user. A command is a script file that /bin/sh reads, in a session and
/// process group of its own, with stdin at its end, nothing inherited, and output captured up to a
/// limit. It ends by itself, by its execution time-out or by RequestStop; the last two are TERM to
/// the group, the grace, KILL to the group. When the main process has ended, what is left of its
/// group is killed. If this process dies, the kernel kills the main process (not its descendants).
///
/// Everything that goes wrong is an outcome: FAILED with a detail that says why. But while this
/// machine is short of room on the disk, descriptors, processes or memory, commands that have not
/// started wait for it. Output that can't be written is dropped, and the detail says so. An open
/// command takes five descriptors of this process; how many there are at once is the engine's to
/// limit.
///
/// Threads: all calls are thread-safe, only enqueue, and may come from inside a report. One thread
/// of its own, from Create to Shutdown, starts and watches all commands and makes the reports
/// (those of what can't be started at all are made inside Start).
class ProcessRunner : public Runner {
 public:
  /// Errors: kInvalidArgument: a required option is missing; kUnavailable: no descriptors left.
  static absl::StatusOr<std::unique_ptr<ProcessRunner>> Create(ProcessRunnerOptions options);

  /// Kills what is in flight and reports none of it. Nothing is reported once it has returned.
  ~ProcessRunner() override;
  ProcessRunner(const ProcessRunner&) = delete;
  ProcessRunner& operator=(const ProcessRunner&) = delete;

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef invocation) override;

  /// kUnknown: commands do not outlive the process that started them.
  Adoption Adopt(InvocationRef invocation, const TaskSpec& task, FinishSink& sink) override;

  absl::StatusOr<std::string> ReadOutput(InvocationRef invocation, OutputStream stream,
                                         std::size_t limit) override;

  /// Removes files. What can't be removed stays, and `warn` is told.
  bool ForgetSome(TaskKey task) override;

  /// Starts nothing more, waits until what is in flight has ended, for `patience` at most, then
  /// kills the rest and reports it FAILED. Safe to repeat. REQUIRES: not called from inside a
  /// report.
  void Shutdown(absl::Duration patience);

  /// Sends KILL to the group of all that is in flight and starts nothing more; nothing of it is
  /// reported. Returns once that is sent, or after `patience`. For those who end the process at
  /// once: the kernel kills a command with it, but not its descendants. REQUIRES: as Shutdown.
  void Kill(absl::Duration patience);

 private:
  ProcessRunner(ProcessRunnerOptions options, std::unique_ptr<Poller> poller);

  absl::StatusOr<Launch> Prepare(const Invocation& invocation, FinishSink& sink) const;

  const ProcessRunnerOptions options_;
  ProcessLoop loop_;
  std::thread thread_;
};

}  // namespace lull::runners
