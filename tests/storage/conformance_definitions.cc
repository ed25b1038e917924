#include "tests/storage/conformance.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"

namespace lull {
namespace {

TEST_P(StoreConformance, ANewStoreIsEmpty) {
  EXPECT_EQ(DescribeAll(store()), "keys 0 0\n");
  EXPECT_FALSE(definitions().GetWindow(WindowId("mw-1"))->has_value());
  EXPECT_FALSE(definitions().FindToken("o", "s", "t")->has_value());
  EXPECT_FALSE(runs().GetExecution(ExecutionId("e"))->has_value());
}

TEST_P(StoreConformance, AnEmptyCommitIsFine) { EXPECT_TRUE(Commit({}).empty()); }

TEST_P(StoreConformance, ACreatedWindowIsReadBackWhole) {
  const Window window = MakeWindow("mw-1");
  Apply(CreateWindow{.window = window});
  EXPECT_EQ(Describe(**definitions().GetWindow(window.id)), Describe(window));
}

TEST_P(StoreConformance, AWindowWithoutOptionalMembersIsReadBackWithoutThem) {
  const Window window{.id = WindowId("mw-1"), .name = "n", .schedule = "rate(1 day)"};
  Apply(CreateWindow{.window = window});
  EXPECT_EQ(Describe(**definitions().GetWindow(window.id)), Describe(window));
}

TEST_P(StoreConformance, TextIsKeptByteForByte) {
  Window window = MakeWindow("mw-1");
  window.name = std::string("a\0b'\"\xE4\xF6 \n%", 10);
  Apply(CreateWindow{.window = window});
  EXPECT_EQ((*definitions().GetWindow(window.id))->name, window.name);
}

TEST_P(StoreConformance, ASecondWindowWithTheSameIdIsAConflict) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Window other = MakeWindow("mw-1");
  other.name = "other";
  EXPECT_EQ(Try(CreateWindow{.window = other}), Verdict::kConflict);
}

TEST_P(StoreConformance, WindowsAreListedInOrderOfCreationPageByPage) {
  for (const char* id : {"mw-c", "mw-a", "mw-b"}) Apply(CreateWindow{.window = MakeWindow(id)});
  const auto first = *definitions().ListWindows({.limit = 2});
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].window.id.value(), "mw-c");
  EXPECT_EQ(first[1].window.id.value(), "mw-a");
  const auto rest = *definitions().ListWindows({.after_position = first[1].position, .limit = 2});
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].window.id.value(), "mw-b");
  EXPECT_TRUE(definitions().ListWindows({.limit = 0})->empty());
}

TEST_P(StoreConformance, ThePositionOfADeletedWindowIsNotUsedAgain) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  const auto seen = *definitions().ListWindows({});
  Apply(DeleteWindow{.window = WindowId("mw-1")});
  Apply(CreateWindow{.window = MakeWindow("mw-2")});
  EXPECT_EQ(definitions().ListWindows({.after_position = seen[0].position})->size(), 1u);
}

TEST_P(StoreConformance, AnUpdateAtTheExpectedVersionWritesEveryMember) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Window changed{.id = WindowId("mw-1"), .name = "new", .schedule = "rate(2 days)", .version = 2};
  changed.enabled = false;
  Apply(UpdateWindow{.window = changed, .expected_version = 1});
  EXPECT_EQ(Describe(**definitions().GetWindow(changed.id)), Describe(changed));
}

TEST_P(StoreConformance, AnUpdateAtAnOldVersionIsAConflict) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(UpdateWindow{.window = MakeWindow("mw-1"), .expected_version = 1});
  EXPECT_EQ(Try(UpdateWindow{.window = MakeWindow("mw-1"), .expected_version = 1}),
            Verdict::kConflict);
  EXPECT_EQ(Try(UpdateWindow{.window = MakeWindow("mw-9"), .expected_version = 1}),
            Verdict::kConflict);
}

TEST_P(StoreConformance, MovingWhatIsDueMovesTheVersionOn) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(MoveDue{.window = WindowId("mw-1"), .expected_version = 1, .due_at = At(200)});
  EXPECT_EQ((*definitions().GetWindow(WindowId("mw-1")))->version, 2);
  EXPECT_EQ((*definitions().GetWindow(WindowId("mw-1")))->due_at, At(200));
  Apply(MoveDue{.window = WindowId("mw-1"), .expected_version = 2, .due_at = std::nullopt});
  EXPECT_TRUE(definitions().ListDue()->empty());
}

