// R5: whatever was acknowledged survives. The first half is here: what is answered is in the
// picture of what was committed; the second is that the store holds that picture after every crash.
#include "tests/sim/checkers/r05_durability.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/status.h"
#include "tests/support/describe.h"

namespace lull::sim {
namespace {

/// More rows than a scenario has.
constexpr std::size_t kAllRows = 1'000'000;

class DurabilityChecker : public Checker {
 public:
  void Made(World& world, const MadeSeen& made) override {
    const Picture& picture = world.picture;
    int there = 0;
    const auto look = [&](const std::string& id, const std::optional<std::string>& mark) {
      if (mark != made.mark) return;
      there += 1;
      if (id != made.id) Fail(world, "R5: one token made two things: ", id, " and ", made.id);
    };
    switch (made.kind) {
      case MadeSeen::Kind::kWindow:
        for (const auto& [id, row] : picture.windows) look(id, row.name);
        break;
      case MadeSeen::Kind::kTarget:
        for (const auto& [id, row] : picture.targets) look(id, row.name);
        break;
      case MadeSeen::Kind::kTask:
        for (const auto& [id, row] : picture.tasks) look(id, row.name);
        break;
      case MadeSeen::Kind::kExecution:
        for (const auto& [key, run] : picture.runs) {
          if (run.row.request) look(run.row.id.value(), run.row.request->reason);
        }
        break;
    }
    if (there == 0) Fail(world, "R5: ", made.id, " was acknowledged and never stored");
  }

  void Cancelled(World& world, const CancelSeen& cancel) override {
    const RunPicture* run = world.picture.Find(cancel.execution);
    if (run == nullptr || !cancel.was_active) return;
    const auto& stored = run->row.progress.cancel;
    if (!stored || stored->policy < cancel.policy) {
      Fail(world, "R5: the cancel of ", cancel.execution.value(), " was answered and never stored");
    }
  }
};

/// What differs first when anything does.
bool LooksSame(const Window& a, const Window& b) {
  return a.version == b.version && a.due_at == b.due_at && a.enabled == b.enabled &&
         a.schedule == b.schedule && a.modified_at == b.modified_at;
}
template <class Row>
bool LooksSame(const Row& a, const Row& b) {
  return a.version == b.version && a.name == b.name;
}
bool LooksSame(const TaskExecution& a, const TaskExecution& b) {
  return a.progress == b.progress && a.spec->id == b.spec->id;
}
bool LooksSame(const Finish& a, const Finish& b) {
  return a.ordinal == b.ordinal && a.status == b.status && a.detail == b.detail &&
         a.ended_at == b.ended_at;
}
bool LooksSame(const Execution& a, const Execution& b) {
  return a.progress == b.progress && a.id == b.id;
}

/// Reads the store and notes what differs: of all, every member.
class Comparison {
 public:
  Comparison(World& world, Store& store, Scope scope)
      : world_(world), store_(store), scope_(scope) {}

  absl::Status Definitions() {
    std::size_t windows = 0;
    LULL_ASSIGN_OR_RETURN(const auto rows, store_.definitions().ListWindows({0, kAllRows}));
    for (const auto& row : rows) {
      windows += Same("window", world_.picture.windows, row.window);
    }
    if (windows != world_.picture.windows.size()) Fail("a window is gone");
    LULL_RETURN_IF_ERROR(Registered());
    return Events();
  }

  absl::Status Run(RunPicture& run) {
    LULL_ASSIGN_OR_RETURN(const auto row, store_.runs().GetExecution(run.row.id));
    if (row.has_value() == run.hidden) {
      Fail("execution ", run.row.id.value(), run.hidden ? " is back" : " is gone");
    }
    if (run.hidden || !row) return absl::OkStatus();
    Execution expected = run.row;
    expected.epoch = row->epoch;  // the newest engine's, of what is active
    CheckSame(expected, *row);
    LULL_ASSIGN_OR_RETURN(const auto tasks, store_.runs().ListTaskExecutions(row->key));
    if (tasks.size() != run.tasks.size()) Fail("a task of ", run.row.id.value(), " is gone");
    for (std::size_t i = 0; i < std::min(tasks.size(), run.tasks.size()); ++i) {
      LULL_RETURN_IF_ERROR(Task(run.tasks[i], tasks[i]));
    }
    run.changed = false;
    return absl::OkStatus();
  }

