#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "proto/config.pb.h"

namespace lull::cli {

/// The file's bytes at most.
inline constexpr std::size_t kMaxConfigBytes = 1 << 20;

/// A bearer_token_file's bytes at most.
inline constexpr std::size_t kMaxTokenBytes = 8192;

/// Reads `lull serve --config`: YAML in the shape of proto/config.proto (docs/config.md). Paths in
/// it are made absolute (relative ones count from the file's folder), and what they name is looked
/// at: it must be there, and secrets must be their owner's alone.
/// Error: kInvalidArgument with path, line, member, value and what is right.
absl::StatusOr<v1::Config> ReadConfig(const std::string& path);

/// Which members `next` has other than `now`, of those that only a start takes (all but documents
/// and transports); joined by commas, empty: none. Pure.
std::string MembersForRestart(const v1::Config& now, const v1::Config& next);

}  // namespace lull::cli
