#pragma once

#include <cstdint>
#include <span>

#include "runners/unique_fd.h"

namespace lull::runners {

/// The first bytes of each output stream that are kept; the rest is read and dropped, so that a
/// runaway writer fills neither disk nor memory and is not blocked either.
inline constexpr std::int64_t kDefaultOutputLimitBytes = 1 << 20;

/// Copies one output stream of a process from its pipe into a bounded file. Not thread-safe.
class Capture {
 public:
  Capture() = default;

  /// `pipe` is the reading end, non-blocking. REQUIRES: limit_bytes >= 0.
  Capture(UniqueFd pipe, UniqueFd file, std::int64_t limit_bytes);

  /// Reads what fits `buffer` and keeps what the limit lets it. Never blocks on the pipe. At the
  /// stream's end it closes itself. A file that can't be written (disk full) loses output, not the
  /// process: what is lost counts as dropped, and write_error() says why.
  void Pump(std::span<char> buffer);

  /// Ends the capture: closes the pipe, whoever may still hold its other end, and notes in the file
  /// how much was dropped. Safe to repeat.
  void Close();

  bool open() const { return pipe_.valid(); }
  int fd() const { return pipe_.get(); }

  /// The errno of the write that lost output; 0: none did.
  int write_error() const { return write_error_; }

 private:
  std::int64_t Write(std::span<const char> bytes);
  void Keep(std::span<const char> bytes);

  UniqueFd pipe_;
  UniqueFd file_;
  std::int64_t limit_ = 0;
  std::int64_t kept_ = 0;
  std::int64_t dropped_ = 0;
  int write_error_ = 0;
};

}  // namespace lull::runners