TEST_P(StoreConformance, MovingWhatIsDueAtAnotherVersionIsAConflict) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  EXPECT_EQ(Try(MoveDue{.window = WindowId("mw-1"), .expected_version = 2}), Verdict::kConflict);
  EXPECT_EQ(Try(MoveDue{.window = WindowId("mw-9"), .expected_version = 1}), Verdict::kConflict);
}

TEST_P(StoreConformance, MovingWhatIsDueUnderAnOldEpochIsFenced) {  // R11
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(TakeEpoch{.owner = "later"});
  EXPECT_EQ(Try(MoveDue{.epoch = Epoch{0}, .window = WindowId("mw-1"), .expected_version = 1}),
            Verdict::kFenced);
}

TEST_P(StoreConformance, WhatIsDueIsListedByTimeThenWindow) {
  for (const auto& [id, due] : {std::pair("mw-a", 300), {"mw-c", 100}, {"mw-b", 100}}) {
    Window window = MakeWindow(id);
    window.due_at = At(due);
    Apply(CreateWindow{.window = window});
  }
  std::string order;
  for (const auto& due : Value(definitions().ListDue())) order += due.window.value() + ' ';
  EXPECT_EQ(order, "mw-b mw-c mw-a ");
}

TEST_P(StoreConformance, TargetsAndTasksAreReadBackInOrderOfRegistration) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateWindow{.window = MakeWindow("mw-2")});
  Apply(CreateTarget{.target = MakeTarget("z", "mw-1")});
  Apply(CreateTarget{.target = MakeTarget("other", "mw-2")});
  Apply(CreateTarget{.target = MakeTarget("a", "mw-1")});
  Apply(CreateTask{.task = MakeTask("y", "mw-1")});
  Apply(CreateTask{.task = MakeTask("b", "mw-1")});
  const auto targets = *definitions().ListTargets(WindowId("mw-1"));
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(Describe(targets[0]), Describe(MakeTarget("z", "mw-1")));
  EXPECT_EQ(Describe(targets[1]), Describe(MakeTarget("a", "mw-1")));
  const auto tasks = *definitions().ListTasks(WindowId("mw-1"));
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(Describe(tasks[0]), Describe(MakeTask("y", "mw-1")));
  EXPECT_EQ(Describe(tasks[1]), Describe(MakeTask("b", "mw-1")));
}

TEST_P(StoreConformance, ATargetOrTaskOfNoWindowIsAConflict) {
  EXPECT_EQ(Try(CreateTarget{.target = MakeTarget("t", "mw-9")}), Verdict::kConflict);
  EXPECT_EQ(Try(CreateTask{.task = MakeTask("t", "mw-9")}), Verdict::kConflict);
}

TEST_P(StoreConformance, ASecondTargetOrTaskWithTheSameIdIsAConflict) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t", "mw-1")});
  Apply(CreateTask{.task = MakeTask("t", "mw-1")});
  EXPECT_EQ(Try(CreateTarget{.target = MakeTarget("t", "mw-1")}), Verdict::kConflict);
  EXPECT_EQ(Try(CreateTask{.task = MakeTask("t", "mw-1")}), Verdict::kConflict);
}

TEST_P(StoreConformance, OneTargetOrTaskIsReadByItsId) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateTarget{.target = MakeTarget("a", "mw-1")});
  Apply(CreateTask{.task = MakeTask("a", "mw-1")});
  EXPECT_EQ(Describe(**definitions().GetTarget(WindowTargetId("a"))),
            Describe(MakeTarget("a", "mw-1")));
  EXPECT_EQ(Describe(**definitions().GetTask(WindowTaskId("a"))), Describe(MakeTask("a", "mw-1")));
  EXPECT_FALSE(definitions().GetTarget(WindowTargetId("b"))->has_value());
  EXPECT_FALSE(definitions().GetTask(WindowTaskId("b"))->has_value());
}

