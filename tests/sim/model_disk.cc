#include "tests/sim/model_disk.h"

#include <utility>
#include <vector>

namespace lull::sim {

/// A store that dies with its disk. Its readers answer on: nobody sees what a dead engine reads.
class ModelDisk::DyingStore : public Store {
 public:
  explicit DyingStore(ModelDisk& disk) : disk_(disk), store_(disk.rows_) {}

  absl::StatusOr<std::vector<ChangeResult>> Commit(const std::vector<Change>& changes) override {
    switch (disk_.NextCall()) {
      case Call::kAlive:
        return store_.Commit(changes);
      case Call::kLast:
        if (disk_.dice_.OneIn(2)) static_cast<void>(store_.Commit(changes));
        break;
      case Call::kDead:
        break;
    }
    return absl::UnknownError("the process is dead");
  }
  absl::Status Recover() override {
    if (disk_.NextCall() == Call::kAlive) return store_.Recover();
    return absl::UnavailableError("the process is dead");
  }
  DefinitionReader& definitions() override { return store_.definitions(); }
  RunReader& runs() override { return store_.runs(); }
  NodeReader& nodes() override { return store_.nodes(); }
  OutboxReader& outbox() override { return store_.outbox(); }
  AuditReader& audit() override { return store_.audit(); }

 private:
  ModelDisk& disk_;
  ModelStore store_;
};

absl::StatusOr<std::unique_ptr<Store>> ModelDisk::Open() {
  if (dead_) return absl::UnavailableError("the process is dead");
  return std::make_unique<DyingStore>(*this);
}

ModelDisk::Call ModelDisk::NextCall() {
  if (dead_) return Call::kDead;
  if (left_ < 0 || --left_ > 0) return Call::kAlive;
  left_ = -1;
  dead_ = true;
  ++faults_["death in a commit"];
  return Call::kLast;
}

void ModelDisk::Restart(Dice&, Loss) {
  dead_ = false;
  left_ = -1;
}

std::string ModelDisk::Plant(Dice& dice) {
  using Fault = lull::ModelDisk::Fault;
  const std::vector<std::pair<Fault, std::string>> kinds = {
      {Fault::kUnavailable, "commit refused"},
      {Fault::kUnknownApplied, "commit unknown, applied"},
      {Fault::kUnknownNotApplied, "commit unknown, not applied"}};
  const auto& [fault, name] = dice.Pick(kinds);
  rows_->FailNext(fault);
  ++faults_[name];
  if (dice.OneIn(4)) {
    rows_->FailRecover(1);
    ++faults_["recovery refused"];
  }
  return name;
}

void ModelDisk::Heal() {
  rows_->ForgetFaults();
  left_ = -1;
}

}  // namespace lull::sim
