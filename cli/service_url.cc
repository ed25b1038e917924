#include "cli/service_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "absl/strings/ascii.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;

bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return false;
    const std::string inside(host.substr(1, host.size() - 2));
    in6_addr address{};
    return ::inet_pton(AF_INET6, inside.c_str(), &address) == 1;
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
  });
}

bool IsPort(std::string_view port) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.begin(), port.end(), number);
  return error == std::errc() && end == port.end() && number != 0;
}

}  // namespace

absl::Status CheckServiceUrl(const std::string& url) {
  const auto refuse = [&](const char* why) {
    return Invalid("is ", JsonString(Utf8Prefix(url, 100)), "; ", why);
  };
  const bool is_https = url.starts_with("https://");
  if (!is_https && !url.starts_with("http://")) {
    return refuse("it must begin with https://, or http:// to this machine");
  }
  const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '\\' && c != '#' && c != '"';
  });
  if (!is_plain || url.size() > kMaxUrlBytes) {
    return refuse("it must have 2048 bytes at most, and no blanks, fragment or other than ASCII");
  }
  std::string_view authority = std::string_view(url).substr(is_https ? 8 : 7);
  authority = authority.substr(0, authority.find_first_of("/?"));
  const std::size_t colon =
      authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const std::string host(authority.substr(0, colon));
  if (!IsHost(host) || (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1)))) {
    return refuse("its host must be a name or an address, with a port at most");
  }
  if (!is_https && !IsLoopback(host)) {
    return refuse("http is for this machine only (127.0.0.1, [::1], localhost); take https");
  }
  return absl::OkStatus();
}

}  // namespace lull::cli