TEST_P(StoreConformance, TargetsAndTasksAreListedPageByPageThoughSomeGoBetween) {
  for (const char* window : {"mw-1", "mw-2"}) Apply(CreateWindow{.window = MakeWindow(window)});
  for (const char* id : {"c", "a", "d", "b"}) {
    Apply(CreateTarget{.target = MakeTarget(id, "mw-1")});
    Apply(CreateTask{.task = MakeTask(id, "mw-1")});
    Apply(CreateTarget{.target = MakeTarget(std::string("other ") + id, "mw-2")});
    Apply(CreateTask{.task = MakeTask(std::string("other ") + id, "mw-2")});
  }
  const WindowId window("mw-1");
  const auto targets = *definitions().PageTargets({.window = window, .limit = 2});
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].target.id.value(), "c");
  EXPECT_EQ(Describe(targets[1].target), Describe(MakeTarget("a", "mw-1")));
  const auto tasks = *definitions().PageTasks({.window = window, .limit = 2});
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].task.id.value(), "c");
  EXPECT_EQ(Describe(tasks[1].task), Describe(MakeTask("a", "mw-1")));

  Apply(DeleteTarget{window, WindowTargetId("a")});
  Apply(DeleteTask{window, WindowTaskId("a")});
  const auto more_targets = *definitions().PageTargets({window, targets[1].position, 9});
  ASSERT_EQ(more_targets.size(), 2u);
  EXPECT_EQ(more_targets[0].target.id.value(), "d");
  const auto more_tasks = *definitions().PageTasks({window, tasks[1].position, 9});
  ASSERT_EQ(more_tasks.size(), 2u);
  EXPECT_EQ(more_tasks[1].task.id.value(), "b");
  EXPECT_TRUE(definitions().PageTargets({window, 0, 0})->empty());
  EXPECT_TRUE(definitions().PageTasks({window, 0, 0})->empty());
}

TEST_P(StoreConformance, AnUpdateOfATargetOrTaskAtItsVersionWritesEveryMember) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t", "mw-1")});
  Apply(CreateTask{.task = MakeTask("t", "mw-1")});
  WindowTarget target{.id = WindowTargetId("t"),
                      .window = WindowId("mw-1"),
                      .resource_type = ResourceType::kResourceGroup,
                      .selectors = {{"resource-groups:Name", {"g"}}},
                      .description = "d",
                      .created_at = At(9),
                      .version = 2};
  Apply(UpdateTarget{.target = target, .expected_version = 1});
  EXPECT_EQ(Describe(**definitions().GetTarget(target.id)), Describe(target));
  WindowTask task{.id = WindowTaskId("t"),
                  .window = WindowId("mw-1"),
                  .task_arn = "other",
                  .type = TaskType::kAutomation,
                  .priority = 9,
                  .max_concurrency = "1",
                  .max_errors = "2",
                  .service_role_arn = "role",
                  .description = "d",
                  .payload = "p",
                  .created_at = At(9),
                  .version = 2};
  Apply(UpdateTask{.task = task, .expected_version = 1});
  EXPECT_EQ(Describe(**definitions().GetTask(task.id)), Describe(task));
}

TEST_P(StoreConformance, OfTwoUpdatesDecidedOnTheSameVersionTheSecondIsAConflict) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t", "mw-1")});
  Apply(CreateTask{.task = MakeTask("t", "mw-1")});
  const UpdateTarget target{.target = MakeTarget("t", "mw-1"), .expected_version = 1};
  const UpdateTask task{.task = MakeTask("t", "mw-1"), .expected_version = 1};
  Apply(target);
  Apply(task);
  EXPECT_EQ(Try(target), Verdict::kConflict);
  EXPECT_EQ(Try(task), Verdict::kConflict);
}

TEST_P(StoreConformance, ATargetOrTaskOfAnotherWindowIsNeitherUpdatedNorDeleted) {
  for (const char* window : {"mw-1", "mw-2"}) Apply(CreateWindow{.window = MakeWindow(window)});
  Apply(CreateTarget{.target = MakeTarget("t", "mw-1")});
  Apply(CreateTask{.task = MakeTask("t", "mw-1")});
  const WindowId other("mw-2");
  EXPECT_EQ(Try(UpdateTarget{.target = MakeTarget("t", "mw-2"), .expected_version = 1}),
            Verdict::kConflict);
  EXPECT_EQ(Try(UpdateTask{.task = MakeTask("t", "mw-2"), .expected_version = 1}),
            Verdict::kConflict);
  EXPECT_EQ(Try(DeleteTarget{other, WindowTargetId("t")}), Verdict::kConflict);
  EXPECT_EQ(Try(DeleteTask{other, WindowTaskId("t")}), Verdict::kConflict);
}

