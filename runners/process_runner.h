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
#include "runners/process_plan.h"

namespace lull::runners {

/// The name of the program that carries a process through its life.
inline constexpr char kShimName[] = "lull-shim";

struct ProcessRunnerOptions {
  /// REQUIRED; outlives the runner. Only boot time is read.
  const Clock* clock = nullptr;

  /// REQUIRED: says what an invocation comes to; an error's text is shown to the user. kNotFound
  /// and kUnavailable: its node can't be reached, so it is undelivered. Called inside Start, from
  /// any thread.
  std::function<absl::StatusOr<ProcessPlan>(const Invocation&)> plan;

  /// REQUIRED: where records, scripts and outputs are kept (runners/invocation_files.h). Made when
  /// it is missing, its parent is not. Removed by ForgetSome only.
  std::string output_dir;

  /// REQUIRED: absolute path of the program kShimName, of this version.
  std::string shim_path;

  std::string working_directory = "/";  ///< of plans that name none

  /// The environment of every process, with LULL_INVOCATION_ID, LULL_TASK_EXECUTION_ID,
  /// LULL_EXECUTION_ID, LULL_NODE and what its plan has; nothing is inherited.
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string home = "/";
  std::string lang = "C.UTF-8";

  std::int64_t output_limit_bytes = kDefaultOutputLimitBytes;  ///< of each stream
  absl::Duration stop_grace = absl::Seconds(5);                ///< between TERM and KILL
  /// How long output is waited for after a process has ended, when something that outlives it holds
  /// the pipe.
  absl::Duration output_grace = absl::Seconds(1);
  /// How long after KILL all may take to be gone, before the outcome says that some are left.
  absl::Duration verify_patience = absl::Seconds(10);

  /// How long what could not be started for a shortage waits for the next try.
  absl::Duration shortage_retry = absl::Seconds(1);
  /// Told once when commands begin to wait so. Called on the runner's thread; may be empty.
  std::function<void(std::string_view)> warn;
};

/// Carries an invocation out as a process on this machine, as this process's user: what `plan`
/// says, in a process group of its own, nothing inherited, output kept up to a limit. It runs under
/// a shim (runners/shim), which outlives this process: Adopt finds it again, or what became of it
/// (runners/record_file.h says what a death at which moment comes to).
///
/// It ends by itself; then what is left of its group is killed, and what made a session of its own
/// lives on. Or by its time-out or RequestStop: TERM to all that it has started, also what left its
/// session, the grace, KILL, until nothing is left.
///
/// Everything that goes wrong is an outcome: FAILED with a detail that says why. But while this
/// machine is short of room on the disk, descriptors, processes or memory, what has not started
/// waits for it. Output that can't be written is dropped, and the detail says so. A process takes
/// one descriptor of this one, and a few hundred kilobytes for its shim; how many there are at once
/// is the engine's to limit.
///
/// Threads: all calls are thread-safe and may come from inside a report. One thread of its own,
/// from Create to Shutdown, starts and watches all and makes the reports (those of what can't be
/// started at all are made inside Start, of what has ended already inside Adopt).
class ProcessRunner : public Runner {
 public:
  /// Errors: kInvalidArgument: a required option is missing; kFailedPrecondition: there is no shim;
  /// kUnavailable: no descriptors left.
  static absl::StatusOr<std::unique_ptr<ProcessRunner>> Create(ProcessRunnerOptions options);

  /// As Shutdown.
  ~ProcessRunner() override;
  ProcessRunner(const ProcessRunner&) = delete;
  ProcessRunner& operator=(const ProcessRunner&) = delete;

  void Start(const Invocation& invocation, FinishSink& sink) override;
  void RequestStop(InvocationRef invocation) override;

  /// Takes a second at most, and that only for one that died within its first moments.
  Adoption Adopt(InvocationRef invocation, const TaskSpec& task, FinishSink& sink) override;

  absl::StatusOr<std::string> ReadOutput(InvocationRef invocation, OutputStream stream,
                                         std::size_t limit) override;

  /// Removes files. What can't be removed stays, and `warn` is told.
  bool ForgetSome(TaskKey task) override;

  /// Starts nothing more and reports nothing more once it has returned; what is in flight goes on,
  /// to be adopted by the next runner on this folder. Safe to repeat. REQUIRES: not called from
  /// inside a report.
  void Shutdown();

 private:
  ProcessRunner(ProcessRunnerOptions options, std::string boot_id, bool has_past,
                std::unique_ptr<Poller> poller);

  absl::StatusOr<Launch> Prepare(const Invocation& invocation, FinishSink& sink) const;
  absl::StatusOr<std::string> FindProgram(const std::string& name) const;
  Adoption AdoptIn(const UniqueFd& folder, Awaited invocation);

  const ProcessRunnerOptions options_;
  const std::string boot_id_;
  /// Whether `output_dir` is that of an earlier life: else that may be lost with what it knew.
  const bool has_past_;
  ProcessLoop loop_;
  std::thread thread_;
};

}  // namespace lull::runners
