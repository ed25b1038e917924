// Events on their way to webhooks: real sockets, receivers that misbehave, a process that dies.
#include "server/webhooks.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "proto/config.pb.h"
#include "server/event_message.h"
#include "server/webhook_config.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/server/webhook_listener.h"
#include "tests/support/builders.h"
#include "tests/support/model_store.h"
#include "tests/support/temp_folder.h"

namespace lull::server {
namespace {

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr char kBusy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
constexpr char kSecret[] = "0123456789abcdef";

/// Moves when the test says so, from any thread.
class TestClock : public Clock {
 public:
  absl::Time Now() const override { return At(2000) + SinceBoot(); }
  absl::Duration SinceBoot() const override { return absl::Seconds(seconds_.load()); }
  void Advance(int seconds) { seconds_ += seconds; }

 private:
  std::atomic<int> seconds_ = 1000;
};

class WebhooksTest : public testing::Test {
 protected:
  static Webhook To(const std::string& name, const std::string& url) {
    return {.name = name,
            .url = url,
            .secret = kSecret,
            .timeout = absl::Seconds(30),
            .give_up_after = absl::Hours(72)};
  }

  void Start(std::vector<Webhook> webhooks) {
    WebhooksOptions options;
    options.webhooks = std::move(webhooks);
    options.origin = {"123456789012", "eu-north-1"};
    options.outbox = &store_.outbox();
    options.clock = &clock_;
    options.settle = [this](const std::string& subscriber, std::vector<std::int64_t> seqs) {
      MutexLock lock(mutex_);
      const auto results = store_.Commit({SettleEvents{subscriber, std::move(seqs)}});
      settled_.SignalAll();
      return results.status();
    };
    auto started = Webhooks::Start(std::move(options));
    ASSERT_TRUE(started.ok()) << started.status();
    webhooks_ = *std::move(started);
  }

  void Keep(const std::string& subscriber, const std::string& execution,
            const std::vector<std::string>& ids) {
    KeepEvents keep;
    for (const std::string& id : ids) {
      StateEvent& event = keep.events.emplace_back(MakeEvent(subscriber, id));
      event.execution = ExecutionId(execution);
    }
    {
      MutexLock lock(mutex_);
      ASSERT_TRUE(store_.Commit({PutGroups{}, keep}).ok());
    }
    if (webhooks_ != nullptr) webhooks_->Wake();
  }

  /// Waits until the outbox holds nothing of `subscriber`.
  void AwaitSettled(const std::string& subscriber) {
    MutexLock lock(mutex_);
    while (store_.outbox().CountEvents()->contains(subscriber)) {
      ASSERT_TRUE(settled_.WaitFor(mutex_, std::chrono::seconds(30))) << "not settled";
    }
  }

  static std::vector<std::string> Ids(const std::vector<Received>& received) {
    std::vector<std::string> ids;
    for (const Received& one : received) ids.push_back(one.headers.at("x-lull-event-id"));
    return ids;
  }

  TestClock clock_;
  ModelStore store_{std::make_shared<ModelDisk>()};
  Mutex mutex_;  // of commits
  CondVar settled_;
  std::unique_ptr<Webhooks> webhooks_;
};

TEST_F(WebhooksTest, AnEventComesInTheApisShapeAndIsSettled) {
  WebhookListener listener([](const Received&) { return kOk; });
  StateEvent event = MakeEvent("hook", "event-1");
  event.level = Level::kInvocation;
  event.task = TaskExecutionId("task-1");
  event.invocation = InvocationId("invocation-1");
  event.node = "i-1";
  event.window_target = WindowTargetId("target-1");
  event.owner_information = "a \"team\"";
  event.status = Status::kFailed;
  event.at = absl::FromUnixMillis(1479258056427);
  event.started_at = absl::FromUnixMillis(1479258000001);
  event.ended_at = event.at;
  ASSERT_TRUE(store_.Commit({PutGroups{}, KeepEvents{0, {event}}}).ok());
  Start({To("hook", listener.Url())});
  const Received received = listener.Await(1)[0];
  EXPECT_EQ(
      received.body,
      R"({"version":"0","id":"event-1","detail-type":"Maintenance Window Task Target Invocation )"
      R"(State-change Notification","source":"aws.ssm","account":"123456789012",)"
      R"("time":"2016-11-16T01:00:56Z","region":"eu-north-1","resources":)"
      R"(["arn:aws:ssm:eu-north-1:123456789012:maintenancewindow/mw-1"],"detail":)"
      R"({"start-time":"2016-11-16T01:00:00.001Z","end-time":"2016-11-16T01:00:56.427Z",)"
      R"("window-id":"mw-1","window-execution-id":"execution-1","task-execution-id":"task-1",)"
      R"("invocation-id":"invocation-1","instance-id":"i-1","window-target-id":"target-1",)"
      R"("owner-information":"a \"team\"","status":"FAILED"}})");
  EXPECT_EQ(received.headers.at("content-type"), "application/json");
  EXPECT_EQ(received.headers.at("x-lull-timestamp"),
            absl::StrCat(absl::ToUnixSeconds(clock_.Now())));
  AwaitSettled("hook");
}

