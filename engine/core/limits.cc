#include "engine/core/limits.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/base/status.h"

namespace lull {
namespace {

std::int64_t Resolve(std::string_view text, Ordinal count, std::int64_t otherwise) {
  const bool percent = !text.empty() && text.back() == '%';
  if (percent) text.remove_suffix(1);
  std::int64_t number = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &number) || number < 0) return otherwise;
  return percent ? std::min<std::int64_t>(number, 100) * count / 100 : number;
}

}  // namespace

std::int64_t ConcurrencyLimit(std::string_view text, Ordinal count) {
  return std::max<std::int64_t>(1, Resolve(text, count, 1));
}

std::int64_t ErrorLimit(std::string_view text, Ordinal count) { return Resolve(text, count, 0); }

}  // namespace lull
