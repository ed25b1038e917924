// Any bytes as a signed request: what was not signed with the secret is refused with an error of
// the API's, what was is accepted, never a crash.
//
// An input is lines `Name: value`, one a header field, an empty line, and the body. The secret, its
// key id and the time are those below. tools/fuzz makes inputs up, corpus/sigv4 has those that
// every test run replays.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "server/errors.h"
#include "server/key.h"
#include "server/sigv4.h"

namespace lull::server {
namespace {

constexpr std::size_t kMaxBytes = 8192;
constexpr std::string_view kKeyId = "AKIDEXAMPLE";
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kOtherSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ";
constexpr std::string_view kRegion = "us-east-1";
const absl::Time kNow = absl::FromUnixSeconds(1'440'938'160);  // 2015-08-30T12:36:00Z

struct Request {
  HeaderFields headers;
  std::string body;
};

Request Read(std::string_view input) {
  Request request;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(
        line.substr(0, colon),
        absl::StripLeadingAsciiWhitespace(ToAbsl(line.substr(std::min(colon + 1, line.size())))));
  }
  request.body = input;
  return request;
}

using Verified = absl::StatusOr<std::shared_ptr<const Key>>;

Verified Verify(const Request& request, std::string_view secret) {
  const KeyLookup keys = [secret](std::string_view id) -> Verified {
    if (id != kKeyId) return nullptr;
    return std::make_shared<const Key>(
        Key{.access_key_id = std::string(id), .secret_access_key = std::string(secret)});
  };
  return VerifySignature({"POST", request.headers, request.body}, keys, kRegion, kNow);
}

void CheckRefused(const Verified& result) {
  LULL_CHECK(!result.ok());
  const ErrorKind kind = KindOf(result.status());
  LULL_CHECK(kind == ErrorKind::kMissingAuthenticationToken ||
             kind == ErrorKind::kIncompleteSignature || kind == ErrorKind::kUnrecognizedClient ||
             kind == ErrorKind::kInvalidSignature);
  LULL_CHECK(FromAbsl(result.status().message()).find(kSecret) == std::string_view::npos);
}

bool IsNamed(const std::pair<std::string, std::string>& field, std::string_view name) {
  return absl::AsciiStrToLower(field.first) == name;
}

/// What was accepted is so for this key, this secret, this body and this operation only.
void CheckAccepted(Request request) {
  const Verified result = Verify(request, kSecret);
  LULL_CHECK(result.ok() && (*result)->access_key_id == kKeyId);
  CheckRefused(Verify(request, kOtherSecret));
  request.body += ' ';
  CheckRefused(Verify(request, kSecret));
  request.body.pop_back();
  request.headers.emplace_back("X-Amz-Target", "AmazonSSM.DeleteMaintenanceWindow");
  CheckRefused(Verify(request, kSecret));
  request.headers.pop_back();
  for (auto& field : request.headers) {
    if (IsNamed(field, "x-amz-target") || IsNamed(field, "host")) {
      field.second += 'x';
      CheckRefused(Verify(request, kSecret));
      field.second.pop_back();
    }
  }
}

bool CanBeSigned(const std::pair<std::string, std::string>& field) {
  const bool is_plain = !field.first.empty() &&
                        std::all_of(field.first.begin(), field.first.end(), [](unsigned char c) {
                          return absl::ascii_isalnum(c) || c == '-';
                        });
  return is_plain && !IsNamed(field, "authorization") && !IsNamed(field, "host") &&
         !IsNamed(field, "x-amz-date") && !IsNamed(field, "x-amz-security-token");
}

/// The same fields and body, signed by us.
void TrySigning(Request request) {
  std::erase_if(request.headers, [](const auto& field) { return !CanBeSigned(field); });
  if (request.headers.size() > 60) return;  // more than may be signed
  request.headers.emplace_back("Host", "localhost");
  request.headers.emplace_back("X-Amz-Date", AmzDate(kNow));
  const std::string authorization =
      AuthorizationHeader({"POST", request.headers, request.body}, kKeyId, kSecret, kRegion);
  if (authorization.size() > 4096) return;  // more than is read
  request.headers.emplace_back("Authorization", authorization);
  CheckAccepted(request);
  char& digit = request.headers.back().second.back();
  digit = digit == '0' ? '1' : '0';
  CheckRefused(Verify(request, kSecret));
}

void Try(std::string_view input) {
  // What the request itself says may be echoed, and a fuzzer reads what it is compared with.
  if (input.find(kSecret) != std::string_view::npos) return;
  const Request request = Read(input);
  if (const auto result = Verify(request, kSecret); result.ok()) {
    CheckAccepted(request);
  } else {
    CheckRefused(result);
  }
  TrySigning(request);
}

}  // namespace
}  // namespace lull::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::server::kMaxBytes) {
    lull::server::Try({reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
