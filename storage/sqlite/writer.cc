#include "storage/sqlite/writer.h"

#include <sqlite3.h>

#include <type_traits>
#include <variant>

#include "engine/base/status.h"
#include "storage/preconditions.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/preparer.h"
#include "storage/sqlite/schema.h"

namespace lull::storage {
namespace {

template <class T, class... Ts>
constexpr bool IsOneOf = (std::is_same_v<T, Ts> || ...);

/// What is told of other changes: nothing rejects it once it is begun.
template <class Kind>
constexpr bool kIsRecord = IsOneOf<Kind, KeepEvents, SettleEvents, DropEvents, KeepAudit>;

bool IsRecord(const Change& change) {
  return std::visit([](const auto& kind) { return kIsRecord<std::decay_t<decltype(kind)>>; },
                    change);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Writer>> Writer::Open(const Connection::Options& options,
                                                     int autocheckpoint_pages) {
  LULL_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(options));
  // In this order: nothing is written, not even the journal mode, before the file is known as ours.
  LULL_RETURN_IF_ERROR(RecogniseFile(*connection));
  LULL_RETURN_IF_ERROR(ConfigureWriter(*connection, autocheckpoint_pages));
  LULL_RETURN_IF_ERROR(Migrate(*connection));
  auto writer = std::unique_ptr<Writer>(new Writer(std::move(connection)));
  if (options.vfs.empty()) {
    LULL_ASSIGN_OR_RETURN(writer->witness_,
                          LogWitness::Watch(*writer->connection_, autocheckpoint_pages));
  }
  LULL_RETURN_IF_ERROR(writer->Prepare());
  return writer;
}

absl::Status Writer::Prepare() {
  Preparer prepare(*connection_);
  prepare(begin_, "BEGIN IMMEDIATE", "");
  prepare(commit_, "COMMIT", "");
  prepare(rollback_, "ROLLBACK", "");
  prepare(savepoint_, "SAVEPOINT change", "");
  prepare(release_, "RELEASE change", "");
  prepare(undo_, "ROLLBACK TO change", "");
  definitions_.Prepare(prepare);
  history_.Prepare(prepare);
  runs_.Prepare(prepare, definitions_);
  records_.Prepare(prepare);
  nodes_.Prepare(prepare);
  return prepare.status();
}

absl::StatusOr<std::vector<ChangeResult>> Writer::Commit(const std::vector<Change>& changes) {
  CheckChanges(changes);
  LULL_RETURN_IF_ERROR(names());
  LULL_RETURN_IF_ERROR(begin_.Run());
  auto results = ApplyAll(changes);
  if (!results.ok()) {
    RollBack();
    if (connection_->in_transaction()) {
      return absl::UnknownError(
          absl::StrCat("a transaction can't be rolled back after: ", results.status().message()));
    }
    return results;
  }
  const absl::Status committed = commit_.Run();
  if (committed.ok()) {
    LULL_RETURN_IF_ERROR(CheckNames());
    return results;
  }
  int code = sqlite3_extended_errcode(connection_->handle());
  RollBack();
  if (connection_->in_transaction()) code = SQLITE_IOERR;  // and so the file is opened anew
  // No room or no lock: the frame that makes a commit was never written. After an I/O error, or
  // when there was no memory to note the frame in the log's index, it may stand in the file, where
  // the next recovery would find it.
  if ((code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_NOMEM) {
    return absl::UnknownError(
        absl::StrCat("the outcome of a commit is not known: ", committed.message()));
  }
  return committed;
}

absl::Status Writer::Settle() {
  if (witness_ != nullptr) witness_->Forget();
  LULL_RETURN_IF_ERROR(CheckpointAll(*connection_));
  // Nothing syncs the emptied log: a power loss could bring back what stood in it. A commit that
  // says nothing new begins the log anew, and is synced.
  return WriteSchemaVersion(*connection_, NewestSchemaVersion());
}

absl::Status Writer::names() const {
  return witness_ == nullptr ? absl::OkStatus() : witness_->names();
}

/// What was committed to a log without a name is brought into the database, which has one: then it
/// is durable. It is the last commit of this writer.
absl::Status Writer::CheckNames() {
  if (names().ok() || absl::IsUnknown(names())) return names();
  const absl::Status saved = CheckpointAll(*connection_);
  if (saved.ok()) return saved;
  return absl::UnknownError(
      absl::StrCat(names().message(), "; but it could not be: ", saved.message()));
}

absl::StatusOr<std::vector<ChangeResult>> Writer::ApplyAll(const std::vector<Change>& changes) {
  std::vector<ChangeResult> results;
  results.reserve(changes.size());
  for (const Change& change : changes) {
    if (const auto of = TellsOf(change); of && results.at(*of).verdict != Verdict::kApplied) {
      results.push_back({.verdict = Verdict::kConflict});
      continue;
    }
    LULL_ASSIGN_OR_RETURN(const ChangeResult result, ApplyOne(change));
    results.push_back(result);
  }
  return results;
}

absl::StatusOr<ChangeResult> Writer::ApplyOne(const Change& change) {
  if (IsRecord(change)) return Dispatch(change);
  LULL_RETURN_IF_ERROR(savepoint_.Run());
  LULL_ASSIGN_OR_RETURN(const ChangeResult result, Dispatch(change));
  if (result.verdict != Verdict::kApplied) LULL_RETURN_IF_ERROR(undo_.Run());
  LULL_RETURN_IF_ERROR(release_.Run());
  return result;
}

absl::StatusOr<ChangeResult> Writer::Dispatch(const Change& change) {
  return std::visit(
      [this](const auto& kind) {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (IsOneOf<Kind, TakeEpoch, OpenExecution, StageSnapshot, DropSnapshots,
                              Advance>) {
          return runs_.Apply(kind);
        } else if constexpr (IsOneOf<Kind, PutNodes, RemoveNodes, TagNode, PutGroups>) {
          return nodes_.Apply(kind);
        } else if constexpr (IsOneOf<Kind, PruneExecution>) {
          return history_.Apply(kind);
        } else if constexpr (kIsRecord<Kind>) {
          return records_.Apply(kind);
        } else {
          return definitions_.Apply(kind);
        }
      },
      change);
}

void Writer::RollBack() {
  // After some errors SQLite has rolled back by itself.
  if (connection_->in_transaction()) rollback_.Run().IgnoreError();
}

}  // namespace lull::storage
