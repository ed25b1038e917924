#include "server/credentials.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "server/crypto.h"
#include "server/private_file.h"

namespace lull::server {

Credentials GenerateCredentials() {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  Credentials credentials;
  credentials.access_key_id = "AKIA";
  for (const char byte : RandomBytes(16)) credentials.access_key_id += kBase32[byte & 31];
  credentials.secret_access_key = absl::Base64Escape(RandomBytes(30));  // 40 characters
  return credentials;
}

std::string ProfileText(std::string_view profile, const Credentials& credentials) {
  return absl::StrCat("[", ToAbsl(profile), "]\naws_access_key_id = ", credentials.access_key_id,
                      "\naws_secret_access_key = ", credentials.secret_access_key, "\n");
}

absl::Status WriteCredentials(const std::string& path, const Credentials& credentials) {
  return CreatePrivateFile(path, ProfileText(kDefaultProfile, credentials));
}

absl::StatusOr<Credentials> ParseCredentials(std::string_view text, std::string_view profile,
                                             const std::string& path) {
  const std::string wanted = absl::StrCat("[", ToAbsl(profile), "]");
  Credentials credentials;
  bool is_in = false;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      is_in = line == wanted;
      continue;
    }
    if (!is_in) continue;
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(parts.first);
    const std::string value(absl::StripAsciiWhitespace(parts.second));
    if (name == "aws_access_key_id") credentials.access_key_id = value;
    if (name == "aws_secret_access_key") credentials.secret_access_key = value;
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return Invalid(path, " has no aws_access_key_id and aws_secret_access_key under ", wanted);
  }
  return credentials;
}

absl::StatusOr<Credentials> ReadCredentials(const std::string& path, std::string_view profile) {
  LULL_ASSIGN_OR_RETURN(const PrivateFile file, ReadPrivateFile(path, kMaxCredentialsFileBytes));
  return ParseCredentials(file.text, profile, path);
}

absl::StatusOr<Credentials> LoadOrCreateCredentials(const std::string& path) {
  absl::StatusOr<Credentials> found = ReadCredentials(path);
  if (!absl::IsNotFound(found.status())) return found;
  const Credentials created = GenerateCredentials();
  const absl::Status written = WriteCredentials(path, created);
  if (absl::IsAlreadyExists(written)) return ReadCredentials(path);
  LULL_RETURN_IF_ERROR(written);
  return created;
}

}  // namespace lull::server
