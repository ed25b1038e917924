// What will open when (spec A.6), and which windows are aimed at a target (spec A.7).
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "engine/base/status.h"
#include "engine/core/forecast.h"
#include "engine/core/selection.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/paging.h"
#include "engine/runtime/select_nodes.h"
#include "engine/schedule/schedule.h"
#include "engine/validate.h"

namespace lull {
namespace {

// The API does not say where its list ends. Clients follow NextToken by themselves, so here it
// does.

/// How far ahead of the first page: a year, with its leap day, so that what opens once a year is
/// always there.
constexpr absl::Duration kHorizon = absl::Hours(24 * 366);

/// Of one window, from the first page on.
constexpr std::size_t kMaxOccurrencesPerWindow = 100;

/// Where a page of the schedule ended. A place in time: windows that come, go or change meanwhile
/// shift nothing.
struct Bookmark {
  absl::Time asked_at;  ///< of the first page: what the horizon is counted from
  Forecast::Place last;
};

std::string Encode(std::string_view list, const Bookmark& bookmark) {
  std::string place;
  AppendNumber(place, absl::ToUnixNanos(bookmark.asked_at));
  AppendNumber(place, absl::ToUnixNanos(bookmark.last.start));
  return EncodePlace(list, place + bookmark.last.window.value());
}

absl::StatusOr<std::optional<Bookmark>> Decode(std::string_view list, const std::string& token) {
  LULL_ASSIGN_OR_RETURN(const std::string place, DecodePlace(list, token));
  if (place.empty()) return std::nullopt;
  std::string_view rest = place;
  LULL_ASSIGN_OR_RETURN(const std::int64_t asked_at, ReadNumber(rest));
  LULL_ASSIGN_OR_RETURN(const std::int64_t start, ReadNumber(rest));
  return Bookmark{absl::FromUnixNanos(asked_at),
                  {absl::FromUnixNanos(start), WindowId(std::string(rest))}};
}

/// Narrows `span` to what ScheduledBefore and ScheduledAfter leave of it.
absl::Status ReadFilters(
    const google::protobuf::RepeatedPtrField<v1::PatchOrchestratorFilter>& filters,
    ForecastSpan& span) {
  for (const v1::PatchOrchestratorFilter& filter : filters) {
    const bool before = filter.key() == "ScheduledBefore";
    if (!before && filter.key() != "ScheduledAfter") {
      return Invalid("The filter key ", filter.key(),
                     " is not valid. Valid filter keys are ScheduledBefore and ScheduledAfter.");
    }
    if (filter.values_size() != 1) {
      return Invalid("The filter ", filter.key(), " takes exactly one date-time, not ",
                     filter.values_size(), ".");
    }
    LULL_ASSIGN_OR_RETURN(const absl::Time at, ParseDateTime(filter.values(0)));
    if (before) {
      span.before = std::min(span.before, at);
    } else {
      span.after = std::max(span.after, at);
    }
  }
  return absl::OkStatus();
}

/// The targets asked for; without a ResourceType their keys tell it.
absl::StatusOr<std::vector<TargetSelector>> ReadTargets(
    const v1::DescribeMaintenanceWindowScheduleRequest& request) {
  std::vector<TargetSelector> wanted = FromWire(request.targets());
  if (wanted.empty()) {
    if (request.has_resource_type()) {
      return Invalid(
          "ResourceType says of what kind Targets are. Give Targets as well, or neither.");
    }
    return wanted;
  }
  const bool is_group = std::any_of(wanted.begin(), wanted.end(), [](const TargetSelector& target) {
    return absl::StartsWith(target.key, "resource-groups:");
  });
  ResourceType type = is_group ? ResourceType::kResourceGroup : ResourceType::kInstance;
  if (request.has_resource_type()) type = ParseResourceType(request.resource_type());
  LULL_RETURN_IF_ERROR(CheckTargets(type, wanted));
  return wanted;
}

/// Whether each key that is wanted is in `selectors`, with at least one of the values wanted.
bool Names(const std::vector<TargetSelector>& selectors,
           const std::vector<TargetSelector>& wanted) {
  const auto is_in = [](const std::vector<std::string>& values, const std::string& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  const auto found = [&](const TargetSelector& want) {
    return std::any_of(selectors.begin(), selectors.end(), [&](const TargetSelector& selector) {
      return selector.key == want.key &&
             std::any_of(want.values.begin(), want.values.end(),
                         [&](const std::string& value) { return is_in(selector.values, value); });
    });
  };
  return std::all_of(wanted.begin(), wanted.end(), found);
}

/// What is asked for: selectors, and the nodes that they name.
struct Wanted {
  std::vector<TargetSelector> selectors;
  std::vector<StoredNode> nodes;
};

absl::StatusOr<Wanted> FindWanted(NodeReader& nodes, std::vector<TargetSelector> selectors) {
  Wanted wanted;
  for (const TargetSelector& selector : selectors) {
    if (selector.key != "InstanceIds") continue;
    for (const std::string& id : selector.values) {
      LULL_ASSIGN_OR_RETURN(auto node, nodes.GetNode(id));
      if (node) wanted.nodes.push_back(*std::move(node));
    }
  }
  wanted.selectors = std::move(selectors);
  return wanted;
}

/// Whether a target with `selectors` names all that is wanted, or selects one of the nodes wanted,
/// by their tags of now.
absl::StatusOr<bool> IsAimedAt(NodeReader& nodes, const std::vector<TargetSelector>& selectors,
                               const Wanted& wanted) {
  if (Names(selectors, wanted.selectors)) return true;
  if (wanted.nodes.empty()) return false;
  LULL_ASSIGN_OR_RETURN(const auto expanded, ExpandGroups(nodes, selectors));
  return std::any_of(wanted.nodes.begin(), wanted.nodes.end(),
                     [&](const StoredNode& node) { return Selects(expanded, node); });
}

/// Whether a registered target or a task of the window is aimed at what is wanted; true when
/// nothing is.
absl::StatusOr<bool> IsAimedAt(Store& store, const WindowId& window, const Wanted& wanted) {
  if (wanted.selectors.empty()) return true;
  LULL_ASSIGN_OR_RETURN(const auto targets, store.definitions().ListTargets(window));
  for (const WindowTarget& target : targets) {
    LULL_ASSIGN_OR_RETURN(const bool is_aimed_at,
                          IsAimedAt(store.nodes(), target.selectors, wanted));
    if (is_aimed_at) return true;
  }
  LULL_ASSIGN_OR_RETURN(const auto tasks, store.definitions().ListTasks(window));
  return std::any_of(tasks.begin(), tasks.end(),
                     [&](const WindowTask& task) { return Names(task.targets, wanted.selectors); });
}

/// Takes in all windows that are aimed at what is wanted.
absl::Status AddWindows(Store& store, const Wanted& wanted, Forecast& forecast) {
  DefinitionReader::WindowQuery query{0, kMaxRowsRead};
  for (bool more = true; more;) {
    LULL_ASSIGN_OR_RETURN(const auto rows, store.definitions().ListWindows(query));
    for (const auto& [position, window] : rows) {
      query.after_position = position;
      if (!window.enabled) continue;
      LULL_ASSIGN_OR_RETURN(const bool is_aimed_at, IsAimedAt(store, window.id, wanted));
      if (is_aimed_at) forecast.Add(window);
    }
    more = rows.size() == query.limit;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::DescribeMaintenanceWindowScheduleResponse>
Engine::DescribeMaintenanceWindowSchedule(
    const CallContext&, const v1::DescribeMaintenanceWindowScheduleRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(std::vector<TargetSelector> selectors, ReadTargets(request));
  const std::string list = ScopeOf("schedule", request);
  LULL_ASSIGN_OR_RETURN(const auto bookmark, Decode(list, request.next_token()));

  const absl::Time asked_at = bookmark ? bookmark->asked_at : Now();
  ForecastSpan span{asked_at, asked_at + kHorizon, kMaxOccurrencesPerWindow};
  LULL_RETURN_IF_ERROR(ReadFilters(request.filters(), span));
  Forecast forecast(span, bookmark ? std::optional(bookmark->last) : std::nullopt);
  Store& store = *options_.store;
  LULL_ASSIGN_OR_RETURN(const Wanted wanted, FindWanted(store.nodes(), std::move(selectors)));
  if (request.has_window_id()) {
    LULL_ASSIGN_OR_RETURN(const Window window, FindWindow(request.window_id()));
    LULL_ASSIGN_OR_RETURN(const bool is_aimed_at, IsAimedAt(store, window.id, wanted));
    if (is_aimed_at) forecast.Add(window);
  } else {
    LULL_RETURN_IF_ERROR(AddWindows(store, wanted, forecast));
  }

  v1::DescribeMaintenanceWindowScheduleResponse response;
  const std::size_t page = std::min(PageSize(request), kMaxRowsRead);
  Forecast::Place last;
  while (const auto occurrence = forecast.Next()) {
    if (static_cast<std::size_t>(response.scheduled_window_executions_size()) == page) {
      response.set_next_token(Encode(list, {asked_at, last}));
      break;
    }
    const auto& [start, window] = *occurrence;
    last = {start, window->id};
    v1::ScheduledWindowExecution& row = *response.add_scheduled_window_executions();
    row.set_window_id(window->id.value());
    row.set_name(window->name);
    row.set_execution_time(FormatOccurrence(start, window->schedule.timezone()));
  }
  return response;
}

absl::StatusOr<v1::DescribeMaintenanceWindowsForTargetResponse>
Engine::DescribeMaintenanceWindowsForTarget(
    const CallContext&, const v1::DescribeMaintenanceWindowsForTargetRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  std::vector<TargetSelector> selectors = FromWire(request.targets());
  LULL_RETURN_IF_ERROR(CheckTargets(ParseResourceType(request.resource_type()), selectors));
  const std::string list = ScopeOf("windows for target", request);
  LULL_ASSIGN_OR_RETURN(std::int64_t position, DecodeToken(list, request.next_token()));

  v1::DescribeMaintenanceWindowsForTargetResponse response;
  const std::size_t page = PageSize(request);
  Store& store = *options_.store;
  LULL_ASSIGN_OR_RETURN(const Wanted wanted, FindWanted(store.nodes(), std::move(selectors)));
  LULL_ASSIGN_OR_RETURN(const auto rows, store.definitions().ListWindows({position, kMaxRowsRead}));
  std::size_t read = 0;
  for (const auto& row : rows) {
    if (static_cast<std::size_t>(response.window_identities_size()) == page) break;
    ++read;
    position = row.position;
    LULL_ASSIGN_OR_RETURN(const bool is_aimed_at, IsAimedAt(store, row.window.id, wanted));
    if (!is_aimed_at) continue;
    v1::MaintenanceWindowIdentityForTarget& identity = *response.add_window_identities();
    identity.set_window_id(row.window.id.value());
    identity.set_name(row.window.name);
  }
  if (read < rows.size() || rows.size() == kMaxRowsRead) {
    response.set_next_token(EncodeToken(list, position));
  }
  return response;
}

}  // namespace lull
