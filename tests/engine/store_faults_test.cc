// A store that fails once, at any one of its calls: each operation says so, has changed nothing,
// and is answered when it is asked again; what the engine does by itself comes to the same end.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/batch.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "tests/engine/operations_world.h"
#include "tests/support/describe.h"

namespace lull {
namespace {

using google::protobuf::Message;
using Fault = ModelDisk::Fault;

/// Bounds the loops: no operation reads or commits so often.
constexpr int kMaxCalls = 100;

/// A new world, and the request number `index` in it.
struct Asked {
  explicit Asked(std::size_t index) : request(std::move(made.Requests().at(index))) {}

  absl::Status Call() { return made.world.engine->Call(made.world.context, *request).status(); }
  ModelDisk& disk() { return *made.world.disk; }
  std::string Stored() { return DescribeAll(made.world.store); }

  template <class Request>
  bool Is() const {
    return request->GetDescriptor() == Request::descriptor();
  }
  bool IsCancel() const {
    return Is<v1::CancelExecutionRequest>() || Is<v1::CancelMaintenanceWindowExecutionRequest>();
  }

  OperationsWorld made;
  std::unique_ptr<Message> request;
};

void ForEachRequest(const std::function<void(std::size_t)>& check) {
  const auto requests = OperationsWorld().Requests();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    SCOPED_TRACE(requests[i]->GetTypeName() + " " + requests[i]->ShortDebugString());
    check(i);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(StoreFaultsTest, AnOperationWhoseReadFailsSaysSoChangesNothingAndSucceedsWhenAskedAgain) {
  ForEachRequest([](std::size_t index) {
    for (int n = 1;; ++n) {
      ASSERT_LT(n, kMaxCalls);
      SCOPED_TRACE("read " + std::to_string(n));
      Asked asked(index);
      const std::string before = asked.Stored();
      asked.disk().FailRead(n);
      const absl::Status status = asked.Call();
      if (!asked.disk().read_failed()) {
        EXPECT_TRUE(status.ok()) << status;
        break;
      }
      asked.disk().ForgetFaults();
      EXPECT_EQ(Error(status), "INTERNAL: planted");
      // A cancel is done by the time that its answer is read; asked again it changes nothing.
      if (!asked.Is<v1::CancelExecutionRequest>()) {
        EXPECT_EQ(asked.Stored(), before);
      }
      const absl::Status again = asked.Call();
      EXPECT_TRUE(again.ok()) << again;
    }
  });
}

TEST(StoreFaultsTest, AnOperationWhoseCommitIsRefusedSaysSoAndChangesNothing) {
  struct Refusal {
    Fault fault;
    const char* error;
  };
  for (const Refusal& refusal : {Refusal{Fault::kUnavailable, "UNAVAILABLE: planted"},
                                 Refusal{Fault::kInternal, "INTERNAL: planted"},
                                 Refusal{Fault::kUnknownNotApplied, "UNKNOWN: planted"}}) {
    SCOPED_TRACE(refusal.error);
    ForEachRequest([&](std::size_t index) {
      Asked asked(index);
      const std::string before = asked.Stored();
      const std::int64_t commits = asked.disk().commits();
      asked.disk().FailNext(refusal.fault);
      const absl::Status status = asked.Call();
      if (asked.disk().commits() == commits) {
        EXPECT_TRUE(status.ok()) << status;
        return;
      }
      EXPECT_EQ(Error(status), refusal.error);
      EXPECT_EQ(asked.Stored(), before);
      const absl::Status again = asked.Call();
      EXPECT_TRUE(again.ok()) << again;
    });
  }
}

TEST(StoreFaultsTest, AnOperationThatMeetsAnotherChangeIsDecidedAgainButNotForEver) {
  ForEachRequest([](std::size_t index) {
    for (const int conflicts : {1, kMaxCalls}) {
      SCOPED_TRACE(std::to_string(conflicts) + " conflicts");
      Asked asked(index);
      const std::string before = asked.Stored();
      const std::int64_t commits = asked.disk().commits();
      for (int i = 1; i <= conflicts; ++i) {
        asked.disk().FailCommit(commits + i, Fault::kConflict);
      }
      const absl::Status status = asked.Call();
      if (asked.disk().commits() == commits) return;
      // What can't be deleted for it is not there is as good as deleted. A cancel is asked again by
      // its caller.
      const bool deletes = asked.Is<v1::DeleteMaintenanceWindowRequest>();
      EXPECT_EQ(status.ok(), deletes || (conflicts == 1 && !asked.IsCancel())) << status;
      if (status.ok()) continue;
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_EQ(asked.Stored(), before);
    }
  });
}

/// Ends all that is in flight, and waits out what the engine rests after a failure.
void Drain(EngineWorld& world) {
  world.Advance(kStoreRetry);
  while (!world.runner.in_flight.empty()) {
    world.runner.FinishOldest(Status::kSuccess);
    world.Advance(kStoreRetry);
  }
}

/// What runs ends, windows open again, the clock is set back, and what is old is removed.
void Live(EngineWorld& world) {
  Drain(world);
  world.Advance(absl::Hours(1));
  Drain(world);
  world.clock.Jump(-absl::Minutes(20));
  Drain(world);
  world.Advance(world.history - absl::Minutes(30));
  Drain(world);
}

std::vector<Execution> ExecutionsOf(OperationsWorld& made) {
  std::vector<Execution> all;
  for (const std::string& window : {made.window, made.spare, made.startable}) {
    const auto rows = made.world.store.runs().ListExecutions({.window = WindowId(window)});
    all.insert(all.end(), rows->begin(), rows->end());
  }
  return all;
}

TEST(StoreFaultsTest, WhicheverReadOfItsOwnFailsTheEngineSaysSoAndEveryExecutionEnds) {
  OperationsWorld undisturbed;
  Live(undisturbed.world);
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 100 * kMaxCalls);
    SCOPED_TRACE("read " + std::to_string(n));
    OperationsWorld made;
    made.world.disk->FailRead(n);
    Live(made.world);
    if (!made.world.disk->read_failed()) break;
    made.world.disk->ForgetFaults();
    EXPECT_FALSE(made.world.warnings.texts.empty() &&
                 DescribeAll(made.world.store).find("planted") == std::string::npos);
    const auto executions = ExecutionsOf(made);
    EXPECT_EQ(executions.size(), ExecutionsOf(undisturbed).size());
    for (const Execution& execution : executions) {
      EXPECT_TRUE(IsFinal(Level::kExecution, execution.progress.status)) << Describe(execution);
    }
    EXPECT_LE(made.world.runner.nodes.size(), undisturbed.world.runner.nodes.size()) << "R4";
  }
}

TEST(StoreFaultsTest, AnEngineThatCantReadItsStoreDoesNotOpen) {
  OperationsWorld made;
  EngineWorld& world = made.world;
  world.engine.reset();
  int failures = 0;
  for (;; ++failures) {
    ASSERT_LT(failures, kMaxCalls);
    EngineOptions options;
    options.store = &world.store;
    world.disk->FailRead(failures + 1);
    const auto opened = Engine::Open(std::move(options));
    if (!world.disk->read_failed()) {
      EXPECT_TRUE(opened.ok()) << opened.status();
      break;
    }
    EXPECT_EQ(Error(opened.status()), "INTERNAL: planted");
  }
  EXPECT_GT(failures, 0);
}

}  // namespace
}  // namespace lull
