#include "runners/functions/call_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/unique_fd.h"
#include "runners/errno_status.h"
#include "runners/folder.h"
#include "runners/shim/protocol.h"

namespace lull::runners {

absl::Status CallFiles::Write(InvocationRef invocation, std::string_view suffix,
                              std::string_view text, Durability durability) const {
  const bool syncs = durability == Durability::kPowerLoss;
  const std::string name = absl::StrCat(invocation.ordinal, ToAbsl(suffix));
  const std::string temporary = absl::StrCat(name, ".tmp");
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, MakeFolder(output_dir_, invocation.task, boot_id_));
  LULL_ASSIGN_OR_RETURN(const UniqueFd file, CreateFile(folder, temporary));
  LULL_RETURN_IF_ERROR(WriteAll(file, name, text));
  if (syncs && ::fsync(file.get()) < 0) return ErrnoStatus(errno, name);
  if (::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) < 0) {
    return ErrnoStatus(errno, name);
  }
  if (syncs && ::fsync(folder.get()) < 0) return ErrnoStatus(errno, name);
  return absl::OkStatus();
}

absl::Status CallFiles::WriteRecord(InvocationRef invocation, const CallRecord& record,
                                    Durability durability) const {
  return Write(invocation, kCallSuffix, CallText(record), durability);
}

absl::Status CallFiles::WriteOutput(InvocationRef invocation, std::string_view output,
                                    Durability durability) const {
  return Write(invocation, shim::kStdoutSuffix, output, durability);
}

absl::StatusOr<std::optional<CallRecord>> CallFiles::ReadRecord(InvocationRef invocation) const {
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder, FindFolder(output_dir_, invocation.task));
  if (!folder.valid()) return std::nullopt;
  const std::string name = absl::StrCat(invocation.ordinal, ToAbsl(kCallSuffix));
  // Not to wait for the writer of a pipe that somebody put there.
  const UniqueFd file(
      ::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return std::nullopt;
  if (!file.valid()) return ErrnoStatus(errno, name);
  LULL_ASSIGN_OR_RETURN(const std::string text, ReadSome(file, kMaxCallRecordBytes));
  std::optional<CallRecord> record = ParseCallText(text);
  if (!record) {
    return absl::DataLossError(absl::StrCat("the record of a call, ",
                                            FolderOf(output_dir_, invocation.task), "/", name,
                                            ", is damaged; its outcome is unknown"));
  }
  return record;
}

}  // namespace lull::runners