TEST_P(StoreConformance, WhatIsDeletedCanNotBeUpdatedOrDeletedAgain) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t", "mw-1")});
  Apply(CreateTask{.task = MakeTask("t", "mw-1")});
  const DeleteTarget target{WindowId("mw-1"), WindowTargetId("t")};
  const DeleteTask task{WindowId("mw-1"), WindowTaskId("t")};
  Apply(target);
  Apply(task);
  EXPECT_TRUE(definitions().ListTargets(WindowId("mw-1"))->empty());
  EXPECT_TRUE(definitions().ListTasks(WindowId("mw-1"))->empty());
  EXPECT_EQ(Try(target), Verdict::kConflict);
  EXPECT_EQ(Try(task), Verdict::kConflict);
  EXPECT_EQ(Try(UpdateTarget{.target = MakeTarget("t", "mw-1"), .expected_version = 1}),
            Verdict::kConflict);
  EXPECT_EQ(Try(UpdateTask{.task = MakeTask("t", "mw-1"), .expected_version = 1}),
            Verdict::kConflict);
}

TEST_P(StoreConformance, ATargetThatATaskNamesGoesOnlyWhenThatIsNotAskedFor) {
  for (const char* window : {"mw-1", "mw-2"}) Apply(CreateWindow{.window = MakeWindow(window)});
  Apply(CreateTarget{.target = MakeTarget("t-1", "mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t-2", "mw-1")});
  Apply(CreateTask{.task = MakeTask("of another window", "mw-2")});  // it names t-1, too
  const WindowId window("mw-1");
  Apply(CreateTask{.task = MakeTask("names t-1", "mw-1")});
  EXPECT_EQ(Try(DeleteTarget{window, WindowTargetId("t-1"), true}), Verdict::kConflict);
  Apply(DeleteTarget{window, WindowTargetId("t-2"), true});
  Apply(DeleteTarget{window, WindowTargetId("t-1"), false});
  Apply(CreateTarget{.target = MakeTarget("t-1", "mw-1")});
  Apply(DeleteTask{window, WindowTaskId("names t-1")});
  Apply(DeleteTarget{window, WindowTargetId("t-1"), true});
}

TEST_P(StoreConformance, ATaskIsWrittenOnlyWhileItsWindowHasTheTargetsThatItNeeds) {
  for (const char* window : {"mw-1", "mw-2"}) Apply(CreateWindow{.window = MakeWindow(window)});
  Apply(CreateTarget{.target = MakeTarget("t-1", "mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t-2", "mw-2")});
  const std::vector<WindowTargetId> both = {WindowTargetId("t-1"), WindowTargetId("t-2")};
  EXPECT_EQ(Try(CreateTask{.task = MakeTask("t", "mw-1"), .required_targets = both}),
            Verdict::kConflict);
  Apply(CreateTask{.task = MakeTask("t", "mw-1"), .required_targets = {both[0]}});
  EXPECT_EQ(Try(UpdateTask{MakeTask("t", "mw-1"), 1, both}), Verdict::kConflict);
  Apply(UpdateTask{MakeTask("t", "mw-1"), 1, {both[0]}});
}

TEST_P(StoreConformance, ATargetThatGoesAndATaskThatNeedsItMeetInOneCommitAndOneIsRefused) {
  Apply(CreateWindow{.window = MakeWindow("mw-1")});
  Apply(CreateTarget{.target = MakeTarget("t-1", "mw-1")});
  const WindowTargetId target("t-1");
  const CreateTask create{.task = MakeTask("t", "mw-1"), .required_targets = {target}};
  const DeleteTarget remove{WindowId("mw-1"), target, true};
  EXPECT_EQ(Commit({create, remove}), (std::vector{Verdict::kApplied, Verdict::kConflict}));
  Apply(DeleteTask{WindowId("mw-1"), WindowTaskId("t")});
  EXPECT_EQ(Commit({remove, create}), (std::vector{Verdict::kApplied, Verdict::kConflict}));
}

TEST_P(StoreConformance, NoMoreWindowsAreMadeThanTheLimitSays) {
  EXPECT_EQ(Try(CreateWindow{.window = MakeWindow("mw-0"), .limit = 0}), Verdict::kFull);
  const auto create = [](const char* id) {
    return CreateWindow{.window = MakeWindow(id), .limit = 2};
  };
  EXPECT_EQ(
      Commit({create("mw-1"), create("mw-1"), create("mw-2"), create("mw-3")}),
      (std::vector{Verdict::kApplied, Verdict::kConflict, Verdict::kApplied, Verdict::kFull}));
  EXPECT_EQ(Try(create("mw-1")), Verdict::kConflict) << "it exists: that comes first";
  Apply(CreateWindow{.window = MakeWindow("mw-4"), .limit = 3});
  EXPECT_EQ(Try(create("mw-5")), Verdict::kFull) << "the limit was lowered";
  Apply(DeleteWindow{WindowId("mw-1")});
  EXPECT_EQ(Try(DeleteWindow{WindowId("mw-1")}), Verdict::kConflict);
  Apply(DeleteWindow{WindowId("mw-2")});
  Reopen();
  Apply(create("mw-6"));
  EXPECT_EQ(Try(create("mw-7")), Verdict::kFull);
}

