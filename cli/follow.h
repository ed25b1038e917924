#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/connection.h"
#include "cli/drain.h"
#include "cli/screen.h"
#include "proto/extensions.pb.h"

namespace lull::cli {

/// How long a daemon that stopped answering is waited for.
inline constexpr absl::Duration kDaemonPatience = absl::Seconds(60);

/// Whether what failed so may succeed later, as it is: nobody answered, or said not now. False for
/// success.
bool MayPass(const absl::Status& status);

/// An execution that is followed to its end, and how.
struct Following {
  ConnectionOptions connection;
  std::string execution;
  bool json = false;  ///< an object a change, of DescribeDrain's shape, instead of text
  Waiting waiting;

  /// Said below the display; changes while it is followed. Never null.
  std::function<std::string()> hint;

  /// Called when `waiting.pause` returned false. An error ends the following. Never null.
  std::function<absl::Status(const Connection& daemon)> interrupted;

  /// Called with all that was seen. An error ends the following. May be null.
  std::function<absl::Status(const Connection& daemon, const v1::DescribeDrainResponse& drain)>
      seen;
};

/// Shows on `screen` how the execution goes until it has ended, and returns its last state: in
/// place on a terminal, which is empty again at the end; elsewhere a line a change. A daemon that
/// does not answer is waited for, kDaemonPatience at most, once it has answered. Errors: those of
/// Connection, of the functions and of Screen.
absl::StatusOr<v1::DescribeDrainResponse> Follow(const Following& following, Screen& screen);

}  // namespace lull::cli
