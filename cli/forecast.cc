#include "cli/forecast.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/data_folder.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/schedule/date_time.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr std::size_t kWindowsARead = 1000;
constexpr std::size_t kPieceBytes = 64 * 1024;  // of output, at a time

/// Text on its way to a file. An error stays.
class Output {
 public:
  explicit Output(std::FILE* file) : file_(file) {}

  std::string& buffer() { return buffer_; }
  void WriteIfFull() {
    if (buffer_.size() >= kPieceBytes) Write();
  }
  absl::Status Finish() {
    Write();
    ok_ = std::fflush(file_) == 0 && ok_;
    return ok_ ? absl::OkStatus() : absl::UnavailableError("can't write the forecast");
  }

 private:
  void Write() {
    ok_ = std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size() && ok_;
    buffer_.clear();
  }

  std::FILE* const file_;
  std::string buffer_;
  bool ok_ = true;
};

constexpr char kNameTitle[] = "NAME";
constexpr std::size_t kStartWidth = std::string_view("2026-11-24T02:00:00+01:00").size();

void AppendTitles(std::size_t name_width, std::string& text) {
  absl::StrAppendFormat(&text, "%-*s  %-20s  %-*s  %s\n", static_cast<int>(kStartWidth), "START",
                        "WINDOW", static_cast<int>(name_width), kNameTitle, "DURATION");
}

void AppendRow(const Forecast::Occurrence& occurrence, std::size_t name_width, std::string& text) {
  const Forecast::Line& window = *occurrence.window;
  const absl::Time second = absl::FromUnixSeconds(absl::ToUnixSeconds(occurrence.start));
  const std::string start = FormatRfc3339(second, window.schedule.timezone());
  text += start;
  text.append(kStartWidth - start.size() + 2, ' ');
  absl::StrAppend(&text, window.id.value(), "  ", window.name);
  text.append(name_width - window.name.size() + 2, ' ');
  absl::StrAppend(&text, window.duration_hours, " h\n");
}

}  // namespace

absl::StatusOr<std::size_t> AddAllWindows(DefinitionReader& definitions, Forecast& forecast) {
  std::size_t longest = 0;
  DefinitionReader::WindowQuery query{0, kWindowsARead};
  for (bool more = true; more;) {
    LULL_ASSIGN_OR_RETURN(const auto rows, definitions.ListWindows(query));
    for (const auto& [position, window] : rows) {
      query.after_position = position;
      forecast.Add(window);
      if (window.enabled) longest = std::max(longest, window.name.size());
    }
    more = rows.size() == query.limit;
  }
  return longest;
}

void AppendOccurrenceJson(const Forecast::Occurrence& occurrence, std::string& text) {
  const Forecast::Line& window = *occurrence.window;
  absl::StrAppend(
      &text, "{\"ExecutionTime\": \"", FormatRfc3339(occurrence.start, window.schedule.timezone()),
      "\", \"WindowId\": ", JsonString(window.id.value()), ", \"Name\": ", JsonString(window.name),
      ", \"Duration\": ", window.duration_hours, "}");
}

absl::Status PrintForecast(const ForecastOptions& options, absl::Time now, std::FILE* out,
                           std::FILE* notes) {
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<storage::SqliteStore> store,
                        storage::SqliteStore::Open(
                            {.path = folder.database, .access = storage::StoreAccess::kReadOnly}));
  Forecast forecast({now, now + absl::Hours(24 * options.days)});
  LULL_ASSIGN_OR_RETURN(const std::size_t longest, AddAllWindows(store->definitions(), forecast));
  const std::size_t name_width = std::max(longest, std::string_view(kNameTitle).size());

  Output output(out);
  bool is_first = true;
  while (const auto occurrence = forecast.Next()) {
    if (options.json) {
      output.buffer() += is_first ? "[" : ",\n ";
      AppendOccurrenceJson(*occurrence, output.buffer());
    } else {
      if (is_first) AppendTitles(name_width, output.buffer());
      AppendRow(*occurrence, name_width, output.buffer());
    }
    is_first = false;
    output.WriteIfFull();
  }
  if (options.json) output.buffer() += is_first ? "[]\n" : "]\n";
  if (is_first) absl::FPrintF(notes, "Nothing opens in the next %d days.\n", options.days);
  return output.Finish();
}

}  // namespace lull::cli
