#include "server/webhooks.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/base/quiet_thread.h"
#include "engine/base/status.h"
#include "runners/http/http_client.h"
#include "server/crypto.h"
#include "server/webhook_queue.h"

namespace lull::server {
namespace {

/// How long a store that can't be read or written is left alone.
constexpr absl::Duration kStoreRetry = absl::Seconds(1);
/// How long what is delivered may wait for others to be settled in one commit.
constexpr absl::Duration kSettleWait = absl::Milliseconds(200);

constexpr int kLeastGood = 200;
constexpr int kLeastBad = 300;

std::string Problem(const http::Answer& answer) {
  if (answer.delivery == http::Delivery::kAnswered) return absl::StrCat("HTTP ", answer.status);
  return answer.error;
}

WebhookQueue::Result ResultOf(const http::Answer& answer) {
  if (answer.delivery == http::Delivery::kNotSent) return WebhookQueue::Result::kUnreachable;
  const bool good = answer.delivery == http::Delivery::kAnswered && answer.status >= kLeastGood &&
                    answer.status < kLeastBad;
  return good ? WebhookQueue::Result::kDelivered : WebhookQueue::Result::kRefused;
}

double RandomFraction() {
  constexpr double kMost = 255;
  return static_cast<unsigned char>(RandomBytes(1)[0]) / kMost;
}

}  // namespace

class Webhooks::Sender {
 public:
  Sender(WebhooksOptions options, std::unique_ptr<http::Client> client)
      : options_(std::move(options)), client_(std::move(client)) {
    for (const Webhook& webhook : options_.webhooks) {
      lines_.emplace_back(webhook, WebhookQueue({.name = webhook.name,
                                                 .give_up_after = webhook.give_up_after,
                                                 .random = RandomFraction}));
    }
    thread_ = QuietThread([this] { Run(); });
  }

  ~Sender() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      changed_.Signal();
    }
    thread_.join();
    client_.reset();  // from here on nothing is called back
  }

  void Wake() {
    MutexLock lock(mutex_);
    woken_ = true;
    changed_.Signal();
  }

 private:
  struct Line {
    Line(const Webhook& w, WebhookQueue q) : webhook(w), queue(std::move(q)) {}
    const Webhook& webhook;
    WebhookQueue queue;
    bool failing = false;       ///< and told so
    absl::Duration rest_until;  ///< the store could not be read or written
    std::optional<absl::Duration> settle_at;
  };
  struct Ended {
    Line* line;
    WebhookQueue::StoredEvent event;
    http::Answer answer;
  };

  void Run() {
    for (;;) {
      std::deque<Ended> ended;
      {
        MutexLock lock(mutex_);
        if (stopping_) return;
        woken_ = false;
        ended.swap(ended_);
      }
      for (Ended& one : ended) End(one);
      absl::Duration next = absl::InfiniteDuration();
      for (Line& line : lines_) next = std::min(next, Serve(line));
      MutexLock lock(mutex_);
      while (!stopping_ && !woken_) {
        if (next == absl::InfiniteDuration()) {
          changed_.Wait(mutex_);
          continue;
        }
        const absl::Duration rest = next - options_.clock->SinceBoot();
        if (rest <= absl::ZeroDuration()) break;
        if (!changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(rest))) break;
      }
    }
  }

  void End(Ended& one) {
    Line& line = *one.line;
    const auto result = ResultOf(one.answer);
    line.queue.Done(one.event, result, options_.clock->SinceBoot());
    const bool failed = result != WebhookQueue::Result::kDelivered;
    if (failed && !line.failing) {
      Warn(line, absl::StrCat("takes no events: ", Problem(one.answer), "; they are sent again"));
    }
    line.failing = failed;
  }

  /// Settles and sends what is to be; returns when to look again.
  absl::Duration Serve(Line& line) {
    const absl::Duration now = options_.clock->SinceBoot();
    if (now < line.rest_until) return line.rest_until;
    auto picked = line.queue.Pick(*options_.outbox, now, options_.clock->Now());
    if (!picked.ok()) return Rest(line, "the outbox can't be read", picked.status());
    for (WebhookQueue::StoredEvent& event : *picked) Post(line, std::move(event));
    if (const std::int64_t given_up = line.queue.TakeGivenUp(); given_up > 0) {
      Warn(line, absl::StrCat("never took ", given_up, " events: they are too old and given up"));
    }
    auto settled = line.queue.ToSettle(kMaxSettled);
    if (settled.empty()) {
      line.settle_at.reset();
    } else if (!line.settle_at) {
      line.settle_at = now + kSettleWait;
    }
    const bool due = settled.size() == kMaxSettled || line.queue.in_flight() == 0;
    if (!settled.empty() && (due || now >= *line.settle_at)) {
      const absl::Status status = options_.settle(line.webhook.name, settled);
      if (!status.ok()) return Rest(line, "what it has can't be taken off the outbox", status);
      line.queue.Settled(settled);
      line.settle_at.reset();
      return now;  // there may be more, and there is room
    }
    const absl::Duration next = line.queue.NextPick(now);
    return line.settle_at ? std::min(next, *line.settle_at) : next;
  }

  void Post(Line& line, WebhookQueue::StoredEvent event) {
    http::Request request;
    request.url = line.webhook.url;
    request.body = EventBody(event.event, options_.origin);
    request.headers =
        EventHeaders(event.event, request.body, line.webhook.secret, options_.clock->Now());
    request.ca_file = line.webhook.ca_file;
    request.timeout = line.webhook.timeout;
    request.connect_timeout = std::min(request.connect_timeout, line.webhook.timeout);
    client_->Post(std::move(request), [this, &line, event = std::move(event)](http::Answer answer) {
      MutexLock lock(mutex_);
      ended_.push_back({&line, event, std::move(answer)});
      woken_ = true;
      changed_.Signal();
    });
  }

  absl::Duration Rest(Line& line, std::string_view what, const absl::Status& why) {
    Warn(line, absl::StrCat(ToAbsl(what), ": ", why.message()));
    return line.rest_until = options_.clock->SinceBoot() + kStoreRetry;
  }

  void Warn(const Line& line, const std::string& text) {
    if (options_.warn) options_.warn(absl::StrCat("the webhook ", line.webhook.name, " ", text));
  }

  const WebhooksOptions options_;
  std::unique_ptr<http::Client> client_;
  std::deque<Line> lines_;  // the sender's thread only; none moves

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Ended> ended_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Webhooks>> Webhooks::Start(WebhooksOptions options) {
  LULL_CHECK(options.outbox != nullptr && options.clock != nullptr && options.settle != nullptr);
  LULL_ASSIGN_OR_RETURN(std::unique_ptr<http::Client> client, http::Client::Create());
  return std::unique_ptr<Webhooks>(
      new Webhooks(std::make_unique<Sender>(std::move(options), std::move(client))));
}

Webhooks::Webhooks(std::unique_ptr<Sender> sender) : sender_(std::move(sender)) {}

Webhooks::~Webhooks() = default;

void Webhooks::Wake() { sender_->Wake(); }

}  // namespace lull::server
