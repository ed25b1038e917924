#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/ports/environment.h"
#include "engine/ports/store.h"
#include "server/event_message.h"
#include "server/webhook_config.h"

namespace lull::server {

struct WebhooksOptions {
  std::vector<Webhook> webhooks;
  EventOrigin origin;
  OutboxReader* outbox = nullptr;  ///< REQUIRED
  Clock* clock = nullptr;          ///< REQUIRED
  /// Engine::SettleEvents. REQUIRED.
  std::function<absl::Status(const std::string& subscriber, std::vector<std::int64_t> seqs)> settle;
  /// Told, on the sender's thread, what an operator should read. Absent for silence.
  std::function<void(std::string_view)> warn;
};

/// Posts the outbox's events to webhooks: each at least once (again with the same id when it is not
/// known whether it came), in order within an execution, until an answer is 2xx or the event is too
/// old. Nobody waits for it: what can't be sent stays in the outbox.
///
/// Two threads of its own, the sender's and the HTTP client's; they take no signals.
class Webhooks {
 public:
  /// Sends what waits, and from then on what comes. What the options point to outlives it. Errors:
  /// the HTTP client can't start.
  static absl::StatusOr<std::unique_ptr<Webhooks>> Start(WebhooksOptions options);

  /// Drops what is on its way: it stays in the outbox.
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  /// There are new events. Any thread; returns at once.
  void Wake();

 private:
  class Sender;
  explicit Webhooks(std::unique_ptr<Sender> sender);
  const std::unique_ptr<Sender> sender_;
};

}  // namespace lull::server
