#include "runners/record_file.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"
#include "runners/folder.h"
#include "runners/shim/protocol.h"

namespace lull::runners {
namespace {

constexpr int kLookAgainMs = 10;

std::string RecordName(Ordinal ordinal) { return absl::StrCat(ordinal, shim::kRecordSuffix); }

struct flock WholeFile() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool IsLocked(const UniqueFd& file) {
  struct flock lock = WholeFile();
  return ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

absl::StatusOr<Record> ReadOpen(const UniqueFd& file, const InvocationId& id) {
  LULL_ASSIGN_OR_RETURN(const std::string text, ReadSome(file, shim::kMaxRecordBytes));
  LULL_ASSIGN_OR_RETURN(Record record, ParseRecord(text));
  if (record.head.id != id) return absl::NotFoundError("the record is another invocation's");
  return record;
}

absl::StatusOr<UniqueFd> OpenRecord(const UniqueFd& folder, Ordinal ordinal) {
  const std::string name = RecordName(ordinal);
  UniqueFd file(::openat(folder.get(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.valid()) return file;
  if (errno == ENOENT) return absl::NotFoundError("there is no record");
  return ErrnoStatus(errno, name);
}

/// Gives the file its name. kAlreadyExists, if there is one.
absl::Status Publish(const UniqueFd& folder, const std::string& from, const std::string& to) {
  if (::renameat2(folder.get(), from.c_str(), folder.get(), to.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  if (errno == EEXIST) return absl::AlreadyExistsError("it was started before");
  return ErrnoStatus(errno, to);
}

absl::Status PublishOverOthers(const UniqueFd& folder, Ordinal ordinal, const std::string& from,
                               const InvocationId& id) {
  const std::string to = RecordName(ordinal);
  absl::Status status = Publish(folder, from, to);
  if (!absl::IsAlreadyExists(status)) return status;
  if (ReadRecord(folder, ordinal, id).ok()) return status;
  ::unlinkat(folder.get(), to.c_str(), 0);
  return Publish(folder, from, to);
}

/// One look. Nothing: it is between two states.
std::optional<Found> LookOnce(const UniqueFd& folder, Ordinal ordinal, const InvocationId& id) {
  const auto file = OpenRecord(folder, ordinal);
  if (absl::IsNotFound(file.status())) return Found{.trace = Trace::kNone};
  if (!file.ok()) return Found{.trace = Trace::kLost};
  const bool was_locked = IsLocked(*file);  // before it is read: what is read is not older
  auto record = ReadOpen(*file, id);
  if (absl::IsNotFound(record.status())) return Found{.trace = Trace::kNone};
  if (!record.ok()) return Found{.trace = Trace::kLost};
  if (record->end) return Found{.trace = Trace::kEnded, .record = *std::move(record)};
  if (!was_locked) {
    // It may have ended between the open and now: then its name leads elsewhere.
    auto again = ReadRecord(folder, ordinal, id);
    if (again.ok() && again->end) return Found{.trace = Trace::kEnded, .record = *std::move(again)};
    return Found{.trace = record->shim == 0 ? Trace::kNone : Trace::kLost};
  }
  if (record->shim == 0) return std::nullopt;
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, record->shim, 0)));
  // Still locked: so it was the shim that had this process id, and not one after it.
  if (!pidfd.valid() || !IsLocked(*file)) return std::nullopt;
  return Found{.trace = Trace::kLives, .pidfd = std::move(pidfd)};
}

}  // namespace

absl::StatusOr<UniqueFd> CreateRecord(const UniqueFd& folder, Ordinal ordinal,
                                      const RecordHead& head) {
  const std::string name = absl::StrCat(RecordName(ordinal), ".", ::getpid());
  LULL_ASSIGN_OR_RETURN(UniqueFd file, CreateFile(folder, name));
  struct flock lock = WholeFile();
  absl::Status status = ::fcntl(file.get(), F_OFD_SETLK, &lock) < 0
                            ? ErrnoStatus(errno, "lock of the record")
                            : WriteAll(file, name, FormatRecord(head));
  if (status.ok()) status = PublishOverOthers(folder, ordinal, name, head.id);
  if (status.ok()) return file;
  ::unlinkat(folder.get(), name.c_str(), 0);
  return status;
}

absl::StatusOr<Record> ReadRecord(const UniqueFd& folder, Ordinal ordinal, const InvocationId& id) {
  LULL_ASSIGN_OR_RETURN(const UniqueFd file, OpenRecord(folder, ordinal));
  return ReadOpen(file, id);
}

Found FindRecord(const UniqueFd& folder, Ordinal ordinal, const InvocationId& id) {
  const int looks = static_cast<int>(kLookPatience / absl::Milliseconds(kLookAgainMs));
  for (int look = 0; look < looks; ++look) {
    if (look > 0) ::poll(nullptr, 0, kLookAgainMs);
    if (auto found = LookOnce(folder, ordinal, id)) return *std::move(found);
  }
  return {.trace = Trace::kLost};
}

}  // namespace lull::runners
