#include "engine/ssm_references.h"

#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/payload.pb.h"

namespace lull {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kPrefix = "ssm:";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Whether a parameter may have this name, with its version or label: `/team/db:3`.
bool IsName(std::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("_.-/:").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

void AddReferences(std::string_view text, std::set<std::string>& names) {
  for (auto at = text.find(kOpen); at != std::string_view::npos; at = text.find(kOpen)) {
    text.remove_prefix(at + 1);  // of `{{{ssm:` the last two count
    const auto end = text.substr(1).find_first_of("{}");
    if (end == std::string_view::npos) return;
    std::string_view inside = Trimmed(text.substr(1, end));
    if (!inside.starts_with(kPrefix) || !text.substr(1 + end).starts_with(kClose)) continue;
    inside = Trimmed(inside.substr(kPrefix.size()));
    if (IsName(inside)) names.emplace(inside);
  }
}

/// Every text in a message, at any depth.
void AddReferences(const Message& message, std::set<std::string>& names) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        std::string scratch;
        AddReferences(field->is_repeated()
                          ? reflection.GetRepeatedStringReference(message, field, i, &scratch)
                          : reflection.GetStringReference(message, field, &scratch),
                      names);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        AddReferences(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      names);
      }
    }
  }
}

}  // namespace

std::string RefuseSsmReferences(const std::vector<TaskExecution>& work) {
  std::set<std::string> names;
  for (const TaskExecution& task : work) {
    // A text stands in the stored bytes as it is: most payloads needn't be parsed.
    if (task.spec->payload.find(kPrefix) == std::string::npos) continue;
    v1::TaskPayload payload;
    if (!payload.ParseFromString(task.spec->payload)) continue;  // its runner says so
    AddReferences(payload.task_invocation_parameters(), names);
    AddReferences(payload.task_parameters(), names);
  }
  if (names.empty()) return "";
  return absl::StrCat("The following SSM parameters are invalid: ", absl::StrJoin(names, ", "));
}

}  // namespace lull
