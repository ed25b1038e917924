// The command `lull`.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/serve.h"
#include "cli/version.h"
#include "server/errors.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr int kUsageExit = 2;
constexpr std::int64_t kMaxDrainSeconds = 7 * 24 * 3600;
constexpr std::size_t kHelpColumn = 44;

constexpr char kFooter[] = R"(Start here:
  lull serve --data-dir ./lull-data
and follow the line that it prints: any AWS client is a client of Lull's.)";

constexpr char kServeFooter[] = R"(Examples:
  lull serve --data-dir ./lull-data
  lull serve --data-dir /var/lib/lull --listen '[::1]:8750' --drain-seconds 600

The data folder is this user's alone (mode 0700) and holds:
  lull.db      windows, tasks, executions (SQLite; with -wal, -shm and -lock beside it)
  credentials  the key pair that clients sign with, as AWS clients read it; made at the first start
  output       what commands print, one file a stream and invocation

Clients:
  AWS_SHARED_CREDENTIALS_FILE=./lull-data/credentials \
    aws --region us-east-1 --endpoint-url http://127.0.0.1:8750 ssm describe-maintenance-windows

Tasks run with Targets 'Key=InstanceIds,Values=local' and TaskArn AWS-RunShellScript, as this user on
this machine. GET /healthz and GET /readyz are for probes. The log goes to stderr.

SIGTERM or SIGINT: nothing new starts, what is in flight is waited for, exit status 0. A second one
ends at once. Exit status 2: the options or the data folder are wrong; 7: try again later; 8: broken.)";

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return 0;
  // Something about the options or the folder has to be mended first.
  if (absl::IsFailedPrecondition(status)) return kUsageExit;
  return server::RowOf(server::KindOf(status)).exit_code;
}

int PrintVersion() {
  const std::string text =
      absl::StrCat("lull ", kVersion, " (schema ", storage::SqliteStore::SchemaVersion(), ")\n");
  return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}

void AddServe(CLI::App& app, ServeOptions& options, std::int64_t& drain_seconds) {
  CLI::App* serve = app.add_subcommand("serve", "Run the daemon");
  serve->add_option("--data-dir", options.data_dir, "Folder for all that is kept; made if missing")
      ->required()
      ->type_name("DIR");
  serve->add_option("--listen", options.listen, "Where to listen; port 0 takes any free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  serve->add_option("--region", options.region, "The region that clients sign for")
      ->type_name("NAME")
      ->capture_default_str();
  serve->add_option("--drain-seconds", drain_seconds, "How long a stop waits for what is in flight")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, kMaxDrainSeconds).description(""))
      ->capture_default_str();
  serve->add_option("--log-level", options.log_level, "debug, info, warning, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}).description(""))
      ->capture_default_str();
  serve->add_flag("--skip-late-windows", options.skip_late_windows,
                  "Don't open what came due while lull was down");
  serve->add_flag("--allow-plain-http-beyond-loopback", options.allow_plain_http_beyond_loopback,
                  "Listen where others can read what is sent");
  serve->footer(kServeFooter);
}

int Main(int argc, char** argv) {
  CLI::App app("Lull: maintenance windows for your own machines, spoken to with any AWS client.",
               "lull");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.get_formatter()->column_width(kHelpColumn);
  ServeOptions options;
  std::int64_t drain_seconds = absl::ToInt64Seconds(options.drain);
  AddServe(app, options, drain_seconds);
  const CLI::App* version =
      app.add_subcommand("version", "Print the versions of lull and its schema");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageExit;
  }
  if (version->parsed()) return PrintVersion();
  options.drain = absl::Seconds(drain_seconds);
  const absl::Status status = Serve(options);
  if (!status.ok()) {
    std::fputs(absl::StrCat("lull: ", std::string(status.message()), "\n").c_str(), stderr);
  }
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace lull::cli

int main(int argc, char** argv) { return lull::cli::Main(argc, argv); }
