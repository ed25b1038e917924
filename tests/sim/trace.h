#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/status.h"

namespace lull::sim {

/// How a history is kept.
enum class Keep {
  kHash,  ///< 64 bits of it: quick
  kText,  ///< all of it, to read and to compare byte for byte
};

/// The history of a seed: what was done, in order, and what came of it.
class Trace {
 public:
  explicit Trace(Keep keep) : keep_(keep) {}

  /// One line: words and numbers, with blanks between.
  template <class... Parts>
  void Note(const Parts&... parts) {
    (Add(parts), ...);
    if (keep_ == Keep::kText) text_ += '\n';
  }

  Keep keep() const { return keep_; }
  std::uint64_t hash() const { return hash_; }
  const std::string& text() const { return text_; }

 private:
  template <std::integral T>
  void Add(T number) {
    Blend(static_cast<std::uint64_t>(number));
    if (keep_ == Keep::kText) absl::StrAppend(&text_, number, " ");
  }
  void Add(std::string_view words) {
    for (std::size_t at = 0; at < words.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t bits = 0;
      words.substr(at, sizeof(bits)).copy(reinterpret_cast<char*>(&bits), sizeof(bits));
      Blend(bits);
    }
    if (keep_ == Keep::kText) absl::StrAppend(&text_, ToAbsl(words), " ");
  }
  void Blend(std::uint64_t bits) {
    hash_ = (hash_ ^ bits) * 0x9E3779B97F4A7C15;
    hash_ ^= hash_ >> 29;
  }

  const Keep keep_;
  std::uint64_t hash_ = 0;
  std::string text_;
};

}  // namespace lull::sim
