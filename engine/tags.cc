// Tags of windows and nodes (spec A.24 to A.26).
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit.h"
#include "engine/base/status.h"
#include "engine/engine.h"
#include "engine/internal.h"
#include "engine/model/nodes.h"
#include "engine/runtime/runtime.h"
#include "engine/validate.h"

namespace lull {
namespace {

constexpr char kWindowType[] = "MaintenanceWindow";
constexpr char kNodeType[] = "ManagedInstance";

absl::Status NoSuchType(const std::string& type) {
  return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidResourceType",
                       absl::StrCat("Lull has no tags of resources of type ", type, ". Use ",
                                    kWindowType, " or ", kNodeType, "."));
}

absl::Status NoSuchResource(const std::string& type, const std::string& id) {
  return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidResourceId",
                       absl::StrCat("There is no ", type, " ", id, "."));
}

}  // namespace

/// What a resource is tagged with, and the row that holds it.
struct Engine::Tagged {
  Tags origin;  ///< of a node's origin; the API can only hide them
  Tags api;
  std::optional<Window> window;      ///< of a window
  std::optional<StoredNode> stored;  ///< of a node
};

absl::Status CheckTagKeys(const google::protobuf::RepeatedPtrField<v1::Tag>& tags) {
  for (const v1::Tag& tag : tags) {
    if (absl::StartsWithIgnoreCase(tag.key(), "aws:")) {
      return Invalid("The tag key ", tag.key(),
                     " is not valid: keys that start with aws: are reserved. Use another one.");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Engine::Tagged> Engine::FindTags(const std::string& type, const std::string& id) {
  Tagged tagged;
  if (type == kWindowType) {
    LULL_ASSIGN_OR_RETURN(tagged.window, options_.store->definitions().GetWindow(WindowId(id)));
    if (!tagged.window) return NoSuchResource(type, id);
    tagged.api = tagged.window->tags;
    return tagged;
  }
  if (type != kNodeType) return NoSuchType(type);
  LULL_ASSIGN_OR_RETURN(tagged.stored, options_.store->nodes().GetNode(id));
  if (!tagged.stored) return NoSuchResource(type, id);
  tagged.origin = tagged.stored->node.tags;
  tagged.api = tagged.stored->api_tags;
  return tagged;
}

absl::Status Engine::Retag(const std::string& type, const std::string& id, const AuditEntry& audit,
                           const std::function<absl::Status(Tagged&)>& edit) {
  for (int attempt = 0; attempt < kUpdateTries; ++attempt) {
    LULL_ASSIGN_OR_RETURN(Tagged tagged, FindTags(type, id));
    const Tags before = tagged.api;
    LULL_RETURN_IF_ERROR(edit(tagged));
    if (tagged.api == before) return absl::OkStatus();
    Change change;
    if (tagged.window) {
      // Not a change of the window: its ModifiedDate stays.
      Window window = *std::move(tagged.window);
      window.tags = std::move(tagged.api);
      const std::int64_t version = window.version++;
      change = UpdateWindow{std::move(window), version};
    } else {
      change = TagNode{id, std::move(tagged.api), tagged.stored->version};
    }
    LULL_ASSIGN_OR_RETURN(const ChangeResult result, runtime_->Define(std::move(change), audit));
    if (result.verdict == Verdict::kApplied) return absl::OkStatus();
  }
  return absl::UnavailableError("the resource kept changing meanwhile; try again");
}

absl::StatusOr<v1::AddTagsToResourceResponse> Engine::AddTagsToResource(
    const CallContext& context, const v1::AddTagsToResourceRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(CheckTagKeys(request.tags()));
  LULL_RETURN_IF_ERROR(Retag(
      request.resource_type(), request.resource_id(), AuditOf(context, request),
      [&](Tagged& tagged) -> absl::Status {
        for (const v1::Tag& tag : request.tags()) {
          tagged.api.insert_or_assign(tag.key(), tag.value());
        }
        const auto count = static_cast<std::int64_t>(TagsOf(tagged.origin, tagged.api).size());
        // A node's have a bound in the store, too, whatever the limit.
        const std::int64_t limit = tagged.stored ? std::min(options_.limits.tags_per_resource,
                                                            static_cast<std::int64_t>(kMaxTags))
                                                 : options_.limits.tags_per_resource;
        if (count <= limit) return absl::OkStatus();
        return ModelledError(
            absl::StatusCode::kInvalidArgument, "TooManyTagsError",
            absl::StrCat(request.resource_type(), " ", request.resource_id(), " would have ", count,
                         " tags; it may have ", limit, ". Remove some first."));
      }));
  return v1::AddTagsToResourceResponse();
}

absl::StatusOr<v1::RemoveTagsFromResourceResponse> Engine::RemoveTagsFromResource(
    const CallContext& context, const v1::RemoveTagsFromResourceRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_RETURN_IF_ERROR(Retag(request.resource_type(), request.resource_id(),
                             AuditOf(context, request), [&](Tagged& tagged) -> absl::Status {
                               for (const std::string& key : request.tag_keys()) {
                                 if (tagged.api.erase(key) != 0 || !tagged.origin.contains(key))
                                   continue;
                                 return Invalid("The tag ", key, " of node ", request.resource_id(),
                                                " comes from its ", tagged.stored->origin,
                                                ". Remove it there.");
                               }
                               return absl::OkStatus();
                             }));
  return v1::RemoveTagsFromResourceResponse();
}

absl::StatusOr<v1::ListTagsForResourceResponse> Engine::ListTagsForResource(
    const CallContext&, const v1::ListTagsForResourceRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const Tagged tagged,
                        FindTags(request.resource_type(), request.resource_id()));
  v1::ListTagsForResourceResponse response;
  for (const auto& [key, value] : TagsOf(tagged.origin, tagged.api)) {
    v1::Tag& tag = *response.add_tag_list();
    tag.set_key(key);
    tag.set_value(value);
  }
  return response;
}

}  // namespace lull
