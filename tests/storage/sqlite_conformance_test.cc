#include <memory>
#include <string>

#include "engine/base/check.h"
#include "gtest/gtest.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/storage/conformance.h"
#include "tests/support/temp_folder.h"

namespace lull {
namespace {

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StoreConformance,
    testing::Values(StoreKind{
        .name = "sqlite",
        .make_place =
            [] {
              return [folder = std::make_shared<TempFolder>()]() -> std::unique_ptr<Store> {
                auto store = storage::SqliteStore::Open({.path = folder->File("lull.db")});
                EXPECT_TRUE(store.ok()) << store.status();
                LULL_CHECK(store.ok());
                return *std::move(store);
              };
            }}),
    [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace lull
