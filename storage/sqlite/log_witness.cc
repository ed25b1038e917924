#include "storage/sqlite/log_witness.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "engine/base/status.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/file_lock.h"
#include "storage/sqlite/log_file.h"

namespace lull::storage {
namespace {

constexpr char kSuffix[] = "-witness";
constexpr char kMagic[8] = {'L', 'u', 'l', 'l', 'l', 'o', 'g', '1'};

/// How often a log may have been begun anew after what was written down of it: once a commit.
constexpr std::uint32_t kMaxBegunAnew = 1000;

enum class Claim : std::uint32_t {
  kNone = 0,   ///< nothing is known of the log
  kThere = 1,  ///< it has these frames, or the database has them all
};

/// What is written down. Read by this machine only.
struct Note {
  char magic[8] = {};
  Claim claim = Claim::kNone;
  std::uint32_t salt1 = 0;
  std::uint32_t salt2 = 0;
  std::uint32_t frames = 0;
  std::uint32_t page = 0;  ///< in the last one of them
  std::uint32_t page_size = 0;
  std::uint64_t page_sum = 0;
  std::uint64_t sum = 0;  ///< of all above
};

std::uint64_t SumOf(std::string_view bytes) {
  std::uint64_t sum = bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
    sum = (sum ^ word) * 0x9E3779B97F4A7C15;
    sum ^= sum >> 32;
  }
  return sum;
}

std::string_view Summed(const Note& note) {
  return {reinterpret_cast<const char*>(&note), offsetof(Note, sum)};
}

/// Nothing when there is none, or not a whole one: then nothing is known.
std::optional<Note> ReadNote(const UniqueFd& file) {
  std::string bytes;
  if (!file.valid() || !ReadAt(file, 0, sizeof(Note), bytes)) return std::nullopt;
  Note note;
  std::memcpy(&note, bytes.data(), sizeof note);
  if (std::memcmp(note.magic, kMagic, sizeof kMagic) != 0 || note.sum != SumOf(Summed(note))) {
    return std::nullopt;
  }
  return note;
}

/// In one write: a kill leaves the old one or the new.
bool WriteNote(const UniqueFd& file, Note note) {
  std::memcpy(note.magic, kMagic, sizeof kMagic);
  note.sum = SumOf(Summed(note));
  return pwrite(file.get(), &note, sizeof note, 0) == static_cast<ssize_t>(sizeof note);
}

UniqueFd OpenToRead(const std::string& path) {
  return UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

/// And keeps it there through a loss of power. Commits behind it may stand in a log that has new
/// random salts, which no older note knows: it would come back and take that for a foreign log.
bool WriteNoteDurably(const UniqueFd& file, const Note& note) {
  return WriteNote(file, note) && fdatasync(file.get()) == 0;
}

/// Whether the database has the page that the log's last frame had.
bool HasLastPage(const std::string& path, const Note& note) {
  const UniqueFd file = OpenToRead(path);
  std::string page;
  return file.valid() && note.page > 0 &&
         ReadAt(file, std::uint64_t{note.page - 1} * note.page_size, note.page_size, page) &&
         SumOf(page) == note.page_sum;
}

/// That the log has so many frames; that nothing is known when the last one can't be read.
Note NoteOf(const UniqueFd& log, const LogHeader& header, std::uint32_t frames) {
  LoggedPage page;
  if (frames == 0 || !ReadFrame(log, header, frames, page)) return Note();
  return {.claim = Claim::kThere,
          .salt1 = header.salt1,
          .salt2 = header.salt2,
          .frames = frames,
          .page = page.number,
          .page_size = header.page_size,
          .page_sum = SumOf(page.bytes)};
}

/// Whether the database has the last page of what is in the log now: another program may have
/// committed to it after this engine's last commit.
bool HasLastPageOf(const UniqueFd& log, const std::string& path) {
  LogHeader header;
  if (!ReadLogHeader(log, header)) return false;
  constexpr std::uint32_t kAll = std::numeric_limits<std::uint32_t>::max();
  return HasLastPage(path, NoteOf(log, header, CountFrames(log, header, kAll)));
}

absl::Status Refuse(const std::string& path, const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(
      path, "-wal: ", what,
      ". What was stored last, and acknowledged, was in that file. Put it back as it was, or "
      "restore a backup into a new folder (lull restore). To go on without what is missing, "
      "remove ",
      path, kSuffix));
}

}  // namespace

