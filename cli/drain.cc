#include "cli/drain.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/connection_options.h"
#include "cli/print.h"
#include "cli/stop_signals.h"
#include "engine/base/status.h"
#include "engine/model/states.h"
#include "engine/runtime/environment.h"
#include "proto/extensions.pb.h"
#include "server/json_codec.h"

namespace lull::cli {
namespace {

constexpr absl::Duration kLookAgain = absl::Seconds(1);
constexpr int kPageSize = 100;
constexpr char kUnknownTime[] = "-";

constexpr char kFooter[] = R"(Examples:
  lull drain c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data
  lull drain c22ca46b-0573-48bd-b044-fd9700412baa --data-dir ./lull-data --wait && reboot

What is still in flight, on which node, since when, and when it is likely to be quiet (from how long
this execution's invocations took so far). With --wait it returns once the execution has ended, and
tells on stderr how it goes; Ctrl-C ends the wait and nothing else.

Exit status: 1 the daemon could not be asked, or Ctrl-C; 2 the request is wrong; 3 there is no such
execution; 6 the key is not let in; 7 try again later; 8 broken.)";

/// The answer with all its pages.
absl::StatusOr<v1::DescribeDrainResponse> Look(const Connection& daemon,
                                               const std::string& execution) {
  v1::DescribeDrainRequest request;
  request.set_window_execution_id(execution);
  request.set_max_results(kPageSize);
  v1::DescribeDrainResponse all;
  LULL_RETURN_IF_ERROR(daemon.Call(request, &all));
  while (all.has_next_token() && all.invocations_size() < kMaxDrainRows) {
    request.set_next_token(all.next_token());
    v1::DescribeDrainResponse page;
    LULL_RETURN_IF_ERROR(daemon.Call(request, &page));
    all.mutable_invocations()->MergeFrom(page.invocations());
    all.clear_next_token();
    if (page.has_next_token()) all.set_next_token(page.next_token());
  }
  return all;
}

bool HasEnded(const v1::DescribeDrainResponse& drain) {
  const std::optional<Status> status = ParseStatus(drain.status());
  return status && IsFinal(Level::kExecution, *status);
}

absl::Time FromWire(double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

std::string Age(absl::Duration age) {
  return absl::FormatDuration(absl::Trunc(std::max(age, absl::ZeroDuration()), absl::Seconds(1)));
}

std::string Summary(const v1::DescribeDrainResponse& drain, absl::Time now) {
  std::string text = absl::StrCat(drain.status(), ": ", Counted(drain.in_flight(), "invocation"),
                                  " in flight, ", drain.queued(), " to start");
  if (HasEnded(drain) || !drain.has_estimated_quiet_time()) return text;
  const absl::Time quiet = FromWire(drain.estimated_quiet_time());
  return absl::StrCat(text, "; likely to be quiet at ", TimeText(quiet), ", in ", Age(quiet - now));
}

std::string Human(const v1::DescribeDrainResponse& drain, absl::Time now) {
  std::string text =
      absl::StrCat("Execution ", drain.window_execution_id(), " is ", Summary(drain, now), "\n");
  if (drain.has_resumed_from())
    absl::StrAppend(&text, "It goes on with ", drain.resumed_from(), "\n");
  if (drain.invocations().empty()) return text;
  std::vector<std::vector<std::string>> rows = {{"NODE", "SINCE", "FOR", "INVOCATION"}};
  for (const v1::DrainingInvocation& row : drain.invocations()) {
    const absl::Time since = FromWire(row.start_time());
    rows.push_back({row.instance_id(), row.has_start_time() ? TimeText(since) : kUnknownTime,
                    row.has_start_time() ? Age(now - since) : kUnknownTime, row.invocation_id()});
  }
  text += Table(rows);
  if (drain.has_next_token()) text += "... and more\n";
  return text;
}

}  // namespace

absl::Status PrintDrain(const DrainOptions& options, const Waiting& waiting, std::FILE* out,
                        std::FILE* notes) {
  LULL_ASSIGN_OR_RETURN(const Connection daemon, Connection::Find(options.connection));
  std::pair<std::int64_t, std::int64_t> told(-1, -1);
  for (;;) {
    LULL_ASSIGN_OR_RETURN(const v1::DescribeDrainResponse drain, Look(daemon, options.execution));
    const absl::Time now = waiting.now();
    if (!options.wait || HasEnded(drain)) {
      return Print(out, options.json ? server::MessageToJson(drain) + "\n" : Human(drain, now));
    }
    const std::pair<std::int64_t, std::int64_t> counts(drain.in_flight(), drain.queued());
    if (counts != told) LULL_RETURN_IF_ERROR(Print(notes, Summary(drain, now) + "\n"));
    told = counts;
    if (!waiting.pause(kLookAgain)) return absl::AbortedError("interrupted; the execution goes on");
  }
}

void AddDrain(CLI::App& app, std::function<absl::Status()>& action) {
  auto options = std::make_shared<DrainOptions>();
  CLI::App* command = app.add_subcommand("drain", "Say what is still in flight, or wait for it");
  command->add_option("EXECUTION", options->execution, "Its id")->required();
  AddConnectionOptions(*command, options->connection);
  command->add_flag("--wait", options->wait, "Return once it has ended");
  command->add_flag("--json", options->json, "The operation's answer");
  command->footer(kFooter);
  command->callback([&action, options] {
    action = [options] {
      StopSignals signals;
      return PrintDrain(*options,
                        {.now = [] { return SystemClock().Now(); },
                         .pause = [&](absl::Duration length) { return signals.Wait(length) == 0; }},
                        stdout, stderr);
    };
  });
}

}  // namespace lull::cli
