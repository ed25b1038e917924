#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/unique_fd.h"
#include "engine/model/ids.h"
#include "engine/ports/runner.h"

/// The files of one invocation, in its task's folder: `<ordinal>.record` (runners/record_file.h),
/// `<ordinal>.script` while a command that reads it runs, and `<ordinal>.stdout` and
/// `<ordinal>.stderr` once something was printed. Folders are given open.
namespace lull::runners {

/// Writes the script into a file. Errors: ErrnoStatus's; then there is none.
absl::Status WriteScript(const UniqueFd& folder, Ordinal ordinal, std::string_view script);
std::string ScriptName(Ordinal ordinal);

/// The script in memory only, to be read from its start. Errors: ErrnoStatus's.
absl::StatusOr<UniqueFd> ScriptInMemory(std::string_view script);

/// Removes the script of what has ended without doing so itself.
void RemoveScript(const UniqueFd& folder, Ordinal ordinal);

/// Removes script and record of what was not started after all. REQUIRES: no shim has them.
void RemoveStart(const UniqueFd& folder, Ordinal ordinal);

/// The first bytes of what an invocation printed up to now, `limit` at most; none when there is no
/// such file. Follows no link. Errors: ErrnoStatus's; kInvalidArgument: no regular file.
absl::StatusOr<std::string> ReadOutputFile(const std::string& output_dir, InvocationRef invocation,
                                           OutputStream stream, std::size_t limit);

/// The last line on standard error that is not blank; empty when there is none, or it can't be
/// read. Of a long one its end.
std::string LastErrorLine(const UniqueFd& folder, Ordinal ordinal);

/// Removes some of the files of a task execution's invocations, kRemovedAtOnce at most, and at last
/// their folder. Returns whether more is left. Follows no link, and enters no folder in it.
/// Errors: ErrnoStatus's; what could not be removed stays.
absl::StatusOr<bool> RemoveSomeFiles(const std::string& output_dir, TaskKey task);
inline constexpr int kRemovedAtOnce = 256;

}  // namespace lull::runners
