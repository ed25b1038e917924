#include "bench/daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/program.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr std::string_view kReady = "is ready on http://127.0.0.1:";
constexpr std::string_view kAsk =
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view kYes = "HTTP/1.1 200 ";

/// The port that it tells in its log once it listens; 0 until then.
int ReadPort(const std::string& log) {
  std::ifstream in(log);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::size_t at = text.find(kReady);
  if (at == std::string::npos) return 0;
  const std::size_t begin = at + kReady.size();
  const std::size_t end = text.find(',', begin);
  int port = 0;
  if (end == std::string::npos || !absl::SimpleAtoi(text.substr(begin, end - begin), &port)) {
    return 0;
  }
  return port;
}

pid_t Start(const std::string& data_dir, const std::string& log) {
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "cli/lull";
  const int to = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  LULL_CHECK(to >= 0);
  const pid_t daemon = StartProgram({program, "serve", "--data-dir", data_dir, "--listen",
                                     "127.0.0.1:0", "--max-windows", "1000000000"},
                                    STDERR_FILENO, to);
  close(to);
  return daemon;
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

DaemonProcess::DaemonProcess(const std::string& data_dir) {
  const std::string log = folder_.File("log");
  const Instant start = Now();
  pid_ = Start(data_dir, log);
  while ((port_ = ReadPort(log)) == 0) {
    LULL_CHECK(waitpid(pid_, nullptr, WNOHANG) == 0);  // it ended instead
    sched_yield();
  }
  while (!SaysReady(port_)) {
  }
  seconds_to_ready_ = SecondsSince(start);
}

DaemonProcess::~DaemonProcess() { Kill(pid_); }

std::int64_t ResidentKib(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  std::int64_t kib = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> kib;
  }
  return kib;
}

double ProcessorSeconds(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  LULL_CHECK(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

}  // namespace lull::bench
