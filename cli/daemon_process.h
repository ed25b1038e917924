#pragma once

#include <spdlog/formatter.h>

#include <memory>

namespace lull::cli {

/// Makes this process fit for a daemon: its files are this user's alone, and it may have as many
/// open as it is allowed to. Before there are threads.
void PrepareDaemonProcess();

/// How lines of a daemon's log begin: `2030-01-01T00:00:00.000Z info `.
std::unique_ptr<spdlog::formatter> MakeLogFormat();

}  // namespace lull::cli
