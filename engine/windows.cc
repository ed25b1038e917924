// The operations on windows (spec A.1 to A.5).
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/status.h"
#include "engine/core/window_schedule.h"
#include "engine/engine.h"
#include "engine/filters.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/merge.h"
#include "engine/paging.h"
#include "engine/runtime/next_due.h"
#include "engine/runtime/runtime.h"
#include "engine/schedule/schedule.h"
#include "engine/validate.h"

namespace lull {
namespace {

absl::Status CheckCutoff(const Window& window) {
  if (window.cutoff_hours < window.duration_hours) return absl::OkStatus();
  // The API's own sentence, blanks included.
  return Invalid("Cutoff was ", window.cutoff_hours, " but must be smaller than ",
                 window.duration_hours - 1, " (Duration  - 1 )");
}

/// The members that Get, Update and Describe all show.
template <class Message>
void ToWire(const Window& window, Message& message) {
  message.set_window_id(window.id.value());
  message.set_name(window.name);
  if (window.description) message.set_description(*window.description);
  if (window.start_date) message.set_start_date(*window.start_date);
  if (window.end_date) message.set_end_date(*window.end_date);
  message.set_schedule(window.schedule);
  if (window.schedule_timezone) message.set_schedule_timezone(*window.schedule_timezone);
  if (window.schedule_offset) {
    message.set_schedule_offset(static_cast<std::int32_t>(*window.schedule_offset));
  }
  message.set_duration(static_cast<std::int32_t>(window.duration_hours));
  message.set_cutoff(static_cast<std::int32_t>(window.cutoff_hours));
  message.set_enabled(window.enabled);
}

template <class Message>
void SetNextExecutionTime(const Window& window, Message& message) {
  if (!window.enabled || !window.due_at) return;
  const auto schedule = ScheduleOf(window);
  message.set_next_execution_time(
      FormatOccurrence(*window.due_at, schedule.ok() ? schedule->timezone() : absl::UTCTimeZone()));
}

bool IsTruth(const std::string& value) {
  return absl::EqualsIgnoreCase(value, "true") || absl::EqualsIgnoreCase(value, "false");
}

bool Matches(const Window& window, const std::string& key, const std::string& value) {
  if (key == "Name") return absl::StartsWith(window.name, value);
  return absl::EqualsIgnoreCase(value, "true") == window.enabled;
}

/// Writes what an update asks for over `window`; with Replace, what it leaves out goes.
absl::Status Merge(const v1::UpdateMaintenanceWindowRequest& request, Window& window) {
  const LeftOut left_out = LeftOutBy(request.replace());
  if (request.replace()) {
    LULL_RETURN_IF_ERROR(
        RequireMembers({{"name", request.has_name()},
                        {"schedule", request.has_schedule()},
                        {"duration", request.has_duration()},
                        {"cutoff", request.has_cutoff()},
                        {"allowUnassociatedTargets", request.has_allow_unassociated_targets()}}));
  }
  if (request.has_name()) window.name = request.name();
  MergeMember(request.has_description(), request.description(), left_out, window.description);
  MergeMember(request.has_start_date(), request.start_date(), left_out, window.start_date);
  MergeMember(request.has_end_date(), request.end_date(), left_out, window.end_date);
  MergeMember(request.has_schedule_timezone(), request.schedule_timezone(), left_out,
              window.schedule_timezone);
  if (request.has_schedule()) window.schedule = request.schedule();
  MergeMember(request.has_schedule_offset(), request.schedule_offset(), left_out,
              window.schedule_offset);
  if (request.has_duration()) window.duration_hours = request.duration();
  if (request.has_cutoff()) window.cutoff_hours = request.cutoff();
  if (request.has_allow_unassociated_targets()) {
    window.allow_unassociated_targets = request.allow_unassociated_targets();
  }
  if (request.has_enabled()) window.enabled = request.enabled();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Window> Engine::FindWindow(const std::string& id) {
  LULL_ASSIGN_OR_RETURN(auto window, options_.store->definitions().GetWindow(WindowId(id)));
  if (!window) {
    return absl::NotFoundError(absl::StrCat("Maintenance window ", id, " does not exist"));
  }
  return *std::move(window);
}

absl::StatusOr<v1::CreateMaintenanceWindowResponse> Engine::CreateMaintenanceWindow(
    const CallContext& context, const v1::CreateMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  Window window;
  window.name = request.name();
  if (request.has_description()) window.description = request.description();
  window.schedule = request.schedule();
  if (request.has_schedule_timezone()) window.schedule_timezone = request.schedule_timezone();
  if (request.has_schedule_offset()) window.schedule_offset = request.schedule_offset();
  if (request.has_start_date()) window.start_date = request.start_date();
  if (request.has_end_date()) window.end_date = request.end_date();
  window.duration_hours = request.duration();
  window.cutoff_hours = request.cutoff();
  window.allow_unassociated_targets = request.allow_unassociated_targets();
  LULL_RETURN_IF_ERROR(CheckTagKeys(request.tags()));
  for (const v1::Tag& tag : request.tags()) window.tags.insert_or_assign(tag.key(), tag.value());
  const absl::Time now = Now();
  window.created_at = now;
  window.modified_at = now;
  window.rate_base_at = now;
  LULL_RETURN_IF_ERROR(CheckCutoff(window));
  LULL_ASSIGN_OR_RETURN(const Schedule schedule, ScheduleOf(window));
  window.due_at = schedule.NextAfter(now);

  v1::CreateMaintenanceWindowRequest asked = request;
  asked.clear_client_token();
  const auto make = [&]() -> absl::StatusOr<Creation> {
    // `mw-0` and 16 more hex digits, as real ones look.
    window.id = WindowId(absl::StrCat("mw-0", absl::Hex(options_.ids->Bits(), absl::kZeroPad16)));
    const Limits& limits = options_.limits;
    if (static_cast<std::int64_t>(window.tags.size()) > limits.tags_per_resource) {
      return absl::ResourceExhaustedError(absl::StrCat("A maintenance window can have ",
                                                       limits.tags_per_resource, " tags; this has ",
                                                       window.tags.size(), "."));
    }
    return Creation{CreateWindow{window, {}, {}, limits.windows}, window.id.value(),
                    LimitReached(limits.windows, "maintenance windows", "Delete one", "windows",
                                 "--max-windows")};
  };
  LULL_ASSIGN_OR_RETURN(const std::string id,
                        CreateOnce("CreateMaintenanceWindow", "", request.client_token(),
                                   HashRequest(asked), AuditOf(context, request), make));
  v1::CreateMaintenanceWindowResponse response;
  response.set_window_id(id);
  return response;
}

absl::StatusOr<v1::GetMaintenanceWindowResponse> Engine::GetMaintenanceWindow(
    const CallContext&, const v1::GetMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const Window window, FindWindow(request.window_id()));
  v1::GetMaintenanceWindowResponse response;
  ToWire(window, response);
  SetNextExecutionTime(window, response);
  response.set_allow_unassociated_targets(window.allow_unassociated_targets);
  response.set_created_date(lull::ToWire(window.created_at));
  response.set_modified_date(lull::ToWire(window.modified_at));
  return response;
}

absl::StatusOr<v1::UpdateMaintenanceWindowResponse> Engine::UpdateMaintenanceWindow(
    const CallContext& context, const v1::UpdateMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    LULL_ASSIGN_OR_RETURN(const Window before, FindWindow(request.window_id()));
    Window window = before;
    LULL_RETURN_IF_ERROR(Merge(request, window));
    LULL_RETURN_IF_ERROR(CheckCutoff(window));
    const absl::Time now = Now();
    const bool new_base = window.schedule != before.schedule ||
                          window.start_date != before.start_date ||
                          window.schedule_offset != before.schedule_offset;
    if (new_base) window.rate_base_at = now;
    LULL_ASSIGN_OR_RETURN(const Schedule schedule, ScheduleOf(window));
    const bool replanned = new_base || window.end_date != before.end_date ||
                           window.schedule_timezone != before.schedule_timezone ||
                           window.enabled != before.enabled;
    if (replanned) {
      window.due_at.reset();
      if (window.enabled) {
        LULL_ASSIGN_OR_RETURN(window.due_at,
                              NextToOpen(options_.store->runs(), window.id, schedule, now));
      }
    }
    window.modified_at = now;
    window.version = before.version + 1;
    LULL_ASSIGN_OR_RETURN(
        const ChangeResult result,
        runtime_->Define(UpdateWindow{window, before.version}, AuditOf(context, request)));
    if (result.verdict != Verdict::kApplied) continue;
    v1::UpdateMaintenanceWindowResponse response;
    ToWire(window, response);
    response.set_allow_unassociated_targets(window.allow_unassociated_targets);
    return response;
  }
  return absl::UnavailableError("the window kept changing meanwhile; try again");
}

absl::StatusOr<v1::DeleteMaintenanceWindowResponse> Engine::DeleteMaintenanceWindow(
    const CallContext& context, const v1::DeleteMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  // One that is not there is as good as deleted: the API declares no error for it (spec A.4).
  LULL_RETURN_IF_ERROR(
      runtime_->Define(DeleteWindow{WindowId(request.window_id())}, AuditOf(context, request))
          .status());
  v1::DeleteMaintenanceWindowResponse response;
  response.set_window_id(request.window_id());
  return response;
}

absl::StatusOr<v1::DescribeMaintenanceWindowsResponse> Engine::DescribeMaintenanceWindows(
    const CallContext&, const v1::DescribeMaintenanceWindowsRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(
      CheckFilters(request.filters(), {{"Name"}, {"Enabled", &IsTruth, "true or false"}}));
  const std::string list = ScopeOf("windows", request);
  LULL_ASSIGN_OR_RETURN(const std::int64_t position, DecodeToken(list, request.next_token()));
  LULL_ASSIGN_OR_RETURN(const auto rows,
                        options_.store->definitions().ListWindows({position, RowsToRead(request)}));
  v1::DescribeMaintenanceWindowsResponse response;
  const auto next = FillPage(request, rows, [&](const auto& row) {
    const bool matches = MatchesAll(request.filters(), [&](const auto& key, const auto& value) {
      return Matches(row.window, key, value);
    });
    if (!matches) return false;
    v1::MaintenanceWindowIdentity& identity = *response.add_window_identities();
    ToWire(row.window, identity);
    SetNextExecutionTime(row.window, identity);
    return true;
  });
  if (next) response.set_next_token(EncodeToken(list, *next));
  return response;
}

}  // namespace lull
