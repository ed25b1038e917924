#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "engine/model/nodes.h"
#include "proto/config.pb.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// `plan`, which is meant for /bin/sh on `node`, as a process here that carries it there by the
/// node's transport: `carrier` (the path of lull-carry) with the transport's argv, and the script
/// on standard input, its working directory and environment in front of the script's lines. Nothing
/// of the script begins until all of it is there; then its commands read /dev/null, and its 255 is
/// told as 254, for 255 says that nothing began. Pure. Errors, for the user: kUnavailable, so that
/// nothing is delivered: the node has no address, its user or address begins with `-` or has a byte
/// that no user or address has, its transport is not configured; kInvalidArgument: the plan can't
/// be written as a script.
absl::StatusOr<runners::ProcessPlan> CarryTo(const Node& node, const v1::Config& config,
                                             const std::string& carrier, runners::ProcessPlan plan);

}  // namespace lull::cli
