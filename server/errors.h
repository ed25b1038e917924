#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace lull::server {

/// What can go wrong, as the wire names it.
enum class ErrorKind {
  // Of the operations.
  kValidation,
  kDoesNotExist,
  kIdempotentParameterMismatch,
  kResourceLimitExceeded,
  kTargetInUse,
  kInvalidResourceId,
  kInvalidResourceType,
  kTooManyTags,
  kInvalidCommandId,
  kInvalidInstanceId,
  kInvalidPluginName,
  kInvocationDoesNotExist,
  kInvalidFilterKey,
  kInvalidFilterValue,
  kInvalidNextToken,
  kExecutionInProgress,  // of the extensions
  kInternal,
  kUnavailable,  // refused for now, nothing was changed
  // Of the protocol.
  kUnknownOperation,
  kSerialization,
  kMissingAuthenticationToken,
  kIncompleteSignature,
  kUnrecognizedClient,
  kInvalidSignature,
  kExpiredToken,
  kAccessDenied,
  kThrottling,
  // Of HTTP.
  kMalformedHttp,
  kNotFound,
  kMethodNotAllowed,
  kBodyTooLarge,
  kHeaderTooLarge,
  kExpectationFailed,
  kNotReady,  // or too busy
};

/// One row of the table: everything that anybody does with a kind of error.
struct ErrorRow {
  ErrorKind kind;
  std::string_view wire_type;  // `__type` of the body
  std::string_view member;     // `Message` in modelled errors, `message` in the framework's
  int http_status;
  int exit_code;  // of the command; 0 and 1 are taken (success; could not ask)
};

/// All rows, one a kind, in the order of the enum. The command's documented exit codes:
///   2 the request is wrong       3 there is no such thing   4 something else is in its way
///   5 a quota is reached         6 who asks is not let in   7 try again later
///   8 the server failed          9 this is not our protocol
std::span<const ErrorRow> ErrorTable();

const ErrorRow& RowOf(ErrorKind kind);

/// The first row whose `__type` is `wire_type` (a namespace before `#` is dropped), or null. For
/// clients: two kinds of ours are one InternalServerError to them.
const ErrorRow* FindWireType(std::string_view wire_type);

/// An error of the protocol or of HTTP: an absl::Status that remembers its kind.
absl::Status MakeError(ErrorKind kind, std::string_view message);

/// The kind that `status` remembers, or the one whose `__type` is its ModelledType, or else the one
/// that its code stands for (engine/base/status.h). REQUIRES: `status` is not OK.
ErrorKind KindOf(const absl::Status& status);

/// The body of the error's answer: {"__type":"...","Message":"..."}. What an error of kInternal or
/// kUnavailable says may name files and statements, so that its text stays here (it is logged) and
/// the caller reads where to look, and whether to try again, instead. REQUIRES: `status` is not OK.
std::string ErrorBody(const absl::Status& status, std::string_view request_id);

}  // namespace lull::server
