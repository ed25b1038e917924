#include "runners/errno_status.h"

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lull::runners {
namespace {

std::string_view Hint(int error_number) {
  switch (error_number) {
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files or lower MaxConcurrency";
    case EAGAIN:
    case ENOMEM:
      return "; raise the limit of processes and memory or lower MaxConcurrency";
    default:
      return "";
  }
}

bool IsShortage(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
    case ENOMEM:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status ErrnoStatus(int error_number, std::string_view what) {
  const auto code = IsShortage(error_number) ? absl::StatusCode::kResourceExhausted
                                             : absl::StatusCode::kUnavailable;
  return {code, absl::StrCat(ToAbsl(what), ": ", std::generic_category().message(error_number),
                             ToAbsl(Hint(error_number)))};
}

}  // namespace lull::runners
