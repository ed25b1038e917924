#include "runners/functions/call_ending.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::runners {
namespace {

/// Of what a function sent, in a detail, which has room for kMaxDetailBytes in all.
constexpr std::size_t kMaxQuotedPoints = 60;

constexpr int kFirstSuccess = 200;
constexpr int kFirstRedirect = 300;
constexpr int kFirstError = 400;

std::string Quoted(std::string_view text) {
  std::string quoted = JsonString(ToUtf8(text, kMaxQuotedPoints));
  return text.size() > kMaxQuotedPoints ? quoted + "..." : quoted;
}

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isspace(c) != 0; });
}

Ending Ended(Status status, std::string detail) {
  return {.outcome = {.status = status, .exit_code = std::nullopt, .detail = std::move(detail)}};
}

Ending Failed(std::string detail) { return Ended(Status::kFailed, std::move(detail)); }

Ending Undelivered(std::string detail) {
  Ending ending = Failed(std::move(detail));
  ending.outcome.undelivered = true;
  return ending;
}

/// `Function "patch"`.
std::string Named(const std::string& function) {
  return absl::StrCat("Function ", Quoted(function));
}

}  // namespace

Ending EndingOfBody(const std::string& function, std::string_view body, const ReadResult& read) {
  if (IsBlank(body)) return {};
  absl::StatusOr<Ending> ending = read(body);
  if (ending.ok()) return *std::move(ending);
  return Failed(absl::StrCat(Named(function), " sent no result that can be read: ",
                             ending.status().message(), " It begins ", Quoted(body)));
}

Ending EndingOfAnswer(const std::string& function, const http::Answer& answer,
                      const ReadResult& read) {
  switch (answer.delivery) {
    case http::Delivery::kNotSent:
      return Undelivered(
          absl::StrCat(Named(function), " was not called: ", answer.error, "; nothing was sent"));
    case http::Delivery::kUnanswered:
      return Failed(absl::StrCat("Its outcome is unknown: ", Named(function),
                                 " was called, and no answer came: ", answer.error));
    case http::Delivery::kAnswered:
      break;
  }
  if (answer.status < kFirstSuccess || answer.status >= kFirstRedirect) {
    const bool redirects = answer.status >= kFirstRedirect && answer.status < kFirstError;
    return Failed(absl::StrCat(Named(function), " answered with HTTP status ", answer.status,
                               redirects ? " (redirects are not followed)" : "",
                               IsBlank(answer.body) ? "" : ": " + Quoted(answer.body)));
  }
  if (answer.is_cut) {
    return Failed(absl::StrCat(Named(function), " sent a result of more than ", answer.body.size(),
                               " bytes. It begins ", Quoted(answer.body)));
  }
  return EndingOfBody(function, answer.body, read);
}

Ending NoCallBack(const std::string& function) {
  return Ended(Status::kTimedOut,
               absl::StrCat(Named(function),
                            " accepted the call, and has not called back within its "
                            "result_timeout_seconds"));
}

Ending StoppedWaiting() { return Ended(Status::kCancelled, "Stopped waiting on request"); }

Ending StoppedWhileCalled(const std::string& function) {
  return Ended(Status::kCancelled, absl::StrCat("Stopped on request while ", Named(function),
                                                " was called; whether it acts on that is unknown"));
}

Ending NotCalled(const std::string& function, const absl::Status& why) {
  return Failed(absl::StrCat(Named(function), " was not called: ", why.message()));
}

}  // namespace lull::runners
