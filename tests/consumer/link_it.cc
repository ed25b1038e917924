#include <iostream>
#include <thread>

#include "engine/engine.h"
#include "storage/sqlite/sqlite_store.h"

struct Patcher : lull::Runner {  // your way to carry an invocation out
  void Start(const lull::Invocation& work, lull::FinishSink& sink) override {
    std::cout << "patching " << work.target.node << std::endl;
    sink.Finished(work.ref, {.status = lull::Status::kSuccess});
  }
  void RequestStop(lull::InvocationRef) override {}
  lull::Adoption Adopt(lull::InvocationRef, const lull::TaskSpec&, lull::FinishSink&) override {
    return lull::Adoption::kUnknown;
  }
};

int main(int, char** argv) {
  auto store = lull::storage::SqliteStore::Open({.path = argv[1]}).value();
  Patcher patcher;
  auto engine = lull::Engine::Open(
                    {.store = store.get(), .runners = {{lull::TaskType::kRunCommand, &patcher}}})
                    .value();
  const lull::CallContext me{.principal = "link_it"};
  const absl::Time soon = absl::Now() + absl::Seconds(2);

  lull::v1::CreateMaintenanceWindowRequest window;
  window.set_name("tuesday");
  window.set_schedule(absl::FormatTime("at(%Y-%m-%dT%H:%M:%S)", soon, absl::UTCTimeZone()));
  window.set_duration(1);
  window.set_cutoff(0);
  window.set_allow_unassociated_targets(true);
  const std::string id = engine->CreateMaintenanceWindow(me, window).value().window_id();

  lull::v1::RegisterTaskWithMaintenanceWindowRequest task;
  task.set_window_id(id);
  task.set_task_type("RUN_COMMAND");
  task.set_task_arn("patch");
  task.set_max_concurrency("1");
  task.set_max_errors("0");
  lull::v1::Target& nodes = *task.add_targets();
  nodes.set_key("InstanceIds");
  for (const char* node : {"web-1", "web-2", "web-3"}) nodes.add_values(node);
  engine->RegisterTaskWithMaintenanceWindow(me, task).value();

  // On this thread, when it is due, for an hour; or call Run() on a thread of yours.
  for (absl::Time due = engine->Step(); due < soon + absl::Hours(1); due = engine->Step()) {
    std::this_thread::sleep_until(absl::ToChronoTime(due));
  }
}
