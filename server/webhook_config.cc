#include "server/webhook_config.h"

#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "server/private_file.h"

namespace lull::server {
namespace {

constexpr std::int64_t kDefaultTimeout = 10;  // seconds
constexpr std::int64_t kDefaultGiveUp = 72;   // hours

std::int64_t Or(std::int64_t value, std::int64_t fallback) { return value == 0 ? fallback : value; }

absl::StatusOr<Webhook> ReadWebhook(const std::string& name, const v1::WebhookConfig& config) {
  Webhook webhook;
  webhook.name = name;
  webhook.url = config.url();
  webhook.ca_file = config.ca_file();
  webhook.invocations = config.invocations();
  LULL_ASSIGN_OR_RETURN(webhook.secret, ReadWebhookSecret(config.secret_file()));
  webhook.timeout = absl::Seconds(Or(config.timeout_seconds(), kDefaultTimeout));
  webhook.give_up_after = absl::Hours(Or(config.give_up_after_hours(), kDefaultGiveUp));
  return webhook;
}

}  // namespace

absl::StatusOr<std::string> ReadWebhookSecret(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(PrivateFile file, ReadPrivateFile(path, kMaxSecretBytes));
  while (!file.text.empty() && (file.text.back() == '\n' || file.text.back() == '\r')) {
    file.text.pop_back();
  }
  if (file.text.size() >= kMinSecretBytes) return std::move(file.text);
  return Invalid("the secret in ", path, " has ", file.text.size(), " bytes; it must have ",
                 kMinSecretBytes, " at least (openssl rand -hex 32 makes one)");
}

absl::StatusOr<std::vector<Webhook>> ReadWebhooks(const v1::Config& config) {
  // In the order of their names: a protobuf map has none.
  const std::map<std::string, v1::WebhookConfig> sorted(config.webhooks().begin(),
                                                        config.webhooks().end());
  std::vector<Webhook> webhooks;
  for (const auto& [name, one] : sorted) {
    auto webhook = ReadWebhook(name, one);
    if (!webhook.ok()) {
      return absl::Status(webhook.status().code(), absl::StrCat("webhook ", JsonString(name), ": ",
                                                                webhook.status().message()));
    }
    webhooks.push_back(*std::move(webhook));
  }
  return webhooks;
}

std::vector<Subscriber> SubscribersOf(const std::vector<Webhook>& webhooks) {
  std::vector<Subscriber> subscribers;
  for (const Webhook& webhook : webhooks)
    subscribers.push_back({webhook.name, webhook.invocations});
  return subscribers;
}

}  // namespace lull::server
