#include "engine/core/forecast.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "engine/core/window_schedule.h"
#include "engine/model/definitions.h"
#include "gtest/gtest.h"

namespace lull {
namespace {

using Rows = std::vector<std::pair<absl::Time, std::string>>;  // start and window id

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

Window Every(const std::string& id, int minutes, absl::Time since = kNow) {
  Window window;
  window.id = WindowId(id);
  window.name = "window-" + id;
  window.schedule = "rate(" + std::to_string(minutes) + (minutes == 1 ? " minute)" : " minutes)");
  window.duration_hours = 2;
  window.rate_base_at = since;
  return window;
}

Rows All(const std::vector<Window>& windows, const ForecastSpan& span,
         std::optional<Forecast::Place> behind = std::nullopt) {
  Forecast forecast(span, std::move(behind));
  for (const Window& window : windows) forecast.Add(window);
  Rows rows;
  while (const auto next = forecast.Next())
    rows.emplace_back(next->start, next->window->id.value());
  EXPECT_FALSE(forecast.Next().has_value()) << "and it stays so";
  return rows;
}

/// The same, said simply: each window's own, then sorted.
Rows Sorted(const std::vector<Window>& windows, const ForecastSpan& span) {
  Rows rows;
  for (const Window& window : windows) {
    const Schedule schedule = ScheduleOf(window).value();
    std::size_t count = 0;
    for (auto at = schedule.NextAfter(span.after);
         at && *at < span.before && count < span.max_per_window; at = schedule.NextAfter(*at)) {
      rows.emplace_back(*at, window.id.value());
      ++count;
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(Forecast, OfNoWindowsIsEmpty) { EXPECT_TRUE(All({}, {kNow}).empty()); }

TEST(Forecast, TellsTheWindowOfEachOccurrence) {
  Forecast forecast({kNow});
  forecast.Add(Every("a", 5));
  const auto next = forecast.Next();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->start, kNow + absl::Minutes(5));
  EXPECT_EQ(next->window->name, "window-a");
  EXPECT_EQ(next->window->duration_hours, 2);
}

TEST(Forecast, MergesByStartThenByIdAndGoesOnBehindAnyPlace) {
  std::mt19937_64 random(20231114);
  for (int round = 0; round < 20; ++round) {
    std::vector<Window> windows;
    for (int i = 0; i < 12; ++i) {
      windows.push_back(Every("mw-" + std::to_string(10 + i), 1 + static_cast<int>(random() % 7)));
    }
    std::shuffle(windows.begin(), windows.end(), random);
    const ForecastSpan span{kNow, kNow + absl::Minutes(40), 10};
    const Rows all = Sorted(windows, span);
    ASSERT_EQ(All(windows, span), all) << "round " << round;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Forecast::Place place{all[i].first, WindowId(all[i].second)};
      ASSERT_EQ(All(windows, span, place),
                Rows(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end()))
          << "round " << round << ", behind row " << i;
    }
  }
}

TEST(Forecast, BehindAPlaceWhoseWindowIsGoneTheRestIsThere) {
  const ForecastSpan span{kNow, kNow + absl::Minutes(11)};
  const Forecast::Place gone{kNow + absl::Minutes(5), WindowId("b")};
  EXPECT_EQ(All({Every("a", 5), Every("c", 5)}, span, gone),
            (Rows{{kNow + absl::Minutes(5), "c"},
                  {kNow + absl::Minutes(10), "a"},
                  {kNow + absl::Minutes(10), "c"}}));
}

TEST(Forecast, ItsSpanIsOpenAtBothEnds) {
  const ForecastSpan span{kNow + absl::Minutes(5), kNow + absl::Minutes(15)};
  EXPECT_EQ(All({Every("a", 5)}, span), (Rows{{kNow + absl::Minutes(10), "a"}}));
}

TEST(Forecast, WindowsThatAreDisabledOrCanNotBeReadHoldUpNoOther) {
  Window disabled = Every("a", 5);
  disabled.enabled = false;
  Window broken = Every("b", 5);
  broken.schedule = "whenever";
  Forecast forecast({kNow, kNow + absl::Minutes(6)});
  for (const Window& window : {disabled, broken, Every("c", 5), Every("d", 60)}) {
    forecast.Add(window);
  }
  EXPECT_EQ(forecast.Next()->window->id.value(), "c");
  EXPECT_FALSE(forecast.Next().has_value());
}

}  // namespace
}  // namespace lull
