#include "cli/function_result.h"

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/model/states.h"

namespace lull::cli {
namespace {

namespace json = boost::json;

/// Of a member's name, in a detail.
constexpr std::size_t kMaxQuotedBytes = 32;

std::string Quoted(const json::string_view& text) {
  return JsonString(Utf8Prefix({text.data(), text.size()}, kMaxQuotedBytes));
}

absl::StatusOr<Status> ReadStatus(const json::value& value) {
  const json::string* name = value.if_string();
  const std::optional<Status> status =
      name == nullptr ? std::nullopt : ParseStatus({name->data(), name->size()});
  if (status == Status::kSuccess || status == Status::kFailed || status == Status::kTimedOut) {
    return *status;
  }
  return Invalid("its Status is none of SUCCESS, FAILED and TIMED_OUT.");
}

absl::Status ReadMember(const json::key_value_pair& member, runners::Ending& ending) {
  const json::value& value = member.value();
  if (member.key() == "Status") {
    LULL_ASSIGN_OR_RETURN(ending.outcome.status, ReadStatus(value));
  } else if (member.key() == "StatusDetails") {
    const json::string* text = value.if_string();
    if (text == nullptr) return Invalid("its StatusDetails is no text.");
    ending.outcome.detail = Utf8Prefix({text->data(), text->size()}, kMaxDetailBytes);
  } else if (member.key() == "Output") {
    const json::string* text = value.if_string();
    ending.output =
        text != nullptr ? std::string(text->data(), text->size()) : json::serialize(value);
  } else {
    return Invalid("it has a member ", Quoted(member.key()),
                   "; there are Status, StatusDetails and Output.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<runners::Ending> ReadFunctionResult(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error) return Invalid("it is no JSON (", error.message(), ").");
  const json::object* object = value.if_object();
  if (object == nullptr) return Invalid("it is no JSON object.");
  runners::Ending ending;
  for (const json::key_value_pair& member : *object) {
    LULL_RETURN_IF_ERROR(ReadMember(member, ending));
  }
  return ending;
}

}  // namespace lull::cli
