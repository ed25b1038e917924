#include "runners/record.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "runners/shim/protocol.h"

namespace lull::runners {
namespace {

constexpr int kNoStatus = -1;

using Lines = std::map<std::string, std::string>;

template <typename Number>
absl::Status ReadNumber(std::string_view text, std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return absl::OkStatus();
  return Invalid("record: ", ToAbsl(word), " has no number");
}

template <typename Number>
absl::Status ReadLine(const Lines& lines, const std::string& word, Number& number) {
  const auto found = lines.find(word);
  if (found == lines.end()) return Invalid("record: no line ", word);
  return ReadNumber(found->second, word, number);
}

std::string TextOf(const Lines& lines, const std::string& word) {
  const auto found = lines.find(word);
  return found == lines.end() ? "" : found->second;
}

absl::StatusOr<RecordHead> ReadHead(const Lines& lines) {
  RecordHead head{.id = InvocationId(TextOf(lines, "id"))};
  if (head.id.empty()) return Invalid("record: no line id");
  std::int64_t timeout_us = 0;
  int undeliverable = kNoStatus;
  int timed_out = kNoStatus;
  LULL_RETURN_IF_ERROR(ReadLine(lines, "timeout_us", timeout_us));
  LULL_RETURN_IF_ERROR(ReadLine(lines, "undeliverable", undeliverable));
  LULL_RETURN_IF_ERROR(ReadLine(lines, "timed_out", timed_out));
  head.execution_timeout = absl::Microseconds(timeout_us);
  if (undeliverable != kNoStatus) head.undeliverable_status = undeliverable;
  if (timed_out != kNoStatus) head.timed_out_status = timed_out;
  return head;
}

absl::StatusOr<StopCause> ReadCause(const Lines& lines) {
  const std::string cause = TextOf(lines, "cause");
  if (cause == "none") return StopCause::kNone;
  if (cause == "stop") return StopCause::kStopRequest;
  if (cause == "time-out") return StopCause::kTimeOut;
  return Invalid("record: no line cause");
}

absl::StatusOr<ProcessEnd> ReadEnd(const Lines& lines) {
  ProcessEnd end;
  LULL_ASSIGN_OR_RETURN(end.cause, ReadCause(lines));
  if (lines.count("exit") > 0) {
    LULL_RETURN_IF_ERROR(ReadLine(lines, "exit", end.exit_status.emplace()));
  }
  if (lines.count("signal") > 0) {
    LULL_RETURN_IF_ERROR(ReadLine(lines, "signal", end.signal.emplace()));
  }
  LULL_RETURN_IF_ERROR(ReadLine(lines, "lost", end.write_error));
  const std::vector<std::string> error = absl::StrSplit(TextOf(lines, "error"), ' ');
  LULL_RETURN_IF_ERROR(ReadNumber(error.front(), "error", end.start_error));
  if (error.size() > 1) end.start_step = error[1];
  const std::vector<std::string> left = absl::StrSplit(TextOf(lines, "left"), ' ');
  LULL_RETURN_IF_ERROR(ReadNumber(left.front(), "left", end.left));
  for (std::size_t i = 1; i < left.size(); ++i) {
    LULL_RETURN_IF_ERROR(ReadNumber(left[i], "left", end.left_ids.emplace_back()));
  }
  return end;
}

}  // namespace

std::string FormatRecord(const RecordHead& head) {
  std::string text = absl::StrCat(
      shim::kMagicLine, shim::kPidWord, std::string(shim::kPidDigits, '0'), "\nid ",
      head.id.value(), "\ntimeout_us ", absl::ToInt64Microseconds(head.execution_timeout),
      "\nundeliverable ", head.undeliverable_status.value_or(kNoStatus), "\ntimed_out ",
      head.timed_out_status.value_or(kNoStatus), "\n");
  LULL_CHECK(text.size() <= shim::kMaxHeadBytes);
  return text;
}

absl::StatusOr<Record> ParseRecord(std::string_view text) {
  if (!text.starts_with(shim::kMagicLine)) return Invalid("record: is none of this version");
  Lines lines;
  for (const auto line : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    lines.insert(parts);
  }
  Record record;
  LULL_ASSIGN_OR_RETURN(record.head, ReadHead(lines));
  LULL_RETURN_IF_ERROR(ReadLine(lines, "pid", record.shim));
  if (text.ends_with(shim::kFinalLine)) {
    LULL_ASSIGN_OR_RETURN(record.end, ReadEnd(lines));
  }
  return record;
}

}  // namespace lull::runners
