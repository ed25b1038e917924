#include "cli/serve.h"

#include <signal.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/config.h"
#include "cli/daemon.h"
#include "cli/data_folder.h"
#include "cli/listen_address.h"
#include "cli/stop_signals.h"
#include "cli/version.h"
#include "engine/base/status.h"
#include "server/throttle.h"

namespace lull::cli {
namespace {

constexpr mode_t kOwnerOnlyMask = 077;
constexpr int kSignalExit = 128;  // and the signal's number, as shells have it

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& level) {
  auto logger =
      std::make_shared<spdlog::logger>("lull", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
  logger->set_level(spdlog::level::from_str(level));
  return logger;
}

/// Connections and commands in flight take descriptors; the usual soft limit is for old programs.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// `text` as one word of a shell.
std::string ShellWord(const std::string& text) {
  std::string word = "'";
  bool is_plain = !text.empty();
  for (const char c : text) {
    is_plain = is_plain && (std::isalnum(static_cast<unsigned char>(c)) ||
                            std::string_view("/._-+:@%,=").find(c) != std::string_view::npos);
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return is_plain ? text : word + "'";
}

std::optional<server::Rate> RateOf(const ServeOptions& options) {
  if (options.requests_per_second == 0) return std::nullopt;
  return server::Rate{options.requests_per_second,
                      options.burst > 0 ? options.burst : options.requests_per_second};
}

void Greet(const ServeOptions& options, const DataFolder& folder, const ListenAddress& listen) {
  const std::string url = "http://" + listen.Text();
  const std::string text = absl::StrCat(
      "lull ", kVersion, " is ready on ", url, ", data in ", folder.path,
      "; try: AWS_SHARED_CREDENTIALS_FILE=", ShellWord(folder.credentials), " aws --region ",
      ShellWord(options.region), " --endpoint-url ", url, " ssm describe-maintenance-windows\n");
  std::fputs(text.c_str(), stderr);
}

}  // namespace

absl::Status Serve(const ServeOptions& options) {
  StopSignals signals;
  // With nothing to read again, that of a terminal is a stop; `nohup` keeps it away.
  const bool rereads = !options.inventory.empty() || !options.config.empty();
  if (rereads || !StopSignals::HangupsIgnored()) signals.TakeHangups();
  ::umask(kOwnerOnlyMask);
  RaiseDescriptorLimit();
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
    logger->warn("killed signal={} text=\"what was in flight is lost\"", second);
    ::_exit(kSignalExit + second);
  }
  signals.Restore();  // closing takes moments; who can't wait for them may still kill
  if (daemon->fenced()) {
    return absl::FailedPreconditionError(
        "another engine has taken over this store; what was in flight here is lost");
  }
  logger->info("stopped");
  return absl::OkStatus();
}

}  // namespace lull::cli
