#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "engine/base/unique_fd.h"
#include "engine/model/ids.h"
#include "runners/record.h"

/// Each invocation has a record, a file that this daemon makes before it starts a shim, on which it
/// takes a lock that the shim inherits. So: the lock is held <=> a shim lives, or is about to;
/// there is no gap between the start and its first instruction. The shim writes its process id in
/// before it starts the command, and renames the outcome over the record when all has ended.
///
/// Who dies when, and what the next start (Adopt) finds and answers. `-` is a step, in order:
///
///   the daemon: claim committed
///     dies: no record: kNotStarted
///   - folder of the task made, with the boot id in it, both synced, marked as synced (once a task)
///     dies, between any two: no record: kNotStarted. The next start goes on from there, and keeps
///     the boot id that it finds
///   - record written under a name of its own, and locked
///     dies: no record: kNotStarted
///   - record gets its name, unless there is one (of the same invocation: the start is refused)
///     dies: not locked, no process id: kNotStarted
///   - script written, shim spawned, which inherits the lock
///     dies before: as above. Dies after: locked: kRunning once the process id is there
///   - this daemon's copy of the lock closed
///     dies, here and from here on: the shim does not notice
///   the shim: process id written in
///     dies before: not locked, no process id: the command never began: kNotStarted. The daemon, if
///       it lives: FAILED
///     dies after, until the outcome is renamed: the kernel kills the main process; not locked, a
///       process id, not final: kUnknown. The daemon, if it lives: FAILED, says so. Whoever finds
///       it so removes the script
///   - command started, ended; script removed; outcome written, synced, renamed; folder synced
///     dies after the rename: final: kFinished
///   the machine dies at any step
///     what was not synced may be gone, the record too: only a final record says something. The
///     boot id in the task's folder is another: no outcome: kUnknown. A folder that is not there
///     was not synced, so nothing began: kNotStarted; but if the folder above is not marked as that
///     of an earlier life (lost, not mounted): kUnknown
///
/// An outcome is committed to the store before ForgetSome removes the folder: found twice, it is
/// reported twice, and the store takes the first. A record with another invocation's id is an older
/// store's: it counts as none, and its shim, if one lives, finds its record replaced and leaves
/// nothing.
namespace lull::runners {

/// Makes the record, locked by the descriptor that is returned and all that inherit it. REQUIRES:
/// `folder` is the task's. Errors: kAlreadyExists: there is one of this invocation; ErrnoStatus's.
absl::StatusOr<UniqueFd> CreateRecord(const UniqueFd& folder, Ordinal ordinal,
                                      const RecordHead& head);

/// What is left of a start.
enum class Trace {
  kNone,   ///< nothing, or what shows that nothing began
  kLives,  ///< its shim
  kEnded,  ///< its outcome
  kLost,   ///< it began, and its shim has died
};
struct Found {
  Trace trace = Trace::kNone;
  std::optional<Record> record = {};  ///< kEnded only
  UniqueFd pidfd = {};                ///< kLives only: the shim's
};

/// Looks at the record of an invocation, again for up to kLookPatience while it is between two
/// states. A record that can't be read is kLost.
Found FindRecord(const UniqueFd& folder, Ordinal ordinal, const InvocationId& id);
inline constexpr absl::Duration kLookPatience = absl::Seconds(1);

/// The record of an invocation as it is now. Errors: kNotFound: there is none, or another's.
absl::StatusOr<Record> ReadRecord(const UniqueFd& folder, Ordinal ordinal, const InvocationId& id);

}  // namespace lull::runners
