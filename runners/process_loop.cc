#include "runners/process_loop.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "runners/errno_status.h"
#include "runners/folder.h"
#include "runners/invocation_files.h"
#include "runners/outcome_file.h"
#include "runners/process_end.h"
#include "runners/record_file.h"
#include "runners/spawn.h"

namespace lull::runners {
namespace {

constexpr int kStartsPerTurn = 16;  // so that a flood of starts does not delay the ends

std::string Micros(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Microseconds(duration));
}

void SignalShim(const UniqueFd& pidfd) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGTERM, nullptr, 0);
}

/// Nothing happens to one that an earlier life started: others reap it.
void Reap(const UniqueFd& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG) < 0 &&
         errno == EINTR) {
  }
}

}  // namespace

ProcessLoop::ProcessLoop(ProcessLoopOptions options, std::unique_ptr<Poller> poller)
    : options_(std::move(options)), poller_(std::move(poller)) {
  LULL_CHECK(options_.clock != nullptr);
}

template <typename Put>
void ProcessLoop::Send(Put put) {
  {
    MutexLock lock(mutex_);
    put(mail_);
  }
  poller_->Wake();
}

void ProcessLoop::Submit(Launch launch) {
  Send([&](Mail& mail) { mail.launches.push_back(std::move(launch)); });
}

void ProcessLoop::Adopt(Awaited invocation, UniqueFd pidfd) {
  Send([&](Mail& mail) { mail.adopted.push_back({std::move(invocation), std::move(pidfd)}); });
}

void ProcessLoop::RequestStop(InvocationRef invocation) {
  Send([&](Mail& mail) { mail.stops.push_back(invocation); });
}

void ProcessLoop::Shutdown() {
  Send([](Mail& mail) { mail.shut_down = true; });
}

ProcessLoop::Mail ProcessLoop::TakeMail() {
  MutexLock lock(mutex_);
  return std::exchange(mail_, Mail{});
}

void ProcessLoop::Loop() {
  std::vector<std::uint64_t> ready;
  while (true) {
    Mail mail = TakeMail();
    if (mail.shut_down) break;
    for (Launch& launch : mail.launches) waiting_.push_back(std::move(launch));
    for (Watched& watched : mail.adopted) {
      const Awaited invocation = watched.invocation;
      const absl::Status status = Watch(std::move(watched));
      if (!status.ok())
        invocation.sink->Finished(invocation.ref, OutcomeUnknown(FromAbsl(status.message())));
    }
    for (const InvocationRef& invocation : mail.stops) Stop(invocation);
    StartSome();
    poller_->Wait(Patience(), ready);
    for (const std::uint64_t tag : ready) HandleEnd(tag);
  }
}

absl::Duration ProcessLoop::Patience() const {
  if (waiting_.empty()) return absl::InfiniteDuration();
  return std::max(retry_at_ - options_.clock->SinceBoot(), absl::ZeroDuration());
}

void ProcessLoop::Stop(InvocationRef invocation) {
  const auto is_it = [&](const Launch& launch) { return launch.invocation.ref == invocation; };
  const auto queued = std::find_if(waiting_.begin(), waiting_.end(), is_it);
  if (queued != waiting_.end()) {
    FinishSink* const sink = queued->invocation.sink;
    waiting_.erase(queued);
    if (waiting_.empty()) is_short_ = false;
    sink->Finished(invocation, OutcomeOf({.cause = StopCause::kStopRequest}, {}));
    return;
  }
  const auto found = serials_.find(invocation);
  if (found != serials_.end()) SignalShim(shims_.at(found->second).pidfd);
}

void ProcessLoop::StartSome() {
  if (options_.clock->SinceBoot() < retry_at_) return;
  for (int i = 0; i < kStartsPerTurn && !waiting_.empty(); ++i) {
    Launch launch = std::move(waiting_.front());
    waiting_.pop_front();
    const absl::Status started = TryStart(launch);
    if (absl::IsResourceExhausted(started)) return HoldBack(std::move(launch), started);
    const Awaited& invocation = launch.invocation;
    // One that is on its way reports itself.
    if (started.ok() || serials_.count(invocation.ref) > 0) continue;
    invocation.sink->Finished(invocation.ref, NotStarted(started));
  }
  if (waiting_.empty()) is_short_ = false;
}

