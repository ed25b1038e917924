#include "server/call_log.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace lull::server {
namespace {

std::string Logged(const CallRecord& record) {
  std::ostringstream out;
  const auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger->set_pattern("%l %v");
  LogCalls(logger)(record);
  return out.str();
}

TEST(CallLog, WritesOneLineOfKeysAndValues) {
  CallRecord record;
  record.method = "POST";
  record.operation = "GetMaintenanceWindow";
  record.principal = "AKIA2345ABCDEFGHIJKL";
  record.request_id = "7f3e";
  record.http_status = 200;
  record.duration = absl::Microseconds(1204);
  EXPECT_EQ(Logged(record),
            "info call method=POST op=GetMaintenanceWindow principal=AKIA2345ABCDEFGHIJKL "
            "status=200 ms=1.204 request=7f3e\n");
}

TEST(CallLog, KeepsWhatQuotesARequestOnOneLineAndShort) {
  CallRecord record;
  record.http_status = 400;
  record.error = "ValidationException";
  record.request_id = "7f3e";
  record.detail = "a\nerror call {} %s";
  EXPECT_EQ(Logged(record),
            "info call method=- op=- principal=- status=400 ms=0.000 request=7f3e "
            "error=ValidationException detail=\"a\\nerror call {} %s\"\n");
  const std::string longest(1 << 20, 'x');
  record.detail = longest;
  EXPECT_LT(Logged(record).size(), 2 * kMaxLoggedDetailBytes);
}

TEST(CallLog, RaisesTheLevelOfOurOwnFailures) {
  CallRecord record;
  record.http_status = 500;
  record.error = "InternalServerError";
  record.detail = "disk I/O error";
  EXPECT_EQ(Logged(record).find("error call "), 0);
}

}  // namespace
}  // namespace lull::server
