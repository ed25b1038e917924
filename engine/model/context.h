#pragma once

#include <string>

namespace lull {

/// Who makes a call, and which call it is: handed along with every operation, so that what was
/// asked can be stored and logged with its asker. A value; nothing in it is secret.
struct CallContext {
  /// The caller's name: over HTTP the access key id whose signature was verified, in a library
  /// whatever its user says. Never empty for a call that came over the wire.
  std::string principal;

  /// Names this one call in logs and answers (x-amzn-RequestId over HTTP).
  std::string request_id;

  /// Where it came from: over HTTP the peer's address and port; empty in a library.
  std::string source;
};

}  // namespace lull
