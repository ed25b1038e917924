#include "storage/list_codec.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "engine/base/status.h"
#include "storage/numbers.h"

namespace lull::storage {
namespace {

void PutText(std::string_view text, std::string& bytes) {
  PutNumber(text.size(), bytes);
  bytes += text;
}

absl::Status Damaged() { return absl::InternalError("a list in a stored row is damaged"); }

/// Takes numbers and texts off the front of bytes, never past their end.
class Scanner {
 public:
  explicit Scanner(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }

  absl::StatusOr<std::uint64_t> Number() {
    std::uint64_t number = 0;
    if (!TakeNumber(rest_, number)) return Damaged();
    return number;
  }

  absl::StatusOr<std::string> Text() {
    LULL_ASSIGN_OR_RETURN(const std::uint64_t size, Number());
    if (size > rest_.size()) return Damaged();
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string EncodeTexts(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) PutText(text, bytes);
  return bytes;
}

absl::StatusOr<std::vector<std::string>> DecodeTexts(std::string_view bytes) {
  std::vector<std::string> texts;
  for (Scanner scanner(bytes); !scanner.AtEnd();) {
    LULL_ASSIGN_OR_RETURN(std::string text, scanner.Text());
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string EncodeTags(const std::map<std::string, std::string>& tags) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : tags) {
    texts.push_back(key);
    texts.push_back(value);
  }
  return EncodeTexts(texts);
}

absl::StatusOr<std::map<std::string, std::string>> DecodeTags(std::string_view bytes) {
  LULL_ASSIGN_OR_RETURN(const auto texts, DecodeTexts(bytes));
  if (texts.size() % 2 != 0) return Damaged();
  std::map<std::string, std::string> tags;
  for (std::size_t i = 0; i < texts.size(); i += 2) tags[texts[i]] = texts[i + 1];
  return tags;
}

std::string EncodeSelectors(const std::vector<TargetSelector>& selectors) {
  std::string bytes;
  for (const TargetSelector& selector : selectors) {
    PutText(selector.key, bytes);
    PutNumber(selector.values.size(), bytes);
    for (const std::string& value : selector.values) PutText(value, bytes);
  }
  return bytes;
}

absl::StatusOr<std::vector<TargetSelector>> DecodeSelectors(std::string_view bytes) {
  std::vector<TargetSelector> selectors;
  for (Scanner scanner(bytes); !scanner.AtEnd();) {
    TargetSelector selector;
    LULL_ASSIGN_OR_RETURN(selector.key, scanner.Text());
    LULL_ASSIGN_OR_RETURN(const std::uint64_t values, scanner.Number());
    if (values > scanner.remaining()) return Damaged();  // each takes a byte at least
    for (std::uint64_t i = 0; i < values; ++i) {
      LULL_ASSIGN_OR_RETURN(std::string value, scanner.Text());
      selector.values.push_back(std::move(value));
    }
    selectors.push_back(std::move(selector));
  }
  return selectors;
}

std::string EncodeOrdinals(const std::vector<Ordinal>& ordinals) {
  std::string bytes;
  Ordinal before = 0;
  for (const Ordinal ordinal : ordinals) {
    PutNumber(static_cast<std::uint64_t>(ordinal - before), bytes);
    before = ordinal;
  }
  return bytes;
}

absl::StatusOr<std::vector<Ordinal>> DecodeOrdinals(std::string_view bytes) {
  std::vector<Ordinal> ordinals;
  Ordinal before = 0;
  for (Scanner scanner(bytes); !scanner.AtEnd();) {
    LULL_ASSIGN_OR_RETURN(const std::uint64_t distance, scanner.Number());
    if (distance >= static_cast<std::uint64_t>(kMaxTargetsPerTask - before)) return Damaged();
    if (distance == 0 && !ordinals.empty()) return Damaged();
    before += static_cast<Ordinal>(distance);
    ordinals.push_back(before);
  }
  return ordinals;
}

}  // namespace lull::storage
