#include "engine/schedule/zone_clock.h"

#include <algorithm>

namespace lull {
namespace {

constexpr absl::CivilSecond kEpoch;  // 1970-01-01T00:00:00
/// Stand for a stretch without beginning or end: beyond all that is asked for, far from overflow.
constexpr std::int64_t kFarPast = -(std::int64_t{1} << 60);
constexpr std::int64_t kFarFuture = std::int64_t{1} << 60;

}  // namespace

void ZoneClock::Remember(std::int64_t instant) {
  if (instant >= begin_ && instant < end_) return;
  const absl::Time at = absl::FromUnixSeconds(instant);
  offset_ = offset_before_ = offset_after_ = zone_.At(at).offset;
  begin_ = kFarPast;
  end_ = kFarFuture;
  absl::TimeZone::CivilTransition transition;
  // PrevTransition looks strictly before; the one at `instant` itself begins this stretch.
  if (zone_.PrevTransition(at + absl::Seconds(1), &transition)) {
    begin_ = (transition.to - kEpoch) - offset_;
    offset_before_ = (transition.from - kEpoch) - begin_;
  }
  if (zone_.NextTransition(at, &transition)) {
    end_ = (transition.from - kEpoch) - offset_;
    offset_after_ = (transition.to - kEpoch) - end_;
  }
}

bool ZoneClock::IsUnique(std::int64_t local) const {
  return local >= begin_ + std::max(offset_, offset_before_) &&
         local < end_ + std::min(offset_, offset_after_);
}

LocalTime ZoneClock::Resolve(absl::CivilSecond local) {
  const std::int64_t seconds = local - kEpoch;
  if (!IsUnique(seconds)) Remember(seconds - offset_);
  if (IsUnique(seconds)) return {LocalTime::Kind::kUnique, seconds - offset_, {}};
  // Near a transition.
  const absl::TimeZone::TimeInfo info = zone_.At(local);
  LocalTime time{LocalTime::Kind::kUnique, absl::ToUnixSeconds(info.pre), {}};
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
    time.kind = LocalTime::Kind::kSkipped;
    time.gap_end = zone_.At(info.trans).cs;
  } else if (info.kind == absl::TimeZone::TimeInfo::REPEATED) {
    time.kind = LocalTime::Kind::kRepeated;
  }
  return time;
}

LocalTimesFrom ZoneClock::From(std::int64_t instant) {
  Remember(instant);
  LocalTimesFrom times;
  times.gap_from = times.gap_to = kEpoch;
  // What the stretch before has shown already does not count again where the clocks were put back.
  times.from = kEpoch + std::max(instant + offset_, begin_ + offset_before_);
  if (instant + offset_before_ < begin_ + offset_) {
    times.gap_from = kEpoch + (instant + offset_before_);
    times.gap_to = kEpoch + (begin_ + offset_);
  }
  return times;
}

}  // namespace lull
