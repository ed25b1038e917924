#include "server/errors.h"

#include <array>
#include <cstddef>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::server {
namespace {

constexpr char kKindPayload[] = "lull.server.ErrorKind";

constexpr std::string_view kModelled = "Message";
constexpr std::string_view kFramework = "message";

// All of the API's client errors are 400, whatever its reference says: that is what the service
// sends.
constexpr std::array kTable = {
    ErrorRow{ErrorKind::kValidation, "ValidationException", kFramework, 400, 2},
    ErrorRow{ErrorKind::kDoesNotExist, "DoesNotExistException", kModelled, 400, 3},
    ErrorRow{ErrorKind::kIdempotentParameterMismatch, "IdempotentParameterMismatch", kModelled, 400,
             4},
    ErrorRow{ErrorKind::kResourceLimitExceeded, "ResourceLimitExceededException", kModelled, 400,
             5},
    ErrorRow{ErrorKind::kTargetInUse, "TargetInUseException", kModelled, 400, 4},
    ErrorRow{ErrorKind::kInvalidResourceId, "InvalidResourceId", kModelled, 400, 3},
    ErrorRow{ErrorKind::kInvalidResourceType, "InvalidResourceType", kModelled, 400, 2},
    ErrorRow{ErrorKind::kTooManyTags, "TooManyTagsError", kModelled, 400, 5},
    ErrorRow{ErrorKind::kInvalidCommandId, "InvalidCommandId", kModelled, 400, 3},
    ErrorRow{ErrorKind::kInvalidInstanceId, "InvalidInstanceId", kModelled, 400, 3},
    ErrorRow{ErrorKind::kInvalidPluginName, "InvalidPluginName", kModelled, 400, 2},
    ErrorRow{ErrorKind::kInvocationDoesNotExist, "InvocationDoesNotExist", kModelled, 400, 3},
    ErrorRow{ErrorKind::kInvalidFilterKey, "InvalidFilterKey", kModelled, 400, 2},
    ErrorRow{ErrorKind::kInvalidFilterValue, "InvalidInstanceInformationFilterValue", kModelled,
             400, 2},
    ErrorRow{ErrorKind::kInvalidNextToken, "InvalidNextToken", kModelled, 400, 2},
    ErrorRow{ErrorKind::kExecutionInProgress, "ExecutionInProgressException", kModelled, 400, 4},
    ErrorRow{ErrorKind::kInternal, "InternalServerError", kModelled, 500, 8},
    ErrorRow{ErrorKind::kUnavailable, "InternalServerError", kModelled, 500, 7},
    ErrorRow{ErrorKind::kUnknownOperation, "UnknownOperationException", kFramework, 400, 9},
    ErrorRow{ErrorKind::kSerialization, "SerializationException", kModelled, 400, 9},
    ErrorRow{ErrorKind::kMissingAuthenticationToken, "MissingAuthenticationTokenException",
             kFramework, 400, 6},
    ErrorRow{ErrorKind::kIncompleteSignature, "IncompleteSignatureException", kFramework, 400, 6},
    ErrorRow{ErrorKind::kUnrecognizedClient, "UnrecognizedClientException", kFramework, 400, 6},
    ErrorRow{ErrorKind::kInvalidSignature, "InvalidSignatureException", kFramework, 400, 6},
    ErrorRow{ErrorKind::kExpiredToken, "ExpiredTokenException", kFramework, 400, 6},
    ErrorRow{ErrorKind::kAccessDenied, "AccessDeniedException", kModelled, 400, 6},
    ErrorRow{ErrorKind::kThrottling, "ThrottlingException", kFramework, 400, 7},
    ErrorRow{ErrorKind::kMalformedHttp, "MalformedHttpRequestException", kFramework, 400, 9},
    ErrorRow{ErrorKind::kNotFound, "ResourceNotFoundException", kFramework, 404, 9},
    ErrorRow{ErrorKind::kMethodNotAllowed, "MethodNotAllowedException", kFramework, 405, 9},
    ErrorRow{ErrorKind::kBodyTooLarge, "RequestEntityTooLargeException", kFramework, 413, 2},
    ErrorRow{ErrorKind::kHeaderTooLarge, "RequestHeaderTooLargeException", kFramework, 431, 2},
    ErrorRow{ErrorKind::kExpectationFailed, "ExpectationFailedException", kFramework, 417, 9},
    ErrorRow{ErrorKind::kNotReady, "ServiceUnavailableException", kFramework, 503, 7},
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].kind != static_cast<ErrorKind>(i)) return false;
  }
  return kTable.size() == static_cast<size_t>(ErrorKind::kNotReady) + 1;
}
static_assert(IsInOrder(), "one row a kind, in the order of the enum");

