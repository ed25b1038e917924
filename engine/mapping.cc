#include "engine/mapping.h"

#include "absl/strings/ascii.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace lull {

double ToWire(absl::Time at) { return static_cast<double>(absl::ToUnixMillis(at)) / 1000.0; }

std::string_view Name(ResourceType type) {
  return type == ResourceType::kInstance ? "INSTANCE" : "RESOURCE_GROUP";
}

std::string_view Name(CutoffBehavior behavior) {
  return behavior == CutoffBehavior::kContinueTask ? "CONTINUE_TASK" : "CANCEL_TASK";
}

TaskType ParseTaskType(std::string_view name) {
  for (const TaskType type : {TaskType::kRunCommand, TaskType::kAutomation,
                              TaskType::kStepFunctions, TaskType::kLambda}) {
    if (Name(type) == name) return type;
  }
  LULL_CHECK(!"a task type that passed validation");
  return TaskType::kRunCommand;
}

ResourceType ParseResourceType(std::string_view name) {
  return name == Name(ResourceType::kInstance) ? ResourceType::kInstance
                                               : ResourceType::kResourceGroup;
}

CutoffBehavior ParseCutoffBehavior(std::string_view name) {
  return name == Name(CutoffBehavior::kCancelTask) ? CutoffBehavior::kCancelTask
                                                   : CutoffBehavior::kContinueTask;
}

std::vector<TargetSelector> FromWire(
    const google::protobuf::RepeatedPtrField<v1::Target>& targets) {
  std::vector<TargetSelector> selectors;
  for (const v1::Target& target : targets) {
    selectors.push_back({target.key(), {target.values().begin(), target.values().end()}});
  }
  return selectors;
}

void ToWire(const std::vector<TargetSelector>& selectors,
            google::protobuf::RepeatedPtrField<v1::Target>& targets) {
  for (const TargetSelector& selector : selectors) {
    v1::Target& target = *targets.Add();
    target.set_key(selector.key);
    for (const std::string& value : selector.values) target.add_values(value);
  }
}

std::string StatusDetails(Reason reason, const std::string& detail) {
  return detail.empty() ? std::string(Text(reason)) : detail;
}

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(ToAbsl(text)); }

std::uint64_t HashRequest(const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);  // maps by key
    request.SerializeToCodedStream(&coded);
  }
  return Fnv1a(bytes);
}

}  // namespace lull
