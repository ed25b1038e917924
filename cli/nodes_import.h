#pragma once

#include <cstdio>
#include <string>

#include "absl/status/status.h"

namespace lull::cli {

/// What `lull nodes import` is told.
struct ImportOptions {
  std::string data_dir;
  std::string origin = "import";
  bool remove_others = false;
};

/// Brings nodes, a JSON object a line, from `in` into the store of a data folder that no daemon has
/// open; makes the folder if there is none. Holds a few thousand nodes at a time, whatever comes.
/// Says on `progress` how far it is, when it takes long, and what was done in the end.
///
/// Errors: kInvalidArgument: a bad line, named by its number; the nodes of the lines before it are
/// stored, those after it are not. kFailedPrecondition: a daemon runs. Those of the data folder and
/// of SqliteStore::Open. Trying again is safe: the same nodes are written once more.
absl::Status ImportNodes(const ImportOptions& options, std::FILE* in, std::FILE* progress);

}  // namespace lull::cli
