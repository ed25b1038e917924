// What every store promises of the outbox and the audit log.
#include <map>

#include "engine/model/records.h"
#include "tests/storage/conformance.h"
#include "tests/support/builders.h"

namespace lull {
namespace {

constexpr std::size_t kAll = 100;

/// Ids of events or operations of audit lines, in order.
template <class Rows>
std::string Names(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    if constexpr (requires { row.event; }) {
      text += row.event.id + ' ';
    } else {
      text += row.entry.operation + ' ';
    }
  }
  return text;
}

/// A change that is applied, for records to tell of.
Change Any() { return PutGroups{}; }

TEST_P(StoreConformance, AnEventIsReadBackWhole) {
  StateEvent event = MakeEvent("hook", "1");
  event.level = Level::kInvocation;
  event.task = TaskExecutionId("task");
  event.invocation = InvocationId("invocation");
  event.node = "";
  event.window_target = WindowTargetId("target");
  event.owner_information = "me";
  event.status = Status::kTimedOut;
  event.ended_at = At(1200);
  ASSERT_EQ(Commit({Any(), KeepEvents{0, {event, MakeEvent("hook", "2")}}})[1], Verdict::kApplied);
  Reopen();
  const auto events = Value(outbox().ListEvents("hook", 0, kAll));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event, event);
  EXPECT_EQ(events[1].event, MakeEvent("hook", "2"));
}

TEST_P(StoreConformance, EventsOfASubscriberComeInOrderPageByPage) {
  Commit({Any(), KeepEvents{0, {MakeEvent("a", "1"), MakeEvent("b", "1"), MakeEvent("a", "2")}}});
  Commit({Any(), KeepEvents{0, {MakeEvent("a", "3")}}});
  const auto page = Value(outbox().ListEvents("a", 0, 2));
  EXPECT_EQ(Names(page), "1 2 ");
  EXPECT_EQ(Names(Value(outbox().ListEvents("a", page.back().seq, 2))), "3 ");
  EXPECT_TRUE(Value(outbox().ListEvents("c", 0, kAll)).empty());
  EXPECT_EQ(Value(outbox().CountEvents()),
            (std::map<std::string, std::int64_t>{{"a", 3}, {"b", 1}}));
}

TEST_P(StoreConformance, WhatIsToldOfAChangeThatWasRefusedIsNotKept) {
  const Change refused = DeleteWindow{WindowId("mw-none")};
  const auto verdicts = Commit({refused, KeepEvents{0, {MakeEvent("hook", "1")}},
                                KeepAudit{0, MakeAuditEntry("DeleteMaintenanceWindow")}, Any(),
                                KeepAudit{3, MakeAuditEntry("Applied")}});
  EXPECT_EQ(verdicts, (std::vector{Verdict::kConflict, Verdict::kConflict, Verdict::kConflict,
                                   Verdict::kApplied, Verdict::kApplied}));
  EXPECT_TRUE(Value(outbox().CountEvents()).empty());
  EXPECT_EQ(Names(Value(audit().ListAudit({}))), "Applied ");
}

TEST_P(StoreConformance, SettledEventsGoAndTheirPlacesAreNotUsedAgain) {
  Commit({Any(), KeepEvents{0, {MakeEvent("a", "1"), MakeEvent("a", "2"), MakeEvent("b", "1")}}});
  const auto events = Value(outbox().ListEvents("a", 0, kAll));
  const auto others = Value(outbox().ListEvents("b", 0, kAll));
  // Those of another stay, and one that is gone is none.
  const SettleEvents settle{"a", {events[1].seq, others[0].seq}};
  EXPECT_EQ(Value(store().Commit({settle}))[0].value, 1);
  EXPECT_EQ(Value(store().Commit({settle}))[0].value, 0);
  EXPECT_EQ(Value(store().Commit({SettleEvents{"b", {others[0].seq}}}))[0].value, 1);
  EXPECT_EQ(Names(Value(outbox().ListEvents("a", 0, kAll))), "1 ");
  Reopen();
  Commit({Any(), KeepEvents{0, {MakeEvent("a", "3")}}});
  EXPECT_GT(Value(outbox().ListEvents("a", 0, kAll)).back().seq, others[0].seq);
}

TEST_P(StoreConformance, TheOldestEventsGiveWay) {
  Commit({Any(), KeepEvents{0, {MakeEvent("a", "1"), MakeEvent("b", "1"), MakeEvent("a", "2")}}});
  EXPECT_EQ(Value(store().Commit({DropEvents{"a", 1}}))[0].value, 1);
  EXPECT_EQ(Names(Value(outbox().ListEvents("a", 0, kAll))), "2 ");
  EXPECT_EQ(Value(store().Commit({DropEvents{"a", 9}}))[0].value, 1);
  EXPECT_EQ(Names(Value(outbox().ListEvents("b", 0, kAll))), "1 ");
}

TEST_P(StoreConformance, AuditLinesAreReadBackWholeNewestFirst) {
  AuditEntry refused = MakeAuditEntry("Second");
  refused.at = At(9);
  refused.error = "AccessDeniedException";
  Commit({KeepAudit{{}, MakeAuditEntry("First")}, KeepAudit{{}, refused}});
  Commit({Any(), KeepAudit{0, MakeAuditEntry("Third")}});
  Reopen();
  const auto lines = Value(audit().ListAudit({}));
  ASSERT_EQ(Names(lines), "Third Second First ");
  EXPECT_EQ(lines[1].entry, refused);
  EXPECT_EQ(lines[2].entry, MakeAuditEntry("First"));
  EXPECT_EQ(lines[0].seq, 3);
  EXPECT_EQ(Names(Value(audit().ListAudit({.below = lines[0].seq, .limit = 1}))), "Second ");
  EXPECT_EQ(Names(Value(audit().ListAudit({.since = At(8)}))), "Second ");
}

}  // namespace
}  // namespace lull
