// Any bytes as a config file: an error that names the file and a line, or a config that is read the
// same again, never a crash.
//
// The files that it may name are `secret` and `documents` beside it. What names another by a whole
// path is not tried: a device would not end. tools/fuzz makes inputs up, corpus/config has those
// that every test run replays.
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "cli/config.h"
#include "engine/base/check.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxBytes = 4096;

/// Made once in a process.
class Place {
 public:
  Place() {
    std::filesystem::create_directory(folder_.File("documents"));
    std::ofstream(folder_.File("secret")) << "sixteen bytes of it\n";
    LULL_CHECK(::chmod(folder_.File("secret").c_str(), 0600) == 0);
  }

  std::string path() const { return folder_.File("lull.yaml"); }

 private:
  const TempFolder folder_;
};

/// `PATH: line 12: why`.
void CheckError(const std::string& path, const absl::Status& status) {
  LULL_CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  const std::string begin = path + ": line ";
  const std::string text(status.message());
  const std::size_t colon = text.find(": ", begin.size());
  LULL_CHECK(absl::StartsWith(text, begin) && colon != text.npos && colon + 2 < text.size());
  LULL_CHECK(text.find_first_not_of("0123456789", begin.size()) == colon);
}

void Try(std::string_view input) {
  if (input.find("/dev") != input.npos || input.find("/proc") != input.npos) return;
  static const Place place;
  std::ofstream(place.path(), std::ios::binary) << input;
  const auto config = ReadConfig(place.path());
  if (!config.ok()) return CheckError(place.path(), config.status());
  const auto again = ReadConfig(place.path());
  LULL_CHECK(again.ok() && MembersForRestart(*config, *again).empty());
  for (const auto& [name, webhook] : config->webhooks()) LULL_CHECK(!webhook.url().empty());
  for (const auto& [name, function] : config->functions()) {
    LULL_CHECK(function.url().empty() != function.command().empty());
  }
  for (const auto& [name, transport] : config->transports()) LULL_CHECK(transport.argv_size() > 0);
}

}  // namespace
}  // namespace lull::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::cli::kMaxBytes) lull::cli::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
