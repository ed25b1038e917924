#include "runners/functions/function_runner.h"

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/function_result.h"
#include "engine/base/check.h"
#include "engine/runtime/environment.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runners/http/scripted_server.h"
#include "tests/runners/runner_harness.h"

namespace lull::runners {
namespace {

using http::Answering;
using http::AnswerText;
using http::Peer;
using http::ScriptedServer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Notes what it is asked, and answers what it is told to.
class NotingRunner : public Runner {
 public:
  void Start(const Invocation& invocation, FinishSink& sink) override {
    calls.push_back("start");
    sink.Finished(invocation.ref, {.status = Status::kSuccess, .exit_code = 0, .detail = "here"});
  }
  void RequestStop(InvocationRef) override { calls.push_back("stop"); }
  Adoption Adopt(InvocationRef, const TaskSpec&, FinishSink&) override {
    calls.push_back("adopt");
    return adoption;
  }

  std::vector<std::string> calls;
  Adoption adoption = Adoption::kNotStarted;
};

/// A runner, and one function that a test scripts.
class FunctionRunnerTest : public testing::Test {
 protected:
  FunctionRunnerTest() {
    std::string pattern = testing::TempDir() + "/functions.XXXXXX";
    LULL_CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    options_.clock = &clock_;
    options_.output_dir = folder_ + "/out";
    options_.read = cli::ReadFunctionResult;
    options_.plan = [this](const Invocation&) { return plan_; };
    task_.key = TaskKey{7};
    task_.id = TaskExecutionId("task-execution");
    task_.type = TaskType::kLambda;
    Live();
  }

  /// A life of the process begins. What the one before had in mind is gone; what it kept is not.
  void Live() {
    runner_.reset();
    runner_ = *FunctionRunner::Create(options_);
  }

  void Serve(ScriptedServer::Script script) {
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    plan_ = FunctionCall{.function = "patch", .request = {.url = server_->Url()}};
  }

  InvocationRef Start() {
    runner_->Start({kRef, ExecutionId("execution"), WindowId("window"), task_, target_}, sink_);
    return kRef;
  }
  Outcome Run() { return sink_.Await(Start()); }

  /// Starts one that is answered 202, and waits until that is known.
  void StartAccepted() {
    Serve(Answering("202 Accepted", ""));
    Start();
    AwaitAccepted();
  }
  /// Looks until the answer was taken; not for long.
  void AwaitAccepted() {
    while (runner_->on_their_way() > 0) std::this_thread::yield();
  }

  std::string Stdout() { return *runner_->ReadOutput(kRef, OutputStream::kStdout, 1000); }
  std::string RecordPath() const { return folder_ + "/out/7/0.call"; }

  static constexpr InvocationRef kRef{TaskKey{7}, 0};
  const InvocationId kId = MakeInvocationId(TaskExecutionId("task-execution"), kRef);

