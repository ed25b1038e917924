#include "cli/audit.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/data_folder.h"
#include "cli/print.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/ports/store.h"
#include "engine/schedule/date_time.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

/// Lines read at once: no read stays open for long.
constexpr std::size_t kPage = 1000;

constexpr char kFooter[] = R"(Examples:
  lull audit --data-dir ./lull-data
  lull audit --data-dir /var/lib/lull --since 2026-11-23T00:00:00Z --limit 1000 --json

Who asked for what, and from where: each call that created, changed, started or stopped something,
kept in the very commit that did it, and each attempt that was refused after its signature was found
to be right (RESULT says why). Calls that changed nothing, as a second cancel, have no line. The
newest comes last; times are UTC. The daemon may be running or not. What `lull keys` does is not in it.

Exit status: 2 the options or the folder are wrong, or a newer lull wrote it; 3 there is no such
folder, or nothing is stored in it; 7 try again later; 8 broken.)";

using Lines = std::vector<AuditReader::StoredEntry>;

absl::StatusOr<std::optional<absl::Time>> ParseSince(const std::string& text) {
  if (text.empty()) return std::optional<absl::Time>();
  absl::Time since;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &since, &error)) return std::optional(since);
  return Invalid("--since was ", JsonString(text),
                 " but must be an instant like 2026-11-23T00:00:00Z");
}

/// Oldest first.
absl::StatusOr<Lines> ReadNewest(AuditReader& audit, std::optional<absl::Time> since,
                                 std::size_t limit) {
  Lines lines;
  AuditReader::Query query;
  query.since = since;
  while (lines.size() < limit) {
    query.limit = std::min(kPage, limit - lines.size());
    LULL_ASSIGN_OR_RETURN(Lines page, audit.ListAudit(query));
    lines.insert(lines.end(), std::make_move_iterator(page.begin()),
                 std::make_move_iterator(page.end()));
    if (page.size() < query.limit) break;
    query.below = lines.back().seq;
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

std::string TextOr(const std::string& text, std::string_view other) {
  return text.empty() ? std::string(other) : OneLine(text);
}

std::string AuditTable(const Lines& lines) {
  std::vector<std::vector<std::string>> rows = {
      {"TIME", "PRINCIPAL", "SOURCE", "OPERATION", "RESULT", "RESOURCES", "SUMMARY"}};
  for (const auto& [seq, entry] : lines) {
    rows.push_back({FormatRfc3339(entry.at, absl::UTCTimeZone()), TextOr(entry.principal, "-"),
                    TextOr(entry.source, "-"), entry.operation, entry.error.value_or("applied"),
                    TextOr(entry.resources, "-"), TextOr(entry.summary, "-")});
  }
  return Table(rows);
}

std::string AuditJson(const Lines& lines) {
  std::string text;
  for (const auto& [seq, entry] : lines) {
    absl::StrAppend(&text, "{\"Seq\": ", seq,
                    ", \"Time\": ", JsonString(FormatRfc3339(entry.at, absl::UTCTimeZone())),
                    ", \"Principal\": ", JsonString(entry.principal),
                    ", \"Source\": ", JsonString(entry.source),
                    ", \"RequestId\": ", JsonString(entry.request_id),
                    ", \"Operation\": ", JsonString(entry.operation),
                    ", \"Resources\": ", JsonString(entry.resources),
                    ", \"Summary\": ", JsonString(entry.summary),
                    entry.error ? absl::StrCat(", \"Error\": ", JsonString(*entry.error)) : "",
                    "}\n");
  }
  return text;
}

}  // namespace

absl::Status PrintAudit(const AuditOptions& options, std::FILE* out) {
  if (options.limit == 0 || options.limit > kMaxAuditLines) {
    return Invalid("--limit was ", options.limit, " but must be 1 to ", kMaxAuditLines);
  }
  LULL_ASSIGN_OR_RETURN(const auto since, ParseSince(options.since));
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<storage::SqliteStore> store,
                        storage::SqliteStore::Open(
                            {.path = folder.database, .access = storage::StoreAccess::kReadOnly}));
  LULL_ASSIGN_OR_RETURN(const Lines lines, ReadNewest(store->audit(), since, options.limit));
  if (options.json) return Print(out, AuditJson(lines));
  return Print(out, lines.empty() ? "The audit log has no such line.\n" : AuditTable(lines));
}

void AddAudit(CLI::App& app, std::function<absl::Status()>& action) {
  auto options = std::make_shared<AuditOptions>();
  CLI::App* command = app.add_subcommand("audit", "Say who asked for what, when, from where");
  command->add_option("--data-dir", options->data_dir, "The daemon's folder")
      ->required()
      ->type_name("DIR");
  command->add_option("--since", options->since, "Only what came at this instant or later")
      ->type_name("TIME");
  command->add_option("--limit", options->limit, "Of the newest lines, so many")
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--json", options->json, "A JSON object a line");
  command->footer(kFooter);
  command->callback(
      [&action, options] { action = [options] { return PrintAudit(*options, stdout); }; });
}

}  // namespace lull::cli
