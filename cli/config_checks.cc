#include "cli/config_checks.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "cli/config.h"
#include "cli/transport.h"
#include "engine/model/records.h"
#include "runners/http/url.h"
#include "runners/yaml/yaml_value.h"
#include "server/private_file.h"
#include "server/webhook_config.h"

namespace lull::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxCallSeconds = 3600;
constexpr std::int64_t kMaxWorkSeconds = 172'800;  // 48 hours, as a document's
constexpr std::size_t kMaxEntries = 1000;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxArnBytes = 256;
constexpr std::size_t kMaxArguments = 256;
constexpr std::size_t kMaxArgumentBytes = std::size_t{32} << 10;

/// Says where and why a member is refused.
class Checker {
 public:
  explicit Checker(const YamlLines& lines) : lines_(lines) {}

  template <class... Args>
  [[noreturn]] void Refuse(const std::string& path, const Args&... why) const {
    RefuseYaml(LineOf(lines_, path), path, why...);
  }

  void Ok(const std::string& path, const absl::Status& status) const {
    if (!status.ok()) Refuse(path, " ", std::string(status.message()));
  }

  void Range(const std::string& path, std::int64_t value, std::int64_t most) const {
    if (value < 0 || value > most) {
      Refuse(path, " is ", value, "; it must be from 1 to ", most, ", or 0 for the default");
    }
  }

  void Name(const std::string& path, const std::string& name, std::string_view others,
            std::size_t most) const {
    const bool fits = std::all_of(name.begin(), name.end(), [&](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
             others.find(c) != std::string_view::npos;
    });
    if (name.empty() || name.size() > most || name.front() == '-' || name.front() == '.' || !fits) {
      Refuse(path, ": the name ", QuotedYaml(name), " must have 1 to ", most,
             " letters, digits or ", std::string(others), " and begin with none of .-");
    }
  }

  void Arguments(const std::string& path,
                 const google::protobuf::RepeatedPtrField<std::string>& argv) const {
    if (argv.empty() || argv[0].empty()) Refuse(path, " is empty; its first item is the program");
    if (argv.size() > static_cast<int>(kMaxArguments)) {
      Refuse(path, " has ", argv.size(), " items; it may have ", kMaxArguments);
    }
    for (const std::string& argument : argv) {
      if (argument.size() > kMaxArgumentBytes) {
        Refuse(path, " has an item of more than ", kMaxArgumentBytes, " bytes");
      }
    }
  }

  void Token(const std::string& path, const std::string& file) const {
    const auto read = server::ReadPrivateFile(file, kMaxTokenBytes);
    Ok(path, read.status());
    if (absl::StripAsciiWhitespace({read->text.data(), read->text.size()}).empty()) {
      Refuse(path, " ", file, " is empty; put the token into it");
    }
  }

  /// A certificate of whom to trust: anybody may read it.
  void Certificates(const std::string& path, const std::string& file) const {
    std::error_code error;
    if (!file.empty() && !fs::is_regular_file(file, error)) {
      Refuse(path, " ", file, " is no file; name one of PEM certificates");
    }
  }

  void Count(const std::string& path, std::size_t count, std::size_t most) const {
    if (count > most) Refuse(path, " has ", count, " entries; it may have ", most);
  }

 private:
  const YamlLines& lines_;
};

/// Refuses the members of the other kind: they would say what is not done.
void CheckKind(const Checker& check, const std::string& path, const v1::FunctionConfig& function) {
  const bool is_url = !function.url().empty();
  if (is_url != function.command().empty()) {
    check.Refuse(path, is_url ? " has url and command; give one of them"
                              : " has neither url nor command; give one of them");
  }
  const std::pair<const char*, bool> members[] = {
      {"bearer_token_file", !is_url && !function.bearer_token_file().empty()},
      {"ca_file", !is_url && !function.ca_file().empty()},
      {"answer_timeout_seconds", !is_url && function.answer_timeout_seconds() != 0},
      {"result_timeout_seconds", !is_url && function.result_timeout_seconds() != 0},
      {"timeout_seconds", is_url && function.timeout_seconds() != 0},
  };
  for (const auto& [name, is_wrong] : members) {
    if (is_wrong) {
      check.Refuse(path + "." + name, " is for ", is_url ? "command" : "url", " only, and ", path,
                   " has ", is_url ? "url" : "command");
    }
  }
}

