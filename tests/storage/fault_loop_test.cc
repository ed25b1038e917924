// Each operation of the SQLite store, with each of its I/Os and allocations failing, and its
// process dying at each I/O.

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/storage/failing_allocator.h"
#include "tests/storage/memory_vfs.h"
#include "tests/storage/trouble.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"
#include "tests/support/model_store.h"
#include "tests/support/random_changes.h"

namespace lull::storage {

/// Set by main.
bool every_place = false;

namespace {

using Files = std::map<std::string, std::string>;

constexpr char kPath[] = "/lull.db";
constexpr std::uint64_t kSeed = 7;
constexpr int kNoCheckpoint = 1'000'000;
constexpr int kMostCommits = 2000;  // until each kind of change was applied once
/// Every I/O fails once, but of an opening's hundreds those after the first only one in each step
/// of a tenth. Allocations are many, and that all fails from a place on tells little more than that
/// the place does: of those the first eight, then one in each step of a quarter. With
/// --every_place, each.
std::int64_t NextPlace(const Trouble& trouble, std::int64_t n) {
  if (every_place) return n + 1;
  if (trouble.kind() == Trouble::Kind::kMemory || trouble.is_lasting()) {
    return n < 8 ? n + 1 : n + n / 4;
  }
  return n < 50 ? n + 1 : n + n / 10;
}

/// Of what is looked at after a power loss too: it takes as long as all the rest.
bool IsThorough(std::int64_t n) { return every_place || n % 5 == 1; }

absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const MemoryVfs& vfs, int checkpoint = 200) {
  return SqliteStore::Open(
      {.path = kPath, .autocheckpoint_pages = checkpoint, .max_readers = 1, .vfs = vfs.name()});
}

std::unique_ptr<SqliteStore> MustOpen(const MemoryVfs& vfs, int checkpoint = 200) {
  auto store = Open(vfs, checkpoint);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

/// Calls `attempt` with each trouble at each place, until it comes no more; the result is how many
/// places there were.
int ForEachTrouble(const std::function<void(Trouble&, std::int64_t n)>& attempt) {
  std::vector<Trouble> troubles = {Trouble::OfDeath()};
  for (const bool lasting : {false, true}) {
    for (const IoFault fault : {IoFault::kError, IoFault::kFull, IoFault::kPart,
                                IoFault::kSyncForgets, IoFault::kSyncDrops}) {
      troubles.push_back(Trouble::OfIo(fault, lasting));
    }
    troubles.push_back(Trouble::OfMemory(lasting));
  }
  int places = 0;
  for (Trouble& trouble : troubles) {
    for (std::int64_t n = 1;;) {
      SCOPED_TRACE(trouble.Describe() + ' ' + std::to_string(n));
      attempt(trouble, n);
      if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) return places;
      if (!trouble.has_hit()) break;
      ++places;
      n = NextPlace(trouble, n);
    }
  }
  return places;
}

/// The process dies, the power goes, and another process opens what is left.
std::unique_ptr<SqliteStore> OpenAfterPowerLoss(std::unique_ptr<SqliteStore> store, MemoryVfs& vfs,
                                                std::uint64_t seed) {
  vfs.Die();
  store = nullptr;
  vfs.Restart();
  vfs.LosePower(seed);
  return MustOpen(vfs);
}

/// A commit, and the store before it.
struct Situation {
  Files files;
  std::vector<Change> changes;
  std::string before;  ///< DescribeAll of both
  std::string after;
};

bool AppliesANewKind(const std::vector<Change>& changes, const std::vector<ChangeResult>& results,
                     std::set<std::size_t>& kinds) {
  bool is_new = false;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (results[i].verdict == Verdict::kApplied) is_new |= kinds.insert(changes[i].index()).second;
  }
  return is_new;
}

