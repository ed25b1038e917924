#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/runs.h"
#include "engine/model/states.h"
#include "google/protobuf/repeated_field.h"
#include "proto/managed_nodes.pb.h"

namespace lull {

// What Run Command calls things. A command is a RUN_COMMAND task execution that has started an
// invocation: its id is the task execution's.

/// Status and StatusDetails. The details tell apart a TimedOut of what ran (ExecutionTimedOut) from
/// one of what the cutoff kept from starting (DeliveryTimedOut), and call what max_errors kept from
/// starting Terminated.
struct CommandState {
  std::string_view status;
  std::string_view details;
};

/// Of a command.
CommandState StateOf(const TaskProgress& task);
/// Of one invocation; `finish` is null for one that has no finish row.
CommandState StateOf(const TaskProgress& task, Ordinal ordinal, const Finish* finish);

bool IsCommand(const TaskExecution& task);

/// `PT1H2M3.004S`, to the millisecond. REQUIRES: not negative.
std::string FormatIsoDuration(absl::Duration duration);

/// The filters of the lists of commands and of their invocations; each must admit. A value.
class CommandFilters {
 public:
  enum class Of { kCommands, kInvocations };

  /// Errors: InvalidFilterKey: ExecutionStage, of invocations; kInvalidArgument: a value.
  static absl::StatusOr<CommandFilters> Parse(
      const google::protobuf::RepeatedPtrField<v1::CommandFilter>& filters, Of of);

  /// By DocumentName (or the end of an ARN), InvokedAfter (inclusive) and InvokedBefore.
  bool AdmitsCommand(const TaskExecution& task) const;
  /// By Status, whose value is a Status or a StatusDetails.
  bool AdmitsState(const CommandState& state) const;
  /// By ExecutionStage: Executing or Complete.
  bool AdmitsStage(const TaskProgress& task) const;

  /// The statuses that what AdmitsState admits may have; null: all.
  const std::set<Status>* statuses() const { return words_.empty() ? nullptr : &statuses_; }

 private:
  absl::Status Add(const v1::CommandFilter& filter, Of of);
  absl::Status AddWord(const std::string& word);

  std::optional<absl::Time> after_;
  std::optional<absl::Time> before_;
  std::vector<std::string> documents_;
  std::vector<std::string> words_;
  std::set<Status> statuses_;
  std::optional<bool> complete_;
  bool no_stage_ = false;  ///< both stages at once
};

}  // namespace lull