  std::string folder_;
  SystemClock clock_;
  NotingRunner process_;
  TaskSpec task_;
  ResolvedTarget target_;
  std::unique_ptr<ScriptedServer> server_;
  absl::StatusOr<std::optional<FunctionCall>> plan_;
  FunctionRunnerOptions options_;
  RecordingSink sink_;
  std::unique_ptr<FunctionRunner> runner_;
};

TEST_F(FunctionRunnerTest, AResultInTheAnswerIsTheOutcome) {
  Serve(
      Answering("200 OK", R"({"Status":"TIMED_OUT","StatusDetails":"too slow","Output":"half"})"));
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_EQ(outcome.detail, "too slow");
  EXPECT_EQ(Stdout(), "half");
}

TEST_F(FunctionRunnerTest, ASuccessNeedsNoBody) {
  Serve(Answering("204 No Content", ""));
  EXPECT_EQ(Run().status, Status::kSuccess);
  EXPECT_EQ(Stdout(), "");
}

TEST_F(FunctionRunnerTest, WhatIsNoResultIsAFailureThatShowsIt) {
  Serve(Answering("200 OK", "<html>Welcome"));
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_FALSE(outcome.undelivered);
  EXPECT_THAT(outcome.detail, AllOf(HasSubstr("\"patch\""), HasSubstr("<html>Welcome")));
}

TEST_F(FunctionRunnerTest, AnyOtherStatusIsAFailureThatNamesIt) {
  Serve(Answering("503 Service Unavailable", "come back later"));
  EXPECT_THAT(Run().detail, AllOf(HasSubstr("503"), HasSubstr("come back later")));
}

TEST_F(FunctionRunnerTest, ARedirectIsAFailureThatSaysSo) {
  Serve([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(AnswerText("302 Found", "", "Location: http://127.0.0.1:1/\r\n"));
    peer.AwaitClose();
  });
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_THAT(outcome.detail, AllOf(HasSubstr("302"), HasSubstr("redirects are not followed")));
}

TEST_F(FunctionRunnerTest, AResultOfGigabytesIsAFailure) {
  Serve([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n");
    while (peer.Send(std::string(4096, ' '))) {
    }
  });
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_THAT(outcome.detail, HasSubstr("more than 65536 bytes"));
}

TEST_F(FunctionRunnerTest, WhoCannotBeReachedIsUndelivered) {
  Serve(Answering("200 OK", ""));
  server_.reset();
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_TRUE(outcome.undelivered);
  EXPECT_THAT(outcome.detail, HasSubstr("nothing was sent"));
}

TEST_F(FunctionRunnerTest, WhoDoesNotAnswerLeavesAnUnknownOutcome) {
  Serve([](Peer& peer) { peer.AwaitClose(); });
  (*plan_)->request.timeout = absl::Seconds(1);  // long enough to connect
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_FALSE(outcome.undelivered);
  EXPECT_THAT(outcome.detail, HasSubstr("outcome is unknown"));
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(FunctionRunnerTest, WhatCannotBePlannedFailsAndSaysWhy) {
  plan_ = absl::NotFoundError("no such function");
  EXPECT_EQ(Run().detail, "no such function");
}

TEST_F(FunctionRunnerTest, ACallBackBringsTheResultOfWhatWasAccepted) {
  StartAccepted();
  EXPECT_EQ(sink_.count(), 0u);
  EXPECT_EQ(runner_->TakeResult(InvocationId("another"), ""), CallBack::kUnknown);
  EXPECT_EQ(runner_->TakeResult(kId, R"({"StatusDetails":"3 packages","Output":"a b c"})"),
            CallBack::kTaken);
  const Outcome outcome = sink_.Await(kRef);
  EXPECT_EQ(outcome.status, Status::kSuccess);
  EXPECT_EQ(outcome.detail, "3 packages");
  EXPECT_EQ(Stdout(), "a b c");
}

TEST_F(FunctionRunnerTest, ARepeatedCallBackChangesNothing) {
  StartAccepted();
  EXPECT_EQ(runner_->TakeResult(kId, R"({"Output":"first"})"), CallBack::kTaken);
  EXPECT_EQ(runner_->TakeResult(kId, R"({"Status":"FAILED","Output":"second"})"), CallBack::kTaken);
  EXPECT_EQ(sink_.Await(kRef).status, Status::kSuccess);
  EXPECT_EQ(Stdout(), "first");
}

TEST_F(FunctionRunnerTest, ACallBackMayComeBeforeTheAnswer) {
  Serve([](Peer& peer) { peer.AwaitClose(); });
  Start();
  server_->AwaitConnections(1);
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kTaken);
  EXPECT_EQ(sink_.Await(kRef).status, Status::kSuccess);
  EXPECT_EQ(runner_->on_their_way(), 0u);
}

TEST_F(FunctionRunnerTest, WithoutACallBackItTimesOut) {
  Serve(Answering("202 Accepted", ""));
  (*plan_)->result_timeout = absl::Milliseconds(50);
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.status, Status::kTimedOut);
  EXPECT_THAT(outcome.detail, HasSubstr("has not called back"));
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kUnknown);
}

TEST_F(FunctionRunnerTest, WhatWaitsForACallBackIsStoppedAtOnce) {
  StartAccepted();
  runner_->RequestStop(kRef);
  const Outcome outcome = sink_.Await(kRef);
  EXPECT_EQ(outcome.status, Status::kCancelled);
  EXPECT_EQ(outcome.detail, "Stopped waiting on request");
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kUnknown);
}

TEST_F(FunctionRunnerTest, AStopGivesUpACallOnItsWay) {
  std::atomic<bool> was_closed = false;
  Serve([&](Peer& peer) {
    peer.AwaitClose();
    was_closed = true;
  });
  Start();
  server_->AwaitConnections(1);
  runner_->RequestStop(kRef);
  EXPECT_EQ(sink_.Await(kRef).status, Status::kCancelled);
  while (!was_closed) std::this_thread::yield();
}

TEST_F(FunctionRunnerTest, ACallThatWasAcceptedOutlivesTheProcess) {
  StartAccepted();
  Live();
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kRunning);
  EXPECT_EQ(runner_->TakeResult(kId, R"({"Status":"FAILED","StatusDetails":"no"})"),
            CallBack::kTaken);
  EXPECT_EQ(sink_.Await(kRef).status, Status::kFailed);
  EXPECT_EQ(sink_.Await(kRef).detail, "no");
}