/// Commits of a random history in which, all together, each kind of change is applied.
const std::vector<Situation>& Situations() {
  static const auto* const situations = [] {
    auto* found = new std::vector<Situation>;
    MemoryVfs vfs(kSeed);
    ModelStore model(std::make_shared<ModelDisk>());
    RandomChanges random(kSeed, model);
    std::set<std::size_t> kinds;
    auto store = MustOpen(vfs);
    for (int i = 0; i < kMostCommits && kinds.size() < std::variant_size_v<Change>; ++i) {
      Situation next{.changes = random.NextCommit(), .before = DescribeAll(model)};
      const auto results = *model.Commit(next.changes);
      if (AppliesANewKind(next.changes, results, kinds)) {
        store = nullptr;
        next.files = vfs.files();
        next.after = DescribeAll(model);
        found->push_back(next);
        store = MustOpen(vfs);
      }
      EXPECT_TRUE(store->Commit(next.changes).ok());
    }
    EXPECT_EQ(kinds.size(), std::variant_size_v<Change>) << "a kind of change was never applied";
    return found;
  }();
  return *situations;
}

void ExpectDocumented(const absl::Status& error) {
  EXPECT_TRUE(absl::IsUnavailable(error) || absl::IsInternal(error) || absl::IsUnknown(error))
      << error;
}

void TryCommit(const Situation& situation, int checkpoint, Trouble& trouble, std::int64_t n,
               bool thorough) {
  MemoryVfs vfs(kSeed);
  vfs.SetFiles(situation.files);
  auto store = MustOpen(vfs, checkpoint);
  ASSERT_TRUE(store->definitions().ListDue().ok());  // there is a reader
  trouble.Begin(vfs, n);
  const auto results = store->Commit(situation.changes);
  trouble.End(vfs);
  if (!results.ok()) ExpectDocumented(results.status());
  const bool is_dead = vfs.IsDead();
  if (is_dead) store = OpenAfterPowerLoss(std::move(store), vfs, n);
  if (absl::IsUnknown(results.status()) && !is_dead) {
    const absl::Status recovered = store->Recover();
    ASSERT_TRUE(recovered.ok()) << recovered;
  }
  const std::string found = DescribeAll(*store);
  if (results.ok()) {
    ASSERT_EQ(found, situation.after) << "an acknowledged commit is not there";
  } else if (!is_dead && !absl::IsUnknown(results.status())) {
    ASSERT_EQ(found, situation.before) << "a refused commit is there: " << results.status();
  } else {
    ASSERT_TRUE(found == situation.before || found == situation.after) << found;
  }
  if (trouble.has_hit() && thorough) {
    store = OpenAfterPowerLoss(std::move(store), vfs, n);
    ASSERT_EQ(DescribeAll(*store), found) << "what was known changed: " << results.status();
  }
}

class FaultLoops : public testing::Test {
 protected:
  static void Count(int places) {
    RecordProperty("places", places);
    // How much was tried is a figure of the documentation.
    printf("fault loop: %d places\n", places);
    EXPECT_GT(places, 0);
  }
};

TEST_F(FaultLoops, ACommitIsAppliedRefusedOrUnknownWhateverFails) {
  int places = 0;
  for (const Situation& situation : Situations()) {
    places += ForEachTrouble([&](Trouble& trouble, std::int64_t n) {
      TryCommit(situation, 200, trouble, n, IsThorough(n));
    });
    if (HasFailure()) break;
  }
  Count(places);
}

TEST_F(FaultLoops, ACommitWithACheckpointIsAppliedRefusedOrUnknownWhateverFails) {
  int places = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    places += ForEachTrouble([&](Trouble& trouble, std::int64_t n) {
      TryCommit(Situations()[i], 1, trouble, n, IsThorough(n));
    });
    if (HasFailure()) break;
  }
  Count(places);
}

