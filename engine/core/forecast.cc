#include "engine/core/forecast.h"

#include <algorithm>
#include <utility>

#include "engine/core/window_schedule.h"

namespace lull {

Forecast::Forecast(ForecastSpan span, std::optional<Place> behind)
    : span_(span), behind_(std::move(behind)) {}

void Forecast::Add(const Window& window) {
  if (!window.enabled) return;
  auto schedule = ScheduleOf(window);
  if (!schedule.ok()) return;
  absl::Time after = span_.after;
  // Of what comes before it nothing opens: it has, or was skipped.
  if (window.due_at) after = std::max(after, *window.due_at - absl::Nanoseconds(1));
  if (behind_) {
    // At the place's own instant those with greater ids are still to come.
    const bool same_instant = window.id > behind_->window;
    after = std::max(after, behind_->start - absl::Nanoseconds(same_instant ? 1 : 0));
  }
  const auto first = schedule->NextAfter(after);
  if (!first || *first >= span_.before) return;
  Entry& entry = entries_.emplace_back();
  entry.line = {window.id, window.name, window.duration_hours, *std::move(schedule)};
  if (!behind_) entry.given = 0;
  Push(entry, first);
}

std::optional<Forecast::Occurrence> Forecast::Next() {
  while (!upcoming_.empty()) {
    const auto [start, entry] = upcoming_.top();
    upcoming_.pop();
    const Schedule& schedule = entry->line.schedule;
    if (!entry->given) entry->given = CountUntil(schedule, start);
    if (*entry->given >= span_.max_per_window) continue;
    ++*entry->given;
    if (*entry->given < span_.max_per_window) Push(*entry, schedule.NextAfter(start));
    return Occurrence{start, &entry->line};
  }
  return std::nullopt;
}

void Forecast::Push(Entry& entry, std::optional<absl::Time> start) {
  if (start && *start < span_.before) upcoming_.push({*start, &entry});
}

/// Occurrences from the span's beginning up to `end`, itself left out; no more than matter.
std::size_t Forecast::CountUntil(const Schedule& schedule, absl::Time end) const {
  std::size_t count = 0;
  Occurrences occurrences(schedule, span_.after);
  for (auto at = occurrences.Next(); count < span_.max_per_window && at && *at < end;
       at = occurrences.Next()) {
    ++count;
  }
  return count;
}

}  // namespace lull
