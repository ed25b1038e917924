#include "server/webhook_config.h"

#include <cstdint>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "runners/http/url.h"
#include "server/private_file.h"

namespace lull::server {
namespace {

constexpr std::int64_t kDefaultTimeout = 10;  // seconds
constexpr std::int64_t kMaxTimeout = 300;
constexpr std::int64_t kDefaultGiveUp = 72;  // hours
constexpr std::int64_t kMaxGiveUp = 24 * 30;
constexpr std::size_t kMaxNameBytes = 64;

absl::StatusOr<std::int64_t> Bounded(std::string_view member, std::int64_t value,
                                     std::int64_t fallback, std::int64_t most) {
  if (value == 0) return fallback;
  if (value > 0 && value <= most) return value;
  return Invalid(ToAbsl(member), " is ", value, "; it must be 1 to ", most, ", or left out for ",
                 fallback, ".");
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  if (path.empty()) {
    return Invalid("secret_file is missing; it names a file with the key of the signatures.");
  }
  LULL_ASSIGN_OR_RETURN(PrivateFile file, ReadPrivateFile(path, kMaxSecretBytes));
  while (!file.text.empty() && (file.text.back() == '\n' || file.text.back() == '\r')) {
    file.text.pop_back();
  }
  if (file.text.size() >= kMinSecretBytes) return std::move(file.text);
  return Invalid("the secret in ", path, " has ", file.text.size(), " bytes; it must have ",
                 kMinSecretBytes, " at least (openssl rand -hex 32 makes one).");
}

absl::StatusOr<Webhook> ReadWebhook(const std::string& name, const v1::WebhookConfig& config) {
  if (name.empty() || name.size() > kMaxNameBytes) {
    return Invalid("the name must have 1 to ", kMaxNameBytes, " bytes.");
  }
  LULL_RETURN_IF_ERROR(http::CheckUrl(config.url()));
  if (!config.ca_file().empty() && !std::ifstream(config.ca_file()).good()) {
    return Invalid("ca_file is ", JsonString(config.ca_file()), ", which can't be read.");
  }
  Webhook webhook;
  webhook.name = name;
  webhook.url = config.url();
  webhook.ca_file = config.ca_file();
  webhook.invocations = config.invocations();
  LULL_ASSIGN_OR_RETURN(webhook.secret, ReadSecret(config.secret_file()));
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t timeout,
      Bounded("timeout_seconds", config.timeout_seconds(), kDefaultTimeout, kMaxTimeout));
  LULL_ASSIGN_OR_RETURN(
      const std::int64_t give_up,
      Bounded("give_up_after_hours", config.give_up_after_hours(), kDefaultGiveUp, kMaxGiveUp));
  webhook.timeout = absl::Seconds(timeout);
  webhook.give_up_after = absl::Hours(give_up);
  return webhook;
}

}  // namespace

absl::StatusOr<std::vector<Webhook>> ReadWebhooks(const v1::Config& config) {
  // In the order of their names: a protobuf map has none.
  const std::map<std::string, v1::WebhookConfig> sorted(config.webhooks().begin(),
                                                        config.webhooks().end());
  if (sorted.size() > kMaxSubscribers) {
    return Invalid("There are ", sorted.size(), " webhooks; there may be ", kMaxSubscribers, ".");
  }
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
