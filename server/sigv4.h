#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/key.h"

namespace lull::server {

/// A request's clock may differ from ours by so much, as the API has it.
inline constexpr absl::Duration kMaxClockSkew = absl::Minutes(5);

/// The service that a signature must be scoped to.
inline constexpr std::string_view kSigningService = "ssm";

/// Header fields in the order of the wire; names in any case, a name possibly more than once.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// The key of an id, or null if there is none that is let in. Error: it can't be told. Called on
/// any thread.
using KeyLookup =
    std::function<absl::StatusOr<std::shared_ptr<const Key>>(std::string_view access_key_id)>;

/// What a signature covers. The path is `/` and the query empty: the API knows no other, and the
/// server answers nothing else.
struct SignedRequest {
  std::string_view method;
  const HeaderFields& headers;
  std::string_view body;
};

/// Verifies `request` against AWS Signature Version 4 in its header form, at the time `now`. The
/// canonical request is made of the headers that the Authorization header lists; `host` and the
/// date must be among them. The body's own hash is what counts, whatever x-amz-content-sha256 says,
/// so that unsigned and chunk-signed payloads are refused. `region`, if not empty, is the only one
/// accepted. A captured request can be sent again for as long as its date is fresh; tokens make
/// that harmless for what creates, and nothing else needs it.
///
/// Returns the key that signed, or an error of the kinds kMissingAuthenticationToken,
/// kIncompleteSignature, kUnrecognizedClient and kInvalidSignature (errors.h) in the API's words,
/// or that of `keys`. No text holds anything derived from the secret. An unknown key and a disabled
/// one read the same; the API itself says whether an id is known (its errors differ), so that equal
/// times would hide nothing. Pure but for `keys`; any thread.
absl::StatusOr<std::shared_ptr<const Key>> VerifySignature(const SignedRequest& request,
                                                           const KeyLookup& keys,
                                                           std::string_view region, absl::Time now);

/// The client's half: returns the Authorization header for `request`, whose headers must hold
/// `host` and `x-amz-date` (AmzDate(now)). All of its headers are signed.
std::string AuthorizationHeader(const SignedRequest& request, std::string_view access_key_id,
                                std::string_view secret_access_key, std::string_view region);

/// `20231103T171724Z`.
std::string AmzDate(absl::Time time);

}  // namespace lull::server
