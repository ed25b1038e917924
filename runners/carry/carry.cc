#include "runners/carry/carry.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string_view>

namespace lull::runners {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxScriptBytes = std::size_t{64} << 20;
constexpr int kNotFound = 127;

constexpr std::string_view kMark = kReadyMark;

void Write(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;  // nobody reads it any more
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Say(const std::string& text) { Write(STDERR_FILENO, "lull: " + text + "\n"); }

/// What is there now, up to a piece. Returns false at the end.
bool Read(int fd, std::string& text) {
  char buffer[kReadBytes];
  const ssize_t size = ::read(fd, buffer, sizeof(buffer));
  if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
  return size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Lines that set the variables LULL_* of this process. Values are ids; another one, which a shell
/// might read differently, is left out.
std::string Assignments() {
  std::string lines;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const auto is_plain = [](unsigned char c) {
      return std::isalnum(c) != 0 ||
             std::string_view("._:@-").find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (!name.starts_with("LULL_") || name.size() == text.size()) continue;
    const std::string_view value = text.substr(name.size() + 1);
    if (!std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isupper(c) != 0 || c == '_'; }) ||
        !std::all_of(value.begin(), value.end(), is_plain)) {
      continue;
    }
    lines += "export " + std::string(name) + "='" + std::string(value) + "'\n";
  }
  return lines;
}

sigset_t Watched() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&set, number);
  return set;
}

class Carrier {
 public:
  explicit Carrier(const CarryOptions& options) : options_(options) {}

  int Run() {
    const sigset_t watched = Watched();
    ::sigprocmask(SIG_BLOCK, &watched, nullptr);
    if (!ReadScript()) return kUndelivered;
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0 || !Spawn()) {
      Say(std::string("the transport can't be started: ") + ::strerror(errno));
      return kUndelivered;
    }
    while (!ended_) Turn();
    while (Drain()) {
    }
    Write(STDERR_FILENO, heard_);
    ::kill(-child_, SIGKILL);  // what it left behind
    return ExitStatus();
  }

 private:
  bool ReadScript() {
    to_send_ = Assignments();
    while (Read(STDIN_FILENO, to_send_)) {
      if (to_send_.size() <= kMaxScriptBytes) continue;
      Say("the script is too big");
      return false;
    }
    return true;
  }

  bool Spawn() {
    int in[2];
    int err[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return false;
    std::vector<char*> argv;
    for (const std::string& word : options_.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const pid_t self = ::getpid();
    child_ = ::fork();
    if (child_ < 0) return false;
    if (child_ == 0) {
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != self) ::_exit(kNotFound);
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(err[1], STDERR_FILENO);
      ::signal(SIGPIPE, SIG_DFL);
      for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::signal(number, SIG_IGN);
      sigset_t none;
      ::sigemptyset(&none);
      ::sigprocmask(SIG_SETMASK, &none, nullptr);
      ::execvp(argv[0], argv.data());
      Say(options_.argv[0] + ": " + ::strerror(errno));
      ::_exit(kNotFound);
    }
    ::setpgid(child_, child_);
    ::close(in[0]);
    ::close(err[1]);
    in_ = in[1];
    err_ = err[0];
    ::fcntl(in_, F_SETFL, O_NONBLOCK);
    ::fcntl(err_, F_SETFL, O_NONBLOCK);
    return true;
  }

  void Turn() {
    pollfd fds[] = {{.fd = signals_, .events = POLLIN, .revents = 0},
                    {.fd = err_, .events = POLLIN, .revents = 0},
                    {.fd = to_send_.empty() ? -1 : in_, .events = POLLOUT, .revents = 0}};
    ::poll(fds, 3, -1);
    if (fds[2].revents != 0) Send();
    if (fds[1].revents != 0) Drain();
    if (fds[0].revents != 0) TakeSignals();
  }

  void Send() {
    const ssize_t size = ::write(in_, to_send_.data(), to_send_.size());
    if (size >= 0) {
      to_send_.erase(0, static_cast<std::size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      to_send_.clear();  // it reads no more
      CloseIn();
    }
  }

  void CloseIn() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }

  /// Passes on what it prints. Returns false when there is no more for now.
  bool Drain() {
    const std::size_t before = heard_.size();
    if (err_ >= 0 && !Read(err_, heard_)) {
      ::close(err_);
      err_ = -1;
    }
    const bool is_more = heard_.size() > before;
    if (!began_) {
      const std::size_t mark = heard_.find(kMark);
      if (mark == std::string::npos) {
        const std::size_t keep = std::min(heard_.size(), kMark.size() - 1);
        Write(STDERR_FILENO, std::string_view(heard_).substr(0, heard_.size() - keep));
        heard_.erase(0, heard_.size() - keep);
        return is_more;
      }
      heard_.erase(mark, kMark.size());
      Begin();
    }
    Write(STDERR_FILENO, heard_);
    heard_.clear();
    return is_more;
  }

  void Begin() {
    if (stopping_ || ended_ || in_ < 0) return CloseIn();
    began_ = true;
    to_send_ += kGoLine;
    Send();
  }

  void TakeSignals() {
    signalfd_siginfo info;
    while (::read(signals_, &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo == SIGCHLD) {
        ended_ = ::waitpid(child_, &end_, WNOHANG) == child_ || ended_;
      } else if (!stopping_) {
        stopping_ = true;
        Stop();
      }
    }
  }

  void Stop() {
    if (!began_) {
      CloseIn();  // a script that is whole there ends at that
      ::kill(-child_, SIGKILL);
      return;
    }
    to_send_ += kStopLine;
    if (in_ >= 0) Send();
  }

  int ExitStatus() const {
    if (!began_) return kUndelivered;
    if (WIFEXITED(end_) && WEXITSTATUS(end_) != options_.broken_status) {
      return WEXITSTATUS(end_) == kUndelivered ? kCutOff : WEXITSTATUS(end_);
    }
    Say("the connection ended before the script did: what it does there is not known");
    return kCutOff;
  }

  const CarryOptions& options_;
  int signals_ = -1;
  pid_t child_ = -1;
  int in_ = -1;
  int err_ = -1;
  std::string to_send_;
  std::string heard_;  ///< of its standard error, not passed on yet
  bool began_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  int end_ = 0;
};

}  // namespace

int Carry(const CarryOptions& options) { return Carrier(options).Run(); }

}  // namespace lull::runners
