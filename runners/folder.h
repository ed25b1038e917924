#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/unique_fd.h"
#include "engine/model/ids.h"

namespace lull::runners {

/// The folder of a task execution's invocations. Nobody but this process's user can read what is in
/// it (folder 0700, files 0600).
std::string FolderOf(const std::string& output_dir, TaskKey task);

/// The folder, open; an invalid descriptor when there is none. Errors: ErrnoStatus's.
absl::StatusOr<UniqueFd> FindFolder(const std::string& output_dir, TaskKey task);

/// The folder, made if it is missing (as `output_dir` is, not those above), and made to its end if
/// a life that died left it half made: it is on the disk with the id of its boot before this
/// returns. Errors: ErrnoStatus's; kInvalidArgument: the folder is another user's.
absl::StatusOr<UniqueFd> MakeFolder(const std::string& output_dir, TaskKey task,
                                    const std::string& boot_id);

/// Makes `output_dir` if it is missing, and marks it durably. Returns whether it was marked before:
/// one that is there but empty, as where a volume is not mounted, is not the one of an earlier
/// life. Errors: ErrnoStatus's.
absl::StatusOr<bool> MakeOutputDir(const std::string& output_dir);

/// Whether what is not in the folder never was: it was made since the machine came up, or is half
/// made, so that nothing was begun in it.
bool LostNothing(const UniqueFd& folder, const std::string& boot_id);

/// The id of this boot; empty when the kernel has none.
std::string ReadBootId();

/// A file in the folder, afresh: what has its name is replaced, never followed or appended to.
absl::StatusOr<UniqueFd> CreateFile(const UniqueFd& folder, const std::string& name);

/// `name` is for the error, ErrnoStatus's.
absl::Status WriteAll(const UniqueFd& file, std::string_view name, std::string_view text);

/// The first bytes of a file, `limit` at most, from `offset`. Errors: ErrnoStatus's.
absl::StatusOr<std::string> ReadSome(const UniqueFd& file, std::size_t limit, off_t offset = 0);

}  // namespace lull::runners
