#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "engine/schedule/cron.h"

namespace lull {

/// `at 15:55 on 2026-07-07`.
std::string Describe(absl::CivilSecond at);

/// A sentence for people that says which local times match: `at 02:00 on the third Thursday of
/// every month`. With `offset_days`, that many days after them.
std::string Describe(const CronExpression& cron, int offset_days);

}  // namespace lull
