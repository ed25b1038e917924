#pragma once

#include "runners/shim/text.h"

namespace lull::runners::shim {

/// Copies one output stream of the command from its pipe into a file, which is made when the first
/// byte comes. What is above the limit is read and dropped, so that a runaway writer fills neither
/// disk nor memory and is not blocked either.
class Output {
 public:
  /// `folder` stays open. What an older store left under the name is removed.
  Output(int folder, const Name& file, long long limit_bytes);

  /// Makes the pipe. Returns the writing end, which is the caller's to close, or -1 and errno.
  int Open();

  /// Reads what there is, up to a buffer's fill. Never blocks on the pipe. A file that can't be
  /// written (disk full) loses output, not the process: what is lost counts as dropped, and
  /// write_error() says why.
  void Pump();

  /// Ends it, whoever may still hold the pipe's other end, and notes in the file how much was
  /// dropped. Safe to repeat.
  void Close();

  bool open() const { return pipe_ >= 0; }
  int fd() const { return pipe_; }
  int write_error() const { return write_error_; }  ///< errno; 0: nothing was lost

 private:
  long long Write(const char* bytes, long long size);
  void Keep(const char* bytes, long long size);

  const int folder_;
  const Name name_;
  const long long limit_;
  int pipe_ = -1;
  int file_ = -1;
  long long kept_ = 0;
  long long dropped_ = 0;
  int write_error_ = 0;
};

}  // namespace lull::runners::shim