/// A store whose log has room for less than a commit before its index needs another page.
Situation BeforeANewPageOfTheIndex() {
  constexpr std::size_t kFrames = 4062;  // of the first page
  constexpr std::size_t kFrame = 4096 + 24;
  MemoryVfs vfs(kSeed);
  auto store = MustOpen(vfs, kNoCheckpoint);
  Situation situation;
  const auto frames = [&] { return vfs.files()[std::string(kPath) + "-wal"].size() / kFrame; };
  // Large ones that go again, so that there is little to look at.
  while (frames() < kFrames - 1000) {
    Window window = MakeWindow("large");
    window.description = std::string(1'000'000, 'x');
    EXPECT_TRUE(store->Commit({CreateWindow{.window = window}}).ok());
    EXPECT_TRUE(store->Commit({DeleteWindow{window.id}}).ok());
  }
  EXPECT_LE(frames(), kFrames);
  for (int i = 0; frames() <= kFrames; ++i) {
    const Window window = MakeWindow("mw-" + std::to_string(i));
    situation.files = vfs.files();
    situation.changes = {CreateWindow{.window = window}};
    situation.before = DescribeAll(*store);
    EXPECT_TRUE(store->Commit(situation.changes).ok());
    situation.after = DescribeAll(*store);
  }
  return situation;
}

TEST_F(FaultLoops, ACommitThatIsInTheLogButNotInItsIndexIsUnknown) {
  const Situation situation = BeforeANewPageOfTheIndex();
  int places = 0;
  for (const bool lasting : {false, true}) {
    Trouble trouble = Trouble::OfMemory(lasting);
    for (std::int64_t n = 1; !HasFailure(); ++n) {
      SCOPED_TRACE(trouble.Describe() + ' ' + std::to_string(n));
      TryCommit(situation, kNoCheckpoint, trouble, n, true);
      if (!trouble.has_hit()) break;
      ++places;
    }
  }
  Count(places);
}

void TryOpen(const Files& files, const std::string& expected, Trouble& trouble, std::int64_t n) {
  MemoryVfs vfs(kSeed);
  vfs.SetFiles(files);
  trouble.Begin(vfs, n);
  auto store = Open(vfs);
  trouble.End(vfs);
  if (!store.ok()) ExpectDocumented(store.status());
  std::unique_ptr<SqliteStore> opened;
  if (vfs.IsDead()) {
    opened = OpenAfterPowerLoss(store.ok() ? *std::move(store) : nullptr, vfs, n);
  } else {
    opened = store.ok() ? *std::move(store) : MustOpen(vfs);
  }
  ASSERT_NE(opened, nullptr);
  ASSERT_EQ(DescribeAll(*opened), expected);
}

Files OfSchema(int version) {
  MemoryVfs vfs(kSeed);
  {
    const auto connection = *Connection::Open({.path = kPath, .vfs = vfs.name()});
    EXPECT_TRUE(ConfigureWriter(*connection, 200).ok());
    EXPECT_TRUE(Migrate(*connection, version).ok());
  }
  return vfs.files();
}

/// What a process leaves that was killed after the commit of `situation`: a log.
Files OfAKilledProcess(const Situation& situation) {
  MemoryVfs vfs(kSeed);
  vfs.SetFiles(situation.files);
  const auto store = MustOpen(vfs);
  EXPECT_TRUE(store->Commit(situation.changes).ok());
  return vfs.files();
}

TEST_F(FaultLoops, AnOpenThatFailsHarmsNoStore) {
  ModelStore empty(std::make_shared<ModelDisk>());
  const Situation& last = Situations().back();
  const std::vector<std::pair<Files, std::string>> cases = {
      {{}, DescribeAll(empty)},
      {OfSchema(1), DescribeAll(empty)},
      {OfSchema(NewestSchemaVersion() - 1), DescribeAll(empty)},
      {last.files, last.before},
      {OfAKilledProcess(last), last.after},
  };
  int places = 0;
  for (const auto& [files, expected] : cases) {
    SCOPED_TRACE("a folder of " + std::to_string(files.size()) + " files");
    places += ForEachTrouble(
        [&](Trouble& trouble, std::int64_t n) { TryOpen(files, expected, trouble, n); });
    if (HasFailure()) break;
  }
  Count(places);
}

