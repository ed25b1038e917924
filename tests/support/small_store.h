#pragma once

#include <string>

namespace lull {

/// Makes a SQLite store at `path`, where none is: a row at least in nearly every table. Of two
/// tasks over one snapshot of five targets, one runs: two outcomes, one before a straggler.
void MakeSmallStore(const std::string& path);

}  // namespace lull
