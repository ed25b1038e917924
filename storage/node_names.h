#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace lull::storage {

/// How the names of a chunk are written. These numbers are stored: append only.
enum class NamePacking {
  kTexts,   ///< as EncodeTexts (list_codec.h): by versions before the seventh of the schema
  kShared,  ///< as PackNames
};

/// Names, each as what it has not in common with the one before it: how many bytes both begin with,
/// how many of the rest both end with, 2 * the number of bytes between + `is_hex` (numbers.h), and
/// those bytes. `is_hex` is 1 when there are any and all are digits or a to f: they stand two a
/// byte then, the first one high, a half byte that is left over 0. Before the first name there is
/// an empty one. An AWS id takes 11 bytes, a host name that counts on some 5.
/// The same names give the same bytes, in every version of Lull: these bytes are stored.
/// REQUIRES: none is longer than kMaxNodeNameBytes.
std::string PackNames(const std::vector<std::string>& names);

/// The names of a chunk, one after the other; one is in memory at a time:
///   NameScanner scanner(bytes, packing);
///   while (scanner.Next()) Use(scanner.name());
///   return scanner.status();
/// It trusts nothing. Not thread-safe.
class NameScanner {
 public:
  /// `bytes` must outlive it.
  NameScanner(std::string_view bytes, NamePacking packing) : rest_(bytes), packing_(packing) {}

  /// Goes to the next name; false at the end, and from the first damage on.
  bool Next();

  /// REQUIRES: Next was true. It stands until Next is called again.
  const std::string& name() const { return name_; }

  /// OK, or kInternal: the bytes are none that an encoder made.
  const absl::Status& status() const { return status_; }

 private:
  // Whether there was one to take off the front.
  bool TakeText();
  bool TakeShared();

  std::string_view rest_;
  const NamePacking packing_;
  std::string name_;
  absl::Status status_;
};

}  // namespace lull::storage
