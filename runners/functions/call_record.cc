#include "runners/functions/call_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::runners {
namespace {

constexpr std::string_view kFirstLine = "lull call 1";
constexpr std::string_view kEndMark = "end";
constexpr std::array<std::string_view, 3> kStateNames = {"sending", "accepted", "ended"};

std::int64_t NumberOf(Status status) { return static_cast<std::int64_t>(status); }

/// The text before the next line end, which is taken off, too.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  const auto line = TakeLine(text);
  if (!line) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(line->begin(), line->end(), value);
  if (error != std::errc() || end != line->end()) return std::nullopt;
  return value;
}

std::optional<CallState> TakeState(std::string_view& text) {
  const auto line = TakeLine(text);
  for (std::size_t i = 0; line && i < kStateNames.size(); ++i) {
    if (*line == kStateNames[i]) return static_cast<CallState>(i);
  }
  return std::nullopt;
}

/// What a call may have ended as.
std::optional<Status> TakeStatus(std::string_view& text) {
  const auto number = TakeNumber(text);
  for (const Status status :
       {Status::kSuccess, Status::kFailed, Status::kTimedOut, Status::kCancelled}) {
    if (number == NumberOf(status)) return status;
  }
  return std::nullopt;
}

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string CallText(const CallRecord& record) {
  const std::string_view detail = Utf8Prefix(record.outcome.detail, kMaxDetailBytes);
  return absl::StrCat(
      ToAbsl(kFirstLine), "\n", ToAbsl(kStateNames[static_cast<std::size_t>(record.state)]), "\n",
      OneLine(record.invocation_id), "\n", OneLine(record.function), "\n",
      absl::ToUnixMicros(record.due), "\n", NumberOf(record.outcome.status), "\n",
      record.outcome.undelivered ? 1 : 0, "\n", ToAbsl(detail), "\n", ToAbsl(kEndMark));
}

std::optional<CallRecord> ParseCallText(std::string_view text) {
  // Last, for a detail may have lines of its own.
  if (!text.ends_with(kEndMark) || TakeLine(text) != kFirstLine) return std::nullopt;
  const auto state = TakeState(text);
  const auto id = TakeLine(text);
  const auto function = TakeLine(text);
  const auto due = TakeNumber(text);
  const auto status = TakeStatus(text);
  const auto undelivered = TakeNumber(text);
  if (!state || !id || !function || !due || !status || !undelivered ||
      text.size() <= kEndMark.size()) {
    return std::nullopt;
  }
  text.remove_suffix(kEndMark.size() + 1);
  return CallRecord{.state = *state,
                    .invocation_id = std::string(*id),
                    .function = std::string(*function),
                    .due = absl::FromUnixMicros(*due),
                    .outcome = {.status = *status,
                                .exit_code = std::nullopt,
                                .detail = std::string(text),
                                .undelivered = *undelivered == 1}};
}

}  // namespace lull::runners
