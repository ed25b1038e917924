#include "runners/http/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"

namespace lull::http {
namespace {

constexpr std::uint32_t kLoopbackNet = 127;
constexpr int kNetShift = 24;

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// Empty when the URL has no such part.
std::string Part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return "";
  std::string part = text;
  curl_free(text);
  return part;
}

/// `host` in lower case, IPv6 in brackets.
bool IsLoopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 &&
         ntohl(address.s_addr) >> kNetShift == kLoopbackNet;
}

bool IsPlain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

absl::Status Wrong(const std::string& url, const char* what) {
  return Invalid(JsonString(std::string_view(url).substr(0, kMaxUrlBytes)), " ", what);
}

}  // namespace

absl::Status CheckUrl(const std::string& text) {
  if (text.size() > kMaxUrlBytes) {
    return Invalid("has ", text.size(), " bytes; a URL has ", kMaxUrlBytes, " at most");
  }
  if (!IsPlain(text)) {
    return Wrong(text, "has a character that no URL has; write it as % and two hexadecimal digits");
  }
  const Url url(curl_url(), &curl_url_cleanup);
  if (url == nullptr) return absl::ResourceExhaustedError("no memory is left");
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return Wrong(text, "is none; write it as https://host/path");
  }
  const std::string scheme = Part(url, CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") {
    return Wrong(text, "has another scheme than https (and http on this machine)");
  }
  if (!Part(url, CURLUPART_USER).empty() || !Part(url, CURLUPART_PASSWORD).empty()) {
    return Wrong(text, "holds a user or a password; name a file of the secret instead");
  }
  if (text.find('#') != std::string::npos) {
    return Wrong(text, "has a fragment, which is never sent; leave out # and what follows");
  }
  const std::string host = absl::AsciiStrToLower(Part(url, CURLUPART_HOST));
  const absl::string_view written = ToAbsl(std::string_view(text).substr(scheme.size()));
  if (Part(url, CURLUPART_PORT) == "0" ||
      !absl::StartsWithIgnoreCase(written, absl::StrCat("://", host))) {
    return Wrong(text, "is read in more than one way; write it as https://host:port/path");
  }
  if (scheme == "http" && !IsLoopback(host)) {
    return Wrong(text,
                 "would show what is sent to everybody on the way; use https (http will do for "
                 "127.0.0.1, ::1 and localhost)");
  }
  return absl::OkStatus();
}

}  // namespace lull::http
