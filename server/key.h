#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "proto/options.pb.h"

namespace lull::server {

/// What the owner of a key may do. Each may what those before it may. Ordered.
enum class Role {
  kViewer,    ///< reads
  kOperator,  ///< runs and cancels, too
  kAdmin,     ///< everything
};

/// `viewer`, `operator`, `admin`.
std::string_view Name(Role role);
std::optional<Role> ParseRole(std::string_view name);

/// The least role that an operation with the option `access` (proto/options.proto) needs.
Role RoleFor(v1::Access access);

enum class KeyState { kEnabled, kDisabled };

/// A key pair of ours, and who has it.
struct Key {
  std::string access_key_id;
  std::string secret_access_key;  // never logged
  Role role = Role::kViewer;
  KeyState state = KeyState::kEnabled;
  std::string name;  // of a user or a program, for people; several keys may have one
  absl::Time created_at;
};

}  // namespace lull::server
