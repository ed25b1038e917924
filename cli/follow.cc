#include "cli/follow.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/progress_text.h"
#include "engine/base/status.h"
#include "server/errors.h"
#include "server/json_codec.h"

namespace lull::cli {
namespace {

// What is short is told at once, what is long is not asked for too often.
constexpr absl::Duration kLookSoon = absl::Milliseconds(250);
constexpr absl::Duration kLookLater = absl::Seconds(1);
constexpr absl::Duration kSoon = absl::Seconds(10);

constexpr int kTryAgainExit = 7;
constexpr int kSmallestPage = 10;

/// What is shown of one execution.
class Follower {
 public:
  Follower(const Following& following, Screen& screen)
      : following_(following), screen_(screen), began_at_(following.waiting.now()) {}

  absl::StatusOr<v1::DescribeDrainResponse> Run() {
    LULL_RETURN_IF_ERROR(Connect());
    for (;;) {
      LULL_RETURN_IF_ERROR(Look());
      if (HasEnded(last_) && !lost_at_) {
        LULL_RETURN_IF_ERROR(screen_.Clear());
        return std::move(last_);
      }
      if (following_.waiting.pause(Interval())) continue;
      LULL_RETURN_IF_ERROR(following_.interrupted(*daemon_));
    }
  }

 private:
  absl::Status Connect() {
    LULL_ASSIGN_OR_RETURN(Connection daemon, Connection::Find(following_.connection));
    daemon_ = std::make_unique<Connection>(std::move(daemon));
    return absl::OkStatus();
  }

  absl::Duration Interval() const {
    return following_.waiting.now() - began_at_ < kSoon ? kLookSoon : kLookLater;
  }

  absl::Status Look() {
    const absl::Status status = Ask();
    const absl::Time now = following_.waiting.now();
    if (status.ok()) {
      if (lost_at_ && !screen_.in_place()) LULL_RETURN_IF_ERROR(Say("The daemon answers again"));
      lost_at_.reset();
      if (following_.seen != nullptr) LULL_RETURN_IF_ERROR(following_.seen(*daemon_, last_));
      return Show(now);
    }
    if (!answered_ || !MayPass(status)) return status;
    if (!lost_at_) lost_at_ = now;
    if (now - *lost_at_ > kDaemonPatience) return status;
    return ShowLoss(now);
  }

  absl::Status Ask() {
    if (lost_at_) LULL_RETURN_IF_ERROR(Connect());  // it may listen elsewhere now
    v1::DescribeDrainRequest request;
    request.set_window_execution_id(following_.execution);
    request.set_max_results(kSmallestPage);
    v1::DescribeDrainResponse drain;
    LULL_RETURN_IF_ERROR(daemon_->Call(request, &drain));
    answered_ = true;
    before_ = std::move(last_);
    last_ = std::move(drain);
    return absl::OkStatus();
  }

  absl::Status Show(absl::Time now) {
    if (!following_.json && screen_.in_place()) {
      if (HasEnded(last_)) return absl::OkStatus();
      return screen_.Draw(DrawProgress(last_, now, following_.hint(), screen_.style()));
    }
    const std::vector<std::string> changes = DescribeChanges(before_, last_);
    if (changes.empty()) return absl::OkStatus();
    if (!following_.json) return screen_.Print(absl::StrJoin(changes, "\n") + "\n");
    v1::DescribeDrainResponse shown = last_;
    shown.clear_invocations();
    shown.clear_next_token();
    return screen_.Print(server::MessageToJson(shown) + "\n");
  }

  absl::Status ShowLoss(absl::Time now) {
    const std::string loss = absl::StrCat("The daemon does not answer; waiting for it, ",
                                          LengthText(kDaemonPatience), " at most");
    if (!following_.json && screen_.in_place()) {
      return screen_.Draw(DrawProgress(last_, now, loss, screen_.style()));
    }
    return now == *lost_at_ ? Say(loss) : absl::OkStatus();
  }

  absl::Status Say(const std::string& line) {
    return following_.json ? absl::OkStatus() : screen_.Print(line + "\n");
  }

  const Following& following_;
  Screen& screen_;
  const absl::Time began_at_;
  std::unique_ptr<Connection> daemon_;
  std::optional<absl::Time> lost_at_;  ///< when it stopped answering
  bool answered_ = false;
  v1::DescribeDrainResponse before_;
  v1::DescribeDrainResponse last_;
};

}  // namespace

bool MayPass(const absl::Status& status) {
  if (status.ok()) return false;
  return absl::IsAborted(status) ||
         server::RowOf(server::KindOf(status)).exit_code == kTryAgainExit;
}

absl::StatusOr<v1::DescribeDrainResponse> Follow(const Following& following, Screen& screen) {
  return Follower(following, screen).Run();
}

}  // namespace lull::cli