void TryRecover(const Situation& situation, IoFault sync_fault, Trouble& trouble, std::int64_t n) {
  MemoryVfs vfs(kSeed + n);
  vfs.SetFiles(situation.files);
  auto store = MustOpen(vfs);
  ASSERT_TRUE(store->definitions().ListDue().ok());  // a reader keeps the log's index
  vfs.SetHook(
      [&](const IoCall& call) { return call.io == Io::kSync ? sync_fault : IoFault::kNone; });
  ASSERT_TRUE(absl::IsUnknown(store->Commit(situation.changes).status()));
  vfs.SetHook(nullptr);
  trouble.Begin(vfs, n);
  const absl::Status recovered = store->Recover();
  trouble.End(vfs);
  if (!recovered.ok()) ExpectDocumented(recovered);
  if (vfs.IsDead()) {
    store = OpenAfterPowerLoss(std::move(store), vfs, n);
  } else if (!recovered.ok()) {
    const absl::Status again = store->Recover();
    ASSERT_TRUE(again.ok()) << again << " after " << recovered;
  }
  const std::string found = DescribeAll(*store);
  ASSERT_TRUE(found == situation.before || found == situation.after) << found;
  store = OpenAfterPowerLoss(std::move(store), vfs, n);
  ASSERT_EQ(DescribeAll(*store), found) << "what was recovered changed";
}

TEST_F(FaultLoops, ARecoveryThatFailsIsTriedAgain) {
  int places = 0;
  for (const IoFault fault : {IoFault::kError, IoFault::kSyncForgets, IoFault::kSyncDrops}) {
    places += ForEachTrouble([&](Trouble& trouble, std::int64_t n) {
      TryRecover(Situations().front(), fault, trouble, n);
    });
    if (HasFailure()) break;
  }
  Count(places);
}

// Reads.

template <class T>
std::string Tell(const T& value) {
  if constexpr (requires { Describe(value); }) {
    return Describe(value);
  } else if constexpr (requires { value.has_value(); }) {
    return value.has_value() ? Tell(*value) : "nothing";
  } else if constexpr (requires { value.size() + value.begin()->position; }) {
    return std::to_string(value.size());
  } else {
    return "read";
  }
}

/// An error, or what was read.
using Answer = absl::StatusOr<std::string>;

template <class T>
Answer Told(const absl::StatusOr<T>& result) {
  if (!result.ok()) return result.status();
  if constexpr (requires { result->begin()->first; }) {
    return std::to_string(result->size());
  } else if constexpr (requires { result->push_back(*result->begin()); }) {
    std::string text = std::to_string(result->size());
    for (const auto& row : *result) text += Tell(row) + '\n';
    return text;
  } else {
    return Tell(*result);
  }
}

using Read = std::function<Answer(Store&)>;

