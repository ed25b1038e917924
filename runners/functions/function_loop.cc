#include "runners/functions/function_loop.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::runners {
namespace {

constexpr int kAccepted = 202;  // HTTP's

/// Call backs whose repetition is known as one.
constexpr std::size_t kRemembered = 4096;

}  // namespace

FunctionLoop::FunctionLoop(FunctionLoopOptions options, std::unique_ptr<Poller> poller)
    : options_(std::move(options)), poller_(std::move(poller)) {}

// --- What others ask for ---

void FunctionLoop::Start(InvocationRef invocation, InvocationId id, FunctionCall call,
                         FinishSink& sink) {
  CountOnTheirWay(+1);
  Do([this, invocation, id = std::move(id), call = std::move(call), &sink] {
    Add(invocation, {.id = id, .function = call.function, .sink = &sink, .call = call});
    Post(invocation);
  });
}

void FunctionLoop::Resume(InvocationRef invocation, const InvocationId& id, std::string function,
                          absl::Time due, FinishSink& sink) {
  Do([this, invocation, id, function = std::move(function), due, &sink] {
    const auto which = Add(
        invocation, {.id = id, .function = function, .sink = &sink, .state = CallState::kAccepted});
    SetDue(which, options_.clock->SinceBoot() + (due - options_.clock->Now()));
  });
}

void FunctionLoop::Remember(const InvocationId& id) {
  Do([this, id] { RememberHere(id); });
}

void FunctionLoop::RequestStop(InvocationRef invocation) {
  Do([this, invocation] { OnStop(invocation); });
}

CallBack FunctionLoop::TakeResult(const InvocationId& id, std::string_view body) {
  std::optional<CallBack> taken;  // under mutex_
  Do([this, &id, &body, &taken] {
    const CallBack result = OnResult(id, body);
    MutexLock lock(mutex_);
    taken = result;
    taken_.SignalAll();
  });
  MutexLock lock(mutex_);
  while (!taken) taken_.Wait(mutex_);
  return *taken;
}

std::size_t FunctionLoop::on_their_way() {
  MutexLock lock(mutex_);
  return on_their_way_;
}

void FunctionLoop::CountOnTheirWay(int change) {
  MutexLock lock(mutex_);
  on_their_way_ += static_cast<std::size_t>(change);
}

// --- The thread ---

void FunctionLoop::Do(std::function<void()> piece) {
  {
    MutexLock lock(mutex_);
    pieces_.push_back(std::move(piece));
  }
  poller_->Wake();
}

void FunctionLoop::Stop() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  poller_->Wake();
}

void FunctionLoop::Loop() {
  std::vector<std::uint64_t> none;
  while (DoPieces()) {
    DoDue();
    poller_->Wait(UntilDue(), none);
  }
}

bool FunctionLoop::DoPieces() {
  std::vector<std::function<void()>> pieces;
  {
    MutexLock lock(mutex_);
    if (is_stopping_) return false;
    pieces.swap(pieces_);
  }
  for (const auto& piece : pieces) piece();
  return true;
}

absl::Duration FunctionLoop::UntilDue() const {
  if (due_.empty()) return absl::InfiniteDuration();
  return std::max(due_.begin()->first - options_.clock->SinceBoot(), absl::ZeroDuration());
}

void FunctionLoop::DoDue() {
  const absl::Duration now = options_.clock->SinceBoot();
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto which = calls_.find(due_.begin()->second);
    LULL_CHECK(which != calls_.end());
    SetDue(which, absl::InfiniteDuration());
    if (which->second.state == CallState::kAccepted) {
      End(which, NoCallBack(which->second.function));
    } else {
      Post(which->first);
    }
  }
}

void FunctionLoop::SetDue(Calls::iterator which, absl::Duration due) {
  due_.erase({which->second.due, which->first});
  which->second.due = due;
  if (due != absl::InfiniteDuration()) due_.insert({due, which->first});
}

FunctionLoop::Calls::iterator FunctionLoop::Add(InvocationRef invocation, Call call) {
  const auto [which, is_new] = calls_.emplace(invocation, std::move(call));
  LULL_CHECK(is_new);
  by_id_[which->second.id] = invocation;
  return which;
}

// --- A call's life ---

