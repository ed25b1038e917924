#include "tests/sim/picture.h"

#include <algorithm>
#include <cstddef>
#include <variant>

namespace lull::sim {

bool Ended(const RunPicture& run) { return IsFinal(Level::kExecution, run.row.progress.status); }

bool Ended(const TaskPicture& task) { return IsFinal(Level::kTask, task.progress.status); }

/// Paints one applied change.
struct Painter {
  Picture& picture;
  CommitSeen& seen;
  const Change& change;
  const ChangeResult& result;

  void operator()(const TakeEpoch&) { picture.epoch = static_cast<Epoch>(result.value); }
  void operator()(const CreateWindow& made) {
    picture.windows[made.window.id.value()] = made.window;
    picture.made_windows.push_back(made.window.id.value());
  }
  void operator()(const UpdateWindow& made) {
    Window& window = picture.windows[made.window.id.value()];
    window = made.window;
    window.version = made.expected_version + 1;
  }
  void operator()(const DeleteWindow& gone) {
    picture.windows.erase(gone.window.value());
    const auto of_it = [&](const auto& row) { return row.second.window == gone.window; };
    std::erase_if(picture.targets, of_it);
    std::erase_if(picture.tasks, of_it);
  }
  void operator()(const CreateTarget& made) {
    picture.targets[made.target.id.value()] = made.target;
  }
  void operator()(const UpdateTarget& made) {
    WindowTarget& target = picture.targets[made.target.id.value()];
    target = made.target;
    target.version = made.expected_version + 1;
  }
  void operator()(const DeleteTarget& gone) { picture.targets.erase(gone.target.value()); }
  void operator()(const CreateTask& made) { picture.tasks[made.task.id.value()] = made.task; }
  void operator()(const UpdateTask& made) {
    WindowTask& task = picture.tasks[made.task.id.value()];
    task = made.task;
    task.version = made.expected_version + 1;
  }
  void operator()(const DeleteTask& gone) { picture.tasks.erase(gone.task.value()); }
  void operator()(const MoveDue& move) {
    seen.guarded.emplace_back(move.epoch, &change);
    Window& window = picture.windows[move.window.value()];
    window.due_at = move.due_at;
    window.version = move.expected_version + 1;
  }
  void operator()(const OpenExecution& open) {
    if (open.move_due) (*this)(*open.move_due);
    if (!open.move_due) seen.guarded.emplace_back(open.epoch, &change);
    const ExecutionKey key = open.execution.key;
    RunPicture& run = picture.runs[key];
    run.row = open.execution;
    run.changed = true;
    picture.by_id_[open.execution.id.value()] = key;
    for (const TaskExecution& task : open.tasks) {
      picture.by_task_[static_cast<std::int64_t>(task.spec->key)] = {key, run.tasks.size()};
      TaskPicture& added = run.tasks.emplace_back();
      added.spec = task.spec;
      added.progress = task.progress;
    }
    if (run.row.progress.status != Status::kSkippedOverlapping &&
        run.row.progress.reason != Reason::kMissed) {
      ++picture.opened;
      picture.ended += Ended(run);
    }
    seen.moved.push_back({.run = &run, .before = {}, .opened = true, .tasks = {}});
  }
  void operator()(const StageSnapshot& stage) { seen.guarded.emplace_back(stage.epoch, &change); }
  void operator()(const DropSnapshots& drop) { seen.guarded.emplace_back(drop.epoch, &change); }
  void operator()(const Advance& advance) {
    seen.guarded.emplace_back(advance.epoch, &change);
    RunPicture& run = picture.runs[advance.execution];
    run.changed = true;
    Moved moved{.run = &run, .before = {}, .opened = false, .tasks = {}};
    for (const TaskAdvance& step : advance.tasks) {
      const std::size_t index = picture.by_task_.at(static_cast<std::int64_t>(step.task)).second;
      TaskPicture& task = run.tasks[index];
      moved.tasks.push_back({index, std::move(task.progress), step.finishes.size()});
      task.progress = step.progress;
      for (const Finish& finish : step.finishes) {
        task.finishes.push_back(finish);
        const auto at = static_cast<std::size_t>(finish.ordinal);
        if (task.recorded.size() <= at) task.recorded.resize(at + 1);
        ++task.recorded[at];
        ++task.outcomes[static_cast<std::size_t>(finish.status)];
      }
    }
    if (advance.progress) {
      const bool ended = Ended(run);
      moved.before = std::move(run.row.progress);
      run.row.progress = *advance.progress;
      picture.ended += !ended && Ended(run);
    }
    seen.moved.push_back(std::move(moved));
  }
  void operator()(const PruneExecution& prune) {
    seen.guarded.emplace_back(prune.epoch, &change);
    RunPicture& run = picture.runs[prune.execution];
    if (!run.hidden) seen.hidden.push_back(prune.execution);
    run.hidden = true;
  }
  void operator()(const KeepEvents& keep) {
    for (const StateEvent& event : keep.events) {
      seen.events.push_back(&event);
      picture.waiting.insert(event.id);
    }
  }
  void operator()(const SettleEvents& settle) {
    for (const std::int64_t seq : settle.seqs) picture.waiting.erase(picture.places[seq]);
  }
  // The fleet and the audit log are no rule's: the store's own tests hold them.
  void operator()(const PutNodes&) {}
  void operator()(const RemoveNodes&) {}
  void operator()(const TagNode&) {}
  void operator()(const PutGroups&) {}
  void operator()(const DropEvents&) {}
  void operator()(const KeepAudit&) {}
};

void Picture::Apply(const std::vector<Change>& changes, const std::vector<ChangeResult>& results,
                    CommitSeen& seen) {
  seen.epoch = epoch;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (results[i].verdict != Verdict::kApplied) continue;
    std::visit(Painter{*this, seen, changes[i], results[i]}, changes[i]);
  }
}

RunPicture* Picture::Find(const ExecutionId& id) {
  const auto found = by_id_.find(id.value());
  return found == by_id_.end() ? nullptr : &runs.at(found->second);
}

const RunPicture* Picture::Find(const ExecutionId& id) const {
  const auto found = by_id_.find(id.value());
  return found == by_id_.end() ? nullptr : &runs.at(found->second);
}

const TaskPicture* Picture::Find(TaskKey key) const {
  const auto found = by_task_.find(static_cast<std::int64_t>(key));
  if (found == by_task_.end()) return nullptr;
  return &runs.at(found->second.first).tasks[found->second.second];
}

}  // namespace lull::sim
