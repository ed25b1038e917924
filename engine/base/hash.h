#pragma once

#include <cstdint>
#include <string_view>

namespace lull {

inline constexpr std::uint64_t kFnvBasis = 0xcbf29ce484222325;

/// FNV-1a of `bytes`: the same in every build and on every machine, so it may be stored and handed
/// out. Not against malice. Another `basis` than kFnvBasis salts it.
constexpr std::uint64_t Fnv1a(std::string_view bytes, std::uint64_t basis = kFnvBasis) {
  std::uint64_t hash = basis;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The reference vectors of the algorithm's authors.
static_assert(Fnv1a("") == 0xcbf29ce484222325);
static_assert(Fnv1a("a") == 0xaf63dc4c8601ec8c);
static_assert(Fnv1a("foobar") == 0x85944171f73967e8);

}  // namespace lull