absl::StatusCode CodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInternal:
      return absl::StatusCode::kInternal;
    case ErrorKind::kUnavailable:
    case ErrorKind::kNotReady:
      return absl::StatusCode::kUnavailable;
    case ErrorKind::kDoesNotExist:
      return absl::StatusCode::kNotFound;
    case ErrorKind::kIdempotentParameterMismatch:
      return absl::StatusCode::kAlreadyExists;
    case ErrorKind::kResourceLimitExceeded:
    case ErrorKind::kThrottling:
      return absl::StatusCode::kResourceExhausted;
    case ErrorKind::kMissingAuthenticationToken:
    case ErrorKind::kIncompleteSignature:
    case ErrorKind::kUnrecognizedClient:
    case ErrorKind::kInvalidSignature:
    case ErrorKind::kExpiredToken:
      return absl::StatusCode::kUnauthenticated;
    case ErrorKind::kAccessDenied:
      return absl::StatusCode::kPermissionDenied;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

}  // namespace

std::span<const ErrorRow> ErrorTable() { return kTable; }

const ErrorRow& RowOf(ErrorKind kind) { return kTable[static_cast<size_t>(kind)]; }

const ErrorRow* FindWireType(std::string_view wire_type) {
  wire_type.remove_prefix(wire_type.find('#') + 1);  // npos + 1 is 0
  for (const ErrorRow& row : kTable) {
    if (row.wire_type == wire_type) return &row;
  }
  return nullptr;
}

absl::Status MakeError(ErrorKind kind, std::string_view message) {
  absl::Status status(CodeOf(kind), ToAbsl(message));
  status.SetPayload(kKindPayload, absl::Cord(absl::StrCat(static_cast<int>(kind))));
  return status;
}

ErrorKind KindOf(const absl::Status& status) {
  LULL_CHECK(!status.ok());
  if (const auto payload = status.GetPayload(kKindPayload); payload.has_value()) {
    int kind = 0;
    LULL_CHECK(absl::SimpleAtoi(std::string(*payload), &kind));
    return static_cast<ErrorKind>(kind);
  }
  if (const std::string type = ModelledType(status); !type.empty()) {
    const ErrorRow* row = FindWireType(type);
    LULL_CHECK(row != nullptr);
    return row->kind;
  }
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return ErrorKind::kValidation;
    case absl::StatusCode::kNotFound:
      return ErrorKind::kDoesNotExist;
    case absl::StatusCode::kAlreadyExists:
      return ErrorKind::kIdempotentParameterMismatch;
    case absl::StatusCode::kResourceExhausted:
      return ErrorKind::kResourceLimitExceeded;
    case absl::StatusCode::kUnavailable:
      return ErrorKind::kUnavailable;
    default:
      return ErrorKind::kInternal;
  }
}

std::string ErrorBody(const absl::Status& status, std::string_view request_id) {
  const ErrorRow& row = RowOf(KindOf(status));
  std::string body = absl::StrCat("{\"__type\":", JsonString(row.wire_type));
  std::string message(FromAbsl(status.message()));
  if (row.kind == ErrorKind::kInternal) {
    message = absl::StrCat(
        "The server failed to process the request; its log has the cause under request id ",
        ToAbsl(request_id), ".");
  } else if (row.kind == ErrorKind::kUnavailable) {
    message = absl::StrCat(
        "The server can't do this now and changed nothing. Try again; its log has the cause under "
        "request id ",
        ToAbsl(request_id), ".");
  }
  // The API sends some of its errors without a text; so do we where there is none.
  if (!message.empty())
    absl::StrAppend(&body, ",\"", ToAbsl(row.member), "\":", JsonString(message));
  return body + "}";
}

}  // namespace lull::server
