#include "cli/serve.h"

#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/config.h"
#include "cli/daemon.h"
#include "cli/daemon_process.h"
#include "cli/data_folder.h"
#include "cli/listen_address.h"
#include "cli/stop_signals.h"
#include "cli/version.h"
#include "engine/base/status.h"
#include "runners/shell_word.h"
#include "server/throttle.h"

namespace lull::cli {
namespace {

constexpr int kSignalExit = 128;  // and the signal's number, as shells have it

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& level) {
  auto logger =
      std::make_shared<spdlog::logger>("lull", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(MakeLogFormat());
  logger->set_level(spdlog::level::from_str(level));
  return logger;
}

std::optional<server::Rate> RateOf(const ServeOptions& options) {
  if (options.requests_per_second == 0) return std::nullopt;
  return server::Rate{options.requests_per_second,
                      options.burst > 0 ? options.burst : options.requests_per_second};
}

void Greet(const ServeOptions& options, const DataFolder& folder, const ListenAddress& listen) {
  const std::string url = "http://" + listen.Text();
  const std::string text =
      absl::StrCat("lull ", kVersion, " is ready on ", url, ", data in ", folder.path,
                   "; try: AWS_SHARED_CREDENTIALS_FILE=", runners::ShellWord(folder.credentials),
                   " aws --region ", runners::ShellWord(options.region), " --endpoint-url ", url,
                   " ssm describe-maintenance-windows\n");
  std::fputs(text.c_str(), stderr);
}

}  // namespace

absl::Status Serve(const ServeOptions& options) {
  StopSignals signals;
  // With nothing to read again, that of a terminal is a stop; `nohup` keeps it away.
  const bool rereads = !options.inventory.empty() || !options.config.empty();
  if (rereads || !StopSignals::HangupsIgnored()) signals.TakeHangups();
  PrepareDaemonProcess();
  LULL_ASSIGN_OR_RETURN(const ListenAddress listen, ParseListenAddress(options.listen));
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, OpenDataFolder(options.data_dir));
  v1::Config config;
  if (!options.config.empty()) {
    LULL_ASSIGN_OR_RETURN(config, ReadConfig(options.config));
  }
  const std::shared_ptr<spdlog::logger> logger = MakeLogger(options.log_level);
  auto started =
      Daemon::Start({.folder = folder,
                     .listen = listen,
                     .region = options.region,
                     .account_id = options.account_id,
                     .rate = RateOf(options),
                     .allow_plain_http_beyond_loopback = options.allow_plain_http_beyond_loopback,
                     .inventory = options.inventory,
                     .config_path = options.config,
                     .config = std::move(config),
                     .misfire = options.skip_late_windows ? Misfire::kSkip : Misfire::kOpen,
                     .limits = options.limits,
                     .history = options.history,
                     .logger = logger,
                     .signals = &signals});
  if (absl::IsCancelled(started.status())) return absl::OkStatus();  // stopped while it read nodes
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<Daemon> daemon, std::move(started));
  Greet(options, folder, daemon->address());

  int first = 0;
  while ((first = signals.WaitOrHangup()) == SIGHUP && rereads) {
    daemon->RereadConfig();
    daemon->RereadInventory();
  }
  if (!daemon->fenced()) {
    logger->info("stopping signal={} drain={}", first,
                 std::string(absl::FormatDuration(options.drain)));
  }
  if (const int second = daemon->fenced() ? 0 : daemon->Drain(options.drain); second != 0) {
    logger->warn("ended signal={} text=\"what is in flight goes on\"", second);
    ::_exit(kSignalExit + second);
  }
  signals.Restore();  // closing takes moments; who can't wait for them may still kill
  if (daemon->fenced()) {
    return absl::FailedPreconditionError(
        "another engine has taken over this store, and what was in flight here");
  }
  logger->info("stopped");
  return absl::OkStatus();
}

}  // namespace lull::cli
