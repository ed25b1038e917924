// Any bytes as a schedule: an error of the API's or a schedule that keeps its promises, never a
// crash.
//
// An input is lines: expression, zone, offset, StartDate, EndDate; those that are missing or empty
// are absent. tools/fuzz makes inputs up, corpus/schedule has those that every test run replays.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/schedule/schedule.h"

namespace lull {
namespace {

constexpr std::size_t kMaxBytes = 1024;
constexpr int kOccurrences = 8;

std::optional<std::string> TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string line(rest.substr(0, end));
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.empty()) return std::nullopt;
  return line;
}

void Walk(const Schedule& schedule, const Schedule& again, absl::Time after) {
  Occurrences occurrences(schedule, after);
  for (int i = 0; i < kOccurrences; ++i) {
    const auto next = occurrences.Next();
    LULL_CHECK(next == schedule.NextAfter(after));
    LULL_CHECK(next == again.NextAfter(after));
    if (!next) return;
    LULL_CHECK(*next > after);
    const auto printed = ParseDateTime(FormatRfc3339(*next, schedule.timezone()));
    LULL_CHECK(!printed.ok() || *printed == *next);
    LULL_CHECK(!FormatOccurrence(*next, schedule.timezone()).empty());
    after = *next;
  }
}

void Try(std::string_view input) {
  ScheduleText text;
  text.expression = TakeLine(input).value_or("");
  text.timezone = TakeLine(input);
  if (const auto offset = TakeLine(input)) text.offset = offset->front() - '0';
  text.start_date = TakeLine(input);
  text.end_date = TakeLine(input);
  text.counts_from = absl::FromUnixSeconds(1'767'225'600);
  const auto schedule = Schedule::Parse(text);
  if (!schedule.ok()) {
    LULL_CHECK(schedule.status().code() == absl::StatusCode::kInvalidArgument);
    LULL_CHECK(!schedule.status().message().empty());
    return;
  }
  LULL_CHECK(!schedule->Describe().empty());
  text.expression = schedule->Canonical();
  text.timezone = TimezoneName(schedule->timezone());
  const auto again = Schedule::Parse(text);
  LULL_CHECK(again.ok());
  LULL_CHECK(again->Canonical() == text.expression);
  LULL_CHECK(again->Describe() == schedule->Describe());
  for (const absl::Time after :
       {absl::InfinitePast(), text.counts_from, absl::FromUnixSeconds(1'772'953'200),
        absl::FromUnixSeconds(7'258'000'000), absl::InfiniteFuture()}) {
    Walk(*schedule, *again, after);
  }
}

}  // namespace
}  // namespace lull

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::kMaxBytes) lull::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
