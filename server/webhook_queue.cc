#include "server/webhook_queue.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::server {
namespace {

/// Events read at once.
constexpr std::size_t kPage = 64;
/// Pages that one Pick reads in search of something to send.
constexpr int kPagesAPick = 64;

}  // namespace

absl::Duration RetryAfter(int tries, double random) {
  absl::Duration longest = 2 * kMinRetry;
  for (int i = 1; i < tries && longest < kMaxRetry; ++i) longest *= 2;
  longest = std::min(longest, kMaxRetry);
  return longest / 2 + longest / 2 * random;
}

absl::StatusOr<std::vector<WebhookQueue::StoredEvent>> WebhookQueue::Pick(OutboxReader& outbox,
                                                                          absl::Duration now,
                                                                          absl::Time wall) {
  std::vector<StoredEvent> picked;
  if (now < paused_until_) return picked;
  LULL_RETURN_IF_ERROR(PickRetries(outbox, now, wall, picked));
  LULL_RETURN_IF_ERROR(PickNew(outbox, wall, picked));
  for (const StoredEvent& stored : picked) {
    Line& line = lines_[stored.event.execution.value()];
    line.seq = stored.seq;
    line.in_flight = true;
  }
  in_flight_ += picked.size();
  return picked;
}

absl::Status WebhookQueue::PickRetries(OutboxReader& outbox, absl::Duration now, absl::Time wall,
                                       std::vector<StoredEvent>& picked) {
  for (auto next = lines_.begin(); next != lines_.end();) {
    const auto at = next++;
    const Line& line = at->second;
    if (line.in_flight || now < line.next_at) continue;
    if (in_flight_ + picked.size() >= options_.max_in_flight) break;
    LULL_ASSIGN_OR_RETURN(const auto events, outbox.ListEvents(options_.name, line.seq - 1, 1));
    const bool there = !events.empty() && events[0].seq == line.seq;
    if (there && !IsGivenUp(events[0], line.tries, wall)) {
      picked.push_back(events[0]);
      continue;
    }
    // What comes behind it in its execution was passed by.
    cursor_ = std::min(cursor_, line.seq - 1);
    if (there) GiveUp(events[0]);
    lines_.erase(at);
  }
  return absl::OkStatus();
}

absl::Status WebhookQueue::PickNew(OutboxReader& outbox, absl::Time wall,
                                   std::vector<StoredEvent>& picked) {
  std::set<std::string> taken;
  for (const StoredEvent& stored : picked) taken.insert(stored.event.execution.value());
  is_read_ = true;
  for (int page = 0; page < kPagesAPick; ++page) {
    LULL_ASSIGN_OR_RETURN(const auto events, outbox.ListEvents(options_.name, cursor_, kPage));
    for (const StoredEvent& stored : events) {
      const std::string& execution = stored.event.execution.value();
      if (!unsettled_.contains(stored.seq) && !lines_.contains(execution) &&
          !taken.contains(execution)) {
        if (in_flight_ + picked.size() >= options_.max_in_flight) return absl::OkStatus();
        if (unsettled_.size() >= options_.max_unsettled) return absl::OkStatus();
        if (IsGivenUp(stored, 0, wall)) {
          GiveUp(stored);
        } else {
          picked.push_back(stored);
          taken.insert(execution);
        }
      }
      cursor_ = stored.seq;
    }
    if (events.size() < kPage) return absl::OkStatus();
  }
  is_read_ = false;
  return absl::OkStatus();
}

bool WebhookQueue::IsGivenUp(const StoredEvent& event, int tries, absl::Time wall) const {
  return tries + tries_ > 0 && wall - event.event.at > options_.give_up_after;
}

void WebhookQueue::GiveUp(const StoredEvent& event) {
  unsettled_.insert(event.seq);
  ++given_up_;
}

void WebhookQueue::Done(const StoredEvent& event, Result result, absl::Duration now) {
  const auto at = lines_.find(event.event.execution.value());
  LULL_CHECK(at != lines_.end() && at->second.in_flight && in_flight_ > 0);
  Line& line = at->second;
  --in_flight_;
  line.in_flight = false;
  tries_ = result == Result::kUnreachable ? tries_ + 1 : 0;
  switch (result) {
    case Result::kDelivered:
      unsettled_.insert(event.seq);
      cursor_ = std::min(cursor_, event.seq);
      lines_.erase(at);
      return;
    case Result::kRefused:
      line.next_at = now + RetryAfter(++line.tries, options_.random());
      return;
    case Result::kUnreachable:
      // Those that were in flight together fail together: they count once.
      if (now < paused_until_) --tries_;
      line.next_at = now;
      paused_until_ = std::max(paused_until_, now + RetryAfter(tries_, options_.random()));
      return;
  }
}

std::vector<std::int64_t> WebhookQueue::ToSettle(std::size_t limit) const {
  std::vector<std::int64_t> seqs;
  for (const std::int64_t seq : unsettled_) {
    if (seqs.size() == limit) break;
    seqs.push_back(seq);
  }
  return seqs;
}

void WebhookQueue::Settled(const std::vector<std::int64_t>& seqs) {
  for (const std::int64_t seq : seqs) unsettled_.erase(seq);
}

absl::Duration WebhookQueue::NextPick(absl::Duration now) const {
  if (now < paused_until_) return paused_until_;
  if (in_flight_ >= options_.max_in_flight) return absl::InfiniteDuration();
  if (!is_read_) return now;
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [execution, line] : lines_) {
    if (!line.in_flight) next = std::min(next, line.next_at);
  }
  return next;
}

}  // namespace lull::server
