#pragma once

#include <optional>

namespace lull {

/// What becomes of a member that an update does not name: the API's Replace. A registration is an
/// update of something that has nothing yet.
enum class LeftOut { kStays, kGoes };

constexpr LeftOut LeftOutBy(bool replace) { return replace ? LeftOut::kGoes : LeftOut::kStays; }

/// Writes `value` over `member` when the request has it. Pure.
template <class T, class Value>
void MergeMember(bool present, const Value& value, LeftOut left_out, std::optional<T>& member) {
  if (present) {
    member = value;
  } else if (left_out == LeftOut::kGoes) {
    member.reset();
  }
}

}  // namespace lull
