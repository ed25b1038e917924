#include "tests/sim/world.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lull::sim {
namespace {

class CountCursor : public TargetCursor {
 public:
  explicit CountCursor(std::int64_t count) : count_(count) {}
  absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) override {
    std::vector<ResolvedTarget> piece;
    while (at_ < count_ && piece.size() < limit) {
      piece.push_back({absl::StrCat("node-", at_++), {}, {}});
    }
    return piece;
  }

 private:
  const std::int64_t count_;
  std::int64_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TargetCursor>> CountedTargets::Resolve(const TargetQuery& query) {
  const std::string& first = query.selectors.at(0).values.at(0);
  std::int64_t count = 0;
  if (!absl::SimpleAtoi(first, &count)) return absl::InvalidArgumentError("no such targets");
  return std::make_unique<CountCursor>(count);
}

void ScriptedRunner::Start(const Invocation& invocation, FinishSink& sink) {
  sink_ = &sink;
  if (++facts_.starts[invocation.ref] > 1) {
    facts_.violations.push_back(absl::StrCat("R4: started twice: task ",
                                             static_cast<std::int64_t>(invocation.ref.task),
                                             " ordinal ", invocation.ref.ordinal));
  }
  on_start_(invocation);
  in_flight_.push_back(invocation.ref);
  if (dice_.OneIn(8)) EndOne(false);  // from inside of Start, often this very one
}

Adoption ScriptedRunner::Adopt(InvocationRef ref, const TaskSpec&, FinishSink& sink) {
  sink_ = &sink;
  if (dice_.OneIn(3)) return Adoption::kUnknown;
  const bool started = facts_.starts.contains(ref);
  if (!started && !facts_.zombie) return Adoption::kNotStarted;
  if (const auto reported = facts_.reported.find(ref); reported != facts_.reported.end()) {
    Report(ref, reported->second);  // what was said once stays true, though nobody stored it
    return Adoption::kFinished;
  }
  if (facts_.lost.erase(ref) == 0) return Adoption::kUnknown;
  if (dice_.OneIn(2)) {
    Report(ref, Status::kSuccess);
    return Adoption::kFinished;
  }
  in_flight_.push_back(ref);
  return Adoption::kRunning;
}

void ScriptedRunner::RequestStop(InvocationRef invocation) { stop_requested_.insert(invocation); }

std::size_t ScriptedRunner::InFlight(TaskKey task) const {
  return static_cast<std::size_t>(
      std::count_if(in_flight_.begin(), in_flight_.end(),
                    [&](const InvocationRef& ref) { return ref.task == task; }));
}

void ScriptedRunner::Report(InvocationRef ref, Status status, bool undelivered) {
  facts_.reported.emplace(ref, status);
  const std::string detail = undelivered                  ? kUnreachable
                             : status == Status::kSuccess ? ""
                                                          : "scripted";
  sink_->Finished(ref, {status, {}, detail, undelivered});
}

void ScriptedRunner::EndOne(bool healthy) {
  if (in_flight_.empty()) return;
  const auto at = in_flight_.begin() + dice_.Below(static_cast<std::int64_t>(in_flight_.size()));
  const InvocationRef ref = *at;
  in_flight_.erase(at);
  const bool stopped = stop_requested_.count(ref) != 0;
  Status status = Status::kSuccess;
  if (stopped && dice_.OneIn(2)) {
    status = Status::kCancelled;
  } else if (!healthy && dice_.OneIn(20)) {
    Report(ref, Status::kFailed, true);
    return;
  } else if (!healthy && dice_.OneIn(6)) {
    status = dice_.Pick<Status>({Status::kFailed, Status::kTimedOut, Status::kCancelled});
  }
  Report(ref, status);
  // A runner that answers twice, the second time something else: the first counts.
  if (!healthy && dice_.OneIn(10)) sink_->Finished(ref, {Status::kFailed, {}, "again"});
}

void ScriptedRunner::Die() {
  facts_.lost.insert(in_flight_.begin(), in_flight_.end());
  in_flight_.clear();
}

}  // namespace lull::sim
