#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lull::storage {

// Numbers inside of a stored blob, little-endian base 128 (LEB128): seven bits a byte, the eighth
// is set when more follow.

inline void PutNumber(std::uint64_t number, std::string& bytes) {
  while (number >= 0x80) {
    bytes += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  bytes += static_cast<char>(number);
}

/// Takes a number off the front of `bytes`, never past their end. False: there is none, or one of
/// more than 63 bits.
inline bool TakeNumber(std::string_view& bytes, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace lull::storage
