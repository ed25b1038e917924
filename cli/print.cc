#include "cli/print.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/schedule/date_time.h"

namespace lull::cli {

absl::Status Print(std::FILE* out, std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (is_written && std::fflush(out) == 0) return absl::OkStatus();
  return absl::UnavailableError("can't write the answer");
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
