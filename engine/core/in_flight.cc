#include "engine/core/in_flight.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/model/runs.h"

namespace lull {
namespace {

/// The mark passes a straggler once the window is this much wider than what is in flight in it.
constexpr Ordinal kSlack = 1024;

}  // namespace

InFlightSet InFlightSet::Restore(Ordinal low, Ordinal next, const std::vector<Ordinal>& in_flight) {
  InFlightSet set(low);
  set.slots_.assign(static_cast<std::size_t>(next - low),
                    Slot{absl::InfinitePast(), State::kFinished});
  for (const Ordinal ordinal : in_flight) {
    LULL_CHECK(ordinal < next);
    if (ordinal < low) {
      set.stragglers_.push_back({ordinal, absl::InfinitePast()});
    } else {
      set.slots_[static_cast<std::size_t>(ordinal - low)].state = State::kInFlight;
    }
  }
  set.size_ = static_cast<std::int64_t>(in_flight.size());
  return set;
}

InFlightSet::Slot* InFlightSet::Find(Ordinal ordinal) {
  if (ordinal < low_ || ordinal >= next()) return nullptr;
  return &slots_[static_cast<std::size_t>(ordinal - low_)];
}

const InFlightSet::Slot* InFlightSet::Find(Ordinal ordinal) const {
  return const_cast<InFlightSet*>(this)->Find(ordinal);
}

bool InFlightSet::Contains(Ordinal ordinal) const {
  if (const Slot* slot = Find(ordinal)) return slot->state != State::kFinished;
  return std::any_of(stragglers_.begin(), stragglers_.end(),
                     [&](const Straggler& s) { return s.ordinal == ordinal; });
}

std::vector<Ordinal> InFlightSet::Ordinals() const {
  std::vector<Ordinal> ordinals;
  for (const Straggler& straggler : stragglers_) ordinals.push_back(straggler.ordinal);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state != State::kFinished) ordinals.push_back(low_ + static_cast<Ordinal>(i));
  }
  return ordinals;
}

std::optional<absl::Time> InFlightSet::ClaimedAt(Ordinal ordinal) const {
  absl::Time at = absl::InfinitePast();
  if (const Slot* slot = Find(ordinal)) at = slot->claimed_at;
  for (const Straggler& straggler : stragglers_) {
    if (straggler.ordinal == ordinal) at = straggler.claimed_at;
  }
  if (at == absl::InfinitePast()) return std::nullopt;
  return at;
}

std::vector<std::pair<Ordinal, absl::Time>> InFlightSet::From(Ordinal from,
                                                              std::size_t limit) const {
  std::vector<std::pair<Ordinal, absl::Time>> found;
  for (const Straggler& straggler : stragglers_) {
    if (found.size() == limit) return found;
    if (straggler.ordinal >= from) found.emplace_back(straggler.ordinal, straggler.claimed_at);
  }
  for (Ordinal ordinal = std::max(from, low_); ordinal < next() && found.size() < limit;
       ++ordinal) {
    const Slot& slot = *Find(ordinal);
    if (slot.state != State::kFinished) found.emplace_back(ordinal, slot.claimed_at);
  }
  return found;
}

std::optional<absl::Time> InFlightSet::NewestClaim() const {
  if (size_ == 0) return std::nullopt;
  const absl::Time newest =
      slots_.empty() ? stragglers_.back().claimed_at : slots_.back().claimed_at;
  if (newest == absl::InfinitePast()) return std::nullopt;
  return newest;
}

bool InFlightSet::MarkLeaving(Ordinal ordinal) {
  if (Slot* slot = Find(ordinal)) {
    if (slot->state != State::kInFlight) return false;
    slot->state = State::kLeaving;
    leaving_.push_back(ordinal);
    return true;
  }
  for (Straggler& straggler : stragglers_) {
    if (straggler.ordinal != ordinal || straggler.leaving) continue;
    straggler.leaving = true;
    leaving_.push_back(ordinal);
    return true;
  }
  return false;
}

InFlightSet::LowWater InFlightSet::Plan(Ordinal new_next) const {
  LowWater plan;
  for (const Straggler& straggler : stragglers_) {
    if (!straggler.leaving) plan.stragglers.push_back(straggler.ordinal);
  }
  std::int64_t in_window = size_ - static_cast<std::int64_t>(leaving_.size()) -
                           static_cast<std::int64_t>(plan.stragglers.size()) + new_next - next();
  plan.low = low_;
  const Ordinal end = std::min(new_next, next());
  while (plan.low < end) {
    if (slots_[static_cast<std::size_t>(plan.low - low_)].state == State::kInFlight) {
      const bool sparse = new_next - plan.low > 2 * in_window + kSlack;
      if (!sparse || plan.stragglers.size() >= kMaxStragglers) break;
      plan.stragglers.push_back(plan.low);
      --in_window;
    }
    ++plan.low;
  }
  return plan;
}

void InFlightSet::Keep(const LowWater& plan, Ordinal new_next, absl::Time now) {
  for (const Ordinal ordinal : leaving_) {
    if (Slot* slot = Find(ordinal)) slot->state = State::kFinished;
  }
  size_ -= static_cast<std::int64_t>(leaving_.size());
  leaving_.clear();
  size_ += new_next - next();
  slots_.resize(static_cast<std::size_t>(new_next - low_), Slot{now, State::kInFlight});
  std::vector<Straggler> stragglers;
  for (const Ordinal ordinal : plan.stragglers) {
    stragglers.push_back({ordinal, ClaimedAt(ordinal).value_or(absl::InfinitePast())});
  }
  stragglers_ = std::move(stragglers);
  slots_.erase(slots_.begin(), slots_.begin() + (plan.low - low_));
  low_ = plan.low;
}

void InFlightSet::Unmark() {
  for (const Ordinal ordinal : leaving_) {
    if (Slot* slot = Find(ordinal)) slot->state = State::kInFlight;
  }
  for (Straggler& straggler : stragglers_) straggler.leaving = false;
  leaving_.clear();
}

}  // namespace lull
