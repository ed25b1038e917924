#include "cli/daemon_process.h"

#include <spdlog/pattern_formatter.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace lull::cli {
namespace {

constexpr mode_t kOwnerOnlyMask = 077;

/// Connections and commands in flight take descriptors; the usual soft limit is for old programs.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void PrepareDaemonProcess() {
  ::umask(kOwnerOnlyMask);
  RaiseDescriptorLimit();
}

std::unique_ptr<spdlog::formatter> MakeLogFormat() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                                                     spdlog::pattern_time_type::utc);
}

}  // namespace lull::cli
