#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/core/opening.h"
#include "engine/model/definitions.h"
#include "engine/model/records.h"
#include "engine/model/runs.h"
#include "engine/ports/environment.h"
#include "engine/ports/observer.h"
#include "engine/ports/runner.h"
#include "engine/ports/store.h"
#include "engine/ports/target_source.h"

namespace lull {

/// Events that wait for one subscriber at most: some 25 MB.
inline constexpr std::int64_t kMaxEvents = 100'000;

struct RuntimeOptions {
  Store* store = nullptr;
  Clock* clock = nullptr;
  IdSource* ids = nullptr;
  TargetSource* targets = nullptr;
  std::map<TaskType, Runner*> runners;  ///< a type without one: its invocations are FAILED
  Observer* observer = nullptr;         ///< may be null
  MisfireRule misfire;
  std::vector<Subscriber> subscribers;   ///< who is told of changes of statuses; with none, no rows
  std::int64_t max_events = kMaxEvents;  ///< of a subscriber; past it its oldest give way
  absl::Duration history = absl::InfiniteDuration();  ///< how long what has ended is kept
  std::string owner;                                  ///< written beside the epoch
  /// Why an execution with this work can't open, in the words of its StatusDetails (cut at
  /// kMaxDetailBytes); empty: it can. It is recorded as FAILED, and so are its tasks. Pure; called
  /// without a lock. May be empty.
  std::function<std::string(const std::vector<TaskExecution>&)> refuse;
  /// Called when Step() has something to do, with a lock held: it must not call back. May be empty.
  std::function<void()> wake;
};

}  // namespace lull
