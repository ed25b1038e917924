#include "cli/callback_key.h"

#include <cctype>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/crypto.h"
#include "server/private_file.h"

namespace lull::cli {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMaxFileBytes = 256;

absl::StatusOr<std::string> ReadKey(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const server::PrivateFile file,
                        server::ReadPrivateFile(path, kMaxFileBytes));
  std::string key(absl::StripAsciiWhitespace(file.text));
  bool is_key = key.size() == 2 * kKeyBytes;
  for (const char c : key) is_key = is_key && std::isxdigit(static_cast<unsigned char>(c)) != 0;
  if (is_key) return key;
  return Invalid(
      path, " holds no key of ", 2 * kKeyBytes,
      " hexadecimal digits. Remove it: the next start makes a new one, and call backs of "
      "functions that were called before are refused.");
}

}  // namespace

absl::StatusOr<CallbackKey> CallbackKey::LoadOrCreate(const std::string& path) {
  absl::StatusOr<std::string> key = ReadKey(path);
  if (absl::IsNotFound(key.status())) {
    LULL_RETURN_IF_ERROR(
        server::CreatePrivateFile(path, server::Hex(server::RandomBytes(kKeyBytes)) + "\n"));
    key = ReadKey(path);
  }
  LULL_RETURN_IF_ERROR(key.status());
  return CallbackKey(*std::move(key));
}

std::string CallbackKey::SecretOf(const InvocationId& id) const {
  return server::Hex(server::HmacSha256(key_, id.value()));
}

std::string CallbackKey::UrlOf(std::string_view base, const InvocationId& id) const {
  while (base.ends_with('/')) base.remove_suffix(1);
  return absl::StrCat(ToAbsl(base), "/callback/", id.value(), "/", SecretOf(id));
}

bool CallbackKey::Opens(const InvocationId& id, std::string_view secret) const {
  return server::SameSecret(SecretOf(id), secret);
}

}  // namespace lull::cli
