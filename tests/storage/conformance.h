#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/ports/store.h"
#include "gtest/gtest.h"

namespace lull {

/// What `result` holds; the test fails when that is an error. A loop over `*f()` would dangle.
template <class T>
T Value(absl::StatusOr<T> result) {
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : T();
}

/// One kind of store under test.
struct StoreKind {
  std::string name;
  /// Makes a place where stores can be opened one after the other, each finding what the last one
  /// left. The result opens one; the one before must be gone.
  std::function<std::function<std::unique_ptr<Store>()>()> make_place;
};

/// The one suite that every store passes: each test file of a kind instantiates it.
class StoreConformance : public testing::TestWithParam<StoreKind> {
 protected:
  StoreConformance() : open_(GetParam().make_place()), store_(open_()) {}

  Store& store() { return *store_; }
  DefinitionReader& definitions() { return store_->definitions(); }
  RunReader& runs() { return store_->runs(); }
  NodeReader& nodes() { return store_->nodes(); }
  OutboxReader& outbox() { return store_->outbox(); }
  AuditReader& audit() { return store_->audit(); }

  /// Drops the store, as a crash would, and opens it again.
  void Reopen() {
    store_ = nullptr;
    store_ = open_();
  }

  /// Commits `changes`, which must go through, and returns the verdicts.
  std::vector<Verdict> Commit(const std::vector<Change>& changes);

  /// Commits one change, which must be applied.
  void Apply(const Change& change);

  /// Commits one change and returns the verdict; checks that one not applied leaves no trace.
  Verdict Try(const Change& change);

  Epoch TakeEpochNow();

  /// A window mw-1, an epoch, and an execution 1 of it with the tasks 1 and 2 of 10 targets each.
  void OpenOne();

  /// An Advance of execution 1 that expects `status`, with nothing in it.
  Advance AdvanceOne(Status status) const;

  /// Execution 1 and task 1 IN_PROGRESS, with `next` claimed and nothing finished.
  void StartOne(Ordinal next);

  /// Execution 1, FAILED: task 1 over a, b and c in two chunks of its snapshot, all finished; task
  /// 2 CANCELLED before it started.
  void EndOne();

  /// Removes so many rows of an execution; whether more is left.
  std::int64_t Prune(std::int64_t execution, std::size_t rows);

  Epoch epoch_{};

 private:
  std::function<std::unique_ptr<Store>()> open_;
  std::unique_ptr<Store> store_;
};

}  // namespace lull
