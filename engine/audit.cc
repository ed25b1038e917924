#include "engine/audit.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "google/protobuf/descriptor.h"
#include "proto/options.pb.h"
#include "proto/shapes.pb.h"

namespace lull {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kRequest = "Request";
constexpr std::size_t kMaxValueBytes = 128;

std::string Cut(std::string_view text, std::size_t bytes) {
  return std::string(Utf8Prefix(text, bytes));
}

bool IsSensitive(const FieldDescriptor& field) {
  return v1::Shape_descriptor()
      ->FindValueByNumber(field.options().GetExtension(v1::shape))
      ->options()
      .GetExtension(v1::constraint)
      .sensitive();
}

/// The member as `Name="value"`, or its name where the value is a secret or long.
std::string Told(const Message& request, const FieldDescriptor& field) {
  const auto& reflection = *request.GetReflection();
  const std::string& name = field.json_name();
  if (field.is_repeated() || IsSensitive(field)) return name;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return absl::StrCat(name, "=",
                          JsonString(Cut(reflection.GetString(request, &field), kMaxValueBytes)));
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(name, "=", reflection.GetInt32(request, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return absl::StrCat(name, "=", reflection.GetBool(request, &field) ? "true" : "false");
    default:
      return name;
  }
}

void Append(const std::string& word, std::string& text) {
  absl::StrAppend(&text, text.empty() ? "" : " ", word);
  text = Cut(text, kMaxAuditBytes);
}

}  // namespace

void AddResource(const std::string& id, AuditEntry& entry) {
  // One that was refused may be any text, and must not read as others, or as another line.
  const bool is_plain =
      std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~' && c != '"'; });
  Append(is_plain ? id : JsonString(id), entry.resources);
}

AuditEntry AuditOf(const CallContext& context) {
  AuditEntry entry;
  entry.principal = Cut(context.principal, kMaxAuditBytes);
  entry.source = Cut(context.source, kMaxAuditBytes);
  entry.request_id = Cut(context.request_id, kMaxAuditBytes);
  return entry;
}

AuditEntry AuditOf(const CallContext& context, const Message& request) {
  AuditEntry entry = AuditOf(context);
  entry.operation = request.GetDescriptor()->name();
  if (absl::EndsWith(entry.operation, ToAbsl(kRequest))) {
    entry.operation.resize(entry.operation.size() - kRequest.size());
  }
  std::vector<const FieldDescriptor*> members;
  request.GetReflection()->ListFields(request, &members);
  for (const FieldDescriptor* member : members) {
    if (member->name() == "client_token") continue;
    const bool names = !member->is_repeated() && absl::EndsWith(member->name(), "_id") &&
                       member->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (names) {
      AddResource(Cut(request.GetReflection()->GetString(request, member), kMaxValueBytes), entry);
    } else {
      Append(Told(request, *member), entry.summary);
    }
  }
  return entry;
}

}  // namespace lull
