#pragma once

#include <cstdint>
#include <vector>

#include "cli/data_folder.h"
#include "engine/model/invariants.h"

namespace lull::cli {

struct FilesReport {
  std::int64_t files = 0;
  std::vector<Flaw> flaws;
};

/// Looks at what stands in a data folder beside the database: keys can be read, nothing is open to
/// other users, the output folder is marked. Reads only.
FilesReport CheckFiles(const DataFolder& folder);

}  // namespace lull::cli
