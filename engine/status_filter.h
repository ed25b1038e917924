#pragma once

#include <set>

#include "absl/status/statusor.h"
#include "engine/model/states.h"
#include "google/protobuf/repeated_field.h"
#include "proto/maintenance_windows.pb.h"

namespace lull {

/// The STATUS filter of task executions and invocations (spec A.19, A.21): values are alternatives,
/// several filters must all admit. Without one, everything is admitted. A value.
class StatusFilter {
 public:
  /// Error: kInvalidArgument, another key, no values, or a word that is not a status.
  static absl::StatusOr<StatusFilter> Parse(
      const google::protobuf::RepeatedPtrField<v1::MaintenanceWindowFilter>& filters);

  bool Admits(Status status) const { return !filtered_ || statuses_.count(status) != 0; }
  bool filtered() const { return filtered_; }
  const std::set<Status>& statuses() const { return statuses_; }

 private:
  bool filtered_ = false;
  std::set<Status> statuses_;
};

}  // namespace lull
