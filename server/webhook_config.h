#pragma once

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

/// Shortest secret: 128 bits, if each byte is random.
inline constexpr std::size_t kMinSecretBytes = 16;
inline constexpr std::size_t kMaxSecretBytes = 4096;

/// The config file's webhooks, with their secrets read; a line break at a secret's end is none of
/// it. Errors: kInvalidArgument (and those of ReadPrivateFile) with the webhook's name, the member,
/// the value and what is right.
absl::StatusOr<std::vector<Webhook>> ReadWebhooks(const v1::Config& config);

/// As the engine is to know them.
std::vector<Subscriber> SubscribersOf(const std::vector<Webhook>& webhooks);

}  // namespace lull::server
