#include "cli/plan_transport.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/transport.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "runners/carry/carry.h"
#include "runners/shell_word.h"

namespace lull::cli {
namespace {

constexpr char kDefaultUser[] = "root";

/// What a node's shell runs. All of it is one command in braces, so that a shell that is cut off
/// from the rest of it finds no command at all. The script is a file of its own, in a
/// session of its own where the node can make one, so that a stop finds all that it started, and
/// with the signals of a stop as they usually are, where it has an env that can do that. What the
/// first lines print and read, and the last ones, is the carrier's (runners/carry/carry.h).
///   $SETUP  lines before the script    $END  a line that the script lacks
///   $BROKEN  the status that the transport has for itself
constexpr char kCarried[] = R"({
printf '\036lull ready\036\n' >&2
IFS= read -r lull_word && [ "$lull_word" = go ] || exit 1
$SETUPexec 3<&0 </dev/null
lull_new=
if command -v setsid >/dev/null 2>&1; then lull_new=setsid; fi
lull_env=
if env --default-signal=TERM true 2>/dev/null; then
lull_env='env --default-signal=HUP,INT,QUIT,TERM'
fi
$lull_new $lull_env /bin/sh /dev/fd/4 3<&- 4<<'$END' &
$SCRIPT
$END
lull_pid=$!
lull_kill() {
if [ -n "$lull_new" ]; then kill -s "$1" -- "-$lull_pid" && return; fi
kill -s "$1" "$lull_pid"
}
{
IFS= read -r lull_word <&3 && [ "$lull_word" = stop ] || exit 0
lull_kill TERM
sleep 4
lull_kill KILL
} >/dev/null 2>&1 &
lull_watch=$!
wait "$lull_pid"
lull_status=$?
{
kill -s KILL "$lull_watch"
wait "$lull_watch"
if [ -n "$lull_new" ]; then kill -s KILL -- "-$lull_pid"; fi
} 2>/dev/null
if [ "$lull_status" -eq $BROKEN ]; then lull_status=254; fi
exit "$lull_status"
}
)";

v1::TransportConfig BuiltIn() {
  v1::TransportConfig ssh;
  for (const char* word : {"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "--",
                           "{user}@{address}", "exec /bin/sh -s"}) {
    ssh.add_argv(word);
  }
  return ssh;
}

absl::StatusOr<v1::TransportConfig> TransportOf(const Node& node, const v1::Config& config) {
  const std::string name = node.transport.empty() ? kDefaultTransport : node.transport;
  const auto found = config.transports().find(name);
  if (found != config.transports().end()) return found->second;
  if (name == kDefaultTransport) return BuiltIn();
  return absl::UnavailableError(
      absl::StrCat("The node ", JsonString(node.id), " has the transport ", JsonString(name),
                   ", which the config file does not have; add it to transports."));
}

bool IsVariable(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
         });
}

/// The lines that go before the script.
absl::StatusOr<std::string> SetupLines(const runners::ProcessPlan& plan) {
  std::string lines;
  if (!plan.working_directory.empty()) {
    absl::StrAppend(&lines, "cd -- ", runners::ShellWord(plan.working_directory), " || exit\n");
  }
  for (const std::string& entry : plan.environment) {
    const std::size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    if (equals == std::string::npos || !IsVariable(name)) {
      return Invalid("The variable ", JsonString(name), " can't be set on another machine.");
    }
    absl::StrAppend(&lines, "export ", name, "=", runners::ShellWord(entry.substr(equals + 1)),
                    "\n");
  }
  return lines;
}

/// A line that is not in the script.
std::string EndOf(const std::string& script) {
  std::string end = "LULL_END";
  while (script.find(end) != std::string::npos) end += "_";
  return end;
}

/// `text` with the pieces in the place of their names, each of which it has once or more; what is
/// put in is not looked at again.
std::string Fill(std::string_view text,
                 const std::vector<std::pair<std::string_view, std::string>>& pieces) {
  std::string filled;
  while (!text.empty()) {
    const auto piece = std::find_if(pieces.begin(), pieces.end(),
                                    [&](const auto& p) { return text.starts_with(p.first); });
    if (piece == pieces.end()) {
      filled += text.front();
      text.remove_prefix(1);
    } else {
      filled += piece->second;
      text.remove_prefix(piece->first.size());
    }
  }
  return filled;
}

}  // namespace

absl::StatusOr<runners::ProcessPlan> CarryTo(const Node& node, const v1::Config& config,
                                             const std::string& carrier,
                                             runners::ProcessPlan plan) {
  if (plan.argv != std::vector<std::string>{"/bin/sh"}) {
    return Invalid("Only a script for /bin/sh can be carried to another machine.");
  }
  LULL_ASSIGN_OR_RETURN(const v1::TransportConfig transport, TransportOf(node, config));
  const std::string fallback = transport.user().empty() ? kDefaultUser : transport.user();
  const std::string user = node.user.empty() ? fallback : node.user;
  const int broken = transport.undeliverable_status() == 0 ? runners::kUndelivered
                                                           : transport.undeliverable_status();
  LULL_ASSIGN_OR_RETURN(const std::string setup, SetupLines(plan));
  std::string script = Fill(kCarried, {{"$SETUP", setup},
                                       {"$END", EndOf(plan.script)},
                                       {"$SCRIPT", plan.script},
                                       {"$BROKEN", absl::StrCat(broken)}});
  if (script.find('\0') != std::string::npos) {
    return Invalid("The script has a NUL byte; no shell reads that.");
  }
  plan.argv = {carrier, absl::StrCat(broken)};
  for (const std::string& word : transport.argv()) {
    LULL_ASSIGN_OR_RETURN(plan.argv.emplace_back(), FillTemplate(word, node, user));
  }
  plan.script = std::move(script);
  plan.script_by = runners::ScriptBy::kStdin;
  plan.working_directory.clear();
  plan.environment.clear();
  plan.undeliverable_status = runners::kUndelivered;
  return plan;
}

}  // namespace lull::cli