void CheckFunction(const Checker& check, const std::string& path,
                   const v1::FunctionConfig& function) {
  CheckKind(check, path, function);
  check.Range(path + ".answer_timeout_seconds", function.answer_timeout_seconds(), kMaxCallSeconds);
  check.Range(path + ".result_timeout_seconds", function.result_timeout_seconds(), kMaxWorkSeconds);
  check.Range(path + ".timeout_seconds", function.timeout_seconds(), kMaxWorkSeconds);
  if (function.url().empty()) return check.Arguments(path + ".command", function.command());
  check.Ok(path + ".url", http::CheckUrl(function.url()));
  check.Certificates(path + ".ca_file", function.ca_file());
  if (!function.bearer_token_file().empty()) {
    check.Token(path + ".bearer_token_file", function.bearer_token_file());
  }
}

void CheckTransport(const Checker& check, const std::string& path,
                    const v1::TransportConfig& transport) {
  check.Arguments(path + ".argv", transport.argv());
  for (const std::string& argument : transport.argv()) {
    check.Ok(path + ".argv", CheckTemplate(argument));
  }
  if (HasPlaceholder(transport.argv(0))) {
    check.Refuse(path + ".argv", " begins with ", QuotedYaml(transport.argv(0)),
                 "; the program must be the same for all nodes");
  }
  if (!transport.user().empty()) check.Ok(path + ".user", CheckUser(transport.user()));
  if (transport.undeliverable_status() < 0 || transport.undeliverable_status() > 255) {
    check.Refuse(path + ".undeliverable_status", " is ", transport.undeliverable_status(),
                 "; it must be from 1 to 255, or 0 for 255");
  }
}

void CheckWebhook(const Checker& check, const std::string& path, const v1::WebhookConfig& webhook) {
  if (webhook.url().empty()) check.Refuse(path, " has no url; give it one");
  check.Ok(path + ".url", http::CheckUrl(webhook.url()));
  if (webhook.secret_file().empty()) {
    check.Refuse(path, " has no secret_file; name a file with the key that signs what is sent");
  }
  check.Ok(path + ".secret_file", server::ReadWebhookSecret(webhook.secret_file()).status());
  check.Certificates(path + ".ca_file", webhook.ca_file());
  check.Range(path + ".timeout_seconds", webhook.timeout_seconds(),
              server::kMaxWebhookTimeoutSeconds);
  check.Range(path + ".give_up_after_hours", webhook.give_up_after_hours(),
              server::kMaxGiveUpHours);
}

/// In the order of their lines: of two mistakes always the first is told.
template <class Entries, class Check>
void ForEachEntry(const Checker& check, const YamlLines& lines, const std::string& path,
                  const Entries& entries, std::size_t most, const Check& body) {
  check.Count(path, entries.size(), most);
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return LineOf(lines, path + "." + a) < LineOf(lines, path + "." + b);
  });
  for (const std::string& name : names) body(path + "." + name, name, entries.at(name));
}

}  // namespace

void ResolvePaths(const std::string& folder, v1::Config& config) {
  const auto resolve = [&](std::string* path) {
    if (!path->empty()) *path = (fs::path(folder) / *path).string();
  };
  resolve(config.mutable_documents());
  for (auto& [name, function] : *config.mutable_functions()) {
    resolve(function.mutable_bearer_token_file());
    resolve(function.mutable_ca_file());
  }
  for (auto& [name, webhook] : *config.mutable_webhooks()) {
    resolve(webhook.mutable_secret_file());
    resolve(webhook.mutable_ca_file());
  }
}

void CheckConfig(const v1::Config& config, const YamlLines& lines) {
  const Checker check(lines);
  std::error_code error;
  if (!config.documents().empty() && !fs::is_directory(config.documents(), error)) {
    check.Refuse("documents", " ", config.documents(), " is no folder; make it");
  }
  if (!config.callback_url().empty()) {
    check.Ok("callback_url", http::CheckUrl(config.callback_url()));
    if (config.callback_url().find('?') != std::string::npos) {
      check.Refuse("callback_url", " ", QuotedYaml(config.callback_url()),
                   " has a query, behind which no path can come; leave it out");
    }
  }
  ForEachEntry(check, lines, "functions", config.functions(), kMaxEntries,
               [&](const auto& path, const auto& name, const auto& function) {
                 check.Name(path, name, "._:/$-", kMaxArnBytes);
                 CheckFunction(check, path, function);
               });
  ForEachEntry(check, lines, "transports", config.transports(), kMaxEntries,
               [&](const auto& path, const auto& name, const auto& transport) {
                 check.Ok(path, CheckTransportName(name));
                 CheckTransport(check, path, transport);
               });
  ForEachEntry(check, lines, "webhooks", config.webhooks(), kMaxSubscribers,
               [&](const auto& path, const auto& name, const auto& webhook) {
                 check.Name(path, name, "._-", kMaxNameBytes);
                 CheckWebhook(check, path, webhook);
               });
}

}  // namespace lull::cli
