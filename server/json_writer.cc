#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/json_text.h"
#include "google/protobuf/descriptor.h"
#include "proto/options.pb.h"
#include "proto/shapes.pb.h"
#include "server/json_codec.h"

namespace lull::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void PrintDouble(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";  // JSON has no such number; to a client null is an absent member.
    return;
  }
  std::string digits = absl::StrFormat("%.3f", value);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  out += digits == "-0" ? "0" : digits;
}

void PrintMessage(const Message& message, bool is_root, std::string& out);

/// Prints the value of a field that is neither list nor map; with an index, that element of a list.
void PrintOne(const Message& message, const FieldDescriptor& field, int index, std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  const bool element = field.is_repeated();
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
      out += JsonString(element ? reflection.GetRepeatedString(message, &field, index)
                                : reflection.GetString(message, &field));
      break;
    case FieldDescriptor::TYPE_BYTES: {
      const std::string bytes = element ? reflection.GetRepeatedString(message, &field, index)
                                        : reflection.GetString(message, &field);
      out += JsonString(absl::Base64Escape(bytes));
      break;
    }
    case FieldDescriptor::TYPE_BOOL:
      out += (element ? reflection.GetRepeatedBool(message, &field, index)
                      : reflection.GetBool(message, &field))
                 ? "true"
                 : "false";
      break;
    case FieldDescriptor::TYPE_INT32:
      absl::StrAppend(&out, element ? reflection.GetRepeatedInt32(message, &field, index)
                                    : reflection.GetInt32(message, &field));
      break;
    case FieldDescriptor::TYPE_INT64:
      absl::StrAppend(&out, element ? reflection.GetRepeatedInt64(message, &field, index)
                                    : reflection.GetInt64(message, &field));
      break;
    case FieldDescriptor::TYPE_DOUBLE:
      PrintDouble(element ? reflection.GetRepeatedDouble(message, &field, index)
                          : reflection.GetDouble(message, &field),
                  out);
      break;
    case FieldDescriptor::TYPE_MESSAGE:
      PrintMessage(element ? reflection.GetRepeatedMessage(message, &field, index)
                           : reflection.GetMessage(message, &field),
                   false, out);
      break;
    default:
      out += "null";  // proto/ uses no other type; a test walks all of it.
  }
}

void PrintList(const Message& message, const FieldDescriptor& field, std::string& out) {
  out += '[';
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    if (i > 0) out += ',';
    PrintOne(message, field, i, out);
  }
  out += ']';
}

void PrintMap(const Message& message, const FieldDescriptor& field, std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    entries.emplace_back(entry.GetReflection()->GetString(entry, field.message_type()->map_key()),
                         &entry);
  }
  std::sort(entries.begin(), entries.end());
  out += '{';
  for (const auto& [key, entry] : entries) {
    if (out.back() != '{') out += ',';
    out += JsonString(key);
    out += ':';
    PrintOne(*entry, *field.message_type()->map_value(), 0, out);
  }
  out += '}';
}

void PrintField(const Message& message, const FieldDescriptor& field, std::string& out) {
  if (field.is_map()) return PrintMap(message, field, out);
  if (field.is_repeated()) return PrintList(message, field, out);
  PrintOne(message, field, 0, out);
}

/// A client that asks for a list gets one even if nothing is in it, unless the API says that the
/// list is never empty. Lists further in are left out, but for those that say otherwise.
bool IsPrintedEmpty(const FieldDescriptor& field, bool is_response) {
  if (!field.is_repeated() || field.is_map()) return false;
  if (field.options().GetExtension(v1::shown_empty)) return true;
  if (!is_response) return false;
  const v1::Shape shape = field.options().GetExtension(v1::shape);
  return v1::Shape_descriptor()
             ->FindValueByNumber(shape)
             ->options()
             .GetExtension(v1::constraint)
             .min_length() == 0;
}

void PrintMessage(const Message& message, bool is_root, std::string& out) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  if (type.options().GetExtension(v1::bare)) return PrintField(message, *type.field(0), out);
  const bool is_response = is_root && type.name().ends_with("Response");
  out += '{';
  bool first = true;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool set = field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                                         : reflection.HasField(message, &field);
    if (!set && !IsPrintedEmpty(field, is_response)) continue;
    if (!first) out += ',';
    first = false;
    out += JsonString(field.json_name());
    out += ':';
    PrintField(message, field, out);
  }
  out += '}';
}

}  // namespace

std::string MessageToJson(const Message& message) {
  std::string out;
  PrintMessage(message, true, out);
  return out;
}

}  // namespace lull::server
