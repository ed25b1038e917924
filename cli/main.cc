// The command `lull`.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/audit.h"
#include "cli/backup.h"
#include "cli/check.h"
#include "cli/control.h"
#include "cli/drain.h"
#include "cli/forecast.h"
#include "cli/keys.h"
#include "cli/next.h"
#include "cli/nodes_import.h"
#include "cli/print.h"
#include "cli/restore.h"
#include "cli/run.h"
#include "cli/serve.h"
#include "cli/status.h"
#include "cli/version.h"
#include "cli/watch.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "server/errors.h"
#include "server/throttle.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr int kNotAskedExit = 1;  // or nobody answered
constexpr int kUsageExit = 2;
constexpr std::int64_t kMaxDrainSeconds = 7 * 24 * 3600;
constexpr std::int64_t kMaxLimit = 1'000'000'000;
constexpr std::int64_t kMaxHistoryDays = 36500;
constexpr std::size_t kHelpColumn = 44;

constexpr char kFooter[] = R"(Start here:
  lull serve --data-dir ./lull-data
and follow the line that it prints: any AWS client is a client of Lull's.
  lull next --schedule 'rate(1 day)'
  lull forecast --data-dir ./lull-data
say what a schedule means and what will open;
  lull status --data-dir ./lull-data
says what is open now, and start, cancel, drain, watch, resume and skip act on it.
  lull run FILE
runs a window that a file says, now, with or without a daemon.)";

constexpr char kServeFooter[] = R"(Examples:
  lull serve --data-dir ./lull-data
  lull serve --data-dir /var/lib/lull --listen '[::1]:8750' --drain-seconds 600

The data folder is this user's alone (mode 0700) and holds:
  lull.db      windows, tasks, executions (SQLite; with -wal, -shm, -lock and -witness)
  credentials  the first key pair, an admin's, as AWS clients read it; made at the first start
  keys         all others; `lull keys` makes, lists and disables them
  address      where the daemon listens, for the commands beside it
  output       what commands print, one file a stream and invocation
  callback_key what the URLs are made with by which functions call back

Clients:
  AWS_SHARED_CREDENTIALS_FILE=./lull-data/credentials \
    aws --region us-east-1 --endpoint-url http://127.0.0.1:8750 ssm describe-maintenance-windows

Tasks run with Targets 'Key=InstanceIds,Values=local' and TaskArn AWS-RunShellScript, as this user on
this machine. GET /healthz and GET /readyz are for probes. The log goes to stderr.

--inventory names nodes, tags and groups for targets like 'Key=tag:role,Values=web'. A bad file is an
error at the start; at a SIGHUP the nodes stay as they were, and the log names the line.

--config says where documents are, what functions and webhooks are called, and how nodes are reached.
A bad file is an error at the start. A SIGHUP reads it again: documents and transports are taken at
once, the rest at the next start.

SIGTERM or SIGINT: nothing new starts, and exit status 0 at once, or when what is in flight has ended,
after --drain-seconds at most. A second one ends that wait. Commands go on meanwhile: each runs under
a lull-shim, which must be beside lull, and the next start takes them over. SIGHUP without --inventory
or --config is a first one, but not under nohup.

Exit status: 2 the options, a file that they name or the data folder are wrong, or another lull has
taken the folder over; 7 try again later; 8 broken.)";

constexpr char kImportFooter[] = R"(Examples:
  lull nodes import --data-dir ./lull-data < nodes.jsonl
  lull nodes import --data-dir ./lull-data --origin cmdb --remove-others < cmdb.jsonl

A line is one node:
  {"id":"mi-0123456789abcdef0","name":"web-1","platform":"Linux","address":"10.0.0.7","tags":{"role":"web"}}

No daemon may have the folder open. A bad line ends the import: the nodes of the lines before it are
stored. To import again is safe; tags given through the API stay.

Exit status 2: a line, the options or the folder are wrong, or a daemon runs; 7: try again later;
8: broken.)";

constexpr char kNextFooter[] = R"(Examples:
  lull next --schedule 'rate(90 minutes)' --count 3
  lull next --schedule 'at(2030-01-01T02:00:00)' --timezone Europe/Berlin --json
  lull next --schedule 'cron(0 2 ? * THU#3 *)' --timezone America/New_York --offset 2

Nothing is opened and no daemon is asked. The sentence goes to stderr; stdout has one time a line,
RFC 3339 at the zone's offset; with --json it has one list of them. A schedule that has ended or
never comes prints none (with --json: an empty list), and the sentence says so. A rate counts from
--after.

Exit status 2: the schedule is wrong, and stderr has what the API says of it.)";

constexpr char kForecastFooter[] = R"(Examples:
  lull forecast --data-dir ./lull-data
  lull forecast --data-dir /var/lib/lull --days 31 --json

