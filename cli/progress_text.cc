#include "cli/progress_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/print.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/model/states.h"

namespace lull::cli {
namespace {

using v1::ExecutionTaskProgress;

constexpr int kMinTitle = 8;
constexpr int kMinBar = 10;
constexpr int kMaxBar = 40;
constexpr int kStatusColumns = 11;  // IN_PROGRESS
constexpr int kFrameRows = 5;       // all but the tasks: titles, how many more, a blank, two below

constexpr absl::Duration kExactBelow = absl::Seconds(10);

constexpr char kRed[] = "31";
constexpr char kGreen[] = "32";
constexpr char kYellow[] = "33";
constexpr char kCyan[] = "36";
constexpr char kDim[] = "2";
constexpr char kPlain[] = "";

std::string Paint(std::string_view text, const char* colour, const Style& style) {
  if (!style.colour || *colour == '\0' || text.empty()) return std::string(text);
  return absl::StrCat("\x1b[", colour, "m", ToAbsl(text), "\x1b[0m");
}

const char* ColourOf(std::string_view status) {
  if (status == "SUCCESS") return kGreen;
  if (status == "FAILED" || status == "TIMED_OUT") return kRed;
  if (status == "CANCELLING" || status == "CANCELLED") return kYellow;
  return status == "IN_PROGRESS" ? kCyan : kDim;
}

int ColumnsOf(std::string_view text) {
  return static_cast<int>(CountCodePoints(text).value_or(static_cast<std::int64_t>(text.size())));
}

/// The front of `text` that has room in so many columns.
std::string Fit(std::string_view text, int columns) {
  if (columns <= 0) return "";
  if (ColumnsOf(text) <= columns) return std::string(text);
  return ToUtf8(text, static_cast<std::size_t>(columns - 1)) + "~";
}

std::string Left(std::string_view text, int columns) {
  std::string cell = Fit(text, columns);
  cell.append(static_cast<std::size_t>(std::max(0, columns - ColumnsOf(cell))), ' ');
  return cell;
}

std::string Right(std::string_view text, int columns) {
  const auto blanks = static_cast<std::size_t>(std::max(0, columns - ColumnsOf(text)));
  return std::string(blanks, ' ').append(text);
}

std::int64_t ErrorsOf(const ExecutionTaskProgress& task) {
  return std::int64_t{task.failed()} + task.timed_out();
}

std::int64_t DoneOf(const ExecutionTaskProgress& task) {
  return ErrorsOf(task) + task.succeeded() + task.cancelled();
}

std::int64_t CancelledOf(const ExecutionTaskProgress& task) {
  return std::int64_t{task.cancelled()} + task.not_started();
}

/// A number of a column; nothing is quieter than many zeros.
std::string Number(std::int64_t count) { return count == 0 ? "-" : absl::StrCat(count); }

absl::Time FromWire(double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

struct Column {
  std::string title;
  int columns = 0;
};

/// The columns of counts.
std::array<Column, 4> CountColumns(const v1::DescribeDrainResponse& drain) {
  std::array<Column, 4> columns = {{{"QUEUED"}, {"IN FLIGHT"}, {"DONE"}, {"FAILED"}}};
  std::int64_t most = 0;
  for (const auto& task : drain.tasks()) most = std::max<std::int64_t>(most, task.targets());
  const int digits = ColumnsOf(absl::StrCat(most));
  for (Column& column : columns) column.columns = std::max(ColumnsOf(column.title), digits);
  return columns;
}

std::array<std::int64_t, 4> CountsOf(const ExecutionTaskProgress& task) {
  return {task.queued(), task.in_flight(), DoneOf(task), ErrorsOf(task)};
}

/// Cells for what succeeded, what failed, what is in flight, and the rest.
std::string Bar(const ExecutionTaskProgress& task, int cells, const Style& style) {
  struct Part {
    std::int64_t count;
    const char* unicode;
    const char* ascii;
    const char* colour;
  };
  const std::int64_t targets = task.targets();
  const std::array<Part, 4> parts = {{
      {task.succeeded(), "━", "=", kGreen},
      {ErrorsOf(task), "╳", "x", kRed},
      {task.in_flight(), "╍", ">", kCyan},
      {targets - task.succeeded() - ErrorsOf(task) - task.in_flight(), "─", ".", kDim},
  }};
  std::string bar;
  std::int64_t sum = 0;
  std::int64_t drawn = 0;
  for (const Part& part : parts) {
    sum += part.count;
    const std::int64_t end = targets == 0 ? 0 : (sum * cells + targets / 2) / targets;
    std::string cell;
    for (; drawn < end; ++drawn) cell += style.unicode ? part.unicode : part.ascii;
    bar += Paint(cell, part.colour, style);
  }
  return bar;
}

/// How wide the parts of a line of a task are.
struct Layout {
  int title = 0;
  int bar = 0;          // 0: none
  bool counts = false;  // else only how many of how many
  std::array<Column, 4> columns;
};

Layout LayoutFor(const v1::DescribeDrainResponse& drain, const Style& style) {
  Layout layout;
  layout.columns = CountColumns(drain);
  int longest = ColumnsOf("TASK");
  for (const auto& task : drain.tasks()) longest = std::max(longest, ColumnsOf(TitleOf(task)));
  int others = 2 + kStatusColumns;
  for (const Column& column : layout.columns) others += 2 + column.columns;
  layout.counts = style.columns >= others + kMinTitle;
  if (!layout.counts) {
    layout.title = std::clamp(style.columns - kStatusColumns - 12, 0, longest);
    return layout;
  }
  layout.title = std::min(longest, style.columns - others);
  const int room = style.columns - others - layout.title - 2;
  if (room >= kMinBar) layout.bar = std::min(room, kMaxBar);
  return layout;
}

std::string TitleLine(const Layout& layout, const Style& style) {
  std::string text = absl::StrCat(Left("TASK", layout.title), "  ", Left("STATUS", kStatusColumns));
  for (const Column& column : layout.columns) {
    absl::StrAppend(&text, "  ", Right(column.title, column.columns));
  }
  return Paint(text, kDim, style);
}

/// For the narrowest: `patch  IN_PROGRESS  31/76`.
std::string ShortLine(const ExecutionTaskProgress& task, const Layout& layout, const Style& style) {
  const std::string text =
      absl::StrCat(layout.title > 0 ? Left(TitleOf(task), layout.title) + "  " : "",
                   Left(task.status(), kStatusColumns), "  ", DoneOf(task), "/", task.targets());
  return Paint(Fit(text, style.columns), ErrorsOf(task) > 0 ? kRed : kPlain, style);
}

std::string TaskLine(const ExecutionTaskProgress& task, const Layout& layout, const Style& style) {
  if (!layout.counts) return ShortLine(task, layout, style);
  std::string text = Left(TitleOf(task), layout.title) + "  ";
  text += Paint(Left(task.status(), kStatusColumns), ColourOf(task.status()), style);
  const auto counts = CountsOf(task);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool is_error = i == 3 && counts[i] > 0;
    text += "  " + Paint(Right(Number(counts[i]), layout.columns[i].columns),
                         is_error ? kRed : kPlain, style);
  }
  if (layout.bar > 0 && task.targets() > 0) text += "  " + Bar(task, layout.bar, style);
  return text;
}

bool IsFinalTask(const ExecutionTaskProgress& task) {
  const std::optional<Status> status = ParseStatus(task.status());
  return status && IsFinal(Level::kTask, *status);
}

/// Which tasks have room: from the one before the first that is not final on, as far as it goes.
std::pair<int, int> Shown(const v1::DescribeDrainResponse& drain, int rows) {
  const int count = drain.tasks_size();
  const int room = std::max(1, rows - kFrameRows);
  if (count <= room) return {0, count};
  int first = 0;
  while (first < count && IsFinalTask(drain.tasks(first))) ++first;
  first = std::clamp(first - 1, 0, count - room);
  return {first, first + room};
}

absl::Duration ElapsedOf(const v1::DescribeDrainResponse& drain, absl::Time now) {
  if (!drain.has_start_time()) return absl::ZeroDuration();
  return (drain.has_end_time() ? FromWire(drain.end_time()) : now) - FromWire(drain.start_time());
}

/// Of what is over: a decimal where it says something.
std::string ExactText(absl::Duration length) {
  if (length >= kExactBelow || length < absl::ZeroDuration()) return LengthText(length);
  return absl::StrFormat("%.1fs", absl::ToDoubleSeconds(length));
}

std::string WholeText(const v1::DescribeDrainResponse& drain, absl::Time now) {
  const std::string length =
      HasEnded(drain) ? ExactText(ElapsedOf(drain, now)) : LengthText(ElapsedOf(drain, now));
  if (HasEnded(drain)) return absl::StrCat(" after ", length);
  if (!drain.has_estimated_quiet_time()) return absl::StrCat(" for ", length);
  return absl::StrCat(" for ", length, ", about ",
                      LengthText(FromWire(drain.estimated_quiet_time()) - now), " to go");
}

std::string WholeLine(const v1::DescribeDrainResponse& drain, absl::Time now, const Style& style) {
  const std::string status = Fit(drain.status(), style.columns);
  return Paint(status, ColourOf(drain.status()), style) +
         Fit(WholeText(drain, now), style.columns - ColumnsOf(status));
}

std::string Counts(const ExecutionTaskProgress& task) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t count, const char* what) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", what));
  };
  add(task.queued(), "queued");
  add(task.in_flight(), "in flight");
  add(DoneOf(task), "done");
  add(ErrorsOf(task), "failed");
  add(CancelledOf(task), "cancelled");
  return absl::StrJoin(parts, ", ");
}

