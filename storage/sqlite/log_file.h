#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/unique_fd.h"

namespace lull::storage {

// SQLite's write-ahead log, as far as one must read it to know what is in it
// (https://sqlite.org/fileformat2.html#the_write_ahead_log).

inline constexpr std::size_t kLogHeaderBytes = 32;
inline constexpr std::size_t kFrameHeaderBytes = 24;

struct LogHeader {
  std::uint32_t page_size = 0;
  std::uint32_t salt1 = 0;  ///< grows by one each time the log is begun anew
  std::uint32_t salt2 = 0;  ///< random
  bool big_endian = false;  ///< of its checksums
  std::uint32_t sums[2] = {0, 0};
};

/// The header of the log; false when there is none, or not a whole and valid one.
bool ReadLogHeader(const UniqueFd& log, LogHeader& header);

/// How many frames from the log's start on are valid, as SQLite looks at them: each has the
/// header's salts and goes on with the checksum of the one before. `limit` at most are looked at.
std::uint32_t CountFrames(const UniqueFd& log, const LogHeader& header, std::uint32_t limit);

/// A page as the frame number `frame` (from 1) has it.
struct LoggedPage {
  std::uint32_t number = 0;
  std::string bytes;
};
bool ReadFrame(const UniqueFd& log, const LogHeader& header, std::uint32_t frame, LoggedPage& page);

/// `size` bytes at `offset`; false when there are not so many.
bool ReadAt(const UniqueFd& file, std::uint64_t offset, std::size_t size, std::string& bytes);

}  // namespace lull::storage
