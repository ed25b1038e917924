#pragma once

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
#include "runners/process_runner.h"
#include "runners/shell_command.h"

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
  std::size_t count();

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<InvocationRef, Outcome> outcomes_ ABSL_GUARDED_BY(mutex_);
};

/// A runner with real processes, in a folder of this test's own.
class RunnerTest : public testing::Test {
 protected:
  RunnerTest();

  /// Starts a command as ordinal 0, 1, 2...
  InvocationRef Start(ShellCommand command);
  InvocationRef StartScript(const std::string& script) { return Start({.commands = {script}}); }

  /// Starts a command and waits for its outcome.
  Outcome Run(ShellCommand command) { return sink_.Await(Start(std::move(command))); }
  Outcome RunScript(const std::string& script) { return sink_.Await(StartScript(script)); }

  /// What an invocation wrote. The last one's, when there is no argument.
  std::string Stdout() const { return ReadStream(last_, "stdout"); }
  std::string Stderr() const { return ReadStream(last_, "stderr"); }
  std::string ReadStream(InvocationRef invocation, const std::string& stream) const;

  /// Makes a named pipe and returns its path.
  std::string MakeFifo(const std::string& name);

  /// The first line that some process writes into a named pipe; waits for it.
  static std::string ReadLine(const std::string& fifo);

  /// Makes the runner anew, with changed options.
  void Recreate();

  std::string folder_;
  BootClock clock_;
  RecordingSink sink_;
  ProcessRunnerOptions options_;
  std::unique_ptr<ProcessRunner> runner_;
  // What Start hands to the runner; tests of refusals change it.
  TaskSpec task_;
  ResolvedTarget target_;
  std::vector<ShellCommand> commands_;  ///< by ordinal
  InvocationRef last_;
};

/// True when the process ends, or has ended, within ten seconds.
bool Ends(pid_t pid);

}  // namespace lull::runners
