#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/ports/store.h"

namespace lull::server {

/// Both ends of the wait before an event is tried again. It doubles with each try, from kMinRetry
/// on.
inline constexpr absl::Duration kMinRetry = absl::Seconds(1);
inline constexpr absl::Duration kMaxRetry = absl::Minutes(5);

/// The wait after so many tries in a row failed, with jitter from `random` in [0, 1].
absl::Duration RetryAfter(int tries, double random);

/// What one webhook is to be sent, and when: its events in order within each execution, one at a
/// time; an execution whose event fails waits and holds up no other. A webhook that can't be
/// reached at all waits as a whole. What is delivered or given up is to be settled. A value without
/// threads; instants are boot time unless they say otherwise.
class WebhookQueue {
 public:
  using StoredEvent = OutboxReader::StoredEvent;

  struct Options {
    std::string name;
    absl::Duration give_up_after;      ///< from the change on, by the wall clock
    std::size_t max_in_flight = 4;     ///< executions that are told of at once
    std::size_t max_unsettled = 1000;  ///< past it nothing is sent before something is settled
    std::function<double()> random;    ///< in [0, 1]
  };
  explicit WebhookQueue(Options options) : options_(std::move(options)) {}

  /// How a try went.
  enum class Result {
    kDelivered,
    kRefused,      ///< answered with another status than 2xx, or there was no whole answer
    kUnreachable,  ///< nothing was sent
  };

  /// What to send now; each counts as in flight until Done. Errors: the outbox can't be read.
  absl::StatusOr<std::vector<StoredEvent>> Pick(OutboxReader& outbox, absl::Duration now,
                                                absl::Time wall);
  /// A try of `event` ended.
  void Done(const StoredEvent& event, Result result, absl::Duration now);

  /// What is to be settled, `limit` at most: again, until Settled says that it is.
  std::vector<std::int64_t> ToSettle(std::size_t limit) const;
  void Settled(const std::vector<std::int64_t>& seqs);

  std::size_t in_flight() const { return in_flight_; }
  /// When Pick is to be called again, if no event comes and none in flight ends; infinite: never.
  absl::Duration NextPick(absl::Duration now) const;
  /// Events that were given up since the last call.
  std::int64_t TakeGivenUp() { return std::exchange(given_up_, 0); }

 private:
  /// An execution whose oldest event is in flight or has failed.
  struct Line {
    std::int64_t seq = 0;  ///< of that event
    int tries = 0;
    bool in_flight = false;
    absl::Duration next_at;
  };

  /// Whether it is too old to be tried once more: it or its webhook has failed before.
  bool IsGivenUp(const StoredEvent& event, int tries, absl::Time wall) const;
  void GiveUp(const StoredEvent& event);
  absl::Status PickRetries(OutboxReader& outbox, absl::Duration now, absl::Time wall,
                           std::vector<StoredEvent>& picked);
  absl::Status PickNew(OutboxReader& outbox, absl::Time wall, std::vector<StoredEvent>& picked);

  const Options options_;
  std::map<std::string, Line> lines_;  // by execution
  std::set<std::int64_t> unsettled_;   // delivered or given up
  std::int64_t cursor_ = 0;            // what lies before it is in lines_, behind one, or unsettled
  std::size_t in_flight_ = 0;
  int tries_ = 0;  // in a row that did not reach it
  absl::Duration paused_until_ = -absl::InfiniteDuration();
  std::int64_t given_up_ = 0;
  bool is_read_ = true;  // up to the end, or to what can't go yet
};

}  // namespace lull::server
