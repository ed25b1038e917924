#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lull {

/// Debian's Abseil has a string_view of its own that does not convert from std's: this is the one
/// place where our std::string_view crosses over.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view FromAbsl(absl::string_view text) { return {text.data(), text.size()}; }

/// Errors are absl::Status values. What each code means to a caller of Lull, and so which error of
/// the API it becomes on the wire, is one table: server/errors.h.
///   kInvalidArgument    the request is wrong (ValidationException)
///   kNotFound           no such window, target, task, execution or invocation
///   kAlreadyExists      a client token came back with another request
///   kResourceExhausted  a quota
///   kUnavailable        refused for now, nothing was changed: try again (InternalServerError)
///   kInternal, kUnknown the rest; after kUnknown the change may or may not have happened
template <typename... Args>
absl::Status Invalid(const Args&... args) {
  return absl::InvalidArgumentError(absl::StrCat(args...));
}

/// An error that the API names beyond those: `type` is its `__type` on the wire
/// (`TargetInUseException`), a row of server/errors.h. The API has some that carry no text.
absl::Status ModelledError(absl::StatusCode code, std::string_view type, std::string_view text);

/// The `type` given to ModelledError; empty for any other status.
std::string ModelledType(const absl::Status& status);

}  // namespace lull

/// Returns from the enclosing function when `expr` is not OK.
#define LULL_RETURN_IF_ERROR(expr)             \
  do {                                         \
    absl::Status lull_status = (expr);         \
    if (!lull_status.ok()) return lull_status; \
  } while (false)

#define LULL_CONCAT_INNER(a, b) a##b
#define LULL_CONCAT(a, b) LULL_CONCAT_INNER(a, b)

/// Declares or assigns `lhs` from a StatusOr, or returns its error.
#define LULL_ASSIGN_OR_RETURN(lhs, expr) \
  LULL_ASSIGN_OR_RETURN_IMPL(LULL_CONCAT(lull_statusor_, __LINE__), lhs, expr)
#define LULL_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                               \
  if (!tmp.ok()) return std::move(tmp).status();   \
  lhs = std::move(tmp).value()
