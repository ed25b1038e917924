#pragma once

#include <functional>
#include <memory>

#include "server/dispatch.h"

namespace spdlog {
class logger;
}

namespace lull::server {

/// Of a detail in the log, in bytes.
inline constexpr size_t kMaxLoggedDetailBytes = 512;

/// Returns a function for DispatchOptions::log that writes one line a call to `logger`, as
/// key=value:
///   call method=POST op=GetMaintenanceWindow principal=AKIA... status=200 ms=1.204 request=...
/// Failures have error= and detail= as well, what may quote a request as a JSON string. Level:
/// error for our own failures (5xx), else info. Any thread, as far as the logger allows.
std::function<void(const CallRecord&)> LogCalls(std::shared_ptr<spdlog::logger> logger);

}  // namespace lull::server
