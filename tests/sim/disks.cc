#include "tests/sim/disks.h"

#include "tests/sim/model_disk.h"
#include "tests/sim/sqlite_disk.h"

namespace lull::sim {

std::optional<StoreKind> ParseStoreKind(std::string_view name) {
  if (name == "model") return StoreKind::kModel;
  if (name == "sqlite") return StoreKind::kSqlite;
  return std::nullopt;
}

std::unique_ptr<Disk> MakeDisk(StoreKind kind, std::uint64_t seed) {
  if (kind == StoreKind::kSqlite) return std::make_unique<SqliteDisk>(seed);
  return std::make_unique<ModelDisk>(seed);
}

}  // namespace lull::sim
