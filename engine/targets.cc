// Targets that are registered with a window (spec A.8 to A.11).
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/status.h"
#include "engine/core/selection.h"
#include "engine/engine.h"
#include "engine/filters.h"
#include "engine/internal.h"
#include "engine/mapping.h"
#include "engine/merge.h"
#include "engine/paging.h"
#include "engine/runtime/runtime.h"
#include "engine/selectors.h"
#include "engine/validate.h"

namespace lull {
namespace {

constexpr std::size_t kMaxTagValues = 5;

constexpr char kForms[] =
    "Targets must be specified in one of the following formats: 1) 1 target with "
    "\"Key=InstanceIds\" and \"Values=\" a list of up to 50 instance IDs, or 2) Up to 5 targets, "
    "each of which can be either \"Key=tag:<key>,Values=<tag_values>\" or "
    "\"Key=tag-key,Values=<tag_keys>\", and each with up to 5 unique tag keys/values.";

bool IsGroup(const TargetSelector& selector) {
  return absl::StartsWith(selector.key, "resource-groups:");
}

std::size_t Distinct(const std::vector<std::string>& values) {
  return std::set<std::string>(values.begin(), values.end()).size();
}

absl::Status CheckInstances(const std::vector<TargetSelector>& selectors) {
  if (selectors.size() == 1 && selectors[0].key == "InstanceIds") return absl::OkStatus();
  for (const TargetSelector& selector : selectors) {
    if (!IsTag(selector) || Distinct(selector.values) > kMaxTagValues) return Invalid(kForms);
  }
  return absl::OkStatus();
}

absl::Status CheckGroup(const std::vector<TargetSelector>& selectors) {
  bool named = false;
  bool filtered = false;
  for (const TargetSelector& selector : selectors) {
    if (selector.key == "resource-groups:Name" && !named && selector.values.size() == 1) {
      named = true;
    } else if (selector.key == "resource-groups:ResourceTypeFilters" && !filtered &&
               Distinct(selector.values) <= kMaxTagValues) {
      filtered = true;
    } else {
      return Invalid(
          "Targets of a resource group are one \"Key=resource-groups:Name,Values=<one group>\" and "
          "at most one \"Key=resource-groups:ResourceTypeFilters\" with up to 5 resource types.");
    }
  }
  return named ? absl::OkStatus()
               : Invalid("Targets of a resource group need \"Key=resource-groups:Name\".");
}

/// What targets are of, where a request doesn't say: an update may turn one into the other.
ResourceType TypeOf(const std::vector<TargetSelector>& selectors) {
  return std::any_of(selectors.begin(), selectors.end(), IsGroup) ? ResourceType::kResourceGroup
                                                                  : ResourceType::kInstance;
}

/// Writes what an update asks for over `target`; with Replace, what it leaves out goes.
absl::Status Merge(const v1::UpdateMaintenanceWindowTargetRequest& request, WindowTarget& target) {
  const LeftOut left_out = LeftOutBy(request.replace());
  const bool has_targets = !request.targets().empty();
  if (request.replace()) LULL_RETURN_IF_ERROR(RequireMembers({{"targets", has_targets}}));
  if (has_targets) {
    target.selectors = FromWire(request.targets());
    target.resource_type = TypeOf(target.selectors);
    LULL_RETURN_IF_ERROR(CheckTargets(target.resource_type, target.selectors));
  }
  MergeMember(request.has_owner_information(), request.owner_information(), left_out,
              target.owner_information);
  MergeMember(request.has_name(), request.name(), left_out, target.name);
  MergeMember(request.has_description(), request.description(), left_out, target.description);
  return absl::OkStatus();
}

/// The members that an update and a list both show.
template <class Message>
void ToWire(const WindowTarget& target, Message& message) {
  message.set_window_id(target.window.value());
  message.set_window_target_id(target.id.value());
  lull::ToWire(target.selectors, *message.mutable_targets());
  if (target.owner_information) message.set_owner_information(*target.owner_information);
  if (target.name) message.set_name(*target.name);
  if (target.description) message.set_description(*target.description);
}

bool IsResourceType(const std::string& value) {
  return value == Name(ResourceType::kInstance) || value == Name(ResourceType::kResourceGroup);
}

bool Matches(const WindowTarget& target, const std::string& key, const std::string& value) {
  if (key == "Type") return value == Name(target.resource_type);
  if (key == "WindowTargetId") return Lower(value) == target.id.value();
  return value == target.owner_information;
}

}  // namespace

absl::Status CheckTargets(ResourceType type, const std::vector<TargetSelector>& selectors) {
  for (const TargetSelector& selector : selectors) {
    if (selector.values.empty()) {
      return Invalid("Please specify at least one target.  Filter values can't be null and ",
                     selector.key, " is.");
    }
    const bool other = type == ResourceType::kInstance
                           ? IsGroup(selector)
                           : selector.key == "InstanceIds" || IsTag(selector);
    if (other) return Invalid("Target Type does not match with the provided target.");
    LULL_RETURN_IF_ERROR(CheckValues(selector));
  }
  return type == ResourceType::kInstance ? CheckInstances(selectors) : CheckGroup(selectors);
}

absl::StatusOr<WindowTarget> Engine::FindWindowTarget(const std::string& window,
                                                      const std::string& id) {
  LULL_ASSIGN_OR_RETURN(auto target,
                        options_.store->definitions().GetTarget(WindowTargetId(Lower(id))));
  if (target && target->window.value() == window) return *std::move(target);
  LULL_RETURN_IF_ERROR(FindWindow(window).status());
  return absl::NotFoundError(
      absl::StrCat("Maintenance window target ", id, " does not exist in window ", window));
}

absl::StatusOr<std::vector<WindowTargetId>> Engine::FindRequiredTargets(
    const WindowId& window, const std::vector<TargetSelector>& targets) {
  std::vector<WindowTargetId> required;
  for (const TargetSelector& target : targets) {
    if (target.key != kWindowTargetIds) continue;
    for (const std::string& id : target.values) {
      LULL_RETURN_IF_ERROR(FindWindowTarget(window.value(), id).status());
      required.push_back(WindowTargetId(id));
    }
  }
  return required;
}

absl::StatusOr<v1::RegisterTargetWithMaintenanceWindowResponse>
Engine::RegisterTargetWithMaintenanceWindow(
    const CallContext& context, const v1::RegisterTargetWithMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  WindowTarget target;
  target.window = WindowId(request.window_id());
  target.resource_type = ParseResourceType(request.resource_type());
  target.selectors = FromWire(request.targets());
  LULL_RETURN_IF_ERROR(CheckTargets(target.resource_type, target.selectors));
  if (request.has_owner_information()) target.owner_information = request.owner_information();
  if (request.has_name()) target.name = request.name();
  if (request.has_description()) target.description = request.description();
  target.created_at = Now();

  v1::RegisterTargetWithMaintenanceWindowRequest asked = request;
  asked.clear_client_token();
  const auto make = [&]() -> absl::StatusOr<Creation> {
    LULL_RETURN_IF_ERROR(FindWindow(request.window_id()).status());
    target.id = WindowTargetId(NewUuid());
    const std::int64_t limit = options_.limits.targets_per_window;
    return Creation{CreateTarget{target, {}, {}, limit}, target.id.value(),
                    LimitReached(limit, "targets of a maintenance window", "Deregister one",
                                 "targets_per_window", "--max-targets-per-window")};
  };
  LULL_ASSIGN_OR_RETURN(
      const std::string id,
      CreateOnce("RegisterTargetWithMaintenanceWindow", request.window_id(), request.client_token(),
                 HashRequest(asked), AuditOf(context, request), make));
  v1::RegisterTargetWithMaintenanceWindowResponse response;
  response.set_window_target_id(id);
  return response;
}

absl::StatusOr<v1::UpdateMaintenanceWindowTargetResponse> Engine::UpdateMaintenanceWindowTarget(
    const CallContext& context, const v1::UpdateMaintenanceWindowTargetRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    LULL_ASSIGN_OR_RETURN(WindowTarget target,
                          FindWindowTarget(request.window_id(), request.window_target_id()));
    LULL_RETURN_IF_ERROR(Merge(request, target));
    const std::int64_t expected_version = target.version++;
    LULL_ASSIGN_OR_RETURN(
        const ChangeResult result,
        runtime_->Define(UpdateTarget{target, expected_version}, AuditOf(context, request)));
    if (result.verdict != Verdict::kApplied) continue;
    v1::UpdateMaintenanceWindowTargetResponse response;
    ToWire(target, response);
    return response;
  }
  return absl::UnavailableError("the target kept changing meanwhile; try again");
}

