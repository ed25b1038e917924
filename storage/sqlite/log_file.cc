#include "storage/sqlite/log_file.h"

#include <unistd.h>

#include <cerrno>

namespace lull::storage {
namespace {

constexpr std::uint32_t kMagic = 0x377F0682;  // or one more: with big-endian checksums
constexpr std::size_t kSummedOfHeader = 24;
constexpr std::size_t kSummedOfFrameHeader = 8;

std::uint32_t BigEndian(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

std::uint32_t LittleEndian(std::string_view bytes, std::size_t at) {
  return __builtin_bswap32(BigEndian(bytes, at));
}

/// SQLite's checksum, from `sums` on. REQUIRES: a multiple of 8 bytes.
void AddToSums(std::string_view bytes, bool big_endian, std::uint32_t (&sums)[2]) {
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    const auto word = [&](std::size_t i) {
      return big_endian ? BigEndian(bytes, i) : LittleEndian(bytes, i);
    };
    sums[0] += word(at) + sums[1];
    sums[1] += word(at + 4) + sums[0];
  }
}

std::uint64_t FrameAt(const LogHeader& header, std::uint32_t frame) {
  return kLogHeaderBytes + (frame - 1) * (std::uint64_t{kFrameHeaderBytes} + header.page_size);
}

}  // namespace

bool ReadAt(const UniqueFd& file, std::uint64_t offset, std::size_t size, std::string& bytes) {
  bytes.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n =
        pread(file.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool ReadLogHeader(const UniqueFd& log, LogHeader& header) {
  std::string bytes;
  if (!ReadAt(log, 0, kLogHeaderBytes, bytes)) return false;
  const std::uint32_t magic = BigEndian(bytes, 0);
  if ((magic & ~1U) != kMagic) return false;
  header.big_endian = (magic & 1) != 0;
  header.page_size = BigEndian(bytes, 8);
  header.salt1 = BigEndian(bytes, 16);
  header.salt2 = BigEndian(bytes, 20);
  header.sums[0] = 0;
  header.sums[1] = 0;
  AddToSums(std::string_view(bytes).substr(0, kSummedOfHeader), header.big_endian, header.sums);
  const bool is_page_size = header.page_size >= 512 && header.page_size <= 65536 &&
                            (header.page_size & (header.page_size - 1)) == 0;
  return is_page_size && header.sums[0] == BigEndian(bytes, 24) &&
         header.sums[1] == BigEndian(bytes, 28);
}

std::uint32_t CountFrames(const UniqueFd& log, const LogHeader& header, std::uint32_t limit) {
  std::uint32_t sums[2] = {header.sums[0], header.sums[1]};
  std::string bytes;
  for (std::uint32_t frame = 1; frame <= limit; ++frame) {
    const std::size_t size = kFrameHeaderBytes + header.page_size;
    if (!ReadAt(log, FrameAt(header, frame), size, bytes)) return frame - 1;
    const std::string_view view(bytes);
    AddToSums(view.substr(0, kSummedOfFrameHeader), header.big_endian, sums);
    AddToSums(view.substr(kFrameHeaderBytes), header.big_endian, sums);
    const bool is_next = BigEndian(view, 8) == header.salt1 &&
                         BigEndian(view, 12) == header.salt2 && BigEndian(view, 16) == sums[0] &&
                         BigEndian(view, 20) == sums[1];
    if (!is_next) return frame - 1;
  }
  return limit;
}

bool ReadFrame(const UniqueFd& log, const LogHeader& header, std::uint32_t frame,
               LoggedPage& page) {
  std::string bytes;
  if (!ReadAt(log, FrameAt(header, frame), kFrameHeaderBytes + header.page_size, bytes)) {
    return false;
  }
  page.number = BigEndian(bytes, 0);
  page.bytes = bytes.substr(kFrameHeaderBytes);
  return true;
}

}  // namespace lull::storage
