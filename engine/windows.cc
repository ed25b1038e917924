// The operations on windows (spec A.1 to A.5).
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/window_schedule.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/paging.h"
#include "engine/runtime/next_due.h"
#include "engine/runtime/runtime.h"
#include "engine/schedule/schedule.h"
#include "engine/validate.h"

namespace lull {
namespace {

/// An update that meets others: read again and decided anew, so many times.
constexpr int kUpdateTries = 8;

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

/// One filter of a Describe: does `matches` hold for one of its values? All filters must.
absl::Status CheckFilters(
    const google::protobuf::RepeatedPtrField<v1::MaintenanceWindowFilter>& filters) {
  for (const v1::MaintenanceWindowFilter& filter : filters) {
    if (filter.key() != "Name" && filter.key() != "Enabled") {
      return Invalid("The filter key ", filter.key(),
                     " is not valid. Valid filter keys are Name and Enabled.");
    }
    if (filter.values().empty()) {
      return Invalid("The filter ", filter.key(), " has no values. Give it at least one.");
    }
    if (filter.key() != "Enabled") continue;
    for (const std::string& value : filter.values()) {
      if (!absl::EqualsIgnoreCase(value, "true") && !absl::EqualsIgnoreCase(value, "false")) {
        return Invalid("The value ", value, " of filter Enabled is not valid. Use true or false.");
      }
    }
  }
  return absl::OkStatus();
}

bool Matches(const Window& window,
             const google::protobuf::RepeatedPtrField<v1::MaintenanceWindowFilter>& filters) {
  return std::all_of(
      filters.begin(), filters.end(), [&](const v1::MaintenanceWindowFilter& filter) {
        return std::any_of(filter.values().begin(), filter.values().end(),
                           [&](const std::string& value) {
                             if (filter.key() == "Name")
                               return absl::StartsWith(window.name, value);
                             return absl::EqualsIgnoreCase(value, "true") == window.enabled;
                           });
      });
}

/// Writes what an update asks for over `window`; with Replace, what it leaves out goes.
absl::Status Merge(const v1::UpdateMaintenanceWindowRequest& request, Window& window) {
  const bool replace = request.replace();
  if (replace) {
    const std::pair<bool, const char*> required[] = {
        {request.has_name(), "name"},
        {request.has_schedule(), "schedule"},
        {request.has_duration(), "duration"},
        {request.has_cutoff(), "cutoff"},
        {request.has_allow_unassociated_targets(), "allowUnassociatedTargets"}};
    for (const auto& [present, name] : required) {
      if (!present) {
        return Invalid("1 validation error detected: Value null at '", name,
                       "' failed to satisfy constraint: Member must not be null");
      }
    }
  }
  const auto merge_text = [replace](bool present, const std::string& value,
                                    std::optional<std::string>& member) {
    if (present) {
      member = value;
    } else if (replace) {
      member.reset();
    }
  };
  if (request.has_name()) window.name = request.name();
  merge_text(request.has_description(), request.description(), window.description);
  merge_text(request.has_start_date(), request.start_date(), window.start_date);
  merge_text(request.has_end_date(), request.end_date(), window.end_date);
  merge_text(request.has_schedule_timezone(), request.schedule_timezone(),
             window.schedule_timezone);
  if (request.has_schedule()) window.schedule = request.schedule();
  if (request.has_schedule_offset()) {
    window.schedule_offset = request.schedule_offset();
  } else if (replace) {
    window.schedule_offset.reset();
  }
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
    const CallContext&, const v1::CreateMaintenanceWindowRequest& request) {
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
    return Creation{CreateWindow{window, {}, {}}, window.id.value()};
  };
  LULL_ASSIGN_OR_RETURN(
      const std::string id,
      CreateOnce("CreateMaintenanceWindow", "", request.client_token(), HashRequest(asked), make));
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
    const CallContext&, const v1::UpdateMaintenanceWindowRequest& request) {
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
    LULL_ASSIGN_OR_RETURN(const ChangeResult result,
                          runtime_->Define(UpdateWindow{window, before.version}));
    if (result.verdict != Verdict::kApplied) continue;
    v1::UpdateMaintenanceWindowResponse response;
    ToWire(window, response);
    response.set_allow_unassociated_targets(window.allow_unassociated_targets);
    return response;
  }
  return absl::UnavailableError("the window kept changing meanwhile; try again");
}

absl::StatusOr<v1::DeleteMaintenanceWindowResponse> Engine::DeleteMaintenanceWindow(
    const CallContext&, const v1::DeleteMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  // One that is not there is as good as deleted: the API declares no error for it (spec A.4).
  LULL_RETURN_IF_ERROR(runtime_->Define(DeleteWindow{WindowId(request.window_id())}).status());
  v1::DeleteMaintenanceWindowResponse response;
  response.set_window_id(request.window_id());
  return response;
}

absl::StatusOr<v1::DescribeMaintenanceWindowsResponse> Engine::DescribeMaintenanceWindows(
    const CallContext&, const v1::DescribeMaintenanceWindowsRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(CheckFilters(request.filters()));
  v1::DescribeMaintenanceWindowsRequest scope = request;
  scope.clear_next_token();
  scope.clear_max_results();
  const std::string list = absl::StrCat("windows ", HashRequest(scope));
  LULL_ASSIGN_OR_RETURN(std::int64_t position, DecodeToken(list, request.next_token()));

  v1::DescribeMaintenanceWindowsResponse response;
  const std::size_t page = request.has_max_results() ? request.max_results() : kDefaultPage;
  LULL_ASSIGN_OR_RETURN(const auto rows,
                        options_.store->definitions().ListWindows({position, kMaxRowsRead}));
  std::size_t read = 0;
  for (const auto& row : rows) {
    if (static_cast<std::size_t>(response.window_identities_size()) == page) break;
    ++read;
    position = row.position;
    if (!Matches(row.window, request.filters())) continue;
    v1::MaintenanceWindowIdentity& identity = *response.add_window_identities();
    ToWire(row.window, identity);
    SetNextExecutionTime(row.window, identity);
  }
  if (read < rows.size() || rows.size() == kMaxRowsRead) {
    response.set_next_token(EncodeToken(list, position));
  }
  return response;
}

}  // namespace lull
