// The verbs against a daemon's HTTP server whose operations are answered by hand.
#include "cli/control.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/address_file.h"
#include "cli/connection.h"
#include "cli/data_folder.h"
#include "cli/drain.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/model/context.h"
#include "google/protobuf/message.h"
#include "proto/extensions.pb.h"
#include "server/credentials.h"
#include "server/errors.h"
#include "server/http_server.h"
#include "server/json_codec.h"
#include "server/key.h"
#include "tests/cli/text_stream.h"
#include "tests/support/temp_folder.h"

namespace lull::cli {
namespace {

using google::protobuf::Message;

constexpr char kWindow[] = "mw-0123456789abcdef0";
constexpr char kExecution[] = "c22ca46b-0573-48bd-b044-fd9700412baa";
constexpr char kOther[] = "0a0b0c0d-0573-48bd-b044-fd9700412baa";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z

class ControlTest : public testing::Test {
 protected:
  ControlTest() : folder_(OpenDataFolder(temp_.File("data")).value()) {
    const auto pair = server::LoadOrCreateCredentials(folder_.credentials).value();
    server::HttpServerOptions options;
    options.dispatch.now = [] { return absl::Now(); };
    options.dispatch.region = "eu-central-1";
    options.dispatch.keys = [pair](std::string_view id) -> std::shared_ptr<const server::Key> {
      if (id != pair.access_key_id) return nullptr;
      return std::make_shared<const server::Key>(
          server::Key{pair.access_key_id, pair.secret_access_key, server::Role::kAdmin,
                      server::KeyState::kEnabled, "default", kNow});
    };
    server_ = server::HttpServer::Start(
                  options,
                  [this](const CallContext&, std::string_view operation,
                         const Message& request) -> absl::StatusOr<std::unique_ptr<Message>> {
                    asked_.push_back(
                        absl::StrCat(ToAbsl(operation), " ", server::MessageToJson(request)));
                    LULL_RETURN_IF_ERROR(error_);
                    std::unique_ptr<Message> answer(answers_.front()->New());
                    answer->CopyFrom(*answers_.front());
                    answers_.pop_front();
                    return answer;
                  })
                  .value();
    const std::string url = absl::StrCat("http://127.0.0.1:", server_->port());
    LULL_CHECK(WriteAddress(folder_.address, {url, "eu-central-1"}).ok());
    options_.connection.data_dir = folder_.path;
  }

  template <class Response>
  void WillAnswer(const Response& response) {
    answers_.push_back(std::make_unique<Response>(response));
  }
  /// What the verb printed; it has to succeed.
  std::string Run(absl::Status (*verb)(const ControlOptions&, std::FILE*)) {
    TextStream out;
    const absl::Status status = verb(options_, out.file());
    EXPECT_TRUE(status.ok()) << status;
    return out.Read();
  }
  absl::Status StatusOf(absl::Status (*verb)(const ControlOptions&, std::FILE*)) {
    TextStream out;
    const absl::Status status = verb(options_, out.file());
    EXPECT_EQ(out.Read(), "");
    return status;
  }

