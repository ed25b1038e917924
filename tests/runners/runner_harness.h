#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/model/runs.h"
#include "engine/ports/environment.h"
#include "engine/ports/runner.h"
#include "gtest/gtest.h"
#include "runners/process_plan.h"
#include "runners/process_runner.h"

namespace lull::runners {

/// The machine's own boot clock.
class BootClock : public Clock {
 public:
  absl::Time Now() const override;  ///< nothing here may ask for it: ends the test
  absl::Duration SinceBoot() const override;
};

/// Keeps what a runner reports. Thread-safe.
class RecordingSink : public FinishSink {
 public:
  void Finished(InvocationRef invocation, Outcome outcome) override;

  /// Waits for the outcome of `invocation`.
  Outcome Await(InvocationRef invocation);
  bool Has(InvocationRef invocation);
  std::size_t count();

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<InvocationRef, Outcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

/// A runner with real processes, in a folder of this test's own. What is in flight at a test's end
/// is stopped.
class RunnerTest : public testing::Test {
 protected:
  RunnerTest();
  ~RunnerTest() override;

  /// Starts a process as ordinal 0, 1, 2...
  InvocationRef Start(ProcessPlan plan);
  InvocationRef StartScript(const std::string& script) { return Start({.script = script + "\n"}); }

  /// Starts a process and waits for its outcome.
  Outcome Run(ProcessPlan plan) { return sink_.Await(Start(std::move(plan))); }
  Outcome RunScript(const std::string& script) { return sink_.Await(StartScript(script)); }

  /// Hands an invocation to the runner, once more if it was before.
  void Hand(InvocationRef invocation);
  InvocationId IdOf(InvocationRef invocation) const {
    return MakeInvocationId(task_.id, invocation);
  }

  /// Asks the runner of an earlier life's invocation.
  Adoption Adopt(InvocationRef invocation) { return runner_->Adopt(invocation, task_, sink_); }

  /// What an invocation wrote; empty when there is no such file. The last one's, when there is no
  /// argument.
  std::string Stdout() const { return ReadStream(last_, "stdout"); }
  std::string Stderr() const { return ReadStream(last_, "stderr"); }
  std::string ReadStream(InvocationRef invocation, const std::string& stream) const;

  /// The path of one of an invocation's files.
  std::string FileOf(InvocationRef invocation, const std::string& suffix) const;

  /// The process id of an invocation's shim; waits for it.
  pid_t AwaitShim(InvocationRef invocation) const;

  /// Makes a named pipe and returns its path.
  std::string MakeFifo(const std::string& name);

  /// The first line that some process writes into a named pipe; waits for it.
  static std::string ReadLine(const std::string& fifo);

  /// The process id that a script wrote into a named pipe.
  static pid_t ReadPid(const std::string& fifo);

  /// Makes the runner anew, with changed options: as the next start of the daemon, if there was
  /// one.
  void Recreate();

  std::string folder_;
  BootClock clock_;
  RecordingSink sink_;
  ProcessRunnerOptions options_;
  std::unique_ptr<ProcessRunner> runner_;
  // What Hand hands to the runner.
  TaskSpec task_;
  ResolvedTarget target_;
  std::vector<ProcessPlan> plans_;  ///< by ordinal
  InvocationRef last_;
};

/// While it lives, this process has `spare` descriptors left.
class FullTable {
 public:
  explicit FullTable(int spare);
  ~FullTable();
  FullTable(const FullTable&) = delete;
  FullTable& operator=(const FullTable&) = delete;

 private:
  rlimit before_;
  std::vector<int> taken_;
};

/// True when the process ends, or has ended, within ten seconds.
bool Ends(pid_t pid);

}  // namespace lull::runners
