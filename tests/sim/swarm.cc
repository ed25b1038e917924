#include "tests/sim/swarm.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "tests/sim/world.h"

namespace lull::sim {
namespace {

struct Draw {
  Knob knob;
  std::string_view name;
  int on;   ///< percent of the seeds that have it
  int max;  ///< its strength is from 1 to this
};

constexpr std::array<Draw, kKnobs> kDraws = {{
    {Knob::kRound, "round", 100, 250},
    {Knob::kTime, "time", 90, 8},
    {Knob::kStep, "step", 90, 12},
    {Knob::kFinish, "finish", 90, 12},
    {Knob::kCreate, "create", 90, 6},
    {Knob::kUpdate, "update", 60, 5},
    {Knob::kRemove, "remove", 30, 3},
    {Knob::kCancel, "cancel", 75, 10},
    {Knob::kStart, "start", 50, 4},
    {Knob::kResume, "resume", 50, 6},
    {Knob::kSkip, "skip", 40, 3},
    {Knob::kRead, "read", 30, 3},
    {Knob::kSettle, "settle", 60, 3},
    {Knob::kFleet, "fleet", 25, 5},
    {Knob::kCrash, "crash", 50, 4},
    {Knob::kPower, "power", 30, 3},
    {Knob::kDying, "dying", 50, 4},
    {Knob::kFault, "fault", 50, 5},
    {Knob::kSecond, "second", 20, 3},
    {Knob::kJump, "jump", 35, 4},
    {Knob::kFailing, "failing", 60, 25},
    {Knob::kHanging, "hanging", 30, 10},
    {Knob::kTwice, "twice", 40, 15},
    {Knob::kAtOnce, "at-once", 50, 30},
    {Knob::kMeanwhile, "meanwhile", 40, 15},
    {Knob::kInStart, "in-start", 20, 4},
    {Knob::kDyingInEffect, "dying-in-effect", 30, 2},
    {Knob::kSlowDisk, "slow-disk", 20, 15},
    {Knob::kSkew, "skew", 25, 60},
    {Knob::kForgetful, "forgetful", 60, 50},
    {Knob::kLostAnswer, "lost-answer", 40, 30},
}};

}  // namespace

std::string_view Name(Knob knob) { return kDraws[static_cast<std::size_t>(knob)].name; }

std::optional<Knob> ParseKnob(std::string_view name) {
  for (const Draw& draw : kDraws) {
    if (draw.name == name) return draw.knob;
  }
  return std::nullopt;
}

std::string Swarm::Describe() const {
  std::string text = absl::StrCat(actions, " actions, ", windows, " windows, ", tasks, " tasks, ",
                                  targets, " targets");
  for (const Draw& draw : kDraws) {
    const int its = (*this)[draw.knob];
    if (its > 0) absl::StrAppend(&text, ", ", ToAbsl(draw.name), " ", its);
  }
  return text;
}

Swarm DrawSwarm(std::uint64_t seed) {
  Dice dice(Mix(seed, 0x5A));
  Swarm swarm;
  for (const Draw& draw : kDraws) {
    const bool on = dice.Percent(draw.on);
    const int strength = static_cast<int>(1 + dice.Below(draw.max));
    swarm.strength[static_cast<std::size_t>(draw.knob)] = on ? strength : 0;
  }
  swarm.windows = static_cast<int>(1 + dice.Below(8));
  swarm.tasks = static_cast<int>(1 + dice.Below(dice.OneIn(3) ? 5 : 2));
  swarm.targets = static_cast<int>(1 + dice.Below(dice.OneIn(4) ? 40 : 4));
  swarm.actions = static_cast<int>(30 + dice.Below(120));
  swarm.tells_invocations = dice.OneIn(3);
  swarm.skips_missed = dice.OneIn(2);
  return swarm;
}

std::string ReplayFlags(const Plan& plan) {
  std::string flags = absl::StrCat("--seed ", plan.seed);
  std::string_view separator = " --off ";
  for (const Knob knob : plan.off) {
    absl::StrAppend(&flags, ToAbsl(separator), ToAbsl(Name(knob)));
    separator = ",";
  }
  separator = " --skip ";
  for (const int action : plan.skipped) {
    absl::StrAppend(&flags, ToAbsl(separator), action);
    separator = ",";
  }
  return flags;
}

}  // namespace lull::sim