std::string ChangeLine(const ExecutionTaskProgress& task) {
  const std::string counts = Counts(task);
  return absl::StrCat(TitleOf(task), ": ", task.status(), counts.empty() ? "" : ": ", counts);
}

}  // namespace

bool HasEnded(const v1::DescribeDrainResponse& drain) {
  const std::optional<Status> status = ParseStatus(drain.status());
  return status && IsFinal(Level::kExecution, *status);
}

std::string TitleOf(const ExecutionTaskProgress& task) {
  return OneLine(task.name().empty() ? task.task_arn() : task.name());
}

std::string LengthText(absl::Duration length) {
  const std::int64_t seconds = std::max<std::int64_t>(0, absl::ToInt64Seconds(length));
  const std::int64_t minutes = seconds / 60;
  if (minutes >= 60) return absl::StrFormat("%dh%02dm", minutes / 60, minutes % 60);
  if (minutes > 0) return absl::StrFormat("%dm%02ds", minutes, seconds % 60);
  return absl::StrFormat("%ds", seconds);
}

std::vector<std::string> DrawProgress(const v1::DescribeDrainResponse& drain, absl::Time now,
                                      std::string_view hint, const Style& style) {
  const Layout layout = LayoutFor(drain, style);
  std::vector<std::string> lines;
  if (layout.counts && drain.tasks_size() > 0) lines.push_back(TitleLine(layout, style));
  const auto [first, last] = Shown(drain, style.rows);
  for (int i = first; i < last; ++i) lines.push_back(TaskLine(drain.tasks(i), layout, style));
  if (const int others = drain.tasks_size() - (last - first); others > 0) {
    lines.push_back(Paint(Fit(absl::StrCat("and ", others, " more"), style.columns), kDim, style));
  }
  if (!lines.empty()) lines.emplace_back();
  lines.push_back(WholeLine(drain, now, style));
  if (!hint.empty()) lines.push_back(Paint(Fit(OneLine(hint), style.columns), kDim, style));
  return lines;
}

