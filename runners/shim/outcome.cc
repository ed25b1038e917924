#include "runners/shim/outcome.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace lull::runners::shim {
namespace {

constexpr int kRetryMs = 1000;

using RecordText = Text<kMaxRecordBytes>;

const char* How(const Ending& ending) {
  if (!ending.started) return "not-started";
  if (ending.left > 0) return "unverifiable";
  if (ending.cause == Cause::kStop) return "stopped";
  return ending.cause == Cause::kTimeOut ? "timed-out" : "finished";
}

const char* NameOf(Cause cause) {
  if (cause == Cause::kStop) return "stop";
  return cause == Cause::kTimeOut ? "time-out" : "none";
}

void AddEnding(const Ending& ending, RecordText& text) {
  text.Add("how ").Add(How(ending)).Add("\ncause ").Add(NameOf(ending.cause)).Add("\n");
  if (ending.exited) text.Add("exit ").Add(ending.status).Add("\n");
  if (ending.signalled) text.Add("signal ").Add(ending.status).Add("\n");
  text.Add("error ").Add(ending.error.number).Add(" ").Add(ending.error.step);
  text.Add("\nlost ").Add(ending.lost).Add("\nleft ").Add(ending.left);
  for (int i = 0; i < ending.left && i < kMaxLeftIds && ending.left_ids[i] > 0; ++i) {
    text.Add(" ").Add(ending.left_ids[i]);
  }
  text.Add("\n").Add(kFinalLine);
}

/// Whether the name in the folder is that of the open file, and not of another that took its place.
bool IsNamed(int file, const Name& name) {
  struct stat mine;
  struct stat named;
  return ::fstat(file, &mine) == 0 &&
         ::fstatat(kFolderFd, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

}  // namespace

Record::Record(long long ordinal)
    : record_(shim::NameOf(ordinal, kRecordSuffix)),
      outcome_(shim::NameOf(ordinal, kOutcomeSuffix)),
      script_(shim::NameOf(ordinal, kScriptSuffix)) {}

bool Record::Begin() {
  const ssize_t size = ::pread(kRecordFd, head_, kMaxHeadBytes, 0);
  if (size <= kPidOffset + kPidDigits) return false;
  if (std::strncmp(head_, kMagicLine, sizeof(kMagicLine) - 1) != 0) return false;
  int rest = ::getpid();
  for (int at = kPidOffset + kPidDigits - 1; at >= kPidOffset; --at, rest /= 10) {
    head_[at] = static_cast<char>('0' + rest % 10);
  }
  // In place, in a block that the file has: this needs no room.
  if (::pwrite(kRecordFd, head_ + kPidOffset, kPidDigits, kPidOffset) != kPidDigits) return false;
  ::unlinkat(kFolderFd, outcome_.c_str(), 0);
  outcome_fd_ =
      ::openat(kFolderFd, outcome_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (outcome_fd_ >= 0) ::fallocate(outcome_fd_, 0, 0, kMaxRecordBytes);
  return true;
}

bool Record::IsStillWanted() const { return IsNamed(kRecordFd, record_); }

bool Record::Store(const char* text, int size) {
  if (outcome_fd_ < 0) {
    outcome_fd_ = ::openat(kFolderFd, outcome_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  }
  if (outcome_fd_ < 0) return false;
  if (::pwrite(outcome_fd_, text, static_cast<size_t>(size), 0) == size &&
      ::ftruncate(outcome_fd_, size) == 0 && ::fsync(outcome_fd_) == 0 &&
      ::renameat(kFolderFd, outcome_.c_str(), kFolderFd, record_.c_str()) == 0) {
    return true;
  }
  ::close(outcome_fd_);  // what is open may have lost its name: the next try opens what has it
  outcome_fd_ = -1;
  return false;
}

void Record::Finish(const Ending& ending) {
  RecordText text;
  text.Add(head_);
  AddEnding(ending, text);
  if (IsStillWanted()) ::unlinkat(kFolderFd, script_.c_str(), 0);
  while (IsStillWanted()) {
    if (Store(text.c_str(), text.length())) {
      ::fsync(kFolderFd);
      return;
    }
    ::poll(nullptr, 0, kRetryMs);
  }
  if (IsNamed(outcome_fd_, outcome_)) ::unlinkat(kFolderFd, outcome_.c_str(), 0);
}

}  // namespace lull::runners::shim