TEST_F(FunctionRunnerTest, TheNextLifeWaitsUntilTheSameTimeOnly) {
  Serve(Answering("202 Accepted", ""));
  (*plan_)->result_timeout = absl::Seconds(2);  // long enough for the first life
  Start();
  AwaitAccepted();
  Live();
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kRunning);
  EXPECT_EQ(sink_.Await(kRef).status, Status::kTimedOut);
}

TEST_F(FunctionRunnerTest, AResultThatTheEngineHasNotStoredIsReportedByTheNextLife) {
  StartAccepted();
  EXPECT_EQ(runner_->TakeResult(kId, R"({"StatusDetails":"done","Output":"x"})"), CallBack::kTaken);
  Live();
  RecordingSink next;
  EXPECT_EQ(runner_->Adopt(kRef, task_, next), Adoption::kFinished);
  EXPECT_EQ(next.Await(kRef).detail, "done");
  EXPECT_EQ(Stdout(), "x");
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kTaken);  // it had no answer to the first
}

TEST_F(FunctionRunnerTest, ACallOnItsWayWhenTheProcessDiedIsUnknown) {
  Serve([](Peer& peer) { peer.AwaitClose(); });
  Start();
  server_->AwaitConnections(1);
  Live();
  process_.adoption = Adoption::kNotStarted;
  options_.process = &process_;
  Live();
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kUnknown);
  EXPECT_THAT(process_.calls, IsEmpty());
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kUnknown);
}

TEST_F(FunctionRunnerTest, WhatWasNeverMarkedIsTheProcessRunnersToJudge) {
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kUnknown);
  options_.process = &process_;
  Live();
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kNotStarted);
  process_.adoption = Adoption::kRunning;
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kRunning);
}

TEST_F(FunctionRunnerTest, ARecordOfAnEarlierStoreIsNotItsOwn) {
  StartAccepted();
  options_.process = &process_;
  Live();
  task_.id = TaskExecutionId("another");
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kNotStarted);
}

TEST_F(FunctionRunnerTest, ADamagedRecordIsUnknown) {
  StartAccepted();
  std::ofstream(RecordPath()) << "lull call 1\naccep";
  Live();
  EXPECT_EQ(runner_->Adopt(kRef, task_, sink_), Adoption::kUnknown);
}

TEST_F(FunctionRunnerTest, ACallBackThatCannotBeStoredIsToComeAgain) {
  StartAccepted();
  const std::string task_folder = folder_ + "/out/7";
  std::filesystem::rename(task_folder, folder_ + "/aside");
  std::ofstream(task_folder) << "in its way";
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kNotStored);
  EXPECT_EQ(sink_.count(), 0u);
  std::filesystem::remove(task_folder);
  EXPECT_EQ(runner_->TakeResult(kId, ""), CallBack::kTaken);
  EXPECT_EQ(sink_.Await(kRef).status, Status::kSuccess);
}

TEST_F(FunctionRunnerTest, ALocalCommandIsTheProcessRunners) {
  options_.process = &process_;
  plan_ = std::nullopt;
  Live();
  EXPECT_EQ(Run().detail, "here");
  runner_->RequestStop(kRef);
  EXPECT_THAT(process_.calls, ElementsAre("start", "stop"));
}

TEST_F(FunctionRunnerTest, ALocalCommandWithoutAProcessRunnerFails) {
  plan_ = std::nullopt;
  EXPECT_THAT(Run().detail, HasSubstr("local command"));
}

TEST_F(FunctionRunnerTest, NothingIsLeftOfWhatIsForgotten) {
  StartAccepted();
  runner_->TakeResult(kId, R"({"Output":"x"})");
  while (runner_->ForgetSome(TaskKey{7})) {
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/out/7"));
}

TEST_F(FunctionRunnerTest, ManyCallsAreMadeAndEachIsReportedOnce) {
  Serve([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(AnswerText("200 OK", "", "Connection: close\r\n"));
  });
  constexpr int kCalls = 500;
  for (int i = 0; i < kCalls; ++i) {
    runner_->Start({{TaskKey{7}, i}, ExecutionId("execution"), WindowId("window"), task_, target_},
                   sink_);
  }
  for (int i = 0; i < kCalls; ++i) {
    EXPECT_EQ(sink_.Await({TaskKey{7}, i}).status, Status::kSuccess);
  }
  EXPECT_EQ(sink_.count(), static_cast<std::size_t>(kCalls));
  EXPECT_EQ(server_->connections(), kCalls);
}

}  // namespace
}  // namespace lull::runners
