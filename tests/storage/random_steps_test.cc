#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/describe.h"
#include "tests/support/model_store.h"
#include "tests/support/random_changes.h"
#include "tests/support/temp_folder.h"

namespace lull {
namespace {

constexpr int kCommits = 150;

std::string DescribeResults(const absl::StatusOr<std::vector<ChangeResult>>& results) {
  if (!results.ok()) return results.status().ToString();
  std::string text;
  for (const ChangeResult& result : *results) text += Describe(result) + '\n';
  return text;
}

template <class T>
std::string DescribeRows(const absl::StatusOr<std::vector<T>>& rows) {
  if (!rows.ok()) return rows.status().ToString();
  std::string text;
  for (const T& row : *rows) text += Describe(row) + '\n';
  return text;
}

/// Pages that a reader of the API might ask for.
struct RandomReads {
  explicit RandomReads(RandomChanges& random) {
    executions.window = WindowId(random.AnyWindow());
    executions.limit = random.Below(4);
    if (random.OneIn(2)) executions.below = random.AnyExecution();
    finishes.task = static_cast<TaskKey>(random.Below(30));
    finishes.from = random.Below(50);
    finishes.limit = random.Below(20);
    if (random.OneIn(2)) finishes.status = kAllStatuses[random.Below(kAllStatuses.size())];
    snapshot = static_cast<TaskKey>(random.Below(30));
    first = random.Below(15);
    registrations.window = WindowId(random.AnyWindow());
    registrations.after_position = random.Below(12);
    registrations.limit = random.Below(4);
    target = random.AnyTarget();
    task = random.AnyTask();
    page = {.after_position = random.Below(10), .limit = static_cast<std::size_t>(random.Below(5))};
    node = "node-" + std::to_string(random.Below(60));
    subscriber = random.AnySubscriber();
    if (random.OneIn(2)) lines = random.Below(40);
    if (random.OneIn(2)) since = absl::FromUnixSeconds(random.Below(50));
  }

  std::string Of(Store& store) const {
    return DescribeRows(store.runs().ListExecutions(executions)) +
           DescribeRows(store.runs().ListFinishes(finishes)) +
           DescribeRows(store.runs().ReadTargets(snapshot, first, 2)) +
           DescribeRows(store.nodes().ListNodes(page)) +
           DescribeRows(store.nodes().ListTagged("role", "web", page)) +
           DescribeRows(store.nodes().ListTagged("env", "", page)) +
           DescribeRows(store.nodes().ListReadings("inventory", page)) + OfRegistrations(store) +
           DescribeRows(store.runs().ListNewestTasks(snapshot, 3)) + DescribeTask(store) +
           DescribeTarget(store) + DescribeAges(store) +
           DescribeRows(store.outbox().ListEvents(subscriber, registrations.after_position, 3)) +
           DescribeRows(store.audit().ListAudit({.below = lines, .since = since, .limit = 3}));
  }

  std::string OfRegistrations(Store& store) const {
    std::string text;
    const auto targets = store.definitions().PageTargets(registrations);
    for (const auto& row : *targets) {
      text += std::to_string(row.position) + ' ' + Describe(row.target) + '\n';
    }
    const auto tasks = store.definitions().PageTasks(registrations);
    for (const auto& row : *tasks) {
      text += std::to_string(row.position) + ' ' + Describe(row.task) + '\n';
    }
    if (const auto row = *store.definitions().GetTarget(target)) text += Describe(*row) + '\n';
    if (const auto row = *store.definitions().GetTask(task)) text += Describe(*row) + '\n';
    return text;
  }

  std::string DescribeTask(Store& store) const {
    const std::int64_t key = static_cast<std::int64_t>(snapshot);
    const auto found =
        store.runs().GetTaskExecution(TaskExecutionId("task-execution-" + std::to_string(key)));
    if (!found.ok()) return found.status().ToString();
    return found->has_value() ? Describe(**found) : "no task";
  }

  std::string DescribeTarget(Store& store) const {
    const auto found = store.runs().FindTarget(snapshot, first, first + 5, node);
    if (!found.ok()) return found.status().ToString();
    return found->has_value() ? std::to_string(**found) : "no target";
  }

  std::string DescribeAges(Store& store) const {
    const auto ages = store.runs().ListAges(ExecutionKey{3}, 5);
    if (!ages.ok()) return ages.status().ToString();
    std::string text;
    for (const RunReader::Age& age : *ages) {
      text += std::to_string(static_cast<std::int64_t>(age.key)) + ' ' +
              absl::FormatTime(age.start_at) + ' ' + absl::FormatTime(age.started_at) + ' ' +
              absl::FormatTime(age.ended_at.value_or(absl::InfiniteFuture())) +
              (age.pruning ? " pruning\n" : "\n");
    }
    return text;
  }

  RunReader::ExecutionQuery executions;
  RunReader::FinishQuery finishes;
  TaskKey snapshot{};
  Ordinal first = 0;
  DefinitionReader::RegistrationQuery registrations;
  WindowTargetId target;
  WindowTaskId task;
  NodeReader::Page page;
  std::string node;
  std::string subscriber;
  std::optional<std::int64_t> lines;
  std::optional<absl::Time> since;
};

class RandomSteps : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomSteps, SqliteAndTheModelAnswerTheSame) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const TempFolder folder;
  const storage::SqliteOptions options{.path = folder.File("lull.db")};
  auto sqlite = storage::SqliteStore::Open(options);
  ASSERT_TRUE(sqlite.ok()) << sqlite.status();
  ModelStore model(std::make_shared<ModelDisk>());
  RandomChanges random(GetParam(), model);
  int applied = 0;
  for (int commit = 0; commit < kCommits; ++commit) {
    SCOPED_TRACE("commit " + std::to_string(commit));
    const std::vector<Change> changes = random.NextCommit();
    const auto expected = model.Commit(changes);
    ASSERT_EQ(DescribeResults((*sqlite)->Commit(changes)), DescribeResults(expected));
    for (const ChangeResult& result : *expected) applied += result.verdict == Verdict::kApplied;
    const RandomReads reads(random);
    ASSERT_EQ(reads.Of(**sqlite), reads.Of(model));
    if (random.OneIn(10)) {
      ASSERT_EQ(DescribeAll(**sqlite), DescribeAll(model));
    }
    if (random.OneIn(30)) {
      *sqlite = nullptr;
      sqlite = storage::SqliteStore::Open(options);
      ASSERT_TRUE(sqlite.ok()) << sqlite.status();
    }
  }
  EXPECT_EQ(DescribeAll(**sqlite), DescribeAll(model));
  // Neither all nor none: else the generator tests nothing.
  EXPECT_GT(applied, kCommits / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSteps, testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace lull
