// Registering targets with a window (spec A.8).
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/selection.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/mapping.h"
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
  for (const TargetSelector& selector : selectors) {
    if (selector.key == "resource-groups:Name" && !named && selector.values.size() == 1) {
      named = true;
    } else if (selector.key != "resource-groups:ResourceTypeFilters" ||
               Distinct(selector.values) > kMaxTagValues) {
      return Invalid(
          "Targets of a resource group are one \"Key=resource-groups:Name,Values=<one group>\" and "
          "at "
          "most one \"Key=resource-groups:ResourceTypeFilters\" with up to 5 resource types.");
    }
  }
  return named ? absl::OkStatus()
               : Invalid("Targets of a resource group need \"Key=resource-groups:Name\".");
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

absl::StatusOr<v1::RegisterTargetWithMaintenanceWindowResponse>
Engine::RegisterTargetWithMaintenanceWindow(
    const CallContext&, const v1::RegisterTargetWithMaintenanceWindowRequest& request) {
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
    return Creation{CreateTarget{target, {}, {}}, target.id.value()};
  };
  LULL_ASSIGN_OR_RETURN(const std::string id,
                        CreateOnce("RegisterTargetWithMaintenanceWindow", request.window_id(),
                                   request.client_token(), HashRequest(asked), make));
  v1::RegisterTargetWithMaintenanceWindowResponse response;
  response.set_window_target_id(id);
  return response;
}

}  // namespace lull