std::vector<std::string> DescribeChanges(const v1::DescribeDrainResponse& before,
                                         const v1::DescribeDrainResponse& after) {
  std::vector<std::string> lines;
  for (int i = 0; i < after.tasks_size(); ++i) {
    const std::string line = ChangeLine(after.tasks(i));
    if (i < before.tasks_size() && line == ChangeLine(before.tasks(i))) continue;
    lines.push_back(line);
  }
  if (after.status() != before.status()) {
    lines.push_back(
        absl::StrCat("Execution ", after.window_execution_id(), " is ", after.status()));
  }
  return lines;
}

std::string DrawReport(const v1::DescribeDrainResponse& drain, const Style& style) {
  int title = ColumnsOf("TASK");
  for (const auto& task : drain.tasks()) title = std::max(title, ColumnsOf(TitleOf(task)));
  title = std::min(title, std::max(kMinTitle, style.columns - 52));
  std::string text = Paint(absl::StrCat(Left("TASK", title), "  ", Left("STATUS", kStatusColumns),
                                        "     OK  FAILED  CANCELLED  DURATION"),
                           kDim, style) +
                     "\n";
  for (const auto& task : drain.tasks()) {
    const bool has_times = task.has_start_time() && task.has_end_time();
    const std::string length =
        has_times ? ExactText(FromWire(task.end_time()) - FromWire(task.start_time())) : "-";
    absl::StrAppend(
        &text, Left(TitleOf(task), title), "  ",
        Paint(Left(task.status(), kStatusColumns), ColourOf(task.status()), style),
        Right(Number(task.succeeded()), 7), "  ",
        Paint(Right(Number(ErrorsOf(task)), 6), ErrorsOf(task) > 0 ? kRed : kPlain, style), "  ",
        Right(Number(CancelledOf(task)), 9), "  ", Right(length, 8), "\n");
  }
  return absl::StrCat(text, "\n", WholeLine(drain, absl::InfinitePast(), style), "\n");
}

}  // namespace lull::cli
