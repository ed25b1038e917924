#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/unique_fd.h"

namespace lull::runners {

/// Waits for many descriptors, one time-out and a wake-up call at once (epoll, timerfd, eventfd).
/// One thread uses it; only Wake may be called from others.
class Poller {
 public:
  /// Errors: kUnavailable (no descriptors left).
  static absl::StatusOr<std::unique_ptr<Poller>> Create();

  /// Reports `tag` while `fd` is readable or at its end. The descriptor stays the caller's; closing
  /// the last copy of it ends the reports, but one that was read before may still be on its way:
  /// tags must not be used twice. REQUIRES: tag < kOwnTag.
  absl::Status Add(int fd, std::uint64_t tag);

  /// Ends the reports of `fd` before it is closed.
  void Remove(int fd);

  /// Waits until something can be read, Wake was called or `patience` has passed (boot time: a
  /// machine that slept counts its sleep). Puts the tags into `ready`, none when there are none.
  void Wait(absl::Duration patience, std::vector<std::uint64_t>& ready);

  /// Ends a Wait under way, or the next one. Thread-safe, never blocks.
  void Wake();

  static constexpr std::uint64_t kOwnTag = ~std::uint64_t{0} - 1;

 private:
  Poller() = default;
  void Arm(absl::Duration patience);

  UniqueFd epoll_;
  UniqueFd wake_;
  UniqueFd timer_;
};

}  // namespace lull::runners
