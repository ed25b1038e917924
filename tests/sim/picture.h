#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/ports/changes.h"

namespace lull::sim {

/// A task execution, as the changes that were applied have left it.
struct TaskPicture {
  std::shared_ptr<const TaskSpec> spec;
  TaskProgress progress;
  std::vector<Finish> finishes;        ///< in the order of their commits
  std::vector<std::uint8_t> recorded;  ///< by ordinal: how many outcomes it has
  std::array<std::int64_t, kAllStatuses.size()> outcomes{};  ///< how many of each

  int Recorded(Ordinal ordinal) const {
    const auto at = static_cast<std::size_t>(ordinal);
    return at < recorded.size() ? recorded[at] : 0;
  }
  bool shut = false;  ///< an answered cancel closed it: it starts nothing any more
};

/// An execution with its tasks.
struct RunPicture {
  Execution row;
  std::vector<TaskPicture> tasks;
  bool hidden = false;   ///< history goes: no reader finds it
  bool changed = false;  ///< since it was compared with the store
};

bool Ended(const RunPicture& run);
bool Ended(const TaskPicture& task);

/// What one commit did to one execution.
struct Moved {
  const RunPicture* run = nullptr;          ///< as it is now
  std::optional<ExecutionProgress> before;  ///< nothing: it was opened, or did not move itself
  bool opened = false;
  struct Task {
    std::size_t index = 0;
    TaskProgress before;
    std::size_t finishes = 0;  ///< the last so many of its finishes are new
  };
  std::vector<Task> tasks;  ///< those that moved
};

/// What one commit did.
struct CommitSeen {
  absl::Time now;  ///< the engine's wall time when it began
  Epoch epoch{};   ///< the newest that any engine had taken before it
  std::vector<std::pair<Epoch, const Change*>> guarded;  ///< applied with an epoch, and which
  std::vector<Moved> moved;
  std::vector<const StateEvent*> events;  ///< put into the outbox
  std::vector<ExecutionKey> hidden;       ///< history that went
};

/// Everything that the store is to hold, made of the changes that it said it applied: no rule is in
/// it, no row is read for it. Checkers look at it, and now and then hold the store against it.
class Picture {
 public:
  /// Takes over what a commit did. REQUIRES: a result for each change.
  void Apply(const std::vector<Change>& changes, const std::vector<ChangeResult>& results,
             CommitSeen& seen);

  RunPicture* Find(const ExecutionId& id);
  const RunPicture* Find(const ExecutionId& id) const;
  const TaskPicture* Find(TaskKey key) const;

  std::map<ExecutionKey, RunPicture> runs;  ///< what is gone is hidden
  std::map<std::string, Window> windows;    ///< by id, as all definitions
  std::map<std::string, WindowTarget> targets;
  std::map<std::string, WindowTask> tasks;
  std::vector<std::string> made_windows;    ///< ids in the order of creation, those deleted too
  std::unordered_set<std::string> waiting;  ///< the outbox: ids of events, looked up only
  std::unordered_map<std::int64_t, std::string> places;  ///< of events that were read: their ids
  Epoch epoch{};                                         ///< the newest
  std::int64_t opened = 0;                               ///< executions that began to run
  std::int64_t ended = 0;                                ///< of those, that became final

 private:
  friend struct Painter;
  std::unordered_map<std::string, ExecutionKey> by_id_;  // looked up only, never iterated
  std::unordered_map<std::int64_t, std::pair<ExecutionKey, std::size_t>> by_task_;
};

}  // namespace lull::sim
