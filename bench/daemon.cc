#include "bench/daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>

#include "absl/strings/numbers.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr std::string_view kReady = "is ready on http://127.0.0.1:";
constexpr std::string_view kAsk =
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view kYes = "HTTP/1.1 200 ";

/// The port that it tells on its standard error once it listens.
int ReadPort(int fd) {
  std::string text;
  char some[4096];
  for (;;) {
    const std::size_t at = text.find(kReady);
    if (at != std::string::npos) {
      const std::size_t end = text.find(',', at);
      int port = 0;
      if (end != std::string::npos &&
          absl::SimpleAtoi(text.substr(at + kReady.size(), end - at - kReady.size()), &port)) {
        return port;
      }
    }
    const ssize_t got = read(fd, some, sizeof some);
    LULL_CHECK(got > 0);  // it ended instead
    text.append(some, static_cast<std::size_t>(got));
  }
}

bool SaysReady(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  LULL_CHECK(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  LULL_CHECK(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  LULL_CHECK(write(fd, kAsk.data(), kAsk.size()) == static_cast<ssize_t>(kAsk.size()));
  std::string answer;
  char some[512];
  for (ssize_t got = 0; (got = read(fd, some, sizeof some)) > 0;) {
    answer.append(some, static_cast<std::size_t>(got));
  }
  close(fd);
  return answer.compare(0, kYes.size(), kYes) == 0;
}

}  // namespace

double StartDaemonOnce(const std::string& data_dir) {
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "cli/lull";
  const char* const arguments[] = {program.c_str(), "serve",       "--data-dir", data_dir.c_str(),
                                   "--listen",      "127.0.0.1:0", nullptr};
  int ends[2];
  LULL_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
  pid_t child = 0;
  const Instant start = Now();
  LULL_CHECK(posix_spawn(&child, program.c_str(), &files, nullptr,
                         const_cast<char* const*>(arguments), environ) == 0);
  close(ends[1]);
  const int port = ReadPort(ends[0]);
  while (!SaysReady(port)) {
  }
  const double seconds = SecondsSince(start);
  LULL_CHECK(kill(child, SIGKILL) == 0);
  LULL_CHECK(waitpid(child, nullptr, 0) == child);
  close(ends[0]);
  posix_spawn_file_actions_destroy(&files);
  return seconds;
}

}  // namespace lull::bench
