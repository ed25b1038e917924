#include "tests/sim/sqlite_disk.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/describe.h"
#include "tests/support/model_store.h"
#include "tests/support/random_changes.h"

namespace lull::sim {
namespace {

constexpr int kSeeds = 100;
constexpr int kCommits = 40;

std::string DescribeResults(const std::vector<ChangeResult>& results) {
  std::string text;
  for (const ChangeResult& result : results) text += Describe(result) + '\n';
  return text;
}

/// A store on a disk that fails and crashes, held against the reference after each commit.
class Trial {
 public:
  explicit Trial(std::uint64_t seed)
      : disk_(seed), dice_(seed), model_(std::make_shared<ModelDisk>()), random_(seed, model_) {}

  void Run() {
    Reopen();
    for (int i = 0; i < kCommits && !testing::Test::HasFatalFailure(); ++i) {
      SCOPED_TRACE("commit " + std::to_string(i));
      if (dice_.OneIn(4)) trace_ += disk_.Plant(dice_) + '\n';
      if (dice_.OneIn(10)) disk_.DieAfter(1 + dice_.Below(80));
      CommitOne(i);
      if (dice_.OneIn(12)) {
        store_ = nullptr;
        disk_.Restart(dice_, Loss::kPower);
        Reopen();
        Compare("a power loss");
      }
    }
    trace_ += DescribeAll(model_);
  }

  const SqliteDisk& disk() const { return disk_; }
  int crashes() const { return crashes_; }
  int refused() const { return refused_; }
  int unknown_applied() const { return unknown_applied_; }
  int unknown_lost() const { return unknown_lost_; }
  /// What happened, to the end: of one seed always the same.
  const std::string& trace() const { return trace_; }

 private:
  void Reopen() {
    store_ = nullptr;
    auto store = disk_.Open();
    for (int i = 0; !store.ok(); ++i) {
      ASSERT_LT(i, 3) << store.status();
      trace_ += "open: " + store.status().ToString() + '\n';
      if (disk_.IsDead()) disk_.Restart(dice_, Loss::kPower);
      if (i == 1) disk_.Heal();
      store = disk_.Open();
    }
    store_ = *std::move(store);
  }

  void CommitOne(int number) {
    std::vector<Change> changes = random_.NextCommit();
    // Else a change that no reader shows could not be told from none.
    changes.push_back(KeepAudit{.entry = {.operation = std::to_string(number)}});
    const auto results = store_->Commit(changes);
    trace_ += "commit: " + results.status().ToString() + '\n';
    if (disk_.IsDead()) {
      ++crashes_;
      store_ = nullptr;
      disk_.Restart(dice_, dice_.OneIn(2) ? Loss::kPower : Loss::kProcess);
      Reopen();
      // An answer that the process gave before it died is kept; no answer leaves both open.
      if (!results.ok()) return FindOut(changes);
    } else if (absl::IsUnknown(results.status())) {
      for (int i = 0; !store_->Recover().ok(); ++i) {
        ASSERT_LT(i, 5);
        if (i == 3) disk_.Heal();
        if (!disk_.IsDead()) continue;
        store_ = nullptr;
        disk_.Restart(dice_, Loss::kPower);
        Reopen();
      }
      return FindOut(changes);
    } else if (!results.ok()) {
      ++refused_;
      ASSERT_TRUE(absl::IsUnavailable(results.status()) || absl::IsInternal(results.status()));
      return Compare("a refusal");
    }
    ASSERT_EQ(DescribeResults(*results), DescribeResults(*model_.Commit(changes)));
    if (dice_.OneIn(3)) Compare("a commit");
  }

  /// Brings the model to where the store is: with the changes or without.
  void FindOut(const std::vector<Change>& changes) {
    disk_.Heal();
    Revive();
    const bool applied = DescribeAll(*store_) != DescribeAll(model_);
    if (applied) {
      ASSERT_TRUE(model_.Commit(changes).ok());
    }
    ++(applied ? unknown_applied_ : unknown_lost_);
    Compare("an unknown end");
  }

  void Compare(const char* after) {
    disk_.Heal();
    Revive();
    ASSERT_EQ(DescribeAll(*store_), DescribeAll(model_)) << "after " << after << '\n' << trace_;
  }

  /// The process may have been told to die at a call of a comparison.
  void Revive() {
    static_cast<void>(store_->definitions().ListDue());
    if (!disk_.IsDead()) disk_.DieAfter(-1);
    if (!disk_.IsDead()) return;
    store_ = nullptr;
    disk_.Restart(dice_, Loss::kPower);
    Reopen();
  }

  SqliteDisk disk_;
  Dice dice_;
  ModelStore model_;
  RandomChanges random_;
  std::unique_ptr<Store> store_;
  std::string trace_;
  int crashes_ = 0;
  int refused_ = 0;
  int unknown_applied_ = 0;
  int unknown_lost_ = 0;
};

TEST(SqliteDisk, WhatWasAcknowledgedIsThereAfterFaultsAndCrashesAndWhatWasRefusedIsNot) {
  int crashes = 0, refused = 0, applied = 0, lost = 0;
  std::map<std::string, std::int64_t> faults;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial trial(seed);
    trial.Run();
    if (HasFatalFailure()) return;
    crashes += trial.crashes();
    refused += trial.refused();
    applied += trial.unknown_applied();
    lost += trial.unknown_lost();
    for (const auto& [name, count] : trial.disk().faults()) faults[name] += count;
  }
  // Else it tried nothing.
  EXPECT_GT(crashes, kSeeds / 4);
  EXPECT_GT(refused, kSeeds / 4);
  EXPECT_GT(applied, 0);
  EXPECT_GT(lost, 0);
  EXPECT_GT(faults.size(), 10u);
  for (const auto& [name, count] : faults) RecordProperty(name, static_cast<int>(count));
}

TEST(SqliteDisk, ASeedGivesTheSameHistoryTwice) {
  for (int seed = 1; seed <= 5; ++seed) {
    Trial first(seed), second(seed);
    first.Run();
    second.Run();
    EXPECT_EQ(first.trace(), second.trace()) << "seed " << seed;
    EXPECT_FALSE(first.trace().empty());
  }
}

}  // namespace
}  // namespace lull::sim
