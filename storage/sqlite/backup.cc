#include "storage/sqlite/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/status.h"
#include "engine/base/unique_fd.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/still_file.h"

namespace lull::storage {
namespace {

constexpr int kPagesAStep = 1000;  // 4 MB: a tick each few milliseconds
constexpr absl::Duration kPatience = absl::Seconds(5);

absl::Status CopyPages(Connection& from, Connection& to, const BackupOptions& options) {
  // Held until the end: so the steps are of one state.
  LULL_RETURN_IF_ERROR(from.Execute("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1"));
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return to.Error(sqlite3_errcode(to.handle()));
  int code = SQLITE_OK;
  while ((code = sqlite3_backup_step(backup, kPagesAStep)) == SQLITE_OK) {
    if (!options.tick) continue;
    const int pages = sqlite3_backup_pagecount(backup);
    options.tick(absl::StrCat("page ", pages - sqlite3_backup_remaining(backup), " of ", pages));
  }
  const int finished = sqlite3_backup_finish(backup);
  LULL_RETURN_IF_ERROR(from.Execute("COMMIT"));
  if (code == SQLITE_DONE && finished == SQLITE_OK) return absl::OkStatus();
  return to.Error(finished == SQLITE_OK ? code : finished);
}

absl::Status CopyInto(const BackupOptions& options, bool immutable) {
  LULL_ASSIGN_OR_RETURN(const auto from, Connection::Open({.path = options.from,
                                                           .access = Access::kReadOnly,
                                                           .busy_timeout = kPatience,
                                                           .immutable = immutable}));
  LULL_RETURN_IF_ERROR(ConfigureReader(*from));
  LULL_RETURN_IF_ERROR(RecogniseFile(*from));
  LULL_ASSIGN_OR_RETURN(const auto to,
                        Connection::Open({.path = options.to, .busy_timeout = kPatience}));
  // It is synced as a whole, and thrown away when something fails.
  LULL_RETURN_IF_ERROR(to->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"));
  return CopyPages(*from, *to, options);
}

absl::Status Sync(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.valid() && fsync(file.get()) == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(path, ": can't make it durable: ", std::strerror(errno)));
}

}  // namespace

absl::Status BackUpDatabase(const BackupOptions& options) {
  LULL_RETURN_IF_ERROR(RequireDatabaseFile(options.from));
  const auto copy = [&](bool immutable) -> absl::Status {
    const UniqueFd made(open(options.to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made.valid() && errno == EEXIST) {
      return absl::AlreadyExistsError(absl::StrCat(options.to, ": is there already"));
    }
    if (!made.valid()) {
      return absl::UnavailableError(
          absl::StrCat(options.to, ": can't be made: ", std::strerror(errno)));
    }
    absl::Status done = CopyInto(options, immutable);
    if (done.ok()) done = Sync(options.to);
    if (!done.ok()) unlink(options.to.c_str());
    return done;
  };
  return ReadStill(options.from, copy, [&] { unlink(options.to.c_str()); });
}

}  // namespace lull::storage