  TempFolder temp_;
  const DataFolder folder_;
  std::unique_ptr<server::HttpServer> server_;
  std::vector<std::string> asked_;
  absl::Status error_;
  std::deque<std::unique_ptr<Message>> answers_;
  ControlOptions options_;
};

TEST_F(ControlTest, StartAsksForTheWindowAndTellsTheExecution) {
  options_.id = kWindow;
  options_.duration = 2;
  options_.reason = "change 4711";
  v1::StartMaintenanceWindowExecutionResponse response;
  response.set_window_execution_id(kExecution);
  WillAnswer(response);
  EXPECT_EQ(Run(StartWindow),
            absl::StrCat("Window ", kWindow, " is open: execution ", kExecution, "\n"));
  EXPECT_EQ(asked_, std::vector<std::string>{
                        absl::StrCat("StartMaintenanceWindowExecution {\"WindowId\":\"", kWindow,
                                     R"(","Duration":2,"Reason":"change 4711"})")});
  options_.json = true;
  WillAnswer(response);
  EXPECT_EQ(Run(StartWindow), absl::StrCat("{\"WindowExecutionId\":\"", kExecution, "\"}\n"));
}

TEST_F(ControlTest, CancelTellsWhatItFound) {
  options_.id = kExecution;
  options_.policy = "stop";
  options_.reason = "web-3 is down";
  v1::CancelExecutionResponse response;
  response.set_window_execution_id(kExecution);
  response.set_status("CANCELLING");
  response.set_queued_cancelled(1);
  response.set_in_flight(3);
  WillAnswer(response);
  EXPECT_EQ(Run(CancelExecution), absl::StrCat("Execution ", kExecution,
                                               " is CANCELLING: 1 queued invocation cancelled, "
                                               "3 in flight\n"));
  EXPECT_EQ(asked_, std::vector<std::string>{absl::StrCat(
                        "CancelMaintenanceWindowExecution {\"WindowExecutionId\":\"", kExecution,
                        R"(","Policy":"STOP","Reason":"web-3 is down"})")});
  v1::CancelExecutionResponse ended;
  ended.set_status("SUCCESS");
  WillAnswer(ended);
  EXPECT_EQ(Run(CancelExecution),
            absl::StrCat("Execution ", kExecution, " is SUCCESS: it was not cancelled\n"));
}

TEST_F(ControlTest, ResumeAndSkipTellWhatComes) {
  options_.id = kExecution;
  v1::ResumeMaintenanceWindowExecutionResponse resumed;
  resumed.set_window_execution_id(kOther);
  WillAnswer(resumed);
  EXPECT_EQ(Run(ResumeExecution), absl::StrCat("Execution ", kOther, " goes on with what ",
                                               kExecution, " never started\n"));
  options_.id = kWindow;
  v1::SkipNextExecutionResponse skipped;
  skipped.set_skipped_execution_time("2030-01-01T02:00Z");
  WillAnswer(skipped);
  EXPECT_EQ(Run(SkipWindow),
            absl::StrCat("Window ", kWindow,
                         " passes 2030-01-01T02:00Z by; nothing is left after that\n"));
  skipped.set_next_execution_time("2030-01-02T02:00Z");
  WillAnswer(skipped);
  options_.at = "2030-01-01T02:00Z";
  EXPECT_EQ(Run(SkipWindow), absl::StrCat("Window ", kWindow,
                                          " passes 2030-01-01T02:00Z by; it opens at "
                                          "2030-01-02T02:00Z\n"));
  EXPECT_EQ(asked_.back(), absl::StrCat("SkipNextExecution {\"WindowId\":\"", kWindow,
                                        R"(","ExecutionTime":"2030-01-01T02:00Z"})"));
}

TEST_F(ControlTest, TheServersErrorsKeepTheirKind) {
  options_.id = kWindow;
  error_ = ModelledError(absl::StatusCode::kFailedPrecondition, "ExecutionInProgressException",
                         "It is open already.");
  const absl::Status status = StatusOf(StartWindow);
  EXPECT_EQ(status.message(), "It is open already.");
  EXPECT_EQ(server::KindOf(status), server::ErrorKind::kExecutionInProgress);
}

TEST_F(ControlTest, WithoutADaemonItSaysWhichFileNamesItAndHowToStartOne) {
  server_ = nullptr;
  absl::Status status = StatusOf(SkipWindow);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_NE(status.message().find(folder_.address), std::string::npos) << status;
  EXPECT_NE(status.message().find("lull serve --data-dir " + folder_.path), std::string::npos);
  RemoveAddress(folder_.address, ReadAddress(folder_.address).value());
  status = StatusOf(SkipWindow);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_NE(status.message().find("lull serve --data-dir " + folder_.path), std::string::npos);
}

TEST_F(ControlTest, AnEndpointTakesTheKeyFromTheEnvironment) {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE",
                           "AWS_SHARED_CREDENTIALS_FILE"}) {
    ::unsetenv(name);
  }
  options_.id = kWindow;
  options_.connection = {"", ReadAddress(folder_.address)->url, "eu-central-1"};
  absl::Status status = StatusOf(SkipWindow);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("AWS_ACCESS_KEY_ID"), std::string::npos) << status;
  ::setenv("AWS_SHARED_CREDENTIALS_FILE", folder_.credentials.c_str(), 1);
  WillAnswer(v1::SkipNextExecutionResponse());
  EXPECT_NE(Run(SkipWindow), "");
  ::setenv("AWS_PROFILE", "nobody", 1);
  EXPECT_EQ(StatusOf(SkipWindow).code(), absl::StatusCode::kInvalidArgument);
  ::setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "wrong", 1);
  EXPECT_EQ(server::KindOf(StatusOf(SkipWindow)), server::ErrorKind::kUnrecognizedClient);
}

