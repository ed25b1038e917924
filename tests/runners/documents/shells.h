#pragma once

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "tests/support/temp_folder.h"

namespace lull::runners {

/// The shells of this machine that a node's /bin/sh may be.
inline std::vector<std::string> ShellsHere() {
  std::vector<std::string> shells;
  for (const char* path : {"/bin/sh", "/bin/bash", "/bin/busybox"}) {
    if (std::filesystem::exists(path)) shells.push_back(path);
  }
  return shells;
}

/// Runs scripts with one of them.
class Shell {
 public:
  explicit Shell(const std::string& path)
      : command_(path == "/bin/bash"      ? "/bin/bash --posix"
                 : path == "/bin/busybox" ? "/bin/busybox sh"
                                          : path) {}

  /// What the script prints; its errors are not looked at. `status`: how it ended.
  std::string Run(const std::string& script) {
    std::ofstream(script_file(), std::ios::binary) << script;
    return RunCommand(command_ + " " + script_file() + " 2>" + errors());
  }
  /// The same, with the script on standard input.
  std::string RunFromStdin(const std::string& script) {
    std::ofstream(script_file(), std::ios::binary) << script;
    return RunCommand(command_ + " <" + script_file() + " 2>" + errors());
  }
  int status() const { return status_; }
  std::string Errors() const {
    std::ifstream file(errors());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// A file that nobody makes but a value that got out.
  std::string mark() const { return folder_.File("mark"); }
  bool Marked() const { return std::filesystem::exists(mark()); }
  const TempFolder& folder() const { return folder_; }

 private:
  std::string script_file() const { return folder_.File("script"); }
  std::string errors() const { return folder_.File("errors"); }

  std::string RunCommand(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    LULL_CHECK(pipe != nullptr);
    std::string text;
    std::array<char, 4096> piece{};
    while (const std::size_t got = ::fread(piece.data(), 1, piece.size(), pipe)) {
      text.append(piece.data(), got);
    }
    const int ended = ::pclose(pipe);
    status_ = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    return text;
  }

  const std::string command_;
  const TempFolder folder_;
  int status_ = -1;
};

}  // namespace lull::runners
