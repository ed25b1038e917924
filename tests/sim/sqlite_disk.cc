#include "tests/sim/sqlite_disk.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::sim {
namespace {

constexpr char kPath[] = "/lull.db";
/// A commit of a few rows makes some 10 to 30 calls of each kind that is frequent.
constexpr std::int64_t kSoon = 20;

struct FaultKind {
  const char* name;
  IoCall call;
  IoFault fault;
  std::int64_t most;  // calls in a row
};

constexpr std::array kFaultKinds = {
    FaultKind{"log write error", {Io::kWrite, FileKind::kLog}, IoFault::kError, 3},
    FaultKind{"log write torn, no room", {Io::kWrite, FileKind::kLog}, IoFault::kPart, 3},
    FaultKind{"disk full", {Io::kWrite, FileKind::kLog}, IoFault::kFull, 40},
    FaultKind{"log sync error", {Io::kSync, FileKind::kLog}, IoFault::kError, 2},
    FaultKind{"log sync forgets", {Io::kSync, FileKind::kLog}, IoFault::kSyncForgets, 2},
    FaultKind{"log sync drops", {Io::kSync, FileKind::kLog}, IoFault::kSyncDrops, 2},
    FaultKind{"log read error", {Io::kRead, FileKind::kLog}, IoFault::kError, 2},
    FaultKind{"database write error", {Io::kWrite, FileKind::kDatabase}, IoFault::kError, 3},
    FaultKind{"database write torn, no room", {Io::kWrite, FileKind::kDatabase}, IoFault::kPart, 3},
    FaultKind{"database sync error", {Io::kSync, FileKind::kDatabase}, IoFault::kError, 2},
    FaultKind{"database sync forgets", {Io::kSync, FileKind::kDatabase}, IoFault::kSyncForgets, 2},
    FaultKind{"database sync drops", {Io::kSync, FileKind::kDatabase}, IoFault::kSyncDrops, 2},
    FaultKind{"database read error", {Io::kRead, FileKind::kDatabase}, IoFault::kError, 2},
    FaultKind{"log truncation error", {Io::kTruncate, FileKind::kLog}, IoFault::kError, 2},
    FaultKind{"lock error", {Io::kLock, FileKind::kDatabase}, IoFault::kError, 2},
};

/// A database that was made, brought to the newest schema and closed: the same for all seeds, and
/// dear to make.
const std::map<std::string, std::string>& NewDatabase() {
  static const auto* const files = [] {
    MemoryVfs vfs(0);
    LULL_CHECK(storage::SqliteStore::Open({.path = kPath, .vfs = vfs.name()}).ok());
    return new std::map<std::string, std::string>(vfs.files());
  }();
  return *files;
}

}  // namespace

/// The production store, with a count of what is committed.
class SqliteDisk::CountingStore : public Store {
 public:
  CountingStore(std::unique_ptr<Store> store, std::int64_t& commits)
      : store_(std::move(store)), commits_(commits) {}

  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override {
    ++commits_;
    return store_->Commit(changes);
  }
  absl::Status Recover() override { return store_->Recover(); }
  DefinitionReader& definitions() override { return store_->definitions(); }
  RunReader& runs() override { return store_->runs(); }
  NodeReader& nodes() override { return store_->nodes(); }
  OutboxReader& outbox() override { return store_->outbox(); }
  AuditReader& audit() override { return store_->audit(); }

 private:
  const std::unique_ptr<Store> store_;
  std::int64_t& commits_;
};

SqliteDisk::SqliteDisk(std::uint64_t seed) : vfs_(seed) {
  vfs_.SetFiles(NewDatabase());
  vfs_.SetHook([this](const IoCall& call) { return Decide(call); });
}

absl::StatusOr<std::unique_ptr<Store>> SqliteDisk::Open() {
  LULL_ASSIGN_OR_RETURN(auto store,
                        storage::SqliteStore::Open({.path = kPath, .vfs = vfs_.name()}));
  return std::make_unique<CountingStore>(std::move(store), commits_);
}

void SqliteDisk::Restart(Dice& dice, Loss loss) {
  vfs_.Restart();
  if (loss == Loss::kPower) vfs_.LosePower(dice.Bits());
}

std::string SqliteDisk::Plant(Dice& dice) {
  const FaultKind& kind = kFaultKinds[static_cast<std::size_t>(dice.Below(kFaultKinds.size()))];
  const Planted& planted = planted_.emplace_back(Planted{.name = kind.name,
                                                         .call = kind.call,
                                                         .fault = kind.fault,
                                                         .countdown = dice.Below(kSoon),
                                                         .more = dice.Below(kind.most)});
  return absl::StrCat(planted.name, " after ", planted.countdown, ", ", planted.more + 1, " times");
}

IoFault SqliteDisk::Decide(const IoCall& call) {
  for (auto planted = planted_.begin(); planted != planted_.end(); ++planted) {
    if (planted->call.io != call.io || planted->call.file != call.file) continue;
    if (--planted->countdown >= 0) continue;
    const IoFault fault = planted->fault;
    ++faults_[planted->name];
    if (--planted->more < 0) planted_.erase(planted);
    return fault;
  }
  return IoFault::kNone;
}

}  // namespace lull::sim
