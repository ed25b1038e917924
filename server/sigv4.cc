#include "server/sigv4.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "server/crypto.h"
#include "server/errors.h"

namespace lull::server {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr size_t kMaxAuthorizationBytes = 4096;
constexpr size_t kMaxSignedHeaders = 64;
constexpr size_t kSignatureDigits = 64;
constexpr size_t kMaxEchoedBytes = 256;
constexpr size_t kKeptKeys = 8;  // a thread
constexpr char kAmzDateFormat[] = "%E4Y%m%dT%H%M%SZ";
constexpr char kHttpDateFormat[] = "%a, %d %b %Y %H:%M:%S GMT";

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

struct Scope {
  std::string date;  // yyyymmdd
  std::string region;

  bool operator==(const Scope&) const = default;
  std::string Text() const {
    return absl::StrCat(date, "/", region, "/", ToAbsl(kSigningService), "/", ToAbsl(kTerminator));
  }
};

struct Authorization {
  std::string access_key_id;
  Scope scope;
  std::vector<std::string> signed_headers;
  std::string signature;
};

absl::Status InvalidSignature(std::string_view message) {
  return MakeError(ErrorKind::kInvalidSignature, message);
}

bool Has(const HeaderFields& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [name](const auto& field) {
    return absl::EqualsIgnoreCase(field.first, ToAbsl(name));
  });
}

/// The header's value as it is signed: the values of all fields of that name, each trimmed and with
/// runs of blanks made one, joined by commas. Nothing if there is no such field.
std::optional<std::string> CanonicalValue(const HeaderFields& headers, std::string_view name) {
  std::optional<std::string> all;
  for (const auto& [field, value] : headers) {
    if (!absl::EqualsIgnoreCase(field, ToAbsl(name))) continue;
    std::string folded = value;
    absl::RemoveExtraAsciiWhitespace(&folded);
    all = all.has_value() ? absl::StrCat(*all, ",", folded) : std::move(folded);
  }
  return all;
}

std::string StringToSign(const SignedRequest& request, const std::vector<std::string>& names,
                         std::string_view amz_date, const Scope& scope) {
  std::string canonical = absl::StrCat(ToAbsl(request.method), "\n/\n\n");
  for (const std::string& name : names) {
    absl::StrAppend(&canonical, name, ":", CanonicalValue(request.headers, name).value_or(""),
                    "\n");
  }
  absl::StrAppend(&canonical, "\n", absl::StrJoin(names, ";"), "\n", Sha256Hex(request.body));
  return absl::StrCat(ToAbsl(kAlgorithm), "\n", ToAbsl(amz_date), "\n", scope.Text(), "\n",
                      Sha256Hex(canonical));
}

/// A key that was derived, and from what.
struct DerivedKey {
  std::string secret;
  Scope scope;
  std::string key;
};

std::string DeriveKey(std::string_view secret, const Scope& scope) {
  std::string key = HmacSha256(absl::StrCat("AWS4", ToAbsl(secret)), scope.date);
  key = HmacSha256(key, scope.region);
  key = HmacSha256(key, kSigningService);
  return HmacSha256(key, kTerminator);
}

/// The key for a day and a region. It is the same for a day's requests and four fifths of a
/// signature's cost, so each thread keeps those that it used last. What it is looked up by has the
/// secret itself in it: a key that was changed or taken away finds nothing here.
const std::string& SigningKey(std::string_view secret, const Scope& scope) {
  thread_local std::array<DerivedKey, kKeptKeys> kept;
  thread_local size_t oldest = 0;
  for (const DerivedKey& derived : kept) {
    if (derived.scope == scope && SameSecret(derived.secret, secret)) return derived.key;
  }
  DerivedKey& place = kept[oldest];
  oldest = (oldest + 1) % kKeptKeys;
  place = {std::string(secret), scope, DeriveKey(secret, scope)};
  return place.key;
}

std::string Signature(std::string_view secret, const Scope& scope, std::string_view text) {
  return Hex(HmacSha256(SigningKey(secret, scope), text));
}

absl::Status Incomplete(std::string_view what, std::string_view authorization) {
  return MakeError(ErrorKind::kIncompleteSignature,
                   absl::StrCat(ToAbsl(what), " Authorization=",
                                ToAbsl(authorization.substr(0, kMaxEchoedBytes))));
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isdigit(c) || absl::ascii_islower(c) || c == '-' || c == '_' || c == '.';
  });
}

