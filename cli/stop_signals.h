#pragma once

#include "absl/time/time.h"

namespace lull::cli {

/// SIGTERM and SIGINT, taken by the one thread that asks. Blocks them for the
/// thread that makes it and all that it starts later: make it before any thread. Also lets broken
/// pipes and files at their limit be errors of a write.
class StopSignals {
 public:
  StopSignals();

  /// Whether SIGHUP does nothing, as `nohup` has it.
  static bool HangupsIgnored();

  /// From now on SIGHUP waits for WaitOrHangup instead of ending the process. Call it where the
  /// object is made.
  void TakeHangups();

  /// Waits for one of them, or for SIGHUP if that is taken. Returns its number. One thread at a
  /// time.
  int WaitOrHangup();

  /// Whether one of them waits to be taken; SIGHUP doesn't count.
  bool Pending() const;

  /// Waits for one of them, for `patience` at most. Returns its number, or 0. One thread at a time.
  int Wait(absl::Duration patience = absl::InfiniteDuration());

  /// Lets Wait return as SIGTERM does. Any thread.
  void Raise();

  /// From now on one of them ends the process at once. Call it on the thread that waited.
  void Restore();

 private:
  bool hangups_ = false;
};

}  // namespace lull::cli
