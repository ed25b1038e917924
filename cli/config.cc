#include "cli/config.h"

namespace lull::cli {

absl::StatusOr<v1::Config> ReadConfig(const std::string&) {
  return absl::UnimplementedError("--config is not there yet");
}

}  // namespace lull::cli
