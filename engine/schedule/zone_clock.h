#pragma once

#include <cstdint>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace lull {

/// What a zone's clocks make of one local time. The rule is java.time's (spec C.4; docs/time.md):
/// a skipped time is moved forward by the gap, of a repeated one the earlier counts.
struct LocalTime {
  enum class Kind {
    kUnique,    ///< the clocks show it once
    kSkipped,   ///< never: they are put forward over it
    kRepeated,  ///< twice: they are put back over it
  };
  Kind kind = Kind::kUnique;
  std::int64_t instant = 0;   ///< seconds since 1970-01-01T00:00:00Z
  absl::CivilSecond gap_end;  ///< of kSkipped: the first local time that is shown again
};

/// The local times whose instant is at or after a given one: all from `from` on, and those of the
/// gap before it that are moved there, [gap_from, gap_to), which is empty more often than not.
struct LocalTimesFrom {
  absl::CivilSecond gap_from;
  absl::CivilSecond gap_to;
  absl::CivilSecond from;
};

/// A zone's wall clock: local times to instants and back.
///
/// A value that remembers the zone's offset and how long it lasts, because asking a zone costs more
/// than everything else that a schedule does. Not thread-safe; a new one costs nothing.
class ZoneClock {
 public:
  explicit ZoneClock(absl::TimeZone zone) : zone_(zone) {}

  LocalTime Resolve(absl::CivilSecond local);

  /// The local times that Resolve to `instant` or later; seconds since 1970-01-01T00:00:00Z.
  LocalTimesFrom From(std::int64_t instant);

 private:
  /// Remembers the stretch with one offset that `instant` is in.
  void Remember(std::int64_t instant);
  /// Whether `local`, in seconds since 1970-01-01T00:00:00 local, is shown in that stretch only.
  bool IsUnique(std::int64_t local) const;

  absl::TimeZone zone_;
  // The stretch: instants [begin_, end_), and the offsets of it and of those around it, in seconds.
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;  ///< begin_ == end_: nothing is remembered
  std::int64_t offset_ = 0;
  std::int64_t offset_before_ = 0;
  std::int64_t offset_after_ = 0;
};

}  // namespace lull
