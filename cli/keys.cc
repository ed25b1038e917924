#include "cli/keys.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/data_folder.h"
#include "cli/print.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "server/credentials.h"
#include "server/key_files.h"

namespace lull::cli {
namespace {

constexpr char kFooter[] = R"(Examples:
  lull keys create --data-dir ./lull-data --role viewer --name grafana > grafana-credentials
  lull keys list --data-dir ./lull-data
  lull keys disable AKIAANVF7LSN4KXJ7C6I --data-dir ./lull-data

Roles, each allows what those before it do:
  viewer    reads: get, describe, list
  operator  opens, cancels, resumes and skips executions
  admin     all
The first pair, in DIR/credentials, is an admin's. A running daemon knows at once. The secret is
printed when the key is made, and never again; `umask 077` first keeps its file your own.

Exit status: 2 the options or a file of DIR are wrong; 3 there is no such folder or key; 5 there are
too many keys; 7 the output can't be written; 8 broken.)";

absl::StatusOr<server::KeyFiles> FilesOf(const KeysOptions& options) {
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, FindDataFolder(options.data_dir));
  return server::KeyFiles{folder.keys, folder.credentials};
}

std::string_view StateText(const server::Key& key) {
  return key.state == server::KeyState::kEnabled ? "enabled" : "disabled";
}

/// When a key was made; nothing for the first pair, whose file doesn't say.
std::optional<std::string> CreatedText(const server::Key& key) {
  if (key.created_at == absl::UnixEpoch()) return std::nullopt;
  return TimeText(key.created_at);
}

std::string KeysTable(const std::vector<server::Key>& keys) {
  std::vector<std::vector<std::string>> rows = {{"KEY", "ROLE", "STATE", "CREATED", "NAME"}};
  for (const server::Key& key : keys) {
    rows.push_back({key.access_key_id, std::string(Name(key.role)), std::string(StateText(key)),
                    CreatedText(key).value_or("-"), key.name});
  }
  return Table(rows);
}

std::string KeysJson(const std::vector<server::Key>& keys) {
  std::vector<std::string> objects;
  for (const server::Key& key : keys) {
    const std::optional<std::string> created = CreatedText(key);
    objects.push_back(absl::StrCat(
        "{\"AccessKeyId\": ", JsonString(key.access_key_id),
        ", \"Role\": ", JsonString(Name(key.role)), ", \"State\": ", JsonString(StateText(key)),
        created ? absl::StrCat(", \"CreatedDate\": ", JsonString(*created)) : "",
        ", \"Name\": ", JsonString(key.name), "}"));
  }
  return absl::StrCat("[", absl::StrJoin(objects, ",\n "), "]\n");
}

}  // namespace

absl::Status CreateKey(const KeysOptions& options, absl::Time now, std::FILE* out) {
  const std::optional<server::Role> role = server::ParseRole(options.role);
  if (!role) return Invalid("--role ", options.role, " is none; take viewer, operator or admin.");
  LULL_ASSIGN_OR_RETURN(const server::KeyFiles files, FilesOf(options));
  LULL_ASSIGN_OR_RETURN(const server::Key key, server::CreateKey(files, *role, options.name, now));
  const std::string_view profile =
      options.name.empty() ? server::kDefaultProfile : std::string_view(options.name);
  const absl::Status printed =
      Print(out, server::ProfileText(profile, {key.access_key_id, key.secret_access_key}));
  if (printed.ok()) return printed;
  // Nobody has its secret.
  LULL_RETURN_IF_ERROR(server::SetKeyState(files, key.access_key_id, server::KeyState::kDisabled));
  return absl::UnavailableError(absl::StrCat("can't write the answer, and its key ",
                                             key.access_key_id, " is disabled; make another"));
}

absl::Status ListKeys(const KeysOptions& options, std::FILE* out) {
  LULL_ASSIGN_OR_RETURN(const server::KeyFiles files, FilesOf(options));
  LULL_ASSIGN_OR_RETURN(const std::vector<server::Key> keys, server::ListKeys(files));
  return Print(out, options.json ? KeysJson(keys) : KeysTable(keys));
}

absl::Status SetKeyState(const KeysOptions& options, server::KeyState state, std::FILE* out) {
  LULL_ASSIGN_OR_RETURN(const server::KeyFiles files, FilesOf(options));
  LULL_RETURN_IF_ERROR(server::SetKeyState(files, options.id, state));
  return Print(out,
               absl::StrCat("Key ", options.id, " is ",
                            state == server::KeyState::kEnabled ? "enabled" : "disabled", "\n"));
}

void AddKeys(CLI::App& app, std::function<absl::Status()>& action) {
  CLI::App* keys =
      app.add_subcommand("keys", "Make, list and disable the keys that clients sign with");
  keys->require_subcommand(1);
  keys->footer(kFooter);
  auto options = std::make_shared<KeysOptions>();
  const auto add = [&](const char* name, const char* what, auto run) {
    CLI::App* command = keys->add_subcommand(name, what);
    command->add_option("--data-dir", options->data_dir, "The daemon's folder")
        ->required()
        ->type_name("DIR");
    command->callback(
        [&action, options, run] { action = [options, run] { return run(*options); }; });
    return command;
  };
  CLI::App* create = add("create", "Make a key, and print it", [](const KeysOptions& asked) {
    return CreateKey(asked, SystemClock().Now(), stdout);
  });
  create->add_option("--role", options->role, "viewer, operator or admin")
      ->required()
      ->type_name("ROLE")
      ->check(CLI::IsMember({"viewer", "operator", "admin"}).description(""));
  create->add_option("--name", options->name, "Whose it is; also the profile's name")
      ->type_name("NAME");
  add("list", "Show all keys, without their secrets", [](const KeysOptions& asked) {
    return ListKeys(asked, stdout);
  })->add_flag("--json", options->json, "A JSON list");
  add("disable", "Let a key in no more",
      [](const KeysOptions& asked) {
        return SetKeyState(asked, server::KeyState::kDisabled, stdout);
      })
      ->add_option("KEYID", options->id, "As `list` shows it")
      ->required();
  add("enable", "Let a disabled key in again",
      [](const KeysOptions& asked) {
        return SetKeyState(asked, server::KeyState::kEnabled, stdout);
      })
      ->add_option("KEYID", options->id, "As `list` shows it")
      ->required();
}

}  // namespace lull::cli