class DrainTest : public ControlTest {
 protected:
  DrainTest() {
    drain_.connection = options_.connection;
    drain_.execution = kExecution;
    answer_.set_window_execution_id(kExecution);
    answer_.set_status("CANCELLING");
    answer_.set_in_flight(2);
    answer_.set_queued(0);
  }
  static v1::DrainingInvocation Invocation(const std::string& node) {
    v1::DrainingInvocation invocation;
    invocation.set_instance_id(node);
    invocation.set_invocation_id("invocation-of-" + node);
    return invocation;
  }
  absl::Status RunDrain() {
    TextStream out;
    TextStream notes;
    const Waiting waiting{.now = [] { return kNow; },
                          .pause = [this](absl::Duration) { return ++pauses_ < 5; }};
    const absl::Status status = PrintDrain(drain_, waiting, out.file(), notes.file());
    out_ = out.Read();
    notes_ = notes.Read();
    return status;
  }

  DrainOptions drain_;
  v1::DescribeDrainResponse answer_;
  int pauses_ = 0;
  std::string out_;
  std::string notes_;
};

TEST_F(DrainTest, ShowsWhatIsInFlightSinceWhenAndTheEstimate) {
  *answer_.add_invocations() = Invocation("web-1");
  answer_.mutable_invocations(0)->set_start_time(1'700'000'000 - 75.5);
  *answer_.add_invocations() = Invocation("database-2");
  answer_.set_estimated_quiet_time(1'700'000'000 + 130.2);
  WillAnswer(answer_);
  ASSERT_TRUE(RunDrain().ok());
  EXPECT_EQ(out_,
            absl::StrCat("Execution ", kExecution,
                         " is CANCELLING: 2 invocations in flight, 0 to start; likely to be quiet "
                         "at 2023-11-14T22:15:30Z, in 2m10s\n"
                         "NODE        SINCE                 FOR    INVOCATION\n"
                         "web-1       2023-11-14T22:12:04Z  1m15s  invocation-of-web-1\n"
                         "database-2  -                     -      invocation-of-database-2\n"));
  EXPECT_EQ(notes_, "");
}

TEST_F(DrainTest, FollowsThePagesAndJsonIsOneAnswer) {
  *answer_.add_invocations() = Invocation("web-1");
  answer_.set_next_token("more");
  WillAnswer(answer_);
  v1::DescribeDrainResponse last;
  *last.add_invocations() = Invocation("web-2");
  WillAnswer(last);
  drain_.json = true;
  ASSERT_TRUE(RunDrain().ok());
  v1::DescribeDrainResponse printed;
  ASSERT_TRUE(server::JsonToMessage(out_, &printed).ok()) << out_;
  EXPECT_EQ(printed.invocations_size(), 2);
  EXPECT_FALSE(printed.has_next_token());
  EXPECT_NE(asked_[1].find("\"NextToken\":\"more\""), std::string::npos) << asked_[1];
}

TEST_F(DrainTest, WaitsUntilTheExecutionHasEndedAndTellsEachChangeOnce) {
  WillAnswer(answer_);
  WillAnswer(answer_);
  answer_.set_in_flight(1);
  WillAnswer(answer_);
  answer_.set_in_flight(0);
  answer_.set_status("CANCELLED");
  WillAnswer(answer_);
  drain_.wait = true;
  ASSERT_TRUE(RunDrain().ok());
  EXPECT_EQ(pauses_, 3);
  EXPECT_EQ(notes_,
            "CANCELLING: 2 invocations in flight, 0 to start\n"
            "CANCELLING: 1 invocation in flight, 0 to start\n");
  EXPECT_EQ(out_, absl::StrCat("Execution ", kExecution,
                               " is CANCELLED: 0 invocations in flight, 0 to start\n"));
}

TEST_F(DrainTest, AUserWhoHasHadEnoughEndsTheWait) {
  for (int i = 0; i < 5; ++i) WillAnswer(answer_);
  drain_.wait = true;
  const absl::Status status = RunDrain();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(out_, "");
}

}  // namespace
}  // namespace lull::cli
