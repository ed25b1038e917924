#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "gtest/gtest.h"

namespace lull {

/// Keeps what it was handed, until FinishAll. By one thread at a time.
class PatientRunner : public Runner {
 public:
  void Start(const Invocation& invocation, FinishSink& sink) override {
    sink_ = &sink;
    started.push_back(invocation.ref);
    if (in_start) in_start(started.size() - 1);
  }
  void RequestStop(InvocationRef) override {}
  Adoption Adopt(InvocationRef, const TaskSpec&, FinishSink&) override {
    return Adoption::kUnknown;
  }
  void FinishAll() {
    for (const InvocationRef& ref : started) Finish(ref, Status::kSuccess);
  }
  void Finish(InvocationRef ref, Status status) { sink_->Finished(ref, {status, {}, ""}); }

  std::function<void(std::size_t)> in_start;  ///< inside of each Start, with how many came before
  std::vector<InvocationRef> started;

 private:
  FinishSink* sink_ = nullptr;
};

/// A window, whose id it returns. A duration of 3 hours, the last of them after the cutoff.
inline std::string CreatePatching(Engine& engine, const CallContext& me,
                                  const std::string& schedule) {
  v1::CreateMaintenanceWindowRequest window;
  window.set_name("patching");
  window.set_schedule(schedule);
  window.set_duration(3);
  window.set_cutoff(1);
  window.set_allow_unassociated_targets(true);
  return engine.CreateMaintenanceWindow(me, window).value().window_id();
}

/// A task of the window that starts on all of its nodes at once; `nodes` is read by its targets.
inline void RegisterAtOnce(Engine& engine, const CallContext& me, const std::string& window,
                           const std::string& nodes) {
  v1::RegisterTaskWithMaintenanceWindowRequest task;
  task.set_window_id(window);
  task.set_task_arn("AWS-RunShellScript");
  task.set_task_type("RUN_COMMAND");
  task.add_targets()->set_key("InstanceIds");
  task.mutable_targets(0)->add_values(nodes);
  task.set_max_concurrency("100%");
  task.set_max_errors("0");
  EXPECT_TRUE(engine.RegisterTaskWithMaintenanceWindow(me, task).ok());
}

}  // namespace lull