TEST_F(WebhooksTest, SignaturesAreGenuineForAProgramThatKnowsTheSecretOnly) {
  WebhookListener listener([](const Received&) { return kOk; });
  Keep("hook", "a", {"1"});
  Start({To("hook", listener.Url())});
  const Received received = listener.Await(1)[0];
  const TempFolder folder;
  const auto verify = [&](const std::string& body, const std::string& secret) {
    std::ofstream(folder.File("secret")) << secret << '\n';
    std::ofstream(folder.File("body")) << body;
    const std::string command =
        absl::StrCat("/usr/bin/python3 tests/server/verify_webhook.py '", folder.File("secret"),
                     "' '", received.headers.at("x-lull-timestamp"), "' '",
                     received.headers.at("x-lull-signature"), "' < '", folder.File("body"), "'");
    return WEXITSTATUS(std::system(command.c_str()));
  };
  EXPECT_EQ(verify(received.body, kSecret), 0);
  EXPECT_EQ(verify(received.body + " ", kSecret), 1);
  EXPECT_EQ(verify(received.body, "another"), 1);
}

TEST_F(WebhooksTest, WhatIsNotTakenComesAgainUnderTheSameIdAndInOrder) {
  std::atomic<int> tries = 0;
  WebhookListener listener([&](const Received&) { return ++tries <= 2 ? kBusy : kOk; });
  Keep("hook", "a", {"1", "2"});
  Webhook patient = To("hook", listener.Url());
  patient.give_up_after = absl::InfiniteDuration();
  Start({patient});
  for (std::size_t tried = 1; tried <= 2; ++tried) {
    // While the answer is on its way, the sender has nothing to do when it is woken.
    while (listener.Await(tried).size() == tried) {
      clock_.Advance(600);
      webhooks_->Wake();
      std::this_thread::yield();
    }
  }
  AwaitSettled("hook");
  EXPECT_EQ(Ids(listener.Await(4)), (std::vector<std::string>{"1", "1", "1", "2"}));
}

