// What becomes too old is removed: the part of Runtime that does it, and its bookkeeping.
#include "engine/runtime/history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/runtime/runtime.h"

namespace lull {
namespace {

/// Executions that one pass looks at.
constexpr std::size_t kAgesRead = 64;

}  // namespace

History::Answer History::Judge(const RunReader::Age& age, absl::Time now, absl::Duration keep) {
  // One that was skipped has ended before its occurrence comes, and until then keeps it from being
  // planned again.
  const auto over_at =
      age.ended_at ? std::optional(std::max(*age.ended_at, age.start_at)) : std::nullopt;
  if (age.pruning || (over_at && *over_at <= now - keep)) return Answer::kPrune;
  if (age.started_at > now - keep) {
    Expect(age.started_at + keep);  // what comes after it started, and so ended, no earlier
    return Answer::kEnd;
  }
  Expect(over_at.value_or(now) + keep);
  return Answer::kKeep;
}

void History::Expect(absl::Time at) {
  look_at = std::min(look_at, at);
  expires_at = std::min(expires_at, at);
}

ExecutionKey History::BeginSweep() {
  if (after) return *after;
  expires_at = absl::InfiniteFuture();
  return after.emplace();
}

void History::EndSweep() {
  after.reset();
  look_at = std::exchange(expires_at, absl::InfiniteFuture());
}

std::optional<PruneExecution> History::NextChange(Epoch epoch) const {
  if (!pruning || (pruning->hidden && !pruning->outputs.empty())) return std::nullopt;
  return PruneExecution{epoch, pruning->key, pruning->outputs.empty() ? kPruneBatch : 0};
}

void Runtime::KeepHistory(absl::Time now) noexcept {
  ExecutionKey after{};
  std::optional<std::pair<Runner*, TaskKey>> output;
  {
    MutexLock lock(mutex_);
    if (HistoryDue() > now || Resting(now) || unknown_ || !control_.empty()) return;
    if (history_.pruning && !history_.pruning->outputs.empty()) {
      if (!history_.pruning->hidden) return;
      output = history_.pruning->outputs.back();
    } else if (history_.pruning) {
      return;  // the next batch removes rows
    }
    if (!output) after = history_.BeginSweep();
  }
  if (!output) return Sweep(after, now);
  if (output->first->ForgetSome(output->second)) return;
  MutexLock lock(mutex_);
  history_.pruning->outputs.pop_back();  // none but the thread that steps moves where this stands
}

void Runtime::Sweep(ExecutionKey after, absl::Time now) {
  const auto ages = options_.store->runs().ListAges(after, kAgesRead);
  if (!ages.ok()) return PutOffHistory(ages.status(), now);
  for (const RunReader::Age& age : *ages) {
    History::Answer answer;
    {
      MutexLock lock(mutex_);
      answer = history_.Judge(age, now, options_.history);
      if (answer == History::Answer::kKeep) history_.Pass(age.key);
      if (answer == History::Answer::kEnd) history_.EndSweep();
    }
    if (answer == History::Answer::kKeep) continue;
    if (answer == History::Answer::kPrune) BeginPruning(age, now);
    return;
  }
  MutexLock lock(mutex_);
  if (ages->size() < kAgesRead) history_.EndSweep();
}

void Runtime::BeginPruning(const RunReader::Age& age, absl::Time now) {
  const auto tasks = options_.store->runs().ListTaskExecutions(age.key);
  if (!tasks.ok()) return PutOffHistory(tasks.status(), now);
  History::Pruning pruning{.key = age.key, .hidden = age.pruning, .outputs = {}};
  for (const TaskExecution& task : *tasks) {
    const auto runner = options_.runners.find(task.spec->type);
    if (runner == options_.runners.end() || task.progress.next == 0) continue;
    pruning.outputs.emplace_back(runner->second, task.spec->key);
  }
  MutexLock lock(mutex_);
  history_.pruning = std::move(pruning);
}

void Runtime::PutOffHistory(const absl::Status& why, absl::Time now) {
  MutexLock lock(mutex_);
  Warn(absl::StrCat("history can't be read: ", why.message()));
  history_.pruning.reset();
  history_.after.reset();
  history_.look_at = now + kStoreRetry;
}

void Runtime::PublishPruning(const ChangeResult& result, absl::Time now) {
  const ExecutionKey key = history_.pruning->key;
  history_.pruning->hidden = true;
  if (result.verdict == Verdict::kApplied && result.value != 0) return;
  // Refused: other rows than expected. It is looked at again, but not in a loop without rest.
  if (result.verdict != Verdict::kApplied) history_.Expect(now + kStoreRetry);
  history_.Pass(key);
}

absl::Time Runtime::HistoryDue() const {
  if (held_ || options_.history == absl::InfiniteDuration()) return absl::InfiniteFuture();
  return history_.due_at();
}

}  // namespace lull