absl::Status LogWitness::Examine(const std::string& path) {
  const std::optional<Note> note = ReadNote(OpenToRead(path + kSuffix));
  if (!note || note->claim == Claim::kNone) return absl::OkStatus();
  const UniqueFd log = OpenToRead(path + "-wal");
  LogHeader header;
  const bool has_header = log.valid() && ReadLogHeader(log, header);
  const bool is_same = has_header && header.salt1 == note->salt1 && header.salt2 == note->salt2;
  const std::uint32_t frames = is_same ? CountFrames(log, header, note->frames) : 0;
  if (is_same && frames == note->frames) return absl::OkStatus();
  if (is_same && frames > 0) {
    return Refuse(path, absl::StrCat("it is damaged or cut short: of the ", note->frames,
                                     " pages in it only the first ", frames, " can be read"));
  }
  if (has_header && !is_same) {
    // Begun anew by the engine before it could write that down: it never does before the database
    // has all.
    if (header.salt1 - note->salt1 - 1 < kMaxBegunAnew) return absl::OkStatus();
    return Refuse(path, "it is the log of another database, or of an older state of this one");
  }
  if (HasLastPage(path, *note)) return absl::OkStatus();
  return Refuse(path, log.valid() ? absl::StrCat("it is damaged or cut short: of the ",
                                                 note->frames, " pages in it none can be read")
                                  : "it is missing, and the last engine did not stop in order");
}

absl::Status LogWitness::ExamineAtRest(const std::string& path) {
  const std::string lock = path + "-lock";
  if (FileLock::IsTaken(lock)) return absl::OkStatus();
  absl::Status found = RefuseLostDatabase(path);
  if (found.ok()) found = Examine(path);
  return FileLock::IsTaken(lock) ? absl::OkStatus() : found;  // one has started meanwhile
}

absl::StatusOr<std::unique_ptr<LogWitness>> LogWitness::Watch(Connection& connection,
                                                              int autocheckpoint_pages) {
  const std::string& path = connection.path();
  std::unique_ptr<LogWitness> witness(new LogWitness(path, autocheckpoint_pages));
  witness->file_ =
      UniqueFd(open((path + kSuffix).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  witness->log_ = OpenToRead(path + "-wal");
  struct stat database = {}, log = {};
  if (!witness->file_.valid() || !witness->log_.valid() || stat(path.c_str(), &database) != 0 ||
      fstat(witness->log_.get(), &log) != 0) {
    return absl::UnavailableError(absl::StrCat(
        path, kSuffix, ": can't be made, or the log not be watched: ", std::strerror(errno)));
  }
  witness->database_id_ = {database.st_dev, database.st_ino};
  witness->log_id_ = {log.st_dev, log.st_ino};
  // A log with nothing in it begins with salts that nobody knows.
  LogHeader header;
  if (!ReadLogHeader(witness->log_, header) && !WriteNoteDurably(witness->file_, Note())) {
    return absl::UnavailableError(
        absl::StrCat(path, kSuffix, ": can't be written: ", std::strerror(errno)));
  }
  sqlite3_wal_hook(connection.handle(), &LogWitness::OnCommit, witness.get());
  return witness;
}

int LogWitness::OnCommit(void* self, sqlite3* handle, const char* database, int frames) {
  auto& witness = *static_cast<LogWitness*>(self);
  witness.Saw(frames);
  // As SQLite does by itself where there is no such function: what it comes to matters not.
  if (witness.names_.ok() && frames >= witness.autocheckpoint_pages_) {
    sqlite3_wal_checkpoint_v2(handle, database, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  return SQLITE_OK;
}

void LogWitness::Saw(int frames) {
  names_ = LookAtNames();
  LogHeader header;
  Note note;
  if (ReadLogHeader(log_, header)) {
    note = NoteOf(log_, header, static_cast<std::uint32_t>(frames));
  }
  // A disk without room has this file's block already; when it can't be written all the same, what
  // it said before still holds.
  static_cast<void>(WriteNote(file_, note));
}

LogWitness::~LogWitness() {
  const std::optional<Note> note = ReadNote(file_);
  struct stat info = {};
  if (!note || stat((path_ + "-wal").c_str(), &info) == 0) return;
  if (HasLastPage(path_, *note) || HasLastPageOf(log_, path_)) Forget();
}

void LogWitness::Forget() { static_cast<void>(WriteNoteDurably(file_, Note())); }

absl::Status LogWitness::LookAtNames() const {
  const auto is = [](const std::string& path, const Identity& identity) {
    struct stat info = {};
    return stat(path.c_str(), &info) == 0 && Identity{info.st_dev, info.st_ino} == identity;
  };
  if (!is(path_, database_id_)) {
    return absl::UnknownError(absl::StrCat(
        path_,
        ": was deleted, moved or replaced while this engine had it open, and nothing can be "
        "stored any more. Stop it; put the file back, or restore a backup into a new folder"));
  }
  if (!is(path_ + "-wal", log_id_)) {
    return absl::UnavailableError(
        absl::StrCat(path_,
                     "-wal: was deleted, moved or replaced while this engine had it open. What was "
                     "acknowledged has been brought into the database; restart to store more"));
  }
  return absl::OkStatus();
}

}  // namespace lull::storage