 private:
  template <class... Parts>
  void Fail(const Parts&... parts) {
    world_.violations.push_back(absl::StrCat("R5: ", parts...));
  }

  template <class Row>
  void CheckSame(const Row& expected, const Row& row) {
    const bool same = LooksSame(expected, row) &&
                      (scope_ == Scope::kChanged || Describe(expected) == Describe(row));
    if (!same) Fail("the store has ", Describe(row), " for ", Describe(expected));
  }

  template <class Row>
  bool Same(const char* kind, const std::map<std::string, Row>& expected, const Row& row) {
    const auto found = expected.find(row.id.value());
    if (found == expected.end()) {
      Fail("the store has a ", kind, " that nobody made: ", row.id.value());
      return false;
    }
    CheckSame(found->second, row);
    return true;
  }

  absl::Status Registered() {
    std::size_t targets = 0;
    std::size_t tasks = 0;
    for (const auto& [id, window] : world_.picture.windows) {
      LULL_ASSIGN_OR_RETURN(const auto its_targets, store_.definitions().ListTargets(window.id));
      for (const auto& row : its_targets) targets += Same("target", world_.picture.targets, row);
      LULL_ASSIGN_OR_RETURN(const auto its_tasks, store_.definitions().ListTasks(window.id));
      for (const auto& row : its_tasks) tasks += Same("task", world_.picture.tasks, row);
    }
    if (targets != world_.picture.targets.size()) Fail("a registered target is gone");
    if (tasks != world_.picture.tasks.size()) Fail("a registered task is gone");
    return absl::OkStatus();
  }

  absl::Status Events() {
    LULL_ASSIGN_OR_RETURN(const auto counts, store_.outbox().CountEvents());
    std::int64_t count = 0;
    for (const auto& [subscriber, events] : counts) count += events;
    if (count != static_cast<std::int64_t>(world_.picture.waiting.size())) {
      Fail("the outbox has ", count, " events in place of ", world_.picture.waiting.size());
    }
    return absl::OkStatus();
  }

  absl::Status Task(const TaskPicture& expected, const TaskExecution& row) {
    CheckSame(TaskExecution{expected.spec, expected.progress}, row);
    LULL_ASSIGN_OR_RETURN(const auto finishes,
                          store_.runs().ListFinishes({row.spec->key, 0, {}, kAllRows}));
    std::vector<Finish> ours = expected.finishes;
    std::sort(ours.begin(), ours.end(),
              [](const Finish& a, const Finish& b) { return a.ordinal < b.ordinal; });
    if (finishes.size() != ours.size()) Fail("an outcome of ", row.spec->id.value(), " is gone");
    for (std::size_t i = 0; i < std::min(finishes.size(), ours.size()); ++i) {
      CheckSame(ours[i], finishes[i]);
    }
    return absl::OkStatus();
  }

  World& world_;
  Store& store_;
  const Scope scope_;
};

/// Whether a change of a doubtful commit was applied, as the store shows it.
struct Applied {
  Store& store;
  const World& world;

  template <class T>
  static absl::StatusOr<bool> Has(const absl::StatusOr<std::optional<T>>& row) {
    if (!row.ok()) return row.status();
    return row->has_value();
  }
  template <class T>
  static absl::StatusOr<bool> IsNewer(const absl::StatusOr<std::optional<T>>& row,
                                      std::int64_t than) {
    if (!row.ok()) return row.status();
    return row->has_value() && (*row)->version > than;
  }
  static absl::StatusOr<bool> Not(absl::StatusOr<bool> value) {
    if (value.ok()) *value = !*value;
    return value;
  }

