// `carry_to CARRIER CONFIG ID ADDRESS USER TRANSPORT < SCRIPT`: does with a script what the daemon
// does with that of an invocation on such a node, for tests of transports: CarryTo's plan is
// carried out in this process's place. An empty CONFIG is none. Exit status 100: there is no plan,
// and standard error has why.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/plan_transport.h"
#include "engine/base/check.h"

namespace {

constexpr int kNoPlan = 100;

int Fail(const absl::Status& status) {
  std::fputs((std::string(status.message()) + "\n").c_str(), stderr);
  return kNoPlan;
}

std::string ReadInput() {
  std::string text;
  char buffer[4096];
  for (ssize_t size; (size = ::read(STDIN_FILENO, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

/// Makes `text` what standard input reads.
void SetInput(const std::string& text) {
  std::FILE* file = std::tmpfile();
  LULL_CHECK(file != nullptr);
  LULL_CHECK(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  LULL_CHECK(std::fflush(file) == 0 && ::lseek(::fileno(file), 0, SEEK_SET) == 0);
  LULL_CHECK(::dup2(::fileno(file), STDIN_FILENO) == STDIN_FILENO);
}

}  // namespace

int main(int argc, char** argv) {
  LULL_CHECK(argc == 7);
  lull::v1::Config config;
  if (*argv[2] != '\0') {
    auto read = lull::cli::ReadConfig(argv[2]);
    if (!read.ok()) return Fail(read.status());
    config = *std::move(read);
  }
  lull::Node node;
  node.id = argv[3];
  node.name = argv[3];
  node.address = argv[4];
  node.user = argv[5];
  node.transport = argv[6];
  lull::runners::ProcessPlan asked;
  asked.script = ReadInput();
  if (const char* folder = ::getenv("PLAN_FOLDER")) asked.working_directory = folder;
  if (const char* entry = ::getenv("PLAN_ENTRY")) asked.environment = {entry};
  const auto plan = lull::cli::CarryTo(node, config, argv[1], asked);
  if (!plan.ok()) return Fail(plan.status());
  LULL_CHECK(plan->script_by == lull::runners::ScriptBy::kStdin);
  SetInput(plan->script);
  std::vector<char*> words;
  for (const std::string& word : plan->argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  return Fail(absl::InternalError("can't start the carrier"));
}
