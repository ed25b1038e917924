#include "runners/shim/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace lull::runners::shim {
namespace {

char buffer[64 << 10];  // a pipe's size

}  // namespace

Output::Output(int folder, const Name& file, long long limit_bytes)
    : folder_(folder), name_(file), limit_(limit_bytes) {
  ::unlinkat(folder_, name_.c_str(), 0);
}

int Output::Open() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return -1;
  pipe_ = ends[0];
  ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
  return ends[1];
}

void Output::Pump() {
  if (pipe_ < 0) return;
  const ssize_t n = ::read(pipe_, buffer, sizeof(buffer));
  if (n > 0) {
    Keep(buffer, n);
  } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
    Close();
  }
}

/// Writes all of the bytes, or returns how much it could.
long long Output::Write(const char* bytes, long long size) {
  if (file_ < 0) {
    file_ = ::openat(folder_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file_ < 0) {
      write_error_ = errno;
      return 0;
    }
  }
  long long written = 0;
  while (written < size) {
    const ssize_t n = ::write(file_, bytes + written, static_cast<size_t>(size - written));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      write_error_ = n < 0 ? errno : EIO;
      break;
    }
    written += n;
  }
  return written;
}

void Output::Keep(const char* bytes, long long size) {
  const long long room = dropped_ > 0 ? 0 : limit_ - kept_;
  const long long wanted = room < size ? room : size;
  const long long written = wanted > 0 ? Write(bytes, wanted) : 0;
  kept_ += written;
  dropped_ += size - written;
}

void Output::Close() {
  if (pipe_ < 0) return;
  ::close(pipe_);
  pipe_ = -1;
  if (dropped_ > 0) {
    Text<128> note;
    note.Add("\n[output truncated: ").Add(kept_).Add(" bytes kept, ").Add(dropped_);
    note.Add(" dropped]\n");
    const int error_before = write_error_;
    Write(note.c_str(), note.length());
    if (error_before != 0) write_error_ = error_before;
  }
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

}  // namespace lull::runners::shim
