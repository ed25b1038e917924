#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "bench/folder.h"

namespace lull::bench {

/// `lull serve`, as built beside this program, in a process of its own on 127.0.0.1; its log goes
/// to a file. Killed with -9 in the end.
class DaemonProcess {
 public:
  /// Starts it on `data_dir` and asks for /readyz until it says yes.
  explicit DaemonProcess(const std::string& data_dir);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// From the start of the process to the first yes.
  double seconds_to_ready() const { return seconds_to_ready_; }
  int port() const { return port_; }
  pid_t pid() const { return pid_; }

 private:
  const Folder folder_;
  pid_t pid_ = 0;
  int port_ = 0;
  double seconds_to_ready_ = 0;
};

/// A process's resident memory.
std::int64_t ResidentKib(pid_t pid);

/// The processor time that a process has used, all its threads and the kernel for it.
double ProcessorSeconds(pid_t pid);

}  // namespace lull::bench
