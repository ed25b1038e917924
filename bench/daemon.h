#pragma once

#include <string>

namespace lull::bench {

/// Starts `lull serve` on `data_dir`, as built beside this program, asks for /readyz until it says
/// yes, and kills it with -9. Returns the seconds from the start of its process to that answer.
double StartDaemonOnce(const std::string& data_dir);

}  // namespace lull::bench
