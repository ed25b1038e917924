#pragma once

#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/key.h"

namespace CLI {
class App;
}

namespace lull::cli {

/// What `lull keys` is told.
struct KeysOptions {
  std::string data_dir;
  std::string role;  ///< create
  std::string name;  ///< create; may be empty
  std::string id;    ///< disable, enable
  bool json = false;
};

/// Makes a key, and prints it to `out` as a profile that AWS clients read: named like the key, or
/// `[default]`. If that can't be printed, the key is disabled. Errors: those of FindDataFolder and
/// CreateKey; kUnavailable: `out` takes no more.
absl::Status CreateKey(const KeysOptions& options, absl::Time now, std::FILE* out);

/// Prints all keys without their secrets: a table, or a JSON list with an object a line. Errors:
/// those of FindDataFolder and ListKeys; kUnavailable.
absl::Status ListKeys(const KeysOptions& options, std::FILE* out);

/// Lets a key in, or not any more, and says so. Errors: those of FindDataFolder and SetKeyState;
/// kUnavailable.
absl::Status SetKeyState(const KeysOptions& options, server::KeyState state, std::FILE* out);

/// Adds `keys` to the command line. When it was asked for, parsing leaves it in `action`, which has
/// to outlive `app`.
void AddKeys(CLI::App& app, std::function<absl::Status()>& action);

}  // namespace lull::cli
