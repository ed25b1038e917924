#include "server/event_message.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "server/crypto.h"

namespace lull::server {
namespace {

constexpr char kSeconds[] = "%E4Y-%m-%dT%H:%M:%SZ";
constexpr char kMilliseconds[] = "%E4Y-%m-%dT%H:%M:%E3SZ";

std::string_view DetailType(Level level) {
  switch (level) {
    case Level::kExecution:
      return "Maintenance Window Execution State-change Notification";
    case Level::kTask:
      return "Maintenance Window Task Execution State-change Notification";
    case Level::kInvocation:
      return "Maintenance Window Task Target Invocation State-change Notification";
  }
  return "";
}

/// Members of an object, in the order in which they are added.
class Members {
 public:
  void Add(std::string_view name, std::string_view value) {
    absl::StrAppend(&text_, text_.empty() ? "" : ",", JsonString(name), ":", JsonString(value));
  }
  template <class Id>
  void AddId(std::string_view name, const std::optional<Id>& id) {
    if (id) Add(name, id->value());
  }
  void AddTime(std::string_view name, const std::optional<absl::Time>& time) {
    if (time) Add(name, absl::FormatTime(kMilliseconds, *time, absl::UTCTimeZone()));
  }
  std::string Object() const { return absl::StrCat("{", text_, "}"); }

 private:
  std::string text_;
};

}  // namespace

std::string EventBody(const StateEvent& event, const EventOrigin& origin) {
  Members detail;
  detail.AddTime("start-time", event.started_at);
  detail.AddTime("end-time", event.ended_at);
  detail.Add("window-id", event.window.value());
  detail.Add("window-execution-id", event.execution.value());
  detail.AddId("task-execution-id", event.task);
  detail.AddId("invocation-id", event.invocation);
  if (event.node && !event.node->empty()) detail.Add("instance-id", *event.node);
  detail.AddId("window-target-id", event.window_target);
  if (event.owner_information) detail.Add("owner-information", *event.owner_information);
  detail.Add("status", Name(event.status));
  const std::string arn = absl::StrCat("arn:aws:ssm:", origin.region, ":", origin.account_id,
                                       ":maintenancewindow/", event.window.value());
  return absl::StrCat("{\"version\":\"0\",\"id\":", JsonString(event.id),
                      ",\"detail-type\":", JsonString(DetailType(event.level)),
                      ",\"source\":\"aws.ssm\",\"account\":", JsonString(origin.account_id),
                      ",\"time\":\"", absl::FormatTime(kSeconds, event.at, absl::UTCTimeZone()),
                      "\",\"region\":", JsonString(origin.region), ",\"resources\":[",
                      JsonString(arn), "],\"detail\":", detail.Object(), "}");
}

std::vector<std::string> EventHeaders(const StateEvent& event, std::string_view body,
                                      std::string_view secret, absl::Time now) {
  const std::string timestamp = absl::StrCat(absl::ToUnixSeconds(now));
  const std::string signature = Hex(HmacSha256(secret, absl::StrCat(timestamp, ".", ToAbsl(body))));
  return {"Content-Type: application/json", "User-Agent: lull",
          absl::StrCat("X-Lull-Event-Id: ", event.id),
          absl::StrCat("X-Lull-Timestamp: ", timestamp),
          absl::StrCat("X-Lull-Signature: v1=", signature)};
}

}  // namespace lull::server
