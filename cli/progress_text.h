#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "proto/extensions.pb.h"

namespace lull::cli {

/// Of what text is drawn on, and with what.
struct Style {
  int columns = 80;
  int rows = 24;
  bool colour = false;   ///< ANSI's eight
  bool unicode = false;  ///< bars of lines; else ASCII
};

/// An execution as it stands at `now`: a line a task with its counts and, where it fits, a bar;
/// then how long it has taken and is likely to take, and `hint`. Lines without their ends,
/// style.columns wide and style.rows many at most. Pure, as all here.
std::vector<std::string> DrawProgress(const v1::DescribeDrainResponse& drain, absl::Time now,
                                      std::string_view hint, const Style& style);

/// What is new in `after`, a line an execution or task whose status or counts have changed. Of
/// `before`, a default one says nothing.
std::vector<std::string> DescribeChanges(const v1::DescribeDrainResponse& before,
                                         const v1::DescribeDrainResponse& after);

/// What became of each task, as a table, and of all, as a line.
std::string DrawReport(const v1::DescribeDrainResponse& drain, const Style& style);

/// Whether no more will come of it.
bool HasEnded(const v1::DescribeDrainResponse& drain);

/// The task's name, or else its ARN.
std::string TitleOf(const v1::ExecutionTaskProgress& task);

/// `2h03m`, `2m10s`, `9s`; never negative.
std::string LengthText(absl::Duration length);

}  // namespace lull::cli
