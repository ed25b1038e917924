#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace lull::cli {

/// The paths of everything that a daemon keeps.
struct DataFolder {
  std::string path;          // absolute
  std::string database;      // lull.db
  std::string credentials;   // the first key pair, an AWS shared-credentials file
  std::string keys;          // all others (server/key_files.h)
  std::string address;       // where the daemon listens (address_file.h)
  std::string output;        // what commands print
  std::string callback_key;  // callback_key.h
};

/// Makes the folder with mode 0700 where there is none (its parent must exist), else looks whether
/// it is this user's alone. Errors, each with the path and what to do: kFailedPrecondition: others
/// can get in, or it belongs to another user; kInvalidArgument: no folder, can't be made.
absl::StatusOr<DataFolder> OpenDataFolder(const std::string& path);

/// The folder of a daemon, for those who only read it: makes nothing. Errors: as OpenDataFolder's
/// (reading would leave files of SQLite's in a folder of another user); kNotFound: there is none.
absl::StatusOr<DataFolder> FindDataFolder(const std::string& path);

}  // namespace lull::cli