A table, ordered by time: when the window opens (RFC 3339, in the window's zone, whole seconds), its
id, its name, and for how many hours. With --json a list of objects with ExecutionTime, WindowId,
Name and Duration, one a line. Disabled windows do not open.

The daemon may be running: the store is read as it is now, and nothing is held up. Exit status 2: the
options or the folder are wrong, or a newer lull wrote it; 3: there is no such folder, or nothing is
stored in it; 7: try again later; 8: broken.)";

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return 0;
  // Something about the options or the folder has to be mended first.
  if (absl::IsFailedPrecondition(status)) return kUsageExit;
  if (absl::IsAborted(status)) return kNotAskedExit;
  return server::RowOf(server::KindOf(status)).exit_code;
}

int PrintVersion() {
  const std::string text =
      absl::StrCat("lull ", kVersion, " (schema ", storage::SqliteStore::SchemaVersion(), ")\n");
  return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}

std::string IsAccountId(const std::string& text) {
  const bool is_one = text.size() == 12 && std::all_of(text.begin(), text.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
  return is_one ? "" : "an account id has 12 digits, as 123456789012";
}

std::string IsRegion(const std::string& text) {
  const bool is_one = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  return is_one ? "" : "a region has small letters, digits and -, as us-east-1";
}

void AddLimit(CLI::App& serve, const std::string& flag, std::int64_t& limit,
              const std::string& of) {
  serve.add_option(flag, limit, "How many " + of + " there may be")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, kMaxLimit).description(""))
      ->capture_default_str();
}

void AddServe(CLI::App& app, ServeOptions& options, std::int64_t& drain_seconds,
              std::int64_t& history_days) {
  CLI::App* serve = app.add_subcommand("serve", "Run the daemon");
  serve->add_option("--data-dir", options.data_dir, "Folder for all that is kept; made if missing")
      ->required()
      ->type_name("DIR");
  serve->add_option("--listen", options.listen, "Where to listen; port 0 takes any free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  serve->add_option("--region", options.region, "The region that clients sign for")
      ->type_name("NAME")
      ->check(IsRegion)
      ->capture_default_str();
  serve->add_option("--account-id", options.account_id, "Of whom answers speak, 12 digits")
      ->type_name("ID")
      ->check(IsAccountId)
      ->capture_default_str();
  CLI::Option* rate = serve->add_option("--requests-per-second", options.requests_per_second,
                                        "How many of each key are answered; no limit when absent");
  rate->type_name("N")->check(
      CLI::Range(std::int64_t{1}, server::kMaxRequestsPerSecond).description(""));
  serve->add_option("--burst", options.burst, "How many at once, after a rest; N when absent")
      ->needs(rate)
      ->type_name("M")
      ->check(CLI::Range(std::int64_t{1}, server::kMaxRequestsPerSecond).description(""));
  serve->add_option("--inventory", options.inventory, "YAML file of nodes; SIGHUP reads it again")
      ->type_name("FILE");
  serve
      ->add_option("--config", options.config,
                   "YAML file of documents, functions, transports and webhooks")
      ->type_name("FILE");
  serve->add_option("--drain-seconds", drain_seconds, "How long a stop waits for what is in flight")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, kMaxDrainSeconds).description(""))
      ->capture_default_str();
  serve
      ->add_option("--history-days", history_days,
                   "How long what has ended is kept, with its output; 0 for ever")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, kMaxHistoryDays).description(""))
      ->capture_default_str();
  serve->add_option("--log-level", options.log_level, "debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}).description(""))
      ->capture_default_str();
  AddLimit(*serve, "--max-windows", options.limits.windows, "windows");
  AddLimit(*serve, "--max-tasks-per-window", options.limits.tasks_per_window, "tasks of a window");
  AddLimit(*serve, "--max-targets-per-window", options.limits.targets_per_window,
           "registered targets of a window");
  serve->add_flag("--skip-late-windows", options.skip_late_windows,
                  "Don't open what came due while lull was down");
  serve->add_flag("--allow-plain-http-beyond-loopback", options.allow_plain_http_beyond_loopback,
                  "Listen where others can read what is sent");
  serve->footer(kServeFooter);
}

void AddNodes(CLI::App& app, ImportOptions& options) {
  CLI::App* nodes = app.add_subcommand("nodes", "Bring nodes into a store");
  nodes->require_subcommand(1);
  CLI::App* bring = nodes->add_subcommand("import", "Store nodes from standard input, JSON Lines");
  bring->add_option("--data-dir", options.data_dir, "The daemon's folder; made if missing")
      ->required()
      ->type_name("DIR");
  bring->add_option("--origin", options.origin, "Who the nodes are known from")
      ->type_name("NAME")
      ->capture_default_str();
  bring->add_flag("--remove-others", options.remove_others,
                  "Then remove the origin's nodes that were not among them");
  nodes->footer("Or name an inventory: lull serve --inventory FILE (docs/nodes.md).");
  bring->footer(kImportFooter);
}