const std::vector<Read>& Reads() {
  static const auto* const reads = new std::vector<Read>{
      [](Store& s) { return Told(s.definitions().GetWindow(WindowId("mw-1"))); },
      [](Store& s) { return Told(s.definitions().ListWindows({})); },
      [](Store& s) { return Told(s.definitions().ListTargets(WindowId("mw-1"))); },
      [](Store& s) { return Told(s.definitions().ListTasks(WindowId("mw-1"))); },
      [](Store& s) { return Told(s.definitions().PageTargets({.window = WindowId("mw-1")})); },
      [](Store& s) { return Told(s.definitions().PageTasks({.window = WindowId("mw-1")})); },
      [](Store& s) { return Told(s.definitions().GetTarget(WindowTargetId("target-1"))); },
      [](Store& s) { return Told(s.definitions().GetTask(WindowTaskId("task-1"))); },
      [](Store& s) { return Told(s.definitions().FindToken("operation", "", "token")); },
      [](Store& s) { return Told(s.definitions().ListDue()); },
      [](Store& s) { return Told(s.runs().GetExecution(ExecutionId("execution-1"))); },
      [](Store& s) { return Told(s.runs().ListExecutions({.window = WindowId("mw-1")})); },
      [](Store& s) { return Told(s.runs().HasOccurrence(WindowId("mw-1"), absl::Time())); },
      [](Store& s) { return Told(s.runs().FindResumption(ExecutionId("execution-1"))); },
      [](Store& s) { return Told(s.runs().ListTaskExecutions(ExecutionKey{1})); },
      [](Store& s) { return Told(s.runs().GetTaskExecution(TaskExecutionId("task-execution-1"))); },
      [](Store& s) { return Told(s.runs().ListNewestTasks(std::nullopt, 5)); },
      [](Store& s) { return Told(s.runs().ListFinishes({.task = TaskKey{1}})); },
      [](Store& s) { return Told(s.runs().ReadTargets(TaskKey{1}, 0, 5)); },
      [](Store& s) { return Told(s.runs().FindTarget(TaskKey{1}, 0, 5, "node-1")); },
      [](Store& s) { return Told(s.runs().ListAges(ExecutionKey{0}, 5)); },
      [](Store& s) { return Told(s.runs().LoadActive()); },
      [](Store& s) { return Told(s.runs().GreatestKeys()); },
      [](Store& s) { return Told(s.nodes().GetNode("node-1")); },
      [](Store& s) { return Told(s.nodes().ListNodes({})); },
      [](Store& s) { return Told(s.nodes().ListTagged("role", "web", {})); },
      [](Store& s) { return Told(s.nodes().ListReadings("inventory", {})); },
      [](Store& s) { return Told(s.nodes().GetGroup("group-1")); },
      [](Store& s) { return Told(s.outbox().ListEvents("subscriber-1", 0, 5)); },
      [](Store& s) { return Told(s.outbox().CountEvents()); },
      [](Store& s) { return Told(s.audit().ListAudit({.limit = 5})); },
  };
  return *reads;
}

void TryRead(const Read& read, bool with_reader, const std::string& expected, Trouble& trouble,
             std::int64_t n) {
  MemoryVfs vfs(kSeed);
  vfs.SetFiles(Situations().back().files);
  auto store = MustOpen(vfs);
  // With a reader: its connection is there, and so are its statements.
  if (with_reader) {
    ASSERT_TRUE(store->runs().GreatestKeys().ok());
  }
  trouble.Begin(vfs, n);
  const Answer answer = read(*store);
  trouble.End(vfs);
  if (answer.ok()) {
    ASSERT_EQ(*answer, expected) << "a read that failed gave other rows";
  } else {
    ASSERT_TRUE(absl::IsInternal(answer.status())) << answer.status();
  }
  if (vfs.IsDead()) store = OpenAfterPowerLoss(std::move(store), vfs, n);
  ASSERT_EQ(*read(*store), expected) << "the store did not heal";
}

TEST_F(FaultLoops, AReadThatFailsIsAnErrorAndTheNextOneIsRight) {
  MemoryVfs vfs(kSeed);
  vfs.SetFiles(Situations().back().files);
  const auto store = MustOpen(vfs);
  int places = 0;
  for (std::size_t i = 0; i < Reads().size() && !HasFailure(); ++i) {
    SCOPED_TRACE("read " + std::to_string(i));
    const Answer expected = Reads()[i](*store);
    ASSERT_TRUE(expected.ok()) << expected.status();
    places += ForEachTrouble([&](Trouble& trouble, std::int64_t n) {
      TryRead(Reads()[i], i > 0, *expected, trouble, n);  // the first opens the reader
    });
  }
  Count(places);
}

}  // namespace
}  // namespace lull::storage

int main(int argc, char** argv) {
  lull::FailingAllocator::Install();
  testing::InitGoogleTest(&argc, argv);
  lull::storage::every_place = argc > 1 && argv[1] == std::string_view("--every_place");
  return RUN_ALL_TESTS();
}
