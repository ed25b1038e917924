#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "proto/config.pb.h"

namespace lull::cli {

/// The file's bytes at most.
inline constexpr std::size_t kMaxConfigBytes = 1 << 20;

/// Reads `lull serve --config`: YAML in the shape of proto/config.proto. Paths in it are made
/// absolute (relative ones count from the file's folder).
/// Errors: kInvalidArgument with path, line, member, value and what is right; kNotFound.
absl::StatusOr<v1::Config> ReadConfig(const std::string& path);

}  // namespace lull::cli
