#include "tests/engine/schedule/system_zones.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace lull {

std::vector<std::string> SystemZones() {
  const std::filesystem::path root = "/usr/share/zoneinfo";
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const std::string name = std::filesystem::relative(entry.path(), root).string();
    if (name.rfind("posix", 0) == 0 || name.rfind("right/", 0) == 0 || name == "localtime")
      continue;
    char magic[4] = {};
    if (!entry.is_regular_file() || !std::ifstream(entry.path()).read(magic, 4)) continue;
    if (std::string(magic, 4) == "TZif") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lull
