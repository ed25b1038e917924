#include "tests/support/model_store.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/storage/conformance.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"

namespace lull {
namespace {

INSTANTIATE_TEST_SUITE_P(Model, StoreConformance,
                         testing::Values(StoreKind{
                             .name = "model",
                             .make_place =
                                 [] {
                                   return [disk = std::make_shared<ModelDisk>()] {
                                     return std::make_unique<ModelStore>(disk);
                                   };
                                 }}),
                         [](const auto& kind) { return kind.param.name; });

TEST(ModelStore, TwoStoresOverOneDiskSeeEachOther) {
  const auto disk = std::make_shared<ModelDisk>();
  ModelStore one(disk), other(disk);
  ASSERT_TRUE(one.Commit({CreateWindow{.window = MakeWindow("mw-1")}}).ok());
  EXPECT_TRUE(other.definitions().GetWindow(WindowId("mw-1"))->has_value());
}

TEST(ModelStore, ARefusedCommitAppliesNothingAndTheNextGoesThrough) {
  const auto disk = std::make_shared<ModelDisk>();
  ModelStore store(disk);
  const std::vector<Change> changes = {CreateWindow{.window = MakeWindow("mw-1")}};
  disk->FailNext(ModelDisk::Fault::kUnavailable);
  EXPECT_TRUE(absl::IsUnavailable(store.Commit(changes).status()));
  EXPECT_FALSE(store.definitions().GetWindow(WindowId("mw-1"))->has_value());
  EXPECT_TRUE(store.Commit(changes).ok());
  EXPECT_EQ(disk->commits(), 2);
}

TEST(ModelStore, AfterAnUnknownCommitOnlyRecoverHelps) {
  for (const auto& [fault, applied] : {std::pair(ModelDisk::Fault::kUnknownApplied, true),
                                       {ModelDisk::Fault::kUnknownNotApplied, false}}) {
    const auto disk = std::make_shared<ModelDisk>();
    ModelStore store(disk);
    disk->FailCommit(1, fault);
    disk->FailRecover(1);
    EXPECT_TRUE(
        absl::IsUnknown(store.Commit({CreateWindow{.window = MakeWindow("mw-1")}}).status()));
    EXPECT_TRUE(absl::IsUnavailable(store.Commit({}).status()));
    EXPECT_TRUE(absl::IsUnavailable(store.Recover()));
    EXPECT_TRUE(store.Recover().ok());
    EXPECT_TRUE(store.Commit({}).ok());
    EXPECT_EQ(store.definitions().GetWindow(WindowId("mw-1"))->has_value(), applied);
  }
}

}  // namespace
}  // namespace lull
