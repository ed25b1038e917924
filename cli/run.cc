#include "cli/run.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/connection.h"
#include "cli/connection_options.h"
#include "cli/data_folder.h"
#include "cli/follow.h"
#include "cli/print.h"
#include "cli/progress_text.h"
#include "cli/run_file.h"
#include "cli/run_output.h"
#include "cli/run_plan.h"
#include "cli/run_start.h"
#include "cli/screen.h"
#include "cli/stop_signals.h"
#include "cli/watch.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/runtime/environment.h"
#include "proto/extensions.pb.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxReasonBytes = 128;

constexpr char kFooter[] = R"(Examples:
  lull run patch.yaml --dry-run --data-dir ./lull-data
  lull run patch.yaml --data-dir ./lull-data
  lull run - < hello.yaml

  # hello.yaml
  name: hello
  tasks:
    - name: say-hello
      nodes: [local]
      commands: [uname -a]

The tasks run one after the other, in the order of the file or of their priorities. Where: the
daemon of --data-dir or --endpoint; if none runs on --data-dir, this process is one for as long as
the run takes; without either, on a private folder, which stays when something fails.

Ctrl-C (or SIGTERM) cancels: what is queued never starts, what is in flight finishes. A second one
asks that to stop, too. A third one leaves at once.

Exit status: how it ended: 0 SUCCESS, 10 FAILED, 11 TIMED_OUT, 12 CANCELLED. 1 the daemon could not
be asked, or left; 2 the file or an option is wrong, and nothing was run; 4 something is in its way;
5 a quota is reached; 6 the key is not let in; 7 try again later; 8 broken.)";

/// Ctrl-C, as often as it came: what it means, and what it still has to tell the daemon.
class Interrupts {
 public:
  explicit Interrupts(std::string execution) : execution_(std::move(execution)) {}

  std::string Hint() const {
    switch (count_) {
      case 0:
        return "Ctrl-C cancels: what is queued never starts, what is in flight finishes";
      case 1:
        return "Cancelled; what is in flight finishes. Ctrl-C again asks it to stop";
      default:
        return "Asked to stop. Ctrl-C again leaves at once";
    }
  }

  bool left() const { return count_ > kStop; }

  /// One more. Error: kAborted: that was one too many to wait for anything.
  absl::Status Add(const Connection& daemon) {
    ++count_;
    if (left()) return absl::AbortedError("left at once");
    return Send(daemon);
  }

  /// Tells the daemon what it was not told yet: one that is away hears it later.
  absl::Status Send(const Connection& daemon) {
    if (sent_ == count_ || left()) return absl::OkStatus();
    v1::CancelExecutionRequest request;
    request.set_window_execution_id(execution_);
    request.set_policy(count_ == kStop ? "STOP" : "INVOCATION");
    request.set_reason("Ctrl-C");
    v1::CancelExecutionResponse response;
    const absl::Status status = daemon.Call(request, &response);
    if (status.ok()) sent_ = count_;
    return MayPass(status) ? absl::OkStatus() : status;
  }

 private:
  static constexpr int kStop = 2;
  const std::string execution_;
  int count_ = 0;
  int sent_ = 0;
};

/// Whether a person sees what happens best if it is shown what the command prints.
bool IsOneTarget(const RunFile& file) {
  return file.tasks.size() == 1 && file.tasks[0].targets.empty() &&
         file.tasks[0].request.targets_size() == 1 &&
         file.tasks[0].request.targets(0).values_size() == 1;
}

/// Of a task that names all its nodes; nothing for others.
std::optional<PlannedNodes> NamedNodes(const RunTask& task) {
  if (!task.targets.empty()) return std::nullopt;
  PlannedNodes nodes;
  for (const v1::Target& target : task.request.targets()) {
    for (const std::string& node : target.values()) {
      if (std::count(nodes.first.begin(), nodes.first.end(), node) == 0) {
        nodes.first.push_back(node);
      }
    }
  }
  nodes.count = static_cast<std::int64_t>(nodes.first.size());
  return nodes;
}

using Nodes = std::vector<std::optional<PlannedNodes>>;

