#pragma once

#include "absl/status/statusor.h"
#include "engine/model/nodes.h"
#include "proto/config.pb.h"
#include "runners/process_plan.h"

namespace lull::cli {

/// `plan`, which is meant for /bin/sh on `node`, as a process here that carries it there by the
/// node's transport: its script on standard input, its working directory and environment in front
/// of the script's lines. Pure.
/// Errors: kInvalidArgument, for the user: the node has no address, its user or address begins with
/// `-` or has a byte that no user or address has, its transport is not configured.
absl::StatusOr<runners::ProcessPlan> CarryTo(const Node& node, const v1::Config& config,
                                             runners::ProcessPlan plan);

}  // namespace lull::cli