  absl::StatusOr<bool> operator()(const TakeEpoch&) { return false; }  // it takes another
  absl::StatusOr<bool> operator()(const CreateWindow& made) {
    return Has(store.definitions().GetWindow(made.window.id));
  }
  absl::StatusOr<bool> operator()(const UpdateWindow& made) {
    // What is due may have moved on in the same commit, and left this one behind.
    LULL_ASSIGN_OR_RETURN(const auto row, store.definitions().GetWindow(made.window.id));
    return row && row->version > made.expected_version && row->enabled == made.window.enabled &&
           row->modified_at == made.window.modified_at && row->schedule == made.window.schedule;
  }
  absl::StatusOr<bool> operator()(const DeleteWindow& gone) {
    return Not(Has(store.definitions().GetWindow(gone.window)));
  }
  absl::StatusOr<bool> operator()(const CreateTarget& made) {
    return Has(store.definitions().GetTarget(made.target.id));
  }
  absl::StatusOr<bool> operator()(const UpdateTarget& made) {
    return IsNewer(store.definitions().GetTarget(made.target.id), made.expected_version);
  }
  absl::StatusOr<bool> operator()(const DeleteTarget& gone) {
    return Not(Has(store.definitions().GetTarget(gone.target)));
  }
  absl::StatusOr<bool> operator()(const CreateTask& made) {
    return Has(store.definitions().GetTask(made.task.id));
  }
  absl::StatusOr<bool> operator()(const UpdateTask& made) {
    return IsNewer(store.definitions().GetTask(made.task.id), made.expected_version);
  }
  absl::StatusOr<bool> operator()(const DeleteTask& gone) {
    return Not(Has(store.definitions().GetTask(gone.task)));
  }
  absl::StatusOr<bool> operator()(const MoveDue& move) {
    LULL_ASSIGN_OR_RETURN(const auto row, store.definitions().GetWindow(move.window));
    return row && row->version > move.expected_version && row->due_at == move.due_at;
  }
  absl::StatusOr<bool> operator()(const OpenExecution& open) {
    return Has(store.runs().GetExecution(open.execution.id));
  }
  absl::StatusOr<bool> operator()(const PruneExecution& prune) {
    const auto run = world.picture.runs.find(prune.execution);
    if (run == world.picture.runs.end()) return false;
    return Not(Has(store.runs().GetExecution(run->second.row.id)));
  }
  absl::StatusOr<bool> operator()(const Advance& advance) {
    LULL_ASSIGN_OR_RETURN(const auto rows, store.runs().ListTaskExecutions(advance.execution));
    for (const TaskAdvance& step : advance.tasks) {
      for (const TaskExecution& row : rows) {
        if (row.spec->key == step.task && !(row.progress == step.progress)) return false;
      }
    }
    const auto run = world.picture.runs.find(advance.execution);
    if (!advance.progress || run == world.picture.runs.end()) return true;
    LULL_ASSIGN_OR_RETURN(const auto row, store.runs().GetExecution(run->second.row.id));
    return row && row->progress == *advance.progress;
  }
  template <class Other>
  absl::StatusOr<bool> operator()(const Other&) {
    return false;
  }
};

/// Of what was settled, those events that are gone.
absl::Status ResolveSettled(World& world, Store& store, const SettleEvents& settle) {
  for (const std::int64_t seq : settle.seqs) {
    LULL_ASSIGN_OR_RETURN(const auto rows,
                          store.outbox().ListEvents(settle.subscriber, seq - 1, 1));
    const std::string& id = world.picture.places[seq];
    if (rows.empty() || rows[0].event.id != id) world.picture.waiting.erase(id);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CompareWithStore(World& world, Store& store, Scope scope) {
  Comparison comparison(world, store, scope);
  LULL_RETURN_IF_ERROR(comparison.Definitions());
  for (auto& [key, run] : world.picture.runs) {
    if (scope == Scope::kAll || run.changed) LULL_RETURN_IF_ERROR(comparison.Run(run));
  }
  return absl::OkStatus();
}

absl::Status Resolve(World& world, Store& store, const std::vector<Change>& doubtful,
                     CommitSeen& seen) {
  std::vector<ChangeResult> results;
  bool advanced = false;
  bool stood_still = false;
  for (const Change& change : doubtful) {
    LULL_ASSIGN_OR_RETURN(bool applied, std::visit(Applied{store, world}, change));
    if (const auto* keep = std::get_if<KeepEvents>(&change)) {
      applied = results[keep->of].verdict == Verdict::kApplied;
    }
    if (const auto* settle = std::get_if<SettleEvents>(&change)) {
      LULL_RETURN_IF_ERROR(ResolveSettled(world, store, *settle));
    }
    if (std::holds_alternative<Advance>(change)) (applied ? advanced : stood_still) = true;
    results.push_back({.verdict = applied ? Verdict::kApplied : Verdict::kConflict});
  }
  if (advanced && stood_still) world.violations.push_back("R5: half of a commit was applied");
  world.picture.Apply(doubtful, results, seen);
  return absl::OkStatus();
}

std::unique_ptr<Checker> MakeDurabilityChecker() { return std::make_unique<DurabilityChecker>(); }

}  // namespace lull::sim
