/// A command that tells of itself: it appends a line to a file when it starts and another when it
/// ends, each with one write(2), so that nothing of the engine is needed to know what ran when.
///
///   observe FILE EXECUTION TASK_EXECUTION WINDOW_TASK INVOCATION NODE MILLISECONDS STATUS
///
/// A line is KIND NANOSECONDS STATUS and the five identities, KIND is `start`, `end` or `stopped`
/// (SIGTERM came first), NANOSECONDS are of CLOCK_MONOTONIC. Exit status: STATUS, or 143 when it
/// was stopped; 99 when a line could not be written.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr int kArguments = 9;
constexpr int kStopped = 128 + SIGTERM;
constexpr int kUnseen = 99;
constexpr long long kNanosecondsPerSecond = 1'000'000'000;
constexpr long kMillisecondsPerSecond = 1'000;
constexpr long kNanosecondsPerMillisecond = 1'000'000;

/// Appends a line, or ends the process: what is not seen must not pass for done.
void Tell(int file, const char* kind, int status, char** identities) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  char line[1024];
  const int size =
      std::snprintf(line, sizeof(line), "%s %lld %d %s %s %s %s %s\n", kind,
                    now.tv_sec * kNanosecondsPerSecond + now.tv_nsec, status, identities[0],
                    identities[1], identities[2], identities[3], identities[4]);
  if (size <= 0 || size >= static_cast<int>(sizeof(line)) || write(file, line, size) != size) {
    _exit(kUnseen);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != kArguments) return kUnseen;
  const int file = open(arguments[1], O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) return kUnseen;
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  const long length = std::strtol(arguments[7], nullptr, 10);
  const int status = std::atoi(arguments[8]);
  Tell(file, "start", 0, arguments + 2);
  const timespec patience{length / kMillisecondsPerSecond,
                          length % kMillisecondsPerSecond * kNanosecondsPerMillisecond};
  const bool stopped = sigtimedwait(&stop, nullptr, &patience) == SIGTERM;
  Tell(file, stopped ? "stopped" : "end", stopped ? kStopped : status, arguments + 2);
  _exit(stopped ? kStopped : status);
}