TEST_P(StoreConformance, NoMoreTargetsAndTasksOfAWindowAreMadeThanTheLimitSays) {
  for (const char* window : {"mw-1", "mw-2"}) {
    Apply(CreateWindow{.window = MakeWindow(window)});
    const auto target = [&](const char* id) {
      return CreateTarget{.target = MakeTarget(std::string(id) + window, window), .limit = 2};
    };
    const auto task = [&](const char* id) {
      return CreateTask{.task = MakeTask(std::string(id) + window, window), .limit = 2};
    };
    EXPECT_EQ(Commit({target("a"), target("b"), target("c"), task("a"), task("b"), task("c")}),
              (std::vector{Verdict::kApplied, Verdict::kApplied, Verdict::kFull, Verdict::kApplied,
                           Verdict::kApplied, Verdict::kFull}));
    EXPECT_EQ(Try(target("a")), Verdict::kConflict) << "it exists: that comes first";
    EXPECT_EQ(Try(task("a")), Verdict::kConflict);
    Apply(DeleteTarget{WindowId(window), WindowTargetId(std::string("a") + window)});
    Apply(DeleteTask{WindowId(window), WindowTaskId(std::string("a") + window)});
    Apply(target("d"));
    Apply(task("d"));
  }
}

TEST_P(StoreConformance, ACreateThatIsRepeatedIsAConflictOverItsTokenNotOverALimit) {
  const Token token = MakeToken("t", At(10));
  const CreateWindow create{
      .window = MakeWindow("mw-1"), .token = token, .token_expiry = At(0), .limit = 1};
  Apply(create);
  CreateWindow again = create;
  again.window.id = WindowId("mw-2");
  EXPECT_EQ(Try(again), Verdict::kConflict);
  Token of_window = token;
  of_window.scope = "mw-1";
  const CreateTarget target{MakeTarget("a", "mw-1"), of_window, At(0), 1};
  Apply(target);
  CreateTarget target_again = target;
  target_again.target.id = WindowTargetId("b");
  EXPECT_EQ(Try(target_again), Verdict::kConflict);
  of_window.operation = "RegisterTask";
  const CreateTask task{MakeTask("a", "mw-1"), of_window, At(0), 1, {}};
  Apply(task);
  CreateTask task_again = task;
  task_again.task.id = WindowTaskId("b");
  EXPECT_EQ(Try(task_again), Verdict::kConflict);
}

TEST_P(StoreConformance, DeletingAWindowTakesItsTargetsAndTasksAndLeavesExecutionsAndOthers) {
  OpenOne();
  Apply(CreateWindow{.window = MakeWindow("mw-2")});
  for (const char* window : {"mw-1", "mw-2"}) {
    Apply(CreateTarget{.target = MakeTarget(std::string("target of ") + window, window)});
    Apply(CreateTask{.task = MakeTask(std::string("task of ") + window, window)});
  }
  Apply(DeleteWindow{.window = WindowId("mw-1")});
  EXPECT_FALSE(definitions().GetWindow(WindowId("mw-1"))->has_value());
  EXPECT_TRUE(definitions().ListTargets(WindowId("mw-1"))->empty());
  EXPECT_TRUE(definitions().ListTasks(WindowId("mw-1"))->empty());
  EXPECT_EQ(definitions().ListTargets(WindowId("mw-2"))->size(), 1u);
  EXPECT_EQ(definitions().ListTasks(WindowId("mw-2"))->size(), 1u);
  EXPECT_EQ(runs().ListExecutions({.window = WindowId("mw-1")})->size(), 1u);
  EXPECT_EQ(runs().ListTaskExecutions(ExecutionKey{1})->size(), 2u);
}

TEST_P(StoreConformance, DeletingNoWindowIsAConflict) {
  EXPECT_EQ(Try(DeleteWindow{.window = WindowId("mw-9")}), Verdict::kConflict);
}

