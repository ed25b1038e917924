// What callers define, and change, and take away.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "tests/sim/make.h"
#include "tests/sim/simulation.h"

namespace lull::sim {
namespace {

const CallContext kCaller{"sim", "request"};

std::string AnySchedule(Dice& dice) {
  return absl::StrCat("rate(", 1 + dice.Below(30), " minutes)");
}

std::string AnyNode(Dice& dice) { return absl::StrCat("node-", dice.Below(40)); }

std::string AnyRole(Dice& dice) { return dice.OneIn(2) ? "web" : "db"; }

}  // namespace

std::optional<std::string> Simulation::AnyWindow(Dice& dice) const {
  if (world_.picture.windows.empty()) return std::nullopt;
  auto at = world_.picture.windows.begin();
  std::advance(at, dice.Below(static_cast<std::int64_t>(world_.picture.windows.size())));
  return at->first;
}

void Simulation::Create(Dice& dice) {
  const auto windows = world_.picture.windows.size();
  if (windows == 0 || (windows < static_cast<std::size_t>(swarm_.windows) && dice.OneIn(2))) {
    for (std::int64_t n = dice.Below(swarm_.windows); n >= 0; --n) CreateWindow(dice);
    for (std::int64_t n = dice.Below(swarm_.tasks * swarm_.windows); n >= 0; --n) {
      RegisterTask(dice);
    }
  } else if (swarm_[Knob::kFleet] > 0 && dice.OneIn(3)) {
    ChangeFleet(dice);
    RegisterTarget(dice);
  } else {
    RegisterTask(dice);
  }
}

void Simulation::CreateWindow(Dice& dice) {
  v1::CreateMaintenanceWindowRequest request;
  request.set_schedule(AnySchedule(dice));
  request.set_duration(static_cast<int>(1 + dice.Below(3)));
  request.set_cutoff(static_cast<int>(dice.Below(request.duration())));
  request.set_allow_unassociated_targets(dice.OneIn(8) ? swarm_[Knob::kFleet] == 0 : true);
  Make(MadeSeen::Kind::kWindow, request, dice, [&](Engine& engine) {
    return IdOf(engine.CreateMaintenanceWindow(kCaller, request),
                [](const auto& response) { return response.window_id(); });
  });
}

void Simulation::AimAt(v1::Target& target, Dice& dice, const std::string& window) {
  target.set_key("InstanceIds");
  if (swarm_[Knob::kFleet] == 0) {  // CountedTargets: so many nodes
    const std::int64_t count = dice.OneIn(12)     ? 0
                               : dice.OneIn(1500) ? 2500  // more than one piece of a snapshot
                                                  : 1 + dice.Below(swarm_.targets);
    target.add_values(dice.OneIn(30) ? "error" : absl::StrCat(count));
    return;
  }
  if (!window.empty() && dice.OneIn(2)) {
    for (const auto& [id, registered] : world_.picture.targets) {
      if (registered.window.value() != window || !dice.OneIn(2)) continue;
      target.set_key("WindowTargetIds");
      target.add_values(id);
      return;
    }
  }
  if (dice.OneIn(2)) {
    target.set_key("tag:role");
    target.add_values(AnyRole(dice));
    return;
  }
  const std::int64_t first = dice.Below(40);
  for (std::int64_t n = dice.Below(swarm_.targets); n >= 0; --n) {
    target.add_values(absl::StrCat("node-", (first + n) % 50));
  }
}

void Simulation::RegisterTarget(Dice& dice) {
  const auto window = AnyWindow(dice);
  if (!window) return;
  v1::RegisterTargetWithMaintenanceWindowRequest request;
  request.set_window_id(*window);
  request.set_resource_type("INSTANCE");
  AimAt(*request.add_targets(), dice, {});
  Make(MadeSeen::Kind::kTarget, request, dice, [&](Engine& engine) {
    return IdOf(engine.RegisterTargetWithMaintenanceWindow(kCaller, request),
                [](const auto& response) { return response.window_target_id(); });
  });
}

void Simulation::RegisterTask(Dice& dice) {
  const auto window = AnyWindow(dice);
  if (!window) return;
  const auto its = [&](const auto& row) { return row.second.window.value() == *window; };
  const auto& tasks = world_.picture.tasks;
  if (std::count_if(tasks.begin(), tasks.end(), its) >= swarm_.tasks) return;
  v1::RegisterTaskWithMaintenanceWindowRequest request;
  request.set_window_id(*window);
  const bool is_command = !dice.OneIn(4);
  request.set_task_arn(is_command ? "AWS-RunShellScript" : "AWS-RestartEC2Instance");
  request.set_task_type(is_command ? "RUN_COMMAND" : "AUTOMATION");
  AimAt(*request.add_targets(), dice, *window);
  request.set_priority(static_cast<int>(dice.Below(3)));
  request.set_max_concurrency(dice.OneIn(4) ? "50%" : absl::StrCat(1 + dice.Below(12)));
  request.set_max_errors(dice.OneIn(4) ? "10%" : absl::StrCat(dice.Below(5)));
  if (dice.OneIn(2)) request.set_cutoff_behavior(dice.OneIn(2) ? "CANCEL_TASK" : "CONTINUE_TASK");
  Make(MadeSeen::Kind::kTask, request, dice, [&](Engine& engine) {
    return IdOf(engine.RegisterTaskWithMaintenanceWindow(kCaller, request),
                [](const auto& response) { return response.window_task_id(); });
  });
}

void Simulation::Update(Dice& dice) {
  const auto window = AnyWindow(dice);
  if (!window) return;
  if (dice.OneIn(3)) return UpdateTask(dice);
  if (dice.OneIn(3)) return UpdateTarget(dice);
  v1::UpdateMaintenanceWindowRequest request;
  request.set_window_id(*window);
  if (dice.OneIn(2)) request.set_enabled(!dice.OneIn(3));
  if (dice.OneIn(2)) request.set_schedule(AnySchedule(dice));
  trace_.Note(
      "update window",
      static_cast<int>(life_->engine->UpdateMaintenanceWindow(kCaller, request).status().code()));
}

void Simulation::UpdateTask(Dice& dice) {
  if (world_.picture.tasks.empty()) return;
  auto at = world_.picture.tasks.begin();
  std::advance(at, dice.Below(static_cast<std::int64_t>(world_.picture.tasks.size())));
  v1::UpdateMaintenanceWindowTaskRequest request;
  request.set_window_id(at->second.window.value());
  request.set_window_task_id(at->first);
  if (dice.OneIn(2)) AimAt(*request.add_targets(), dice, request.window_id());
  if (dice.OneIn(2)) request.set_priority(static_cast<int>(dice.Below(3)));
  if (dice.OneIn(2)) request.set_max_concurrency(absl::StrCat(1 + dice.Below(6)));
  const auto response = life_->engine->UpdateMaintenanceWindowTask(kCaller, request);
  trace_.Note("update task", static_cast<int>(response.status().code()));
}

void Simulation::UpdateTarget(Dice& dice) {
  if (world_.picture.targets.empty()) return;
  const WindowTarget& target = world_.picture.targets.begin()->second;
  v1::UpdateMaintenanceWindowTargetRequest request;
  request.set_window_id(target.window.value());
  request.set_window_target_id(target.id.value());
  AimAt(*request.add_targets(), dice, {});
  const auto response = life_->engine->UpdateMaintenanceWindowTarget(kCaller, request);
  trace_.Note("update target", static_cast<int>(response.status().code()));
}

void Simulation::Remove(Dice& dice) {
  const std::int64_t roll = dice.Below(4);
  if (roll == 0) return RemoveWindow(dice);
  if (roll == 1 && !world_.picture.targets.empty()) {
    const WindowTarget& target = world_.picture.targets.rbegin()->second;
    v1::DeregisterTargetFromMaintenanceWindowRequest request;
    request.set_window_id(target.window.value());
    request.set_window_target_id(target.id.value());
    request.set_safe(dice.OneIn(2));
    const auto response = life_->engine->DeregisterTargetFromMaintenanceWindow(kCaller, request);
    trace_.Note("deregister target", static_cast<int>(response.status().code()));
  } else if (!world_.picture.tasks.empty()) {
    const WindowTask& task = world_.picture.tasks.rbegin()->second;
    v1::DeregisterTaskFromMaintenanceWindowRequest request;
    request.set_window_id(task.window.value());
    request.set_window_task_id(task.id.value());
    const auto response = life_->engine->DeregisterTaskFromMaintenanceWindow(kCaller, request);
    trace_.Note("deregister task", static_cast<int>(response.status().code()));
  }
}

void Simulation::RemoveWindow(Dice& dice) {
  const auto window = AnyWindow(dice);
  if (!window) return;
  v1::DeleteMaintenanceWindowRequest request;
  request.set_window_id(*window);
  const auto response = life_->engine->DeleteMaintenanceWindow(kCaller, request);
  trace_.Note("delete window", static_cast<int>(response.status().code()));
  if (!response.ok() || IsDead()) return;
  if (world_.picture.windows.contains(*window)) {
    world_.violations.push_back("R5: a deleted window is still there");
  }
}

void Simulation::ChangeFleet(Dice& dice) {
  if (swarm_[Knob::kFleet] == 0) return;
  PutNodes put;
  put.origin = "inventory";
  put.reading = ++tokens_;
  put.registered_at = life_->clock.Now();
  std::set<std::string> names;
  for (std::int64_t n = dice.Below(20); n >= 0; --n) names.insert(AnyNode(dice));
  for (const std::string& name : names) {
    Node node;
    node.id = name;
    node.tags["role"] = AnyRole(dice);
    put.nodes.push_back(std::move(node));
  }
  const auto stored = life_->engine->ChangeFleet(std::move(put));
  trace_.Note("put nodes", static_cast<int>(stored.status().code()));
}

}  // namespace lull::sim