TEST_F(WebhooksTest, AReceiverThatHangsClosesRedirectsOrAnswersGarbageHoldsUpNoOther) {
  Mutex mutex;
  CondVar over;
  bool done = false;
  WebhookListener elsewhere([](const Received&) { return kOk; });
  WebhookListener hanging([&](const Received&) -> std::string {
    MutexLock lock(mutex);
    while (!done) over.Wait(mutex);
    return "";
  });
  WebhookListener closing([](const Received&) { return ""; });
  WebhookListener garbage([](const Received&) { return std::string(200'000, 'x'); });
  WebhookListener redirecting([&](const Received&) {
    return absl::StrCat("HTTP/1.1 307 Go\r\nLocation: ", elsewhere.Url(),
                        "\r\nContent-Length: 0\r\n\r\n");
  });
  WebhookListener endless(
      [](const Received&) { return "HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'x'); });
  WebhookListener good([](const Received&) { return kOk; });
  for (const char* name : {"hanging", "closing", "garbage", "redirecting", "endless", "good"}) {
    Keep(name, "a", {"1", "2"});
  }
  Start({To("hanging", hanging.Url()), To("closing", closing.Url()), To("garbage", garbage.Url()),
         To("redirecting", redirecting.Url()), To("endless", endless.Url()),
         To("unreachable", "http://127.0.0.1:1/"), To("good", good.Url())});
  EXPECT_EQ(Ids(good.Await(2)), (std::vector<std::string>{"1", "2"}));
  AwaitSettled("good");
  AwaitSettled("endless");  // a 200 is a 200, however long
  for (WebhookListener* bad : {&hanging, &closing, &garbage, &redirecting}) {
    EXPECT_EQ(Ids(bad->Await(1))[0], "1");
  }
  {
    MutexLock lock(mutex_);
    const auto left = *store_.outbox().CountEvents();
    for (const char* name : {"hanging", "closing", "garbage", "redirecting"}) {
      EXPECT_EQ(left.at(name), 2) << name;
    }
  }
  webhooks_ = nullptr;  // does not wait for what hangs
  {
    MutexLock lock(mutex);
    done = true;
    over.SignalAll();
  }
  EXPECT_EQ(elsewhere.Await(0).size(), 0u);
}

TEST_F(WebhooksTest, OneExecutionThatIsRefusedHoldsUpNoOther) {
  WebhookListener listener([](const Received& received) {
    return received.body.find("\"window-execution-id\":\"bad\"") != std::string::npos ? kBusy : kOk;
  });
  Keep("hook", "bad", {"b1", "b2"});
  Keep("hook", "good", {"g1", "g2", "g3"});
  Start({To("hook", listener.Url())});
  const auto ids = Ids(listener.Await(4));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()),
            (std::set<std::string>{"b1", "g1", "g2", "g3"}));
}

/// Ends an execution in a process that is killed before anything is sent.
void RunAndBeKilled(const std::string& path) {
  auto store = storage::SqliteStore::Open({.path = path});
  LULL_CHECK(store.ok());
  EngineOptions options;
  options.store = store->get();
  options.subscribers = {{"hook"}};
  auto engine = Engine::Open(std::move(options));
  LULL_CHECK(engine.ok());
  v1::CreateMaintenanceWindowRequest create;
  create.set_name("patching");
  create.set_schedule("rate(7 days)");
  create.set_duration(2);
  create.set_cutoff(1);
  create.set_allow_unassociated_targets(true);
  const auto window = (*engine)->CreateMaintenanceWindow({}, create);
  LULL_CHECK(window.ok());
  v1::StartMaintenanceWindowExecutionRequest start;
  start.set_window_id(window->window_id());
  LULL_CHECK((*engine)->StartMaintenanceWindowExecution({}, start).ok());
  ::raise(SIGKILL);
}

TEST_F(WebhooksTest, WhatWasStoredBeforeAKillIsSentByTheNextLife) {
  const TempFolder folder;
  const std::string path = folder.File("lull.db");
  const pid_t child = ::fork();
  if (child == 0) RunAndBeKilled(path);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(WTERMSIG(status), SIGKILL);

  auto store = storage::SqliteStore::Open({.path = path});
  ASSERT_TRUE(store.ok()) << store.status();
  EngineOptions engine_options;
  engine_options.store = store->get();
  engine_options.subscribers = {{"hook"}};
  auto engine = Engine::Open(std::move(engine_options));
  ASSERT_TRUE(engine.ok()) << engine.status();
  WebhookListener listener([](const Received&) { return kOk; });
  WebhooksOptions options;
  options.webhooks = {To("hook", listener.Url())};
  options.outbox = &(*store)->outbox();
  options.clock = &clock_;
  options.settle = [&](const std::string& subscriber, std::vector<std::int64_t> seqs) {
    return (*engine)->SettleEvents(subscriber, std::move(seqs));
  };
  {
    const auto webhooks = Webhooks::Start(std::move(options));
    ASSERT_TRUE(webhooks.ok()) << webhooks.status();
    const Received received = listener.Await(1)[0];
    EXPECT_NE(received.body.find("\"status\":\"SUCCESS\""), std::string::npos) << received.body;
  }
}

class WebhookConfigTest : public testing::Test {
 protected:
  /// The error of a configuration in which `edit` changed one thing.
  std::string ErrorOf(const std::function<void(v1::WebhookConfig&)>& edit, mode_t mode = 0600,
                      const std::string& secret = kSecret) {
    const std::string path = folder_.File("secret");
    std::ofstream(path) << secret << '\n';
    LULL_CHECK(::chmod(path.c_str(), mode) == 0);
    v1::Config config;
    v1::WebhookConfig& webhook = (*config.mutable_webhooks())["ops"];
    webhook.set_url("https://example.com/hook");
    webhook.set_secret_file(path);
    edit(webhook);
    read_ = ReadWebhooks(config);
    return std::string(read_.status().message());
  }

  TempFolder folder_;
  absl::StatusOr<std::vector<Webhook>> read_;
};

TEST_F(WebhookConfigTest, IsReadWithItsSecretAndDefaults) {
  ASSERT_EQ(ErrorOf([](v1::WebhookConfig& webhook) { webhook.set_invocations(true); }), "");
  ASSERT_EQ(read_->size(), 1u);
  const Webhook& webhook = read_->front();
  EXPECT_EQ(webhook.name, "ops");
  EXPECT_EQ(webhook.secret, kSecret);
  EXPECT_EQ(webhook.timeout, absl::Seconds(10));
  EXPECT_EQ(webhook.give_up_after, absl::Hours(72));
  EXPECT_TRUE(SubscribersOf(*read_).front().invocations);
}

TEST_F(WebhookConfigTest, SaysWhichWebhookAndWhatIsWrong) {
  const auto expect = [](const std::string& error, const std::string& part) {
    EXPECT_NE(error.find("webhook \"ops\": "), std::string::npos) << error;
    EXPECT_NE(error.find(part), std::string::npos) << error;
  };
  const auto same = [](v1::WebhookConfig&) {};
  expect(ErrorOf([](auto& webhook) { webhook.set_secret_file("/nowhere"); }), "/nowhere");
  expect(ErrorOf(same, 0644), "secret");
  expect(ErrorOf(same, 0600, "short"), "16 at least");
}

}  // namespace
}  // namespace lull::server
