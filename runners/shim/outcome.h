#pragma once

#include "runners/shim/supervisor.h"
#include "runners/shim/text.h"

namespace lull::runners::shim {

/// The record of one invocation, as its shim has it: open at kRecordFd and locked, in the folder at
/// kFolderFd.
class Record {
 public:
  explicit Record(long long ordinal);

  /// Reads the daemon's lines, writes this process's id into them, and takes room for the outcome
  /// while there is some. Returns false when the record is none: then nothing may start.
  bool Begin();

  /// Removes the script and makes `ending` the record, durably: written, synced, renamed over it,
  /// the folder synced. Waits for room and tries again when it can't, for what is not stored may
  /// not be forgotten; gives up when the record was removed or replaced, so that nobody waits for
  /// it, and leaves the files of the one that replaced it alone.
  void Finish(const Ending& ending);

 private:
  bool IsStillWanted() const;
  bool Store(const char* text, int size);

  const Name record_;
  const Name outcome_;
  const Name script_;
  int outcome_fd_ = -1;
  char head_[kMaxHeadBytes + 1] = {};
};

}  // namespace lull::runners::shim
