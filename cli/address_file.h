#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lull::cli {

/// Where a daemon is to be asked, as it leaves it in its data folder for the commands beside it.
struct DaemonAddress {
  std::string url;     // http://127.0.0.1:8750
  std::string region;  // that requests are signed for
  friend bool operator==(const DaemonAddress&, const DaemonAddress&) = default;
};

/// Writes the private file `path`, in place of what an earlier daemon left. One daemon at a time.
absl::Status WriteAddress(const std::string& path, const DaemonAddress& address);

/// What the last daemon wrote that did not take it away: it may be gone. Errors: kNotFound, and
/// those of ReadPrivateFile; kInvalidArgument: damaged.
absl::StatusOr<DaemonAddress> ReadAddress(const std::string& path);

/// Takes the file away, unless it is another daemon's by now.
void RemoveAddress(const std::string& path, const DaemonAddress& address);

}  // namespace lull::cli
