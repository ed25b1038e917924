#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/environment.h"
#include "engine/ports/store.h"

namespace lull::sim {

class WatchedStore;

/// Sees what passes between an engine and its store.
class StoreWatcher {
 public:
  virtual ~StoreWatcher() = default;
  virtual void Committing(WatchedStore& store, const std::vector<Change>& changes) = 0;
  /// Before the engine learns of it: what is durable by now, memory does not show yet.
  virtual void Committed(WatchedStore& store, const std::vector<Change>& changes,
                         const absl::StatusOr<std::vector<ChangeResult>>& results) = 0;
  virtual void Recovered(WatchedStore& store) = 0;  ///< successfully
};

/// A store whose writes are watched.
class WatchedStore : public Store {
 public:
  /// `watcher` and `clock`, its engine's, outlive it.
  WatchedStore(std::unique_ptr<Store> inner, const Clock& clock, StoreWatcher& watcher)
      : inner_(std::move(inner)), clock_(clock), watcher_(watcher) {}

  const Clock& clock() const { return clock_; }

  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override {
    watcher_.Committing(*this, changes);
    auto results = inner_->Commit(changes);
    watcher_.Committed(*this, changes, results);
    return results;
  }
  absl::Status Recover() override {
    const absl::Status status = inner_->Recover();
    if (status.ok()) watcher_.Recovered(*this);
    return status;
  }
  DefinitionReader& definitions() override { return inner_->definitions(); }
  RunReader& runs() override { return inner_->runs(); }
  NodeReader& nodes() override { return inner_->nodes(); }
  OutboxReader& outbox() override { return inner_->outbox(); }
  AuditReader& audit() override { return inner_->audit(); }

 private:
  const std::unique_ptr<Store> inner_;
  const Clock& clock_;
  StoreWatcher& watcher_;
};

}  // namespace lull::sim
