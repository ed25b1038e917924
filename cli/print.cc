#include "cli/print.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/schedule/date_time.h"

namespace lull::cli {

absl::Status Print(std::FILE* out, std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (is_written && std::fflush(out) == 0) return absl::OkStatus();
  return absl::UnavailableError("can't write the answer");
}

std::string Printable(std::string_view text) {
  constexpr char kReplacement[] = "\xef\xbf\xbd";  // U+FFFD
  std::string printable;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view before = rest;
    const std::optional<char32_t> point = TakeCodePoint(rest);
    if (!point) {
      rest.remove_prefix(1);
      printable += kReplacement;
      continue;
    }
    const bool is_control = *point < 0x20 || (*point >= 0x7f && *point < 0xa0);
    const bool is_kept = !is_control || *point == '\n' || *point == '\t';
    printable += is_kept ? before.substr(0, before.size() - rest.size()) : kReplacement;
  }
  return printable;
}

std::string OneLine(std::string_view text) {
  std::string line = Printable(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string TimeText(absl::Time at, absl::TimeZone zone) {
  return FormatRfc3339(absl::FromUnixSeconds(absl::ToUnixSeconds(at)), zone);
}

std::string Counted(std::int64_t count, std::string_view noun) {
  return absl::StrCat(count, " ", ToAbsl(noun), count == 1 ? "" : "s");
}

}  // namespace lull::cli
