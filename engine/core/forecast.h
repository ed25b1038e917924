#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/model/definitions.h"
#include "engine/schedule/schedule.h"

namespace lull {

/// Which occurrences a forecast is of.
struct ForecastSpan {
  absl::Time after = absl::InfinitePast();     ///< they start later than this
  absl::Time before = absl::InfiniteFuture();  ///< and earlier than this
  /// So many of each window, the first ones later than `after`.
  std::size_t max_per_window = std::numeric_limits<std::size_t>::max();
};

/// What windows will do: the occurrences to come of any number of them, merged by their start,
/// those of one instant by window id. They are computed one by one, as they are asked for: Add
/// costs one computation, Next one and O(log windows). Pure. Not thread-safe.
class Forecast {
 public:
  /// What a forecast keeps of a window.
  struct Line {
    WindowId id;
    std::string name;
    std::int64_t duration_hours = 0;
    Schedule schedule;
  };
  struct Occurrence {
    absl::Time start;
    const Line* window;  ///< the forecast's; stays as long as it does
  };
  /// An occurrence's place in the order; the window need not exist any more.
  struct Place {
    absl::Time start;
    WindowId window;
  };

  explicit Forecast(ForecastSpan span) : Forecast(span, std::nullopt) {}

  /// Goes on behind `behind`, as if all up to it had been asked for, at the cost of what follows
  /// it: a window's occurrences up to there are counted only when one more of it comes up.
  Forecast(ForecastSpan span, std::optional<Place> behind);

  /// Takes a window in; each once, before the first Next. One that is disabled has no occurrences;
  /// nor has one whose schedule can't be read (another version stored it): it holds up no other.
  void Add(const Window& window);

  /// The next occurrence; nothing when there are no more.
  std::optional<Occurrence> Next();

 private:
  struct Entry {
    Line line;
    std::optional<std::size_t> given;  ///< occurrences since span_.after; nothing: not yet counted
  };
  struct Upcoming {
    absl::Time start;
    Entry* entry;
  };
  struct Later {
    bool operator()(const Upcoming& a, const Upcoming& b) const {
      return a.start != b.start ? a.start > b.start : a.entry->line.id > b.entry->line.id;
    }
  };

  void Push(Entry& entry, std::optional<absl::Time> start);
  std::size_t CountUntil(const Schedule& schedule, absl::Time end) const;

  const ForecastSpan span_;
  const std::optional<Place> behind_;
  std::deque<Entry> entries_;  // they stay where they are
  std::priority_queue<Upcoming, std::vector<Upcoming>, Later> upcoming_;
};

}  // namespace lull