/// As they are stored in the folder; nothing when nothing is stored there yet.
absl::StatusOr<std::optional<Nodes>> StoredNodes(const RunFile& file, const std::string& path) {
  const absl::StatusOr<DataFolder> folder = FindDataFolder(path);
  if (absl::IsNotFound(folder.status())) return std::nullopt;
  LULL_RETURN_IF_ERROR(folder.status());
  const auto store = storage::SqliteStore::Open(
      {.path = folder->database, .access = storage::StoreAccess::kReadOnly});
  if (absl::IsNotFound(store.status())) return std::nullopt;
  LULL_RETURN_IF_ERROR(store.status());
  Nodes all;
  for (const RunTask& task : file.tasks) {
    LULL_ASSIGN_OR_RETURN(all.emplace_back(), PlanNodes(task, (*store)->nodes()));
  }
  return all;
}

absl::StatusOr<Nodes> FindNodes(const RunFile& file, const PlaceOptions& place,
                                StopSignals& signals) {
  std::string folder = place.connection.data_dir;
  std::unique_ptr<RunPlace> own;  // reads the inventory, and is gone again
  if (folder.empty() && place.connection.endpoint.empty() && !place.inventory.empty()) {
    LULL_ASSIGN_OR_RETURN(own, RunPlace::Open(place, signals));
    folder = own->folder();
  }
  if (!folder.empty()) {
    LULL_ASSIGN_OR_RETURN(std::optional<Nodes> stored, StoredNodes(file, folder));
    if (stored) return *std::move(stored);
  }
  Nodes named;
  for (const RunTask& task : file.tasks) named.push_back(NamedNodes(task));
  return named;
}

/// How to ask for the same daemon again.
std::string WhereText(const RunPlace& place) {
  return place.folder().empty() ? absl::StrCat("--endpoint ", place.connection().endpoint)
                                : absl::StrCat("--data-dir ", place.folder());
}

/// What is said of a run that goes on without the one who started it.
std::string LeftText(const RunPlace& place, const std::string& execution) {
  const std::string watch = absl::StrCat("lull watch ", execution, " ", WhereText(place));
  if (!place.is_own()) return absl::StrCat("Left; the execution goes on. To see it: ", watch);
  return absl::StrCat("Left; commands that are in flight may go on. To take them up: lull serve ",
                      WhereText(place), ", and then ", watch);
}

/// Where to read on.
std::string MoreText(const RunPlace& place, const std::string& execution) {
  if (place.folder().empty()) return absl::StrCat("Execution ", execution, "\n");
  return absl::StrCat("Execution ", execution, "; what commands printed is in ", place.folder(),
                      "/output\n");
}

/// A run from its start to its report.
class Run {
 public:
  Run(const RunOptions& options, const RunFile& file, RunPlace& place, StopSignals& signals)
      : options_(options), file_(file), place_(place), signals_(signals), screen_(stdout) {
    const bool one = IsOneTarget(file);
    shows_output_ = !options.json && (options.output || (one && !options.no_output));
    printer_ = std::make_unique<OutputPrinter>(screen_, one);
  }

  absl::Status Do(int& exit_code) {
    LULL_ASSIGN_OR_RETURN(const Connection daemon, Connection::Find(place_.connection()));
    std::string reason = absl::StrCat("lull run ", options_.file);
    reason.resize(Utf8Prefix(reason, kMaxReasonBytes).size());
    LULL_ASSIGN_OR_RETURN(const StartedRun run, StartRun(daemon, file_, reason));
    place_.Keep();  // until it is known that nobody needs it
    Interrupts interrupts(run.execution);
    auto drain = Follow(FollowingOf(run, interrupts), screen_);
    if (interrupts.left()) Leave(run);
    if (!drain.ok()) return Explain(drain.status(), run);
    exit_code = ExitCodeOf(*drain);
    return Report(run, *drain);
  }

 private:
  Following FollowingOf(const StartedRun& run, Interrupts& interrupts) {
    Following following;
    following.connection = place_.connection();
    following.execution = run.execution;
    following.json = options_.json;
    following.waiting = {
        .now = [] { return SystemClock().Now(); },
        .pause = [this](absl::Duration length) { return signals_.Wait(length) == 0; }};
    following.hint = [&interrupts] { return interrupts.Hint(); };
    following.interrupted = [&interrupts](const Connection& asked) {
      return interrupts.Add(asked);
    };
    following.seen = [this, &interrupts](const Connection& asked,
                                         const v1::DescribeDrainResponse& drain) {
      if (!HasEnded(drain)) LULL_RETURN_IF_ERROR(interrupts.Send(asked));
      return shows_output_ ? printer_->Print(asked, drain) : absl::OkStatus();
    };
    return following;
  }