/// The mark first: what has none was not sent.
void FunctionLoop::Post(InvocationRef invocation) {
  const auto which = calls_.find(invocation);
  Call& call = which->second;
  const absl::Status kept = Keep(which, {.state = CallState::kSending}, Durability::kDeath);
  if (absl::IsResourceExhausted(kept)) {
    if (!is_short_ && options_.warn) {
      options_.warn(absl::StrCat("calls of functions wait: ", kept.message()));
    }
    is_short_ = true;
    return SetDue(which, options_.clock->SinceBoot() + options_.shortage_retry);
  }
  is_short_ = false;
  if (!kept.ok()) return End(which, NotCalled(call.function, kept));
  call.request = options_.http->Post(call.call.request, [this, invocation](http::Answer answer) {
    Do([this, invocation, answer = std::move(answer)] { OnAnswer(invocation, answer); });
  });
}

void FunctionLoop::OnAnswer(InvocationRef invocation, const http::Answer& answer) {
  const auto which = calls_.find(invocation);
  if (which == calls_.end()) return;  // stopped, or it called back before it answered
  if (answer.delivery == http::Delivery::kAnswered && answer.status == kAccepted) {
    return Accept(which);
  }
  End(which, EndingOfAnswer(which->second.function, answer, options_.read));
}

void FunctionLoop::Accept(Calls::iterator which) {
  Call& call = which->second;
  const absl::Duration patience = call.call.result_timeout;
  call.state = CallState::kAccepted;
  call.request.reset();
  call.call = {};
  SetDue(which, options_.clock->SinceBoot() + patience);
  const absl::Status kept =
      Keep(which, {.state = CallState::kAccepted, .due = options_.clock->Now() + patience},
           Durability::kPowerLoss);
  if (!kept.ok() && options_.warn) {
    options_.warn(absl::StrCat("a function's call back is waited for by this process only: ",
                               kept.message()));
  }
  CountOnTheirWay(-1);
}

void FunctionLoop::OnStop(InvocationRef invocation) {
  const auto which = calls_.find(invocation);
  if (which == calls_.end()) return;
  const Call& call = which->second;
  if (call.request) options_.http->Abort(*call.request);
  const bool may_act = call.state == CallState::kSending && call.request;
  End(which, may_act ? StoppedWhileCalled(call.function) : StoppedWaiting());
}

CallBack FunctionLoop::OnResult(const InvocationId& id, std::string_view body) {
  if (remembered_.contains(id)) return CallBack::kTaken;
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return CallBack::kUnknown;
  const auto which = calls_.find(found->second);
  Ending ending = EndingOfBody(which->second.function, body, options_.read);
  if (const absl::Status kept = KeepEnding(which, ending, Durability::kPowerLoss); !kept.ok()) {
    if (options_.warn) options_.warn(absl::StrCat("a function's call back: ", kept.message()));
    return CallBack::kNotStored;
  }
  if (which->second.request) options_.http->Abort(*which->second.request);
  RememberHere(id);
  Report(which, std::move(ending.outcome));
  return CallBack::kTaken;
}

void FunctionLoop::End(Calls::iterator which, Ending ending) {
  const absl::Status kept = KeepEnding(which, ending, Durability::kDeath);
  if (!kept.ok() && !ending.output.empty()) {
    absl::StrAppend(&ending.outcome.detail, ending.outcome.detail.empty() ? "" : "; ",
                    "its output could not be kept: ", kept.message());
  }
  Report(which, std::move(ending.outcome));
}

void FunctionLoop::Report(Calls::iterator which, Outcome outcome) {
  const InvocationRef invocation = which->first;
  FinishSink& sink = *which->second.sink;
  const bool was_on_its_way = which->second.state == CallState::kSending;
  SetDue(which, absl::InfiniteDuration());
  by_id_.erase(which->second.id);
  calls_.erase(which);
  sink.Finished(invocation, std::move(outcome));
  if (was_on_its_way) CountOnTheirWay(-1);
}

absl::Status FunctionLoop::Keep(Calls::iterator which, CallRecord record, Durability durability) {
  record.invocation_id = which->second.id.value();
  record.function = which->second.function;
  return options_.files.WriteRecord(which->first, record, durability);
}

absl::Status FunctionLoop::KeepEnding(Calls::iterator which, const Ending& ending,
                                      Durability durability) {
  if (!ending.output.empty()) {
    LULL_RETURN_IF_ERROR(options_.files.WriteOutput(which->first, ending.output, durability));
  }
  return Keep(which, {.state = CallState::kEnded, .outcome = ending.outcome}, durability);
}

void FunctionLoop::RememberHere(const InvocationId& id) {
  if (!remembered_.insert(id).second) return;
  remembered_order_.push_back(id);
  if (remembered_order_.size() <= kRemembered) return;
  remembered_.erase(remembered_order_.front());
  remembered_order_.pop_front();
}

}  // namespace lull::runners