/// Reads `AWS4-HMAC-SHA256 Credential=a/d/r/s/aws4_request, SignedHeaders=a;b, Signature=hex`:
/// these three parameters, once each, in any order.
absl::StatusOr<Authorization> Parse(std::string_view header) {
  if (header.size() > kMaxAuthorizationBytes) {
    return Incomplete("Authorization header is too long.", header);
  }
  std::string_view rest = header;
  if (!rest.starts_with(kAlgorithm) || rest.substr(kAlgorithm.size(), 1) != " ") {
    return Incomplete("Authorization header requires the algorithm 'AWS4-HMAC-SHA256'.", header);
  }
  rest.remove_prefix(kAlgorithm.size() + 1);
  std::optional<std::string> credential, signed_headers, signature;
  for (absl::string_view part : absl::StrSplit(ToAbsl(rest), ',')) {
    const std::pair<std::string, std::string> parameter =
        absl::StrSplit(absl::StripAsciiWhitespace(part), absl::MaxSplits('=', 1));
    std::optional<std::string>* place = parameter.first == "Credential"      ? &credential
                                        : parameter.first == "SignedHeaders" ? &signed_headers
                                        : parameter.first == "Signature"     ? &signature
                                                                             : nullptr;
    if (place == nullptr || place->has_value()) {
      return Incomplete("Authorization header has an unexpected or repeated parameter.", header);
    }
    *place = parameter.second;
  }
  std::string missing;
  for (const auto& [name, value] :
       {std::pair("Credential", &credential), std::pair("Signature", &signature),
        std::pair("SignedHeaders", &signed_headers)}) {
    if (value->value_or("").empty()) {
      absl::StrAppend(&missing, missing.empty() ? "" : " ", "Authorization header requires '", name,
                      "' parameter.");
    }
  }
  if (!missing.empty()) return Incomplete(missing, header);

  const std::vector<std::string> parts = absl::StrSplit(*credential, '/');
  if (parts.size() != 5 || parts[0].empty()) {
    return Incomplete(
        "Credential must have exactly 5 slash-delimited elements, "
        "access key/date/region/service/aws4_request.",
        header);
  }
  Authorization result;
  result.access_key_id = parts[0];
  result.scope = {parts[1], parts[2]};
  if (parts[3] != kSigningService) {
    return InvalidSignature("Credential should be scoped to correct service: 'ssm'. ");
  }
  if (parts[4] != kTerminator) {
    return InvalidSignature(
        "Credential should be scoped with a valid terminator: 'aws4_request'. ");
  }
  result.signed_headers = absl::StrSplit(*signed_headers, ';');
  const bool sorted_once =
      std::adjacent_find(result.signed_headers.begin(), result.signed_headers.end(),
                         std::greater_equal<>()) == result.signed_headers.end();
  if (result.signed_headers.size() > kMaxSignedHeaders || !sorted_once ||
      !std::all_of(result.signed_headers.begin(), result.signed_headers.end(), IsHeaderName)) {
    return Incomplete("SignedHeaders must be lower-case names in order, each once.", header);
  }
  if (signature->size() != kSignatureDigits) return InvalidSignature(kMismatch);
  result.signature = *signature;
  return result;
}

bool Signs(const Authorization& authorization, std::string_view name) {
  return std::binary_search(authorization.signed_headers.begin(),
                            authorization.signed_headers.end(), name);
}

/// When a request says that it was signed.
struct SigningTime {
  absl::Time at;
  std::string amz_date;  // AmzDate(at)
};

/// Reads x-amz-date, or else Date, which must be signed.
absl::StatusOr<SigningTime> ReadSigningTime(const SignedRequest& request,
                                            const Authorization& authorization,
                                            std::string_view header) {
  std::string_view name = "x-amz-date";
  std::optional<std::string> text = CanonicalValue(request.headers, name);
  if (!text.has_value()) {
    name = "date";
    text = CanonicalValue(request.headers, name);
  }
  if (!text.has_value()) {
    return Incomplete(
        "Authorization header requires existence of either a 'X-Amz-Date' or a "
        "'Date' header.",
        header);
  }
  thread_local std::optional<SigningTime> last;  // the requests of a second have the same text
  SigningTime time;
  bool amz = last.has_value() && last->amz_date == *text;
  if (amz) {
    time = *last;
  } else {
    // The formatted time must be the text again: ParseTime alone would take blanks and short
    // fields.
    amz = absl::ParseTime(kAmzDateFormat, *text, &time.at, nullptr) &&
          (time.amz_date = AmzDate(time.at)) == *text;
    if (amz) last = time;
  }
  const bool http = !amz && name == "date" &&
                    absl::ParseTime(kHttpDateFormat, *text, &time.at, nullptr) &&
                    absl::FormatTime(kHttpDateFormat, time.at, absl::UTCTimeZone()) == *text;
  if (!amz && !http) {
    return Incomplete("Date must be in ISO-8601 'basic format', e.g. 20231103T171724Z.", header);
  }
  if (!Signs(authorization, name)) {
    return InvalidSignature(absl::StrCat("'", ToAbsl(name),
                                         "' must be a 'SignedHeader' in the AWS "
                                         "Authorization."));
  }
  if (http) time.amz_date = AmzDate(time.at);
  return time;
}

