#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace lull::storage {

struct BackupOptions {
  std::string from;  ///< a database
  std::string to;    ///< no file yet
  /// Told again and again how far it is, from within the call. May be empty.
  std::function<void(std::string_view what)> tick;
};

/// Copies a store as one committed state, whether an engine has it open or died with commits in its
/// log; `to` is complete and on the disk when this returns (its name, once its folder is synced).
/// It has mode 0600.
///
/// All pages are read in one read transaction: a copy in steps that let go between them would begin
/// anew at each commit of the engine and never end. Nobody is kept waiting by it. While it lasts
/// the engine's log grows and is not begun anew, and the first commits after it pay for the
/// checkpoint that was put off; the copy is as fast as the disk, so that this is short.
///
/// Errors: kNotFound: no database; kAlreadyExists; kUnavailable: can't be read or written, no room:
/// then there is no `to`; those of RecogniseFile.
absl::Status BackUpDatabase(const BackupOptions& options);

}  // namespace lull::storage
