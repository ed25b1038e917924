#include "engine/selectors.h"

#include "engine/base/status.h"
#include "engine/model/runs.h"

namespace lull {

absl::Status CheckValues(const TargetSelector& selector) {
  for (const std::string& value : selector.values) {
    if (value.empty() || value.size() > kMaxNodeNameBytes) {
      return Invalid("A value of target ", selector.key, " has ", value.size(),
                     " bytes; it must have 1 to ", kMaxNodeNameBytes, ".");
    }
  }
  return absl::OkStatus();
}

}  // namespace lull
