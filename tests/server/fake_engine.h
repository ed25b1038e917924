#pragma once

#include <string>

#include "absl/time/time.h"
#include "server/dispatch.h"
#include "server/key.h"
#include "server/sigv4.h"

namespace lull::server {

inline constexpr char kTestKeyId[] = "AKIA2345ABCDEFGHIJKL";
inline constexpr char kTestSecret[] = "abcDEF123/+abcDEF123/+abcDEF123/+abcDEF1";
inline constexpr char kTestUser[] = "tester";
inline const absl::Time kTestNow =
    absl::FromCivil(absl::CivilSecond(2023, 11, 3, 17, 17, 24), absl::UTCTimeZone());

/// A handler that validates as the engine's face does and then answers by hand: windows named
/// "boom" and "throw" fail, the window mw-00000000000000000 is unknown, all else succeeds.
Handler FakeEngine();

/// Options with the test's key, of `role`, and a clock that stands at kTestNow.
DispatchOptions TestDispatchOptions(Role role = Role::kAdmin);

/// A signed request for `operation`, as a client would send it at kTestNow.
HttpRequest SignedTestRequest(const std::string& operation, const std::string& body);

/// The same for what X-Amz-Target names in full.
HttpRequest SignedTestTarget(const std::string& target, const std::string& body);

/// SignedTestRequest as text, ready to be sent.
std::string SignedTestText(const std::string& operation, const std::string& body,
                           const std::string& more_headers = "");

}  // namespace lull::server
