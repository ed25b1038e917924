#pragma once

#include <sys/stat.h>

#include <string>

namespace lull::storage {

/// Calls `read(immutable)`: with true when the database at `path` has no log, so that nothing is
/// being written and SQLite need not make one to read; then a folder that can't be written can be
/// read, and nothing is left in it. An engine that starts meanwhile makes a log: what was read is
/// worth nothing then, `undo` is called, and it is read again as any database is. Returns what the
/// last `read` returned.
template <class Read, class Undo>
auto ReadStill(const std::string& path, const Read& read, const Undo& undo) {
  const std::string log = path + "-wal";
  struct stat info = {};
  if (stat(log.c_str(), &info) != 0) {
    auto result = read(true);
    if (stat(log.c_str(), &info) != 0) return result;
    undo();
  }
  return read(false);
}

}  // namespace lull::storage
