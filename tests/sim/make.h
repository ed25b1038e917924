#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/sim/simulation.h"

namespace lull::sim {

/// The new thing's id out of a response.
template <class Response, class Get>
absl::StatusOr<std::string> IdOf(const absl::StatusOr<Response>& response, Get get) {
  if (!response.ok()) return response.status();
  return get(*response);
}

template <class Request, class Call>
std::optional<std::string> Simulation::Make(MadeSeen::Kind kind, Request& request, Dice& dice,
                                            Call call) {
  constexpr int kTries = 6;
  const std::string mark = absl::StrCat("made-", ++tokens_);
  request.set_client_token(mark);
  if constexpr (requires { request.set_reason(mark); }) {
    request.set_reason(mark);
  } else {
    request.set_name(mark);
  }
  std::optional<std::string> lost;
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<std::string> made = call(*life_->engine);
    trace_.Note("make", static_cast<int>(kind), static_cast<int>(made.status().code()));
    if (IsDead()) {
      Count("answer lost in a crash");
      Bury(Loss::kProcess);
      Begin();
      continue;
    }
    if (!made.ok()) {
      if (!absl::IsUnavailable(made.status()) && !absl::IsUnknown(made.status())) return {};
      clock_.Advance(absl::Seconds(1));
      life_->engine->Step();
      if (IsDead()) return {};
      continue;
    }
    if (lost && *lost != *made) world_.violations.push_back("R5: one token gave two ids");
    See(MadeSeen{kind, *made, mark});
    if (lost || !dice.Percent(swarm_[Knob::kLostAnswer])) return *made;
    Count("answer lost");
    lost = *made;
  }
  return lost;
}

}  // namespace lull::sim
