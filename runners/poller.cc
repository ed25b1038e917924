#include "runners/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"

namespace lull::runners {
namespace {

constexpr int kEventsPerWait = 64;
constexpr absl::Duration kShortestWait = absl::Microseconds(1);  // zero would disarm the timer
constexpr absl::Duration kLongestWait = absl::Hours(24);

}  // namespace

absl::StatusOr<std::unique_ptr<Poller>> Poller::Create() {
  std::unique_ptr<Poller> poller(new Poller);
  poller->epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!poller->epoll_.valid()) return ErrnoStatus(errno, "epoll_create1");
  poller->wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!poller->wake_.valid()) return ErrnoStatus(errno, "eventfd");
  poller->timer_ = UniqueFd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!poller->timer_.valid()) return ErrnoStatus(errno, "timerfd_create");
  LULL_RETURN_IF_ERROR(poller->Add(poller->wake_.get(), kOwnTag));
  LULL_RETURN_IF_ERROR(poller->Add(poller->timer_.get(), kOwnTag + 1));
  return poller;
}

absl::Status Poller::Add(int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) {
    return ErrnoStatus(errno, "epoll_ctl");
  }
  return absl::OkStatus();
}

void Poller::Remove(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Poller::Arm(absl::Duration patience) {
  itimerspec when{};  // all zero disarms
  if (patience != absl::InfiniteDuration()) {
    when.it_value = absl::ToTimespec(std::clamp(patience, kShortestWait, kLongestWait));
  }
  LULL_CHECK(::timerfd_settime(timer_.get(), 0, &when, nullptr) == 0);
}

void Poller::Wait(absl::Duration patience, std::vector<std::uint64_t>& ready) {
  ready.clear();
  Arm(patience);
  std::array<epoll_event, kEventsPerWait> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerWait,
                                 patience <= absl::ZeroDuration() ? 0 : -1);
  LULL_CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
    if (tag < kOwnTag) {
      ready.push_back(tag);
      continue;
    }
    std::uint64_t value = 0;
    const int fd = tag == kOwnTag ? wake_.get() : timer_.get();
    [[maybe_unused]] const ssize_t n = ::read(fd, &value, sizeof(value));
  }
}

void Poller::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof(one));
}

}  // namespace lull::runners
