#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/ids.h"
#include "engine/ports/runner.h"
#include "tests/sim/facts.h"
#include "tests/sim/picture.h"

namespace lull::sim {

/// What the rules are held against.
struct World {
  Picture picture;                      ///< what the store is to hold
  Facts facts;                          ///< what happened outside
  std::vector<std::string> violations;  ///< each begins with its rule's number
};

/// An engine hands an invocation over.
struct StartSeen {
  Invocation invocation;
  absl::Time now;              ///< the engine's wall time
  std::int64_t in_flight = 0;  ///< of its task, with this engine's runner, without this one
  bool again = false;          ///< a runner that had never started it asked for it
};

/// A cancel was answered with OK.
struct CancelSeen {
  ExecutionId execution;
  CancelPolicy policy = CancelPolicy::kTask;
  std::int64_t commits = 0;  ///< transactions between the call and its answer
  bool was_active = true;    ///< when it was called
};

/// A call that makes something was answered with OK.
struct MadeSeen {
  enum class Kind { kWindow, kTarget, kTask, kExecution };
  Kind kind = Kind::kWindow;
  std::string id;
  std::string mark;  ///< its name, or why it was asked for: no other one has it
};

/// Holds one rule. Called at every step: after each commit, before each start comes to pass, after
/// each answer. Keeps what it needs of the past; writes to nothing but world.violations.
class Checker {
 public:
  virtual ~Checker() = default;
  virtual void Committed(World&, const CommitSeen&) {}
  virtual void Starting(World&, const StartSeen&) {}
  virtual void Cancelled(World&, const CancelSeen&) {}
  virtual void Made(World&, const MadeSeen&) {}

 protected:
  template <class... Parts>
  static void Fail(World& world, const Parts&... parts) {
    world.violations.push_back(absl::StrCat(parts...));
  }
};

/// One of each, in the order of the rules. R5's other half is CompareWithStore (r05_durability.h),
/// R12 is two runs of a seed.
std::vector<std::unique_ptr<Checker>> MakeCheckers();

std::unique_ptr<Checker> MakeCancelChecker();      // R1
std::unique_ptr<Checker> MakeOutcomeChecker();     // R2
std::unique_ptr<Checker> MakeEndingChecker();      // R3
std::unique_ptr<Checker> MakeStartChecker();       // R4
std::unique_ptr<Checker> MakeDurabilityChecker();  // R5
std::unique_ptr<Checker> MakeOverlapChecker();     // R6
std::unique_ptr<Checker> MakeCutoffChecker();      // R7
std::unique_ptr<Checker> MakeLimitChecker();       // R8
std::unique_ptr<Checker> MakePriorityChecker();    // R9
std::unique_ptr<Checker> MakeTableChecker();       // R10
std::unique_ptr<Checker> MakeFencingChecker();     // R11
std::unique_ptr<Checker> MakeEventChecker();       // what subscribers are told

}  // namespace lull::sim
