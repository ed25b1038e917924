#include "runners/capture.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lull::runners {

Capture::Capture(UniqueFd pipe, UniqueFd file, std::int64_t limit_bytes)
    : pipe_(std::move(pipe)), file_(std::move(file)), limit_(limit_bytes) {
  LULL_CHECK(limit_bytes >= 0);
}

void Capture::Pump(std::span<char> buffer) {
  if (!pipe_.valid()) return;
  const ssize_t n = ::read(pipe_.get(), buffer.data(), buffer.size());
  if (n > 0) {
    Keep(buffer.first(static_cast<std::size_t>(n)));
  } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
    Close();
  }
}

/// Writes all of `bytes`, or returns how much it could.
std::int64_t Capture::Write(std::span<const char> bytes) {
  std::int64_t written = 0;
  while (written < static_cast<std::int64_t>(bytes.size())) {
    const ssize_t n = ::write(file_.get(), bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      write_error_ = n < 0 ? errno : EIO;
      break;
    }
    written += n;
  }
  return written;
}

void Capture::Keep(std::span<const char> bytes) {
  const std::int64_t size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t wanted = dropped_ > 0 ? 0 : std::min(limit_ - kept_, size);
  const std::int64_t written =
      wanted > 0 ? Write(bytes.first(static_cast<std::size_t>(wanted))) : 0;
  kept_ += written;
  dropped_ += size - written;
}

void Capture::Close() {
  pipe_.Close();
  if (file_.valid() && dropped_ > 0) {
    const std::string note =
        absl::StrCat("\n[output truncated: ", kept_, " bytes kept, ", dropped_, " dropped]\n");
    Write(note);
  }
  file_.Close();
}

}  // namespace lull::runners