  /// Ends this process without waiting for anything that goes on.
  [[noreturn]] void Leave(const StartedRun& run) {
    std::fputs(absl::StrCat("lull: ", LeftText(place_, run.execution), "\n").c_str(), stderr);
    std::fflush(nullptr);
    ::_exit(1);
  }

  absl::Status Explain(const absl::Status& status, const StartedRun& run) const {
    absl::Status explained(
        status.code(), absl::StrCat(status.message(), "\nlull: ", LeftText(place_, run.execution)));
    status.ForEachPayload([&](auto type, const auto& value) { explained.SetPayload(type, value); });
    return explained;
  }

  /// Whatever it can't tell, how the run has ended is known.
  absl::Status Report(const StartedRun& run, const v1::DescribeDrainResponse& drain) {
    const bool is_success = drain.status() == "SUCCESS";
    if (is_success) place_.Forget();
    if (!options_.json) LULL_RETURN_IF_ERROR(screen_.Print(DrawReport(drain, screen_.style())));
    const absl::StatusOr<Connection> daemon = Connection::Find(place_.connection());
    if (!is_success && !options_.json) {
      LULL_RETURN_IF_ERROR(screen_.Print(
          absl::StrCat("\n", FailuresText(daemon, drain), MoreText(place_, run.execution))));
    }
    const absl::Status removed = daemon.ok() ? RemoveRun(*daemon, run.window) : daemon.status();
    if (!removed.ok()) {
      std::fputs(absl::StrCat("lull: the window ", run.window,
                              " is still there: ", removed.message(), "\n")
                     .c_str(),
                 stderr);
    }
    return absl::OkStatus();
  }

  std::string FailuresText(const absl::StatusOr<Connection>& daemon,
                           const v1::DescribeDrainResponse& drain) const {
    const OutputPrinter* printer = shows_output_ ? printer_.get() : nullptr;
    const auto text = daemon.ok() ? DescribeFailures(*daemon, drain, printer) : daemon.status();
    if (!text.ok())
      return absl::StrCat("What failed can't be told: ", text.status().message(), "\n");
    return text->empty() ? "" : *text + "\n";
  }

  const RunOptions& options_;
  const RunFile& file_;
  RunPlace& place_;
  StopSignals& signals_;
  Screen screen_;
  bool shows_output_ = false;
  std::unique_ptr<OutputPrinter> printer_;
};

absl::Status RunAll(const RunOptions& options, int& exit_code) {
  LULL_ASSIGN_OR_RETURN(const RunFile file, ReadRunFile(options.file, stdin));
  StopSignals signals;
  if (options.dry_run) {
    LULL_ASSIGN_OR_RETURN(const Nodes nodes, FindNodes(file, options.place, signals));
    return Print(stdout, PlanText(file, nodes));
  }
  LULL_ASSIGN_OR_RETURN(const std::unique_ptr<RunPlace> place,
                        RunPlace::Open(options.place, signals));
  return Run(options, file, *place, signals).Do(exit_code);
}

}  // namespace

void AddRun(CLI::App& app, std::function<absl::Status()>& action, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run the window that a file says, now");
  command->add_option("FILE", options->file, "YAML (docs/run.md); - is standard input")->required();
  AddOptionalConnection(*command, options->place.connection);
  command
      ->add_option("--inventory", options->place.inventory,
                   "YAML file of nodes, for a run without a daemon")
      ->type_name("INVENTORY");
  command
      ->add_option("--config", options->place.config,
                   "YAML file, as of lull serve, for a run without a daemon")
      ->type_name("CONFIG");
  command->add_flag("--dry-run", options->dry_run, "Print what would run where, and run nothing");
  CLI::Option* output = command->add_flag("--output", options->output,
                                          "Print what commands print, as they end; as it is when "
                                          "there is one target");
  command->add_flag("--no-output", options->no_output, "Don't")->excludes(output);
  command->add_flag("--json", options->json, "An object a change, and nothing else");
  command->footer(kFooter);
  command->callback([&action, &exit_code, options] {
    action = [&exit_code, options] { return RunAll(*options, exit_code); };
  });
}

}  // namespace lull::cli
