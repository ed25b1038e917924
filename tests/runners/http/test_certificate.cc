#include "tests/runners/http/test_certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "engine/base/check.h"

namespace lull::http {
namespace {

constexpr long kHour = 3600;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string TextOf(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  LULL_CHECK(extension != nullptr);
  LULL_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TestCertificate MakeCertificate(const std::string& address) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  LULL_CHECK(key != nullptr && certificate != nullptr);
  X509* made = certificate.get();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(made), 24 * kHour);
  X509_set_pubkey(made, key.get());
  X509_NAME* name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("lull test"), -1, -1, 0);
  X509_set_issuer_name(made, name);
  AddExtension(made, NID_subject_alt_name, "IP:" + address);
  AddExtension(made, NID_basic_constraints, "critical,CA:TRUE");
  LULL_CHECK(X509_sign(made, key.get(), EVP_sha256()) > 0);
  const Bio certificate_text(BIO_new(BIO_s_mem()), &BIO_free);
  const Bio key_text(BIO_new(BIO_s_mem()), &BIO_free);
  LULL_CHECK(PEM_write_bio_X509(certificate_text.get(), made) == 1);
  LULL_CHECK(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1);
  return {TextOf(certificate_text), TextOf(key_text)};
}

}  // namespace lull::http
