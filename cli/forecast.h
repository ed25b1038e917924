#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/core/forecast.h"
#include "engine/ports/store.h"

namespace lull::cli {

/// What `lull forecast` is told.
struct ForecastOptions {
  std::string data_dir;
  std::int64_t days = 7;
  bool json = false;
};
inline constexpr std::int64_t kMaxForecastDays = 366;

/// Takes in all windows that are stored. Returns the length of the longest name of an enabled one.
/// Errors: the reader's.
absl::StatusOr<std::size_t> AddAllWindows(DefinitionReader& definitions, Forecast& forecast);

/// {"ExecutionTime": ..., "WindowId": ..., "Name": ..., "Duration": ...}
void AppendOccurrenceJson(const Forecast::Occurrence& occurrence, std::string& text);

/// Prints to `out` what will open between `now` and so many days later, in order: a table, or a
/// JSON list with an object a line. When nothing will, the table is empty, and a sentence to
/// `notes` says so. Reads the store beside a daemon that has it open, and takes no lock of it.
/// Errors: those of FindDataFolder and of SqliteStore::Open for reading; kUnavailable: `out` takes
/// no more.
absl::Status PrintForecast(const ForecastOptions& options, absl::Time now, std::FILE* out,
                           std::FILE* notes);

}  // namespace lull::cli
