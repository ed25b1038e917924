#pragma once

#include <string>
#include <vector>

namespace lull {

/// The names of all zones and links of the system's tz database, in order.
std::vector<std::string> SystemZones();

}  // namespace lull
