#include "cli/address_file.h"

#include <unistd.h>

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "server/private_file.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxBytes = 4096;

}  // namespace

absl::Status WriteAddress(const std::string& path, const DaemonAddress& address) {
  return server::ReplacePrivateFile(path, absl::StrCat(address.url, " ", address.region, "\n"));
}

absl::StatusOr<DaemonAddress> ReadAddress(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const server::PrivateFile file, server::ReadPrivateFile(path, kMaxBytes));
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(absl::StripSuffix(file.text, "\n"), absl::MaxSplits(' ', 1));
  if (parts.first.empty()) {
    return Invalid(path, " is damaged; a restart of the daemon writes it anew");
  }
  return DaemonAddress{parts.first, parts.second};
}

void RemoveAddress(const std::string& path, const DaemonAddress& address) {
  const absl::StatusOr<DaemonAddress> now = ReadAddress(path);
  if (now.ok() && *now == address) ::unlink(path.c_str());
}

}  // namespace lull::cli
