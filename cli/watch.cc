#include "cli/watch.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/connection_options.h"
#include "cli/follow.h"
#include "cli/progress_text.h"
#include "cli/stop_signals.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/model/states.h"
#include "engine/runtime/environment.h"

namespace lull::cli {
namespace {

constexpr char kFooter[] = R"(Examples:
  lull watch c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data
  lull watch c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data --json | jq .Status

Shows how an execution goes, task by task, until it has ended: on a terminal in place, elsewhere a
line a change, with --json an object a change. Ctrl-C ends the display and nothing else. A daemon
that is restarted meanwhile is waited for.

Exit status: how it ended: 0 SUCCESS, 10 FAILED, 11 TIMED_OUT, 12 CANCELLED, 13 SKIPPED_OVERLAPPING.
1 the daemon could not be asked, or Ctrl-C; 2 the request is wrong; 3 there is no such execution;
6 the key is not let in; 7 try again later; 8 broken.)";

}  // namespace

int ExitCodeOf(const v1::DescribeDrainResponse& drain) {
  const std::optional<Status> status = ParseStatus(drain.status());
  LULL_CHECK(HasEnded(drain));
  switch (*status) {
    case Status::kSuccess:
      return 0;
    case Status::kFailed:
      return 10;
    case Status::kTimedOut:
      return 11;
    case Status::kCancelled:
      return 12;
    default:
      return 13;
  }
}

absl::Status Watch(const WatchOptions& options, const Waiting& waiting, Screen& screen,
                   int& exit_code) {
  Following following;
  following.connection = options.connection;
  following.execution = options.execution;
  following.json = options.json;
  following.waiting = waiting;
  following.hint = [] { return "Ctrl-C ends the display; the execution goes on"; };
  following.interrupted = [](const Connection&) {
    return absl::AbortedError("interrupted; the execution goes on");
  };
  LULL_ASSIGN_OR_RETURN(const v1::DescribeDrainResponse drain, Follow(following, screen));
  exit_code = ExitCodeOf(drain);
  if (options.json) return absl::OkStatus();
  return screen.Print(DrawReport(drain, screen.style()));
}

void AddWatch(CLI::App& app, std::function<absl::Status()>& action, int& exit_code) {
  auto options = std::make_shared<WatchOptions>();
  CLI::App* command = app.add_subcommand("watch", "Show how an execution goes, until its end");
  command->add_option("EXECUTION", options->execution, "Its id")->required();
  AddConnectionOptions(*command, options->connection);
  command->add_flag("--json", options->json, "An object a change");
  command->footer(kFooter);
  command->callback([&action, &exit_code, options] {
    action = [&exit_code, options] {
      StopSignals signals;
      Screen screen(stdout);
      return Watch(*options,
                   {.now = [] { return SystemClock().Now(); },
                    .pause = [&](absl::Duration length) { return signals.Wait(length) == 0; }},
                   screen, exit_code);
    };
  });
}

}  // namespace lull::cli
