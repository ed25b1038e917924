#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/ids.h"
#include "runners/functions/call_record.h"

namespace lull::runners {

/// What a file that was written survives.
enum class Durability {
  kDeath,      ///< the end of this process
  kPowerLoss,  ///< that of the machine, too
};

/// Where calls are kept: in the folders that the process runner has its records in.
class CallFiles {
 public:
  /// REQUIRES: `output_dir` is absolute.
  CallFiles(std::string output_dir, std::string boot_id)
      : output_dir_(std::move(output_dir)), boot_id_(std::move(boot_id)) {}

  /// Writes the record in the place of one that is there: whoever reads it finds the old one or the
  /// new. A folder that it makes is on the disk before this returns (runners/folder.h): no folder
  /// means no call. Errors: ErrnoStatus's.
  absl::Status WriteRecord(InvocationRef invocation, const CallRecord& record,
                           Durability durability) const;

  /// Writes what ReadOutputFile then reads as standard output. Errors: as WriteRecord's.
  absl::Status WriteOutput(InvocationRef invocation, std::string_view output,
                           Durability durability) const;

  /// Nothing when there is none. Errors: ErrnoStatus's; kDataLoss: it is damaged.
  absl::StatusOr<std::optional<CallRecord>> ReadRecord(InvocationRef invocation) const;

 private:
  absl::Status Write(InvocationRef invocation, std::string_view suffix, std::string_view text,
                     Durability durability) const;

  const std::string output_dir_;
  const std::string boot_id_;
};

}  // namespace lull::runners
