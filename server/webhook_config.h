#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/model/records.h"
#include "proto/config.pb.h"

namespace lull::server {

/// Someone who is told of changes of statuses over HTTP, ready to be called.
struct Webhook {
  std::string name;
  std::string url;
  std::string secret;   ///< the key of its signatures
  std::string ca_file;  ///< PEM; empty: the machine's
  bool invocations = false;
  absl::Duration timeout;        ///< of one try
  absl::Duration give_up_after;  ///< of one event, from the change on
};

/// Bounds of a webhook's members, which the config file is held to.
inline constexpr std::int64_t kMaxWebhookTimeoutSeconds = 300;
inline constexpr std::int64_t kMaxGiveUpHours = 24 * 30;

/// Shortest secret: 128 bits, if each byte is random.
inline constexpr std::size_t kMinSecretBytes = 16;
inline constexpr std::size_t kMaxSecretBytes = 4096;

/// The key in the file `path`; a line break at its end is none of it. Errors: those of
/// ReadPrivateFile; kInvalidArgument if it is too short.
absl::StatusOr<std::string> ReadWebhookSecret(const std::string& path);

/// The config file's webhooks in the order of their names, with their secrets read. REQUIRES: the
/// config was checked (cli/config.h). Errors: ReadWebhookSecret's, with the webhook's name.
absl::StatusOr<std::vector<Webhook>> ReadWebhooks(const v1::Config& config);

/// As the engine is to know them.
std::vector<Subscriber> SubscribersOf(const std::vector<Webhook>& webhooks);

}  // namespace lull::server
