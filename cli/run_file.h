#pragma once

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/maintenance_windows.pb.h"

namespace lull::cli {

/// A task of a run, as the API is asked for it.
struct RunTask {
  /// Without WindowId, and without the WindowTargetIds of `targets`.
  v1::RegisterTaskWithMaintenanceWindowRequest request;

  /// What is to be registered for it first, without WindowId: tags and a group.
  std::vector<v1::RegisterTargetWithMaintenanceWindowRequest> targets;
};

/// What `lull run` is to do: all of it was checked as far as that can be without a daemon.
struct RunFile {
  v1::CreateMaintenanceWindowRequest window;
  std::vector<RunTask> tasks;  ///< in the file's order
};

/// The file's bytes at most.
inline constexpr std::size_t kMaxRunFileBytes = std::size_t{1} << 20;

/// Reads a file in the shape of proto/run_file.proto. Error: kInvalidArgument with the line, the
/// member, its value and what is right.
absl::StatusOr<RunFile> ParseRunFile(std::string_view text);

/// The same of the file `path`, or of `in` when that is `-`; errors begin with the path.
absl::StatusOr<RunFile> ReadRunFile(const std::string& path, std::FILE* in);

}  // namespace lull::cli
