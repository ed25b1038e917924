// The fleet, as its origins give it and as DescribeInstanceInformation shows it.
#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/selection.h"
#include "engine/engine.h"
#include "engine/mapping.h"
#include "engine/model/nodes.h"
#include "engine/paging.h"
#include "engine/runtime/runtime.h"
#include "engine/runtime/select_nodes.h"
#include "engine/validate.h"

namespace lull {
namespace {

/// Of one request; the API names no bound.
constexpr int kMaxFilters = 10;

/// A node that was seen this long ago at most is Online.
constexpr absl::Duration kOnlineFor = absl::Minutes(15);

using Words = std::vector<std::string_view>;

/// The filter keys, and the only values that they take, where there are some (spec: the API's
/// model).
struct FilterKey {
  std::string_view key;
  Words words;
};

const std::vector<FilterKey>& FilterKeys() {
  static const auto* const keys = new std::vector<FilterKey>{
      {"InstanceIds", {}},
      {"PingStatus", {"Online", "ConnectionLost", "Inactive"}},
      {"PlatformTypes", {"Windows", "Linux", "MacOS"}},
      {"ResourceType", {"EC2Instance", "ManagedInstance"}},
      {"SourceTypes", {"AWS::EC2::Instance", "AWS::SSM::ManagedInstance", "AWS::IoT::Thing"}},
      // What Lull's nodes have none of:
      {"AssociationStatus", {"Success", "Pending", "Failed"}},
      {"ActivationIds", {}},
      {"AgentVersion", {}},
      {"IamRole", {}},
      {"SourceIds", {}},
  };
  return *keys;
}

absl::Status CheckFilter(const TargetSelector& filter) {
  if (IsTag(filter)) return absl::OkStatus();
  const auto known = std::find_if(FilterKeys().begin(), FilterKeys().end(),
                                  [&](const FilterKey& row) { return row.key == filter.key; });
  if (known == FilterKeys().end()) {
    return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidFilterKey",
                         absl::StrCat("The filter key ", filter.key,
                                      " is not valid. Use InstanceIds, PingStatus, PlatformTypes, "
                                      "ResourceType, SourceTypes, tag-key or tag:KEY."));
  }
  if (known->words.empty()) return absl::OkStatus();
  for (const std::string& value : filter.values) {
    if (std::find(known->words.begin(), known->words.end(), value) != known->words.end()) continue;
    std::string words;
    for (const std::string_view word : known->words) {
      absl::StrAppend(&words, words.empty() ? "" : ", ", ToAbsl(word));
    }
    return ModelledError(absl::StatusCode::kInvalidArgument,
                         "InvalidInstanceInformationFilterValue",
                         absl::StrCat("The value ", value, " of filter ", filter.key,
                                      " is not valid. Use one of: ", words, "."));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TargetSelector>> ReadFilters(
    const v1::DescribeInstanceInformationRequest& request) {
  if (request.instance_information_filter_list_size() > 0 && request.filters_size() > 0) {
    return Invalid(
        "Filters and InstanceInformationFilterList can't be used together. Use Filters.");
  }
  std::vector<TargetSelector> filters;
  for (const auto& filter : request.instance_information_filter_list()) {
    filters.push_back({filter.key(), {filter.value_set().begin(), filter.value_set().end()}});
  }
  for (const auto& filter : request.filters()) {
    filters.push_back({filter.key(), {filter.values().begin(), filter.values().end()}});
  }
  if (filters.size() > kMaxFilters) {
    return Invalid("There are ", filters.size(), " filters; ", kMaxFilters, " is the most.");
  }
  for (const TargetSelector& filter : filters) LULL_RETURN_IF_ERROR(CheckFilter(filter));
  return filters;
}

/// EC2's ids start with i-, all others are managed nodes.
bool IsEc2(const StoredNode& stored) { return absl::StartsWith(stored.node.id, "i-"); }

/// When it was last seen: the local node answers this very call.
std::optional<absl::Time> LastSeen(const StoredNode& stored, absl::Time now) {
  return stored.origin == kLocalOrigin ? now : stored.node.last_seen_at;
}

std::string_view PingStatus(const StoredNode& stored, absl::Time now) {
  const auto seen_at = LastSeen(stored, now);
  if (!seen_at) return "Inactive";
  return now - *seen_at <= kOnlineFor ? "Online" : "ConnectionLost";
}

/// What the node has under a filter's key; empty for what no node has.
std::string_view FilteredValue(const std::string& key, const StoredNode& stored, absl::Time now) {
  if (key == "InstanceIds") return stored.node.id;
  if (key == "PingStatus") return PingStatus(stored, now);
  if (key == "PlatformTypes") return Name(stored.node.platform);
  if (key == "ResourceType") return IsEc2(stored) ? "EC2Instance" : "ManagedInstance";
  if (key == "SourceTypes") {
    return IsEc2(stored) ? "AWS::EC2::Instance" : "AWS::SSM::ManagedInstance";
  }
  return "";
}

bool Matches(const std::vector<TargetSelector>& filters, const StoredNode& stored, absl::Time now) {
  return std::all_of(filters.begin(), filters.end(), [&](const TargetSelector& filter) {
    if (IsTag(filter)) return Selects(filter, TagsOf(stored));
    const std::string_view value = FilteredValue(filter.key, stored, now);
    return !value.empty() &&
           std::find(filter.values.begin(), filter.values.end(), value) != filter.values.end();
  });
}

/// Nodes that may match, by position, up to and including position `through`.
struct Candidates {
  std::vector<StoredNode> nodes;
  std::int64_t through = SelectedNodes::kEnd;
};

absl::Status AddNode(NodeReader& nodes, const std::string& id, std::int64_t after,
                     Candidates& candidates) {
  LULL_ASSIGN_OR_RETURN(auto node, nodes.GetNode(id));
  if (node && node->position > after) candidates.nodes.push_back(*std::move(node));
  return absl::OkStatus();
}

absl::StatusOr<Candidates> NamedNodes(NodeReader& nodes, const std::vector<std::string>& ids,
                                      std::int64_t after) {
  Candidates named;
  for (const std::string& id : ids) LULL_RETURN_IF_ERROR(AddNode(nodes, id, after, named));
  std::sort(named.nodes.begin(), named.nodes.end(),
            [](const StoredNode& a, const StoredNode& b) { return a.position < b.position; });
  const auto same = [](const StoredNode& a, const StoredNode& b) {
    return a.position == b.position;
  };
  named.nodes.erase(std::unique(named.nodes.begin(), named.nodes.end(), same), named.nodes.end());
  return named;
}

absl::StatusOr<Candidates> TaggedNodes(NodeReader& nodes, const std::vector<TargetSelector>& tags,
                                       std::int64_t after, std::size_t limit) {
  LULL_ASSIGN_OR_RETURN(const SelectedNodes selected, SelectNodes(nodes, tags, after, limit));
  Candidates tagged{{}, selected.through};
  for (const auto& name : selected.names) {
    LULL_RETURN_IF_ERROR(AddNode(nodes, name.id, after, tagged));
  }
  return tagged;
}

absl::StatusOr<Candidates> AllNodes(NodeReader& nodes, std::int64_t after, std::size_t rows) {
  Candidates all;
  LULL_ASSIGN_OR_RETURN(all.nodes, nodes.ListNodes({after, rows}));
  if (all.nodes.size() == rows) all.through = all.nodes.back().position;
  return all;
}

/// The narrowest way to them that the filters leave.
absl::StatusOr<Candidates> FindCandidates(NodeReader& nodes,
                                          const std::vector<TargetSelector>& filters,
                                          std::int64_t after, std::size_t limit) {
  std::vector<TargetSelector> tags;
  for (const TargetSelector& filter : filters) {
    if (filter.key == "InstanceIds") return NamedNodes(nodes, filter.values, after);
    if (IsTag(filter)) tags.push_back(filter);
  }
  if (!tags.empty()) return TaggedNodes(nodes, tags, after, limit);
  return AllNodes(nodes, after, filters.empty() ? limit + 1 : kMaxRowsRead);
}

void ToWire(const StoredNode& stored, absl::Time now, v1::InstanceInformation& message) {
  const Node& node = stored.node;
  message.set_instance_id(node.id);
  message.set_ping_status(std::string(PingStatus(stored, now)));
  if (const auto seen_at = LastSeen(stored, now)) {
    message.set_last_ping_date_time(lull::ToWire(*seen_at));
  }
  if (node.platform != Platform::kUnknown) {
    message.set_platform_type(std::string(Name(node.platform)));
  }
  if (!node.platform_name.empty()) message.set_platform_name(node.platform_name);
  if (!node.platform_version.empty()) message.set_platform_version(node.platform_version);
  message.set_registration_date(lull::ToWire(stored.registered_at));
  message.set_resource_type(IsEc2(stored) ? "EC2Instance" : "ManagedInstance");
  if (!node.name.empty()) message.set_name(node.name);
  if (!node.address.empty()) message.set_ip_address(node.address);
}

}  // namespace

absl::StatusOr<std::int64_t> Engine::ChangeFleet(FleetChange change) {
  Change one = std::visit([](auto&& kind) { return Change(std::move(kind)); }, std::move(change));
  LULL_ASSIGN_OR_RETURN(const ChangeResult result, runtime_->Define(std::move(one)));
  return result.value;
}

absl::StatusOr<v1::DescribeInstanceInformationResponse> Engine::DescribeInstanceInformation(
    const CallContext&, const v1::DescribeInstanceInformationRequest& request) {
  LULL_RETURN_IF_ERROR(ValidateConstraints(request));
  LULL_ASSIGN_OR_RETURN(const auto filters, ReadFilters(request));
  const std::string list = ScopeOf("nodes", request);
  const auto place = DecodeToken(list, request.next_token());
  if (!place.ok()) {
    return ModelledError(absl::StatusCode::kInvalidArgument, "InvalidNextToken",
                         FromAbsl(place.status().message()));
  }

  v1::DescribeInstanceInformationResponse response;
  const std::size_t page = PageSize(request);
  LULL_ASSIGN_OR_RETURN(const Candidates candidates,
                        FindCandidates(options_.store->nodes(), filters, *place, page));
  const absl::Time now = Now();
  std::int64_t position = *place;
  std::size_t read = 0;
  for (const StoredNode& stored : candidates.nodes) {
    if (static_cast<std::size_t>(response.instance_information_list_size()) == page) break;
    ++read;
    position = stored.position;
    if (!Matches(filters, stored, now)) continue;
    ToWire(stored, now, *response.add_instance_information_list());
  }
  if (read < candidates.nodes.size()) {
    response.set_next_token(EncodeToken(list, position));
  } else if (candidates.through != SelectedNodes::kEnd) {
    response.set_next_token(EncodeToken(list, candidates.through));
  }
  return response;
}

}  // namespace lull
