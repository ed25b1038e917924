#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "tests/sim/disk.h"

namespace lull::sim {

/// Which store a seed runs on.
enum class StoreKind { kModel, kSqlite };

std::optional<StoreKind> ParseStoreKind(std::string_view name);

/// An empty disk.
std::unique_ptr<Disk> MakeDisk(StoreKind kind, std::uint64_t seed);

}  // namespace lull::sim