absl::Status CheckSkew(absl::Time signed_at, absl::Time now) {
  // The texts have whole seconds, and so must the comparison be in them.
  now = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  if (signed_at < now - kMaxClockSkew) {
    return InvalidSignature(absl::StrCat("Signature expired: ", AmzDate(signed_at),
                                         " is now earlier than ", AmzDate(now - kMaxClockSkew),
                                         " (", AmzDate(now), " - 5 min.)"));
  }
  if (signed_at > now + kMaxClockSkew) {
    return InvalidSignature(absl::StrCat("Signature not yet current: ", AmzDate(signed_at),
                                         " is still later than ", AmzDate(now + kMaxClockSkew),
                                         " (", AmzDate(now), " + 5 min.)"));
  }
  return absl::OkStatus();
}

absl::Status CheckScope(const Scope& scope, std::string_view region, std::string_view amz_date) {
  if (scope.region.empty() || (!region.empty() && scope.region != region)) {
    return InvalidSignature(absl::StrCat("Credential should be scoped to a valid region, not '",
                                         scope.region.substr(0, kMaxEchoedBytes), "'. "));
  }
  const std::string_view date = amz_date.substr(0, 8);
  if (scope.date != date) {
    return InvalidSignature(absl::StrCat(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'",
        scope.date.substr(0, kMaxEchoedBytes), "' != '", ToAbsl(date), "', from '",
        ToAbsl(amz_date), "'."));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Key>> VerifySignature(const SignedRequest& request,
                                                           const KeyLookup& keys,
                                                           std::string_view region,
                                                           absl::Time now) {
  const auto named = [](std::string_view name) {
    return [name](const auto& field) { return absl::EqualsIgnoreCase(field.first, ToAbsl(name)); };
  };
  const auto count =
      std::count_if(request.headers.begin(), request.headers.end(), named("authorization"));
  if (count == 0) {
    return MakeError(ErrorKind::kMissingAuthenticationToken, "Missing Authentication Token");
  }
  if (count > 1) return Incomplete("Authorization header is there more than once.", "");
  const std::string& header =
      std::find_if(request.headers.begin(), request.headers.end(), named("authorization"))->second;

  LULL_ASSIGN_OR_RETURN(const Authorization authorization, Parse(header));
  if (!Signs(authorization, "host")) {
    return InvalidSignature(
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  // Unsigned, a captured request could be sent again as another operation.
  if (Has(request.headers, "x-amz-target") && !Signs(authorization, "x-amz-target")) {
    return InvalidSignature("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
  LULL_ASSIGN_OR_RETURN(const SigningTime signed_at,
                        ReadSigningTime(request, authorization, header));
  LULL_RETURN_IF_ERROR(CheckScope(authorization.scope, region, signed_at.amz_date));
  LULL_ASSIGN_OR_RETURN(const std::shared_ptr<const Key> key, keys(authorization.access_key_id));
  // Temporary credentials are never handed out here, and so any session token is a wrong one.
  if (key == nullptr || Has(request.headers, "x-amz-security-token")) {
    return MakeError(ErrorKind::kUnrecognizedClient,
                     "The security token included in the request is invalid.");
  }
  LULL_RETURN_IF_ERROR(CheckSkew(signed_at.at, now));
  for (const std::string& name : authorization.signed_headers) {
    if (!Has(request.headers, name)) return InvalidSignature(kMismatch);
  }
  const std::string expected = Signature(
      key->secret_access_key, authorization.scope,
      StringToSign(request, authorization.signed_headers, signed_at.amz_date, authorization.scope));
  if (!SameSecret(expected, authorization.signature)) return InvalidSignature(kMismatch);
  return key;
}

std::string AuthorizationHeader(const SignedRequest& request, std::string_view access_key_id,
                                std::string_view secret_access_key, std::string_view region) {
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers) names.push_back(absl::AsciiStrToLower(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::optional<std::string> date = CanonicalValue(request.headers, "x-amz-date");
  LULL_CHECK(date.has_value() && date->size() >= 8);
  const Scope scope{date->substr(0, 8), std::string(region)};
  const std::string signature =
      Signature(secret_access_key, scope, StringToSign(request, names, *date, scope));
  return absl::StrCat(ToAbsl(kAlgorithm), " Credential=", ToAbsl(access_key_id), "/", scope.Text(),
                      ", SignedHeaders=", absl::StrJoin(names, ";"), ", Signature=", signature);
}

std::string AmzDate(absl::Time time) {
  return absl::FormatTime(kAmzDateFormat, time, absl::UTCTimeZone());
}

}  // namespace lull::server
