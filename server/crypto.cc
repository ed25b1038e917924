#include "server/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/model/ids.h"

namespace lull::server {
namespace {

constexpr size_t kSha256Bytes = 32;
constexpr size_t kStoredRandomBytes = 1024;

/// Looked up once: EVP_sha256() is looked up again by each call that it is handed to.
const EVP_MD* Sha256() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  LULL_CHECK(sha256 != nullptr);
  return sha256;
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* mac) const { EVP_MAC_CTX_free(mac); }
};

/// HMAC() looks both algorithms up for each call.
EVP_MAC_CTX* NewMac() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  EVP_MAC_CTX* const mac = EVP_MAC_CTX_new(hmac);
  LULL_CHECK(mac != nullptr && EVP_MAC_CTX_set_params(mac, parameters) == 1);
  return mac;
}

/// A request's id is made of them. A kilobyte costs OpenSSL little more than eight bytes, so each
/// thread has one in store.
std::uint64_t RandomBits() {
  thread_local std::string store;
  std::uint64_t bits = 0;
  if (store.size() < sizeof bits) store = RandomBytes(kStoredRandomBytes);
  std::memcpy(&bits, store.data() + store.size() - sizeof bits, sizeof bits);
  store.resize(store.size() - sizeof bits);
  return bits;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string HmacSha256(std::string_view key, std::string_view data) {
  thread_local const std::unique_ptr<EVP_MAC_CTX, FreeMac> mac(NewMac());
  std::string out(kSha256Bytes, '\0');
  size_t size = 0;
  LULL_CHECK(EVP_MAC_init(mac.get(), Bytes(key), key.size(), nullptr) == 1);
  LULL_CHECK(EVP_MAC_update(mac.get(), Bytes(data), data.size()) == 1);
  LULL_CHECK(EVP_MAC_final(mac.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                           out.size()) == 1);
  LULL_CHECK(size == out.size());
  return out;
}

std::string Sha256Hex(std::string_view data) {
  std::string out(kSha256Bytes, '\0');
  LULL_CHECK(EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()),
                        nullptr, Sha256(), nullptr) == 1);
  return Hex(out);
}

Sha256Sum::Sha256Sum() : context_(EVP_MD_CTX_new()) {
  LULL_CHECK(context_ != nullptr);
  LULL_CHECK(EVP_DigestInit_ex(context_.get(), Sha256(), nullptr) == 1);
}

void Sha256Sum::Add(std::string_view data) {
  LULL_CHECK(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
}

std::string Sha256Sum::Hex() {
  std::string out(kSha256Bytes, '\0');
  LULL_CHECK(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                nullptr) == 1);
  return server::Hex(out);
}

void Sha256Sum::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

std::string Hex(std::string_view bytes) { return absl::BytesToHexString(ToAbsl(bytes)); }

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t size) {
  std::string out(size, '\0');
  LULL_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size)) == 1);
  return out;
}

std::string RandomUuid() {
  const std::uint64_t high = RandomBits();
  return FormatUuid(high, RandomBits(), 4);
}

}  // namespace lull::server
