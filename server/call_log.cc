#include "server/call_log.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::server {

std::function<void(const CallRecord&)> LogCalls(std::shared_ptr<spdlog::logger> logger) {
  return [logger = std::move(logger)](const CallRecord& record) {
    const auto or_dash = [](std::string_view text) { return ToAbsl(text.empty() ? "-" : text); };
    std::string line =
        absl::StrCat("call method=", or_dash(record.method), " op=", or_dash(record.operation),
                     " principal=", or_dash(record.principal), " status=", record.http_status,
                     " ms=", absl::StrFormat("%.3f", absl::ToDoubleMilliseconds(record.duration)),
                     " request=", or_dash(record.request_id));
    if (!record.error.empty()) {
      absl::StrAppend(&line, " error=", ToAbsl(record.error),
                      " detail=", JsonString(record.detail.substr(0, kMaxLoggedDetailBytes)));
    }
    logger->log(record.http_status >= 500 ? spdlog::level::err : spdlog::level::info, "{}", line);
  };
}

}  // namespace lull::server
