#include "tests/sim/world.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lull::sim {
namespace {

class CountCursor : public TargetCursor {
 public:
  explicit CountCursor(std::int64_t count) : count_(count) {}
  absl::StatusOr<std::vector<ResolvedTarget>> Next(std::size_t limit) override {
    std::vector<ResolvedTarget> piece;
    while (at_ < count_ && piece.size() < limit) {
      piece.push_back({absl::StrCat("node-", at_++), {}, {}});
    }
    return piece;
  }

 private:
  const std::int64_t count_;
  std::int64_t at_ = 0;
};

}  // namespace

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t bits = (a + b * 0xD1342543DE82EF95) * 0x9E3779B97F4A7C15;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  return bits ^ (bits >> 31);
}

absl::StatusOr<std::unique_ptr<TargetCursor>> CountedTargets::Resolve(const TargetQuery& query) {
  const std::string& first = query.selectors.at(0).values.at(0);
  std::int64_t count = 0;
  if (!absl::SimpleAtoi(first, &count)) return absl::InvalidArgumentError("no such targets");
  return std::make_unique<CountCursor>(count);
}

}  // namespace lull::sim
