#include "bench/child.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/daemon.h"
#include "bench/program.h"
#include "bench/rig.h"
#include "engine/base/check.h"

namespace lull::bench {
namespace {

constexpr char kSelf[] = "/proc/self/exe";
constexpr std::int64_t kConcurrency = 1000;
constexpr std::int64_t kBehind = 1'000'000;  // queued behind a straggler

void Tell(std::string line) {
  line += '\n';
  LULL_CHECK(write(STDOUT_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
}

[[noreturn]] void Queue(const std::string& path, std::int64_t queued) {
  Rig rig(path);
  Tell(absl::StrCat(ResidentKib(getpid())));
  Shape shape = TwentyTasks(queued, kConcurrency);
  shape.max_errors = "100%";  // those in flight will be lost
  rig.OpenExecutions(1, shape);
  Tell(absl::StrCat(ResidentKib(getpid())));
  for (;;) pause();
}

[[noreturn]] void Straggle(const std::string& path, std::int64_t finished) {
  Rig rig(path);
  rig.runner().Hold(false);
  rig.runner().HoldFirstOrdinals();
  rig.MakeDue({.targets = {finished + kBehind}, .concurrency = kConcurrency, .max_errors = "100%"});
  while (rig.runner().starts() < finished) rig.engine().Step();
  rig.runner().Hold(true);
  while (rig.runner().kept() < kConcurrency) rig.engine().Step();
  Tell("ready");
  for (;;) pause();
}

[[noreturn]] void Claim(const std::string& path) {
  Rig rig(path);
  while (rig.runner().starts() == 0) rig.engine().Step();
  Tell("claimed");
  for (;;) pause();
}

}  // namespace

Child::Child(const std::vector<std::string>& what) {
  int ends[2];
  LULL_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  std::vector<std::string> words = {kSelf, "--child"};
  words.insert(words.end(), what.begin(), what.end());
  pid_ = StartProgram(words, STDOUT_FILENO, ends[1]);
  close(ends[1]);
  told_ = ends[0];
}

Child::~Child() {
  Kill(pid_);
  close(told_);
}

std::string Child::Hear() {
  std::string line;
  char letter = 0;
  for (;;) {
    LULL_CHECK(read(told_, &letter, 1) == 1);
    if (letter == '\n') return line;
    line += letter;
  }
}

void RunChild(const std::vector<std::string>& what) {
  LULL_CHECK(!what.empty());
  std::int64_t count = 0;
  if (what[0] == "nothing") {
    Tell("ready");
    for (;;) pause();
  }
  LULL_CHECK(what.size() > 1);
  if (what[0] == "claim") Claim(what[1]);
  LULL_CHECK(what.size() > 2 && absl::SimpleAtoi(what[2], &count));
  if (what[0] == "queue") Queue(what[1], count);
  if (what[0] == "straggle") Straggle(what[1], count);
  LULL_CHECK(false);
}

}  // namespace lull::bench
