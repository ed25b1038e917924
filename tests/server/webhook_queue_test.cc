// What a webhook is sent next: in order within an execution, and no execution holds up another.
#include "server/webhook_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/builders.h"
#include "tests/support/model_store.h"

namespace lull::server {
namespace {

using Result = WebhookQueue::Result;

class WebhookQueueTest : public testing::Test {
 protected:
  /// Events of `execution`, with the ids `prefix`1, `prefix`2...
  void Keep(const std::string& execution, int count) {
    KeepEvents keep;
    for (int i = 1; i <= count; ++i) {
      StateEvent& event =
          keep.events.emplace_back(MakeEvent("hook", execution + std::to_string(i)));
      event.execution = ExecutionId(execution);
    }
    ASSERT_TRUE(store_.Commit({PutGroups{}, keep}).ok());
  }

  /// Ids of what is to be sent now, in the order of their places.
  std::string Pick() {
    const auto picked = queue_.Pick(store_.outbox(), now_, At(1001) + now_);
    EXPECT_TRUE(picked.ok());
    std::string ids;
    for (const auto& stored : *picked) {
      ids += stored.event.id + ' ';
      in_flight_.push_back(stored);
    }
    return ids;
  }

  void End(const std::string& id, Result result) {
    for (auto at = in_flight_.begin(); at != in_flight_.end(); ++at) {
      if (at->event.id != id) continue;
      queue_.Done(*at, result, now_);
      in_flight_.erase(at);
      return;
    }
    FAIL() << id << " is not in flight";
  }

  void Settle() {
    const auto seqs = queue_.ToSettle(64);
    ASSERT_TRUE(store_.Commit({SettleEvents{"hook", seqs}}).ok());
    queue_.Settled(seqs);
  }

  ModelStore store_{std::make_shared<ModelDisk>()};
  WebhookQueue queue_{
      {.name = "hook", .give_up_after = absl::Hours(1), .max_in_flight = 3, .random = [] {
         return 1.0;
       }}};
  absl::Duration now_ = absl::Seconds(100);
  std::vector<WebhookQueue::StoredEvent> in_flight_;
};

TEST_F(WebhookQueueTest, OneAtATimeOfAnExecutionAndOthersBeside) {
  Keep("a", 3);
  Keep("b", 1);
  EXPECT_EQ(Pick(), "a1 b1 ");
  EXPECT_EQ(Pick(), "");
  End("a1", Result::kDelivered);
  EXPECT_EQ(Pick(), "a2 ");
  End("b1", Result::kDelivered);
  End("a2", Result::kDelivered);
  Settle();
  EXPECT_EQ(Pick(), "a3 ");
  End("a3", Result::kDelivered);
  Settle();
  EXPECT_TRUE(store_.outbox().CountEvents()->empty());
  EXPECT_EQ(queue_.NextPick(now_), absl::InfiniteDuration());
}

TEST_F(WebhookQueueTest, OnlyWhatWasDeliveredIsTakenOff) {
  for (const char* execution : {"a", "b", "c"}) Keep(execution, 1);
  EXPECT_EQ(Pick(), "a1 b1 c1 ");
  End("a1", Result::kRefused);
  End("b1", Result::kDelivered);
  End("c1", Result::kUnreachable);
  Settle();
  const auto left = store_.outbox().ListEvents("hook", 0, 10);
  ASSERT_EQ(left->size(), 2u);
  EXPECT_EQ(left->at(0).event.id, "a1");
  EXPECT_EQ(left->at(1).event.id, "c1");
}

TEST_F(WebhookQueueTest, NoMoreThanSoManyAtOnce) {
  for (const char* execution : {"a", "b", "c", "d"}) Keep(execution, 1);
  EXPECT_EQ(Pick(), "a1 b1 c1 ");
  EXPECT_EQ(queue_.NextPick(now_), absl::InfiniteDuration());
  End("b1", Result::kDelivered);
  EXPECT_EQ(Pick(), "d1 ");
}

TEST_F(WebhookQueueTest, WhatIsRefusedIsTriedAgainLaterAndHoldsUpItsExecutionOnly) {
  Keep("a", 2);
  Keep("b", 2);
  EXPECT_EQ(Pick(), "a1 b1 ");
  End("a1", Result::kRefused);
  End("b1", Result::kDelivered);
  EXPECT_EQ(Pick(), "b2 ");
  End("b2", Result::kDelivered);
  EXPECT_EQ(Pick(), "");
  EXPECT_EQ(queue_.NextPick(now_), now_ + absl::Seconds(2));
  now_ += absl::Seconds(2);
  EXPECT_EQ(Pick(), "a1 ");
  End("a1", Result::kRefused);
  EXPECT_EQ(queue_.NextPick(now_), now_ + absl::Seconds(4));
  now_ += absl::Seconds(4);
  EXPECT_EQ(Pick(), "a1 ");
  End("a1", Result::kDelivered);
  EXPECT_EQ(Pick(), "a2 ");
}

TEST_F(WebhookQueueTest, OneThatCanNotBeReachedWaitsAsAWhole) {
  Keep("a", 1);
  Keep("b", 1);
  EXPECT_EQ(Pick(), "a1 b1 ");
  End("a1", Result::kUnreachable);
  End("b1", Result::kUnreachable);
  Keep("c", 1);
  EXPECT_EQ(Pick(), "");
  EXPECT_EQ(queue_.NextPick(now_), now_ + absl::Seconds(2));  // they failed together: once
  now_ += absl::Seconds(2);
  EXPECT_EQ(Pick(), "a1 b1 c1 ");
}

TEST_F(WebhookQueueTest, WhatIsTooOldIsGivenUpOnceItHasFailed) {
  now_ += absl::Hours(2);
  Keep("a", 2);
  EXPECT_EQ(Pick(), "a1 ");  // though it is old: nobody has tried it
  End("a1", Result::kRefused);
  now_ += absl::Seconds(2);
  EXPECT_EQ(Pick(), "a2 ");
  EXPECT_EQ(queue_.TakeGivenUp(), 1);
  EXPECT_EQ(queue_.TakeGivenUp(), 0);
  EXPECT_EQ(queue_.ToSettle(64).size(), 1u);
}

TEST_F(WebhookQueueTest, WhatIsNotSettledYetIsNotSentAgain) {
  Keep("a", 1);
  EXPECT_EQ(Pick(), "a1 ");
  End("a1", Result::kDelivered);
  EXPECT_EQ(Pick(), "");
  Keep("a", 1);
  EXPECT_EQ(Pick(), "a1 ");  // another one of the same name
  EXPECT_EQ(queue_.ToSettle(64).size(), 1u);
}

TEST_F(WebhookQueueTest, EventsThatGaveWayMeanwhileAreNoneToTryAgain) {
  Keep("a", 2);
  EXPECT_EQ(Pick(), "a1 ");
  End("a1", Result::kRefused);
  ASSERT_TRUE(store_.Commit({DropEvents{"hook", 1}}).ok());
  now_ += absl::Seconds(2);
  EXPECT_EQ(Pick(), "a2 ");
}

TEST(RetryAfterTest, GrowsFromASecondToFiveMinutesWithJitter) {
  EXPECT_EQ(RetryAfter(1, 0), absl::Seconds(1));
  EXPECT_EQ(RetryAfter(1, 1), absl::Seconds(2));
  EXPECT_EQ(RetryAfter(5, 0.5), absl::Seconds(24));
  EXPECT_EQ(RetryAfter(1000, 1), absl::Minutes(5));
}

}  // namespace
}  // namespace lull::server
