#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/model/runs.h"

namespace lull {

/// A row that can't be: no engine writes it, so something else did, or the disk has changed it.
struct Flaw {
  std::string table;  ///< task_executions
  std::string row;    ///< what finds it: `7 (d6f4...)`, key and id
  std::string what;   ///< the values that do not go together
  std::string means;  ///< what follows from it for who relies on the store
};

// What holds of the rows of runs after every commit, as pure functions over rows as one committed
// state has them. All append what they find to `flaws`, in the order of the rows.

/// Of an execution and all its tasks (by key): statuses, ends, causes of the end, the cancel, the
/// cutoff, the order of priorities; and of each task its cursor, counters and closer.
/// REQUIRES: the execution is not being pruned, which takes tasks away.
void CheckExecution(const Execution& execution, const std::vector<TaskExecution>& tasks,
                    std::vector<Flaw>& flaws);

/// Looks at all finish rows of one task, one after the other: each is claimed, none is twice or of
/// a straggler, below the low-water mark none is missing, and the counters say how many there are.
/// Remembers no row.
class FinishAudit {
 public:
  /// `task` must outlive this.
  explicit FinishAudit(const TaskExecution& task) : task_(task) {}

  /// The rows by ordinal, ascending.
  void See(const Finish& finish, std::vector<Flaw>& flaws);
  /// After the last one.
  void End(std::vector<Flaw>& flaws) const;

 private:
  const TaskExecution& task_;
  Ordinal last_ = -1;
  std::int64_t below_low_ = 0;
  std::map<Status, std::int64_t> counts_;
};

}  // namespace lull
