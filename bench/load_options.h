#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/endpoint.h"
#include "bench/signer.h"

namespace lull::bench {

/// One request of a load.
struct LoadRequest {
  std::string operation;  ///< with its prefix (Lull.) when it is none of AWS's
  std::string body;       ///< JSON; each `{n}` in it becomes a number that no other request has
};

/// What lull-load was asked for.
struct LoadOptions {
  Endpoint endpoint;
  Caller caller;
  std::vector<LoadRequest> requests;  ///< by turns; none: the lives of windows
  int connections = 200;
  double seconds = 10;
  double rate = 0;  ///< requests a second of all; 0: a closed loop
  bool json = false;
  std::string distribution;  ///< a file; empty: none
};

extern const char kLoadUsage[];

/// Reads the arguments and, for what they leave out, the environment. Errors: kInvalidArgument,
/// which names the argument, the value and what it must be.
absl::StatusOr<LoadOptions> ParseLoadOptions(const std::vector<std::string>& arguments);

}  // namespace lull::bench