/// Puts a launch back, the first of those that wait: it has not started, so it can't start twice.
void ProcessLoop::HoldBack(Launch launch, const absl::Status& shortage) {
  waiting_.push_front(std::move(launch));
  retry_at_ = options_.clock->SinceBoot() + options_.shortage_retry;
  if (is_short_) return;
  is_short_ = true;
  if (options_.warn) {
    options_.warn(
        absl::StrCat("commands wait, for they can't be started now: ", shortage.message()));
  }
}

absl::Status ProcessLoop::TryStart(const Launch& launch) {
  const auto& [ref, id, sink] = launch.invocation;
  LULL_ASSIGN_OR_RETURN(const UniqueFd folder,
                        MakeFolder(options_.output_dir, ref.task, options_.boot_id));
  LULL_ASSIGN_OR_RETURN(const UniqueFd record,
                        CreateRecord(folder, ref.ordinal,
                                     {.id = id,
                                      .execution_timeout = launch.plan.execution_timeout,
                                      .undeliverable_status = launch.plan.undeliverable_status,
                                      .timed_out_status = launch.plan.timed_out_status}));
  auto shim = Spawn(launch, folder, record);
  if (!shim.ok()) {
    RemoveStart(folder, ref.ordinal);
    return shim.status();
  }
  return Watch({launch.invocation, *std::move(shim)});
}

absl::StatusOr<UniqueFd> ProcessLoop::Spawn(const Launch& launch, const UniqueFd& folder,
                                            const UniqueFd& record) {
  const ProcessPlan& plan = launch.plan;
  const InvocationRef ref = launch.invocation.ref;
  SpawnRequest request{
      .argv = {options_.shim_path, absl::StrCat(ref.ordinal), Micros(plan.execution_timeout),
               Micros(options_.stop_grace), Micros(options_.output_grace),
               Micros(options_.verify_patience), absl::StrCat(options_.output_limit_bytes)},
      .environment = plan.environment,
      .working_directory = plan.working_directory,
      .files = {record.get(), folder.get()}};
  request.argv.insert(request.argv.end(), plan.argv.begin(), plan.argv.end());
  UniqueFd script;
  if (plan.script_by == ScriptBy::kFile) {
    LULL_RETURN_IF_ERROR(WriteScript(folder, ref.ordinal, plan.script));
    request.argv.push_back(
        absl::StrCat(FolderOf(options_.output_dir, ref.task), "/", ScriptName(ref.ordinal)));
  } else {
    LULL_ASSIGN_OR_RETURN(script, ScriptInMemory(plan.script));
    request.stdin_fd = script.get();
  }
  LULL_ASSIGN_OR_RETURN(Spawned spawned, runners::Spawn(request));
  return std::move(spawned.pidfd);
}

/// Waits for its end from now on. If that is not possible, it is asked to stop; then kUnavailable,
/// for it has started: never again.
absl::Status ProcessLoop::Watch(Watched watched) {
  const Serial serial = ++last_serial_;
  const absl::Status added = poller_->Add(watched.pidfd.get(), serial);
  if (!added.ok()) {
    SignalShim(watched.pidfd);
    return absl::UnavailableError(added.message());
  }
  serials_[watched.invocation.ref] = serial;
  shims_.emplace(serial, std::move(watched));
  return absl::OkStatus();
}

void ProcessLoop::HandleEnd(Serial serial) {
  const auto found = shims_.find(serial);
  if (found == shims_.end()) return;
  const Awaited invocation = std::move(found->second.invocation);
  poller_->Remove(found->second.pidfd.get());
  Reap(found->second.pidfd);
  shims_.erase(found);
  serials_.erase(invocation.ref);
  retry_at_ = absl::ZeroDuration();  // what it held may be what is short
  invocation.sink->Finished(invocation.ref,
                            OutcomeOfEnded(options_.output_dir, invocation.ref, invocation.id));
}

}  // namespace lull::runners
