#include "engine/model/ids.h"

#include "engine/base/check.h"

namespace lull {
namespace {

constexpr char kHex[] = "0123456789abcdef";

/// All hex digits of `text` folded into 64 bits: a cheap, stable mix of a random id's bits.
std::uint64_t FoldHex(std::string_view text) {
  std::uint64_t bits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    bits = bits * 0x9E3779B97F4A7C15u + static_cast<unsigned char>(c);
  }
  return bits;
}

}  // namespace

std::int64_t InvocationRowKey(TaskKey task, Ordinal ordinal) {
  const auto key = static_cast<std::int64_t>(task);
  LULL_CHECK(key > 0 && key <= kMaxTaskKey);
  LULL_CHECK(ordinal >= 0 && ordinal < kMaxTargetsPerTask);
  return key << kOrdinalBits | ordinal;
}

std::string FormatUuid(std::uint64_t high, std::uint64_t low, int version) {
  high = (high & ~std::uint64_t{0xF000}) | static_cast<std::uint64_t>(version) << 12;
  low = (low & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    const std::uint64_t word = i < 16 ? high : low;
    text += kHex[word >> (60 - 4 * (i % 16)) & 0xF];
  }
  return text;
}

InvocationId MakeInvocationId(const TaskExecutionId& execution_task, InvocationRef ref) {
  const auto key = static_cast<std::uint64_t>(InvocationRowKey(ref.task, ref.ordinal));
  // 122 free bits: 48 and 12 in the high word, 62 in the low one. The key takes the first 63, the
  // salt the rest.
  const std::uint64_t salt = FoldHex(execution_task.value());
  const std::uint64_t high = (key >> 15) << 16 | (key >> 3 & 0xFFF);
  const std::uint64_t low = (key & 7) << 59 | (salt & ((std::uint64_t{1} << 59) - 1));
  return InvocationId(FormatUuid(high, low, 8));
}

std::optional<Ordinal> OrdinalOf(const InvocationId& id, const TaskExecutionId& execution_task,
                                 TaskKey task) {
  if (id.value().size() != 36) return std::nullopt;
  std::uint64_t words[2] = {0, 0};
  int digits = 0;
  std::string lower;
  for (char c : id.value()) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    lower += c;
    if (c == '-') continue;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0 || digits == 32) return std::nullopt;
    words[digits / 16] = words[digits / 16] << 4 | static_cast<unsigned>(digit);
    ++digits;
  }
  if (digits != 32) return std::nullopt;
  const std::uint64_t key = (words[0] >> 16) << 15 | (words[0] & 0xFFF) << 3 | (words[1] >> 59 & 7);
  const Ordinal ordinal = static_cast<Ordinal>(key) & (kMaxTargetsPerTask - 1);
  if (MakeInvocationId(execution_task, {task, ordinal}).value() != lower) return std::nullopt;
  return ordinal;
}

}  // namespace lull