absl::StatusOr<v1::DeregisterTargetFromMaintenanceWindowResponse>
Engine::DeregisterTargetFromMaintenanceWindow(
    const CallContext& context, const v1::DeregisterTargetFromMaintenanceWindowRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    LULL_ASSIGN_OR_RETURN(const WindowTarget target,
                          FindWindowTarget(request.window_id(), request.window_target_id()));
    if (request.safe()) {
      LULL_ASSIGN_OR_RETURN(const auto tasks,
                            options_.store->definitions().ListTasks(target.window));
      for (const WindowTask& task : tasks) {
        if (!References(task.targets, target.id)) continue;
        return ModelledError(absl::StatusCode::kFailedPrecondition, "TargetInUseException",
                             absl::StrCat("This Target cannot be deregistered because it is still "
                                          "referenced in Task: ",
                                          task.id.value()));
      }
    }
    LULL_ASSIGN_OR_RETURN(const ChangeResult result,
                          runtime_->Define(DeleteTarget{target.window, target.id, request.safe()},
                                           AuditOf(context, request)));
    if (result.verdict != Verdict::kApplied) continue;
    v1::DeregisterTargetFromMaintenanceWindowResponse response;
    response.set_window_id(target.window.value());
    response.set_window_target_id(target.id.value());
    return response;
  }
  return absl::UnavailableError("the window's tasks kept changing meanwhile; try again");
}

absl::StatusOr<v1::DescribeMaintenanceWindowTargetsResponse>
Engine::DescribeMaintenanceWindowTargets(
    const CallContext&, const v1::DescribeMaintenanceWindowTargetsRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(
      CheckFilters(request.filters(), {{"Type", &IsResourceType, "INSTANCE or RESOURCE_GROUP"},
                                       {"WindowTargetId"},
                                       {"OwnerInformation"}}));
  const std::string list = ScopeOf("targets", request);
  LULL_ASSIGN_OR_RETURN(const std::int64_t position, DecodeToken(list, request.next_token()));
  LULL_ASSIGN_OR_RETURN(const Window window, FindWindow(request.window_id()));
  LULL_ASSIGN_OR_RETURN(const auto rows, options_.store->definitions().PageTargets(
                                             {window.id, position, RowsToRead(request)}));
  v1::DescribeMaintenanceWindowTargetsResponse response;
  const auto next = FillPage(request, rows, [&](const auto& row) {
    const bool matches = MatchesAll(request.filters(), [&](const auto& key, const auto& value) {
      return Matches(row.target, key, value);
    });
    if (!matches) return false;
    v1::MaintenanceWindowTarget& target = *response.add_targets();
    ToWire(row.target, target);
    target.set_resource_type(std::string(Name(row.target.resource_type)));
    return true;
  });
  if (next) response.set_next_token(EncodeToken(list, *next));
  return response;
}

}  // namespace lull
