#include "cli/run_place.h"

#include <errno.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <string.h>

#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/config.h"
#include "cli/daemon.h"
#include "cli/daemon_process.h"
#include "cli/data_folder.h"
#include "cli/listen_address.h"
#include "cli/serve.h"
#include "engine/base/status.h"
#include "proto/config.pb.h"
#include "proto/maintenance_windows.pb.h"

namespace lull::cli {
namespace {

constexpr char kLogName[] = "/run.log";

/// Whether a daemon answers there. Errors: what it says, and what is wrong with the options.
absl::StatusOr<bool> Answers(const ConnectionOptions& options) {
  absl::StatusOr<Connection> daemon = Connection::Find(options);
  if (absl::IsAborted(daemon.status()) || absl::IsNotFound(daemon.status())) return false;
  LULL_RETURN_IF_ERROR(daemon.status());
  v1::DescribeMaintenanceWindowsResponse response;
  const absl::Status status = daemon->Call(v1::DescribeMaintenanceWindowsRequest(), &response);
  if (absl::IsAborted(status)) return false;
  LULL_RETURN_IF_ERROR(status);
  return true;
}

/// A log that is no part of what the terminal shows.
absl::StatusOr<std::shared_ptr<spdlog::logger>> MakeFileLogger(const std::string& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path, /*truncate=*/true);
    auto logger = std::make_shared<spdlog::logger>("lull", std::move(sink));
    logger->set_formatter(MakeLogFormat());
    logger->flush_on(spdlog::level::info);
    return logger;
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("can't write ", path, ": ", error.what()));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunPlace>> RunPlace::Open(PlaceOptions options,
                                                         StopSignals& signals) {
  std::unique_ptr<RunPlace> place(new RunPlace(std::move(options.connection)));
  ConnectionOptions& connection = place->connection_;
  bool runs = !connection.endpoint.empty();
  if (!connection.data_dir.empty()) {
    LULL_ASSIGN_OR_RETURN(runs, Answers(connection));
  }
  if (runs) {
    if (options.inventory.empty() && options.config.empty()) return place;
    return Invalid(
        "--inventory and --config are of a daemon that is started, and one runs already on ",
        connection.endpoint.empty() ? connection.data_dir : connection.endpoint,
        ". Leave them out: that daemon's count.");
  }
  PrepareDaemonProcess();
  if (connection.data_dir.empty()) LULL_RETURN_IF_ERROR(place->MakePrivateFolder());
  LULL_RETURN_IF_ERROR(place->StartDaemon(options, signals));
  return place;
}

RunPlace::RunPlace(ConnectionOptions connection) : connection_(std::move(connection)) {}

RunPlace::~RunPlace() {
  if (daemon_ != nullptr) daemon_->Drain(ServeOptions().drain);
  daemon_.reset();
  if (!private_ || kept_) return;
  std::error_code ignored;  // what is left is in the folder for what is left
  std::filesystem::remove_all(folder(), ignored);
}

absl::Status RunPlace::MakePrivateFolder() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return Invalid("There is no folder for what is temporary: set TMPDIR to one.");
  std::string path = (parent / "lull-run-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("can't make a private folder in ", parent.string(), ": ", ::strerror(errno)));
  }
  connection_.data_dir = path;
  private_ = true;
  return absl::OkStatus();
}

absl::Status RunPlace::StartDaemon(const PlaceOptions& options, StopSignals& signals) {
  const ServeOptions usual;
  LULL_ASSIGN_OR_RETURN(const ListenAddress listen, ParseListenAddress("127.0.0.1:0"));
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, OpenDataFolder(connection_.data_dir));
  LULL_ASSIGN_OR_RETURN(auto logger, MakeFileLogger(folder.path + kLogName));
  v1::Config config;
  if (!options.config.empty()) {
    LULL_ASSIGN_OR_RETURN(config, ReadConfig(options.config));
  }
  // Nothing here knows for how long what has ended is to be kept: for ever.
  auto started = Daemon::Start({.folder = folder,
                                .listen = listen,
                                .region = usual.region,
                                .account_id = usual.account_id,
                                .inventory = options.inventory,
                                .config_path = options.config,
                                .config = std::move(config),
                                .limits = usual.limits,
                                .history = absl::InfiniteDuration(),
                                .logger = std::move(logger),
                                .signals = &signals});
  if (absl::IsCancelled(started.status())) {
    return absl::AbortedError("interrupted; nothing was run");
  }
  LULL_ASSIGN_OR_RETURN(daemon_, std::move(started));
  return absl::OkStatus();
}

}  // namespace lull::cli