TEST_P(StoreConformance, ATokenIsFoundUnderItsOperationAndScopeOnly) {
  const Token token = MakeToken("t", At(10));
  Apply(CreateWindow{.window = MakeWindow("mw-1"), .token = token, .token_expiry = At(0)});
  EXPECT_EQ(Describe(**definitions().FindToken(token.operation, "", "t")), Describe(token));
  EXPECT_FALSE(definitions().FindToken(token.operation, "mw-1", "t")->has_value());
  EXPECT_FALSE(definitions().FindToken("RegisterTask", "", "t")->has_value());
}

TEST_P(StoreConformance, ASecondCreateUnderTheSameTokenIsAConflictAndCreatesNothing) {
  const Token token = MakeToken("t", At(10));
  Apply(CreateWindow{.window = MakeWindow("mw-1"), .token = token, .token_expiry = At(0)});
  EXPECT_EQ(Try(CreateWindow{.window = MakeWindow("mw-2"), .token = token, .token_expiry = At(0)}),
            Verdict::kConflict);
  EXPECT_EQ(Try(CreateTarget{.target = MakeTarget("a", "mw-1"), .token = token}),
            Verdict::kConflict);
  EXPECT_EQ(Try(CreateTask{.task = MakeTask("a", "mw-1"), .token = token}), Verdict::kConflict);
}

TEST_P(StoreConformance, AnExpiredTokenCanBeUsedAgain) {
  Apply(CreateWindow{.window = MakeWindow("mw-1"), .token = MakeToken("t", At(10))});
  const Token again = MakeToken("t", At(100));
  Apply(CreateWindow{.window = MakeWindow("mw-2"), .token = again, .token_expiry = At(50)});
  EXPECT_EQ(Describe(**definitions().FindToken(again.operation, "", "t")), Describe(again));
}

TEST_P(StoreConformance, ACreateRemovesSomeExpiredTokensOfItsOperationTheOldestFirst) {
  const std::int64_t count = kTokenPruneBatch + 2;
  for (std::int64_t i = 0; i < count; ++i) {
    Apply(CreateWindow{.window = MakeWindow("mw-" + std::to_string(i)),
                       .token = MakeToken(std::to_string(i), At(i)),
                       .token_expiry = At(0)});
  }
  Token other = MakeToken("other", At(0));
  other.operation = "RegisterTask";
  Apply(CreateTask{.task = MakeTask("t", "mw-0"), .token = other, .token_expiry = At(0)});

  const Token last = MakeToken("last", At(1000));
  Apply(CreateWindow{.window = MakeWindow("mw-x"), .token = last, .token_expiry = At(1000)});
  const auto found = [&](const std::string& operation, std::int64_t i) {
    return definitions().FindToken(operation, "", std::to_string(i))->has_value();
  };
  EXPECT_FALSE(found(last.operation, 0));
  EXPECT_FALSE(found(last.operation, kTokenPruneBatch - 1));
  EXPECT_TRUE(found(last.operation, kTokenPruneBatch));
  EXPECT_TRUE(definitions().FindToken(last.operation, "", "last")->has_value());
  EXPECT_TRUE(definitions().FindToken("RegisterTask", "", "other")->has_value());
}

TEST_P(StoreConformance, ARejectedChangeDoesNotSpoilItsBatch) {
  const auto verdicts = Commit({
      CreateWindow{.window = MakeWindow("mw-1")},
      CreateWindow{.window = MakeWindow("mw-1")},
      CreateTarget{.target = MakeTarget("t", "mw-1")},
      DeleteWindow{.window = WindowId("mw-9")},
      MoveDue{.window = WindowId("mw-1"), .expected_version = 1, .due_at = At(7)},
  });
  EXPECT_EQ(verdicts, (std::vector{Verdict::kApplied, Verdict::kConflict, Verdict::kApplied,
                                   Verdict::kConflict, Verdict::kApplied}));
  EXPECT_EQ((*definitions().GetWindow(WindowId("mw-1")))->due_at, At(7));
  EXPECT_EQ(definitions().ListTargets(WindowId("mw-1"))->size(), 1u);
}

TEST_P(StoreConformance, DefinitionsOutliveTheStore) {
  Apply(CreateWindow{.window = MakeWindow("mw-1"), .token = MakeToken("t", At(1))});
  Apply(CreateTarget{.target = MakeTarget("t", "mw-1")});
  Apply(CreateTask{.task = MakeTask("t", "mw-1")});
  const std::string before = DescribeAll(store());
  Reopen();
  EXPECT_EQ(DescribeAll(store()), before);
  EXPECT_TRUE(definitions().FindToken("CreateMaintenanceWindow", "", "t")->has_value());
}

}  // namespace
}  // namespace lull
