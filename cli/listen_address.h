#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lull::cli {

/// Where `lull serve` listens.
struct ListenAddress {
  std::string address;  // an IP address, without the brackets of IPv6
  std::uint16_t port = 0;

  /// As it stands in a URL: `127.0.0.1:8750`, `[::1]:8750`.
  std::string Text() const;
};

/// Reads `ADDRESS:PORT`, with an IPv6 address in brackets; port 0 is any free one. Whether the
/// address is one is the server's to say. Error: kInvalidArgument, with what would be right. Pure.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace lull::cli
