#include "server/key.h"

#include <array>
#include <utility>

namespace lull::server {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 3> kNames = {
    {{Role::kViewer, "viewer"}, {Role::kOperator, "operator"}, {Role::kAdmin, "admin"}}};

}  // namespace

std::string_view Name(Role role) { return kNames[static_cast<std::size_t>(role)].second; }

std::optional<Role> ParseRole(std::string_view name) {
  for (const auto& [role, text] : kNames) {
    if (text == name) return role;
  }
  return std::nullopt;
}

Role RoleFor(v1::Access access) {
  switch (access) {
    case v1::READ:
      return Role::kViewer;
    case v1::OPERATE:
      return Role::kOperator;
    default:  // CONFIGURE, and what a later version adds
      return Role::kAdmin;
  }
}

}  // namespace lull::server
