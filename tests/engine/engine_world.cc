#include "tests/engine/engine_world.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace lull {

void ManualRunner::Start(const Invocation& invocation, FinishSink& sink) {
  sink_ = &sink;
  in_flight.push_back(
      {invocation.ref, invocation.Id().value(), invocation.target.node, invocation.target});
  nodes.push_back(invocation.target.node);
}

void ManualRunner::FinishOldest(Status status, const std::string& detail,
                                std::optional<std::int64_t> exit_code) {
  FinishOldest({status, exit_code, detail});
}

void ManualRunner::FinishOldest(Outcome outcome) {
  LULL_CHECK(!in_flight.empty());
  const InvocationRef ref = in_flight.front().ref;
  in_flight.erase(in_flight.begin());
  sink_->Finished(ref, std::move(outcome));
}

Adoption ManualRunner::Adopt(InvocationRef ref, const TaskSpec&, FinishSink& sink) {
  sink_ = &sink;
  const auto scripted = adoptions.find(ref);
  if (scripted == adoptions.end()) return Adoption::kUnknown;
  if (scripted->second == Adoption::kRunning) in_flight.push_back({ref, "", "", {}});
  return scripted->second;
}

int Warnings::Count(std::string_view text) const {
  return static_cast<int>(std::count_if(
      texts.begin(), texts.end(),
      [&](const std::string& warning) { return warning.find(text) != std::string::npos; }));
}

EngineWorld::EngineWorld(TargetSource* source) : targets(source) { Restart(); }

void EngineWorld::Restart() {
  engine.reset();
  EngineOptions options;
  options.store = &store;
  options.runners[TaskType::kRunCommand] = &runner;
  options.targets = targets;
  options.clock = &clock;
  options.ids = &ids;
  options.observer = &warnings;
  options.misfire = misfire;
  options.limits = limits;
  options.history = history;
  options.subscribers = subscribers;
  options.max_events = max_events;
  auto opened = Engine::Open(std::move(options));
  LULL_CHECK(opened.ok());
  engine = *std::move(opened);
}

void EngineWorld::Settle() {
  for (int steps = 0; engine->Step() <= clock.Now(); ++steps) LULL_CHECK(steps < 10000);
}

void EngineWorld::Advance(absl::Duration by) {
  clock.Advance(by);
  Settle();
}

v1::CreateMaintenanceWindowRequest EngineWorld::WindowRequest() const {
  v1::CreateMaintenanceWindowRequest request;
  request.set_name("patching");
  request.set_schedule("rate(1 hour)");
  request.set_duration(3);
  request.set_cutoff(1);
  request.set_allow_unassociated_targets(true);
  return request;
}

std::string EngineWorld::CreateWindow() { return CreateWindow(WindowRequest()); }

std::string EngineWorld::CreateWindow(const v1::CreateMaintenanceWindowRequest& request) {
  const auto response = engine->CreateMaintenanceWindow(context, request);
  LULL_CHECK(response.ok());
  return response->window_id();
}

v1::GetMaintenanceWindowResponse EngineWorld::GetWindow(const std::string& id) {
  v1::GetMaintenanceWindowRequest request;
  request.set_window_id(id);
  auto response = engine->GetMaintenanceWindow(context, request);
  LULL_CHECK(response.ok());
  return *std::move(response);
}

v1::RegisterTaskWithMaintenanceWindowRequest EngineWorld::TaskRequest(
    const std::string& window) const {
  v1::RegisterTaskWithMaintenanceWindowRequest request;
  request.set_window_id(window);
  request.set_task_arn("AWS-RunShellScript");
  request.set_task_type("RUN_COMMAND");
  v1::Target& target = *request.add_targets();
  target.set_key("InstanceIds");
  target.add_values("3");
  request.set_max_concurrency("1");
  request.set_max_errors("0");
  return request;
}

void EngineWorld::RegisterTask(const v1::RegisterTaskWithMaintenanceWindowRequest& request) {
  LULL_CHECK(engine->RegisterTaskWithMaintenanceWindow(context, request).ok());
}

std::vector<v1::MaintenanceWindowExecution> EngineWorld::Executions(const std::string& window) {
  v1::DescribeMaintenanceWindowExecutionsRequest request;
  request.set_window_id(window);
  request.set_max_results(100);
  const auto response = engine->DescribeMaintenanceWindowExecutions(context, request);
  LULL_CHECK(response.ok());
  return {response->window_executions().begin(), response->window_executions().end()};
}

std::vector<v1::MaintenanceWindowExecutionTaskIdentity> EngineWorld::Tasks(
    const std::string& execution) {
  v1::DescribeMaintenanceWindowExecutionTasksRequest request;
  request.set_window_execution_id(execution);
  const auto response = engine->DescribeMaintenanceWindowExecutionTasks(context, request);
  LULL_CHECK(response.ok());
  return {response->window_execution_task_identities().begin(),
          response->window_execution_task_identities().end()};
}

std::string Error(const absl::Status& status) {
  if (status.ok()) return "OK";
  return absl::StatusCodeToString(status.code()) + ": " +
         std::string(status.message().data(), status.message().size());
}

}  // namespace lull
