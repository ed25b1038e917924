#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace lull::server {

/// The little of OpenSSL that the server needs, over std::string. Any thread. A failure of these
/// (OpenSSL can't allocate, the kernel has no random bits) ends the process: there is no safe way
/// on.

/// The 32 bytes of HMAC-SHA-256.
std::string HmacSha256(std::string_view key, std::string_view data);

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view data);

/// SHA-256 of what comes in pieces. One thread at a time.
class Sha256Sum {
 public:
  Sha256Sum();
  void Add(std::string_view data);
  /// As Sha256Hex. REQUIRES: called once, at the end.
  std::string Hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  const std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string Hex(std::string_view bytes);

/// Compares in a time that depends on the lengths only.
bool SameSecret(std::string_view a, std::string_view b);

/// `size` random bytes, fit for secrets.
std::string RandomBytes(size_t size);

/// A random (version 4) UUID in lower case.
std::string RandomUuid();

}  // namespace lull::server