void AddNext(CLI::App& app, NextOptions& options, bool& json) {
  CLI::App* next = app.add_subcommand("next", "Say when a schedule opens a window");
  next->add_option("--schedule", options.schedule, "cron(...), rate(...) or at(...)")
      ->required()
      ->type_name("EXPRESSION");
  next->add_option("--timezone", options.timezone, "IANA name or +HH:MM; UTC when absent")
      ->type_name("ZONE");
  next->add_option("--offset", options.offset, "Days after what cron(...) says, 1 to 6")
      ->type_name("DAYS");
  next->add_option("--start", options.start_date, "StartDate: nothing before it")
      ->type_name("TIME");
  next->add_option("--end", options.end_date, "EndDate: nothing after it")->type_name("TIME");
  next->add_option("--after", options.after, "Later than this, as 2030-01-01T00:00:00Z; else now")
      ->type_name("TIME");
  next->add_option("--count", options.count, "How many")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, kMaxNextCount).description(""))
      ->capture_default_str();
  next->add_flag("--json", json, "One JSON list");
  next->footer(kNextFooter);
}

void AddForecast(CLI::App& app, ForecastOptions& options) {
  CLI::App* forecast = app.add_subcommand("forecast", "Say what will open");
  forecast->add_option("--data-dir", options.data_dir, "The daemon's folder")
      ->required()
      ->type_name("DIR");
  forecast->add_option("--days", options.days, "How far ahead")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, kMaxForecastDays).description(""))
      ->capture_default_str();
  forecast->add_flag("--json", options.json, "A JSON list");
  forecast->footer(kForecastFooter);
}

absl::Status PrintNext(const NextOptions& options, bool json) {
  LULL_ASSIGN_OR_RETURN(const NextAnswer answer, NextOccurrences(options, SystemClock().Now()));
  std::fputs(absl::StrCat(answer.sentence, "\n").c_str(), stderr);
  std::string text;
  if (json) {
    text = absl::StrCat(NextJson(answer), "\n");
  } else {
    for (const std::string& occurrence : answer.occurrences)
      absl::StrAppend(&text, occurrence, "\n");
  }
  return Print(stdout, text);
}

/// A standard stream that was closed would be the first file that is opened, and the log would go
/// there. It stays one that can't be read or written.
void OccupyClosedStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    // The lowest one that is free is `fd`, for those below are open.
    ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int Main(int argc, char** argv) {
  OccupyClosedStreams();
  CLI::App app("Lull: maintenance windows for your own machines, spoken to with any AWS client.",
               "lull");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(kHelpColumn);
  ServeOptions serve;
  std::int64_t drain_seconds = absl::ToInt64Seconds(serve.drain);
  std::int64_t history_days = serve.history / absl::Hours(24);
  AddServe(app, serve, drain_seconds, history_days);
  ImportOptions nodes;
  AddNodes(app, nodes);
  NextOptions next;
  bool json = false;
  AddNext(app, next, json);
  ForecastOptions forecast;
  AddForecast(app, forecast);
  std::function<absl::Status()> action;
  AddStatus(app, action);
  AddAudit(app, action);
  AddControl(app, action);
  AddDrain(app, action);
  int exit_code = 0;  // how what was watched or run has ended
  AddWatch(app, action, exit_code);
  AddRun(app, action, exit_code);
  AddKeys(app, action);
  AddCheck(app, action, exit_code);
  AddBackup(app, action);
  AddRestore(app, action);
  app.add_subcommand("version", "Print the versions of lull and its schema");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 says only that a command is required.
    if (error.get_exit_code() != 0 && app.get_subcommands().empty() && !app.remaining().empty()) {
      const std::string text =
          absl::StrCat("Neither a command nor an option: ", app.remaining().front(),
                       "\nRun with --help for more information.\n");
      std::fputs(text.c_str(), stderr);
      return kUsageExit;
    }
    return app.exit(error) == 0 ? 0 : kUsageExit;
  }
  if (app.got_subcommand("version")) return PrintVersion();
  absl::Status status;
  if (action) {
    status = action();
  } else if (app.got_subcommand("nodes")) {
    status = ImportNodes(nodes, stdin, stderr);
  } else if (app.got_subcommand("next")) {
    status = PrintNext(next, json);
  } else if (app.got_subcommand("forecast")) {
    status = PrintForecast(forecast, SystemClock().Now(), stdout, stderr);
  } else {
    serve.drain = absl::Seconds(drain_seconds);
    serve.history = history_days == 0 ? absl::InfiniteDuration() : history_days * absl::Hours(24);
    status = Serve(serve);
  }
  if (!status.ok()) {
    std::fputs(absl::StrCat("lull: ", Printable(FromAbsl(status.message())), "\n").c_str(), stderr);
  }
  return status.ok() ? exit_code : ExitCodeOf(status);
}

}  // namespace
}  // namespace lull::cli

int main(int argc, char** argv) { return lull::cli::Main(argc, argv); }
