#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "engine/ports/environment.h"

namespace lull::cli {

/// Says on a stream that something goes on, and with what, each two seconds: nothing of what is
/// quick. One thread at a time.
class StillBusy {
 public:
  /// `clock` and `out` must outlive this; of the clock only boot time is read.
  StillBusy(std::string doing, const Clock& clock, std::FILE* out);

  void Tick(std::string_view what);

 private:
  const std::string doing_;
  const Clock& clock_;
  std::FILE* const out_;
  const absl::Duration began_;
  absl::Duration told_;
};

}  // namespace lull::cli
