#include "engine/base/status.h"

#include "absl/strings/cord.h"

namespace lull {
namespace {

constexpr char kTypePayload[] = "lull.ModelledType";

}  // namespace

absl::Status ModelledError(absl::StatusCode code, std::string_view type, std::string_view text) {
  absl::Status status(code, ToAbsl(text));
  status.SetPayload(kTypePayload, absl::Cord(ToAbsl(type)));
  return status;
}

std::string ModelledType(const absl::Status& status) {
  const auto type = status.GetPayload(kTypePayload);
  return type.has_value() ? std::string(*type) : std::string();
}

}  // namespace lull
