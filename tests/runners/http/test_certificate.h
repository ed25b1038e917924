#pragma once

#include <string>

namespace lull::http {

/// A certificate that has signed itself, and its key, both as PEM.
struct TestCertificate {
  std::string certificate;
  std::string key;
};

/// For one IP address, of today and tomorrow.
TestCertificate MakeCertificate(const std::string& address);

}  // namespace lull::http
