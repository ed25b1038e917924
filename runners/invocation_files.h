#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/ids.h"
#include "engine/ports/runner.h"
#include "runners/unique_fd.h"

namespace lull::runners {

/// The files of one invocation, in the folder `<output_dir>/<task key>`: `<ordinal>.script`,
/// `<ordinal>.stdout` and `<ordinal>.stderr`. Nobody but this process's user can read them (folder
/// 0700, files 0600). The script is removed when this is destroyed; outputs stay.
struct InvocationFiles {
  InvocationFiles() = default;
  InvocationFiles(InvocationFiles&& other) noexcept;
  InvocationFiles& operator=(InvocationFiles&&) = delete;
  ~InvocationFiles();

  std::string script_path;
  UniqueFd stdout_file;
  UniqueFd stderr_file;
};

/// Makes the folders that are missing (not those above `output_dir`) and the files, afresh: what an
/// older store left under the same keys is replaced, never followed or appended to.
///
/// REQUIRES: output_dir is absolute.
/// Errors: ErrnoStatus's: a folder or file can't be made or written; kInvalidArgument: the folder
/// is another user's.
absl::StatusOr<InvocationFiles> CreateInvocationFiles(const std::string& output_dir,
                                                      InvocationRef invocation,
                                                      std::string_view script);

/// The first bytes of what an invocation printed up to now, `limit` at most; none when there is no
/// such file. Follows no link. Errors: ErrnoStatus's; kInvalidArgument: no regular file.
absl::StatusOr<std::string> ReadOutputFile(const std::string& output_dir, InvocationRef invocation,
                                           OutputStream stream, std::size_t limit);

/// Of the file that ReadOutputFile reads for OutputStream::kStdout.
inline constexpr std::string_view kStdoutSuffix = "stdout";

/// What a file that was written survives.
enum class Durability {
  kDeath,      ///< the end of this process
  kPowerLoss,  ///< that of the machine, too
};

/// Writes the file `<ordinal>.<suffix>` of an invocation, in the place of one that is there:
/// whoever reads it finds the old text or the new. Makes folders as CreateInvocationFiles does. Not
/// for two threads and one invocation. Errors: as CreateInvocationFiles's.
absl::Status WriteInvocationFile(const std::string& output_dir, InvocationRef invocation,
                                 std::string_view suffix, std::string_view text,
                                 Durability durability);

/// The first bytes of the file `<ordinal>.<suffix>`, `limit` at most; nothing when there is none.
/// Follows no link. Errors: ErrnoStatus's; kInvalidArgument: no regular file.
absl::StatusOr<std::optional<std::string>> ReadInvocationFile(const std::string& output_dir,
                                                              InvocationRef invocation,
                                                              std::string_view suffix,
                                                              std::size_t limit);

/// Removes some of the files of a task execution's invocations, kRemovedAtOnce at most, and at last
/// their folder. Returns whether more is left. Follows no link, and enters no folder in it.
/// Errors: ErrnoStatus's; what could not be removed stays.
absl::StatusOr<bool> RemoveSomeFiles(const std::string& output_dir, TaskKey task);
inline constexpr int kRemovedAtOnce = 256;

}  // namespace lull::runners
