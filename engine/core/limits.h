#pragma once

#include <cstdint>
#include <string_view>

#include "engine/model/ids.h"

namespace lull {

/// MaxConcurrency as a number: `10` is 10, `10%` of `count` targets is rounded down, 1 at least
/// (spec D.5). Text that is neither (none passes validation) counts as 1.
std::int64_t ConcurrencyLimit(std::string_view text, Ordinal count);

/// MaxErrors as a number: `10%` of `count` targets is rounded down (spec D.5).
std::int64_t ErrorLimit(std::string_view text, Ordinal count);

}  // namespace lull
