#include "engine/validate.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "engine/patterns.h"
#include "google/protobuf/descriptor.h"
#include "proto/options.pb.h"
#include "proto/shapes.pb.h"

namespace lull {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const v1::Constraint& ConstraintOf(v1::Shape shape) {
  return v1::Shape_descriptor()->FindValueByNumber(shape)->options().GetExtension(v1::constraint);
}

/// A member's name in the API's error messages: the wire's, with a lower first letter.
std::string PathName(const FieldDescriptor& field) {
  std::string name = field.json_name();
  if (name[0] >= 'A' && name[0] <= 'Z') name[0] += 'a' - 'A';
  return name;
}

std::string Printable(std::string_view value) {
  if (!CountCodePoints(value).has_value()) return "(not UTF-8)";
  const std::string_view head = Utf8Prefix(value, kMaxPrintedValueBytes);
  return absl::StrCat(ToAbsl(head), head.size() < value.size() ? "..." : "");
}

void CheckLength(const v1::Constraint& constraint, int64_t length,
                 std::vector<std::string>& broken) {
  if (constraint.has_max_length() && length > constraint.max_length()) {
    broken.push_back(
        absl::StrCat("Member must have length less than or equal to ", constraint.max_length()));
  }
  if (constraint.has_min_length() && length < constraint.min_length()) {
    broken.push_back(
        absl::StrCat("Member must have length greater than or equal to ", constraint.min_length()));
  }
}

/// Appends what `text` breaks of `constraint`. The enum's words are looked up in `field`'s file.
void CheckText(const FieldDescriptor& field, const v1::Constraint& constraint,
               const std::string& text, std::vector<std::string>& broken) {
  const std::optional<int64_t> length = CountCodePoints(text);
  if (!length.has_value()) {
    broken.push_back("Member must be valid UTF-8");
    return;
  }
  const bool too_long = constraint.has_max_length() && *length > constraint.max_length();
  if (constraint.has_pattern() && !too_long) {
    const PatternMatcher matches = FindPattern(constraint.pattern());
    LULL_CHECK(matches != nullptr);
    if (!matches(text)) {
      broken.push_back(
          absl::StrCat("Member must satisfy regular expression pattern: ", constraint.pattern()));
    }
  }
  if (constraint.has_enum_type()) {
    const EnumDescriptor* words = field.file()->pool()->FindEnumTypeByName(
        absl::StrCat(field.file()->package(), ".", constraint.enum_type()));
    LULL_CHECK(words != nullptr);
    if (words->FindValueByName(text) == nullptr) {
      std::vector<std::string> names;
      for (int i = 0; i < words->value_count(); ++i) names.push_back(words->value(i)->name());
      broken.push_back(
          absl::StrCat("Member must satisfy enum value set: [", absl::StrJoin(names, ", "), "]"));
    }
  }
  CheckLength(constraint, *length, broken);
}

void CheckInteger(const v1::Constraint& constraint, int64_t value,
                  std::vector<std::string>& broken) {
  if (constraint.has_max_value() && value > constraint.max_value()) {
    broken.push_back(
        absl::StrCat("Member must have value less than or equal to ", constraint.max_value()));
  }
  if (constraint.has_min_value() && value < constraint.min_value()) {
    broken.push_back(
        absl::StrCat("Member must have value greater than or equal to ", constraint.min_value()));
  }
}

/// One constraint on the elements of a list or on the keys of a map is reported once, at the list,
/// with all that the shape asks for: the API does not name the element.
std::string ElementRule(const FieldDescriptor& field, const v1::Constraint& constraint) {
  std::vector<std::string> rules;
  if (constraint.has_max_length()) {
    rules.push_back(
        absl::StrCat("Member must have length less than or equal to ", constraint.max_length()));
  }
  if (constraint.has_min_length()) {
    rules.push_back(
        absl::StrCat("Member must have length greater than or equal to ", constraint.min_length()));
  }
  if (constraint.has_pattern()) {
    rules.push_back(
        absl::StrCat("Member must satisfy regular expression pattern: ", constraint.pattern()));
  }
  if (constraint.has_enum_type()) CheckText(field, constraint, std::string(), rules);
  if (rules.empty()) rules.push_back("Member must be valid UTF-8");
  return absl::StrCat("Member must satisfy constraint: [", absl::StrJoin(rules, ", "), "]");
}

class Validator {
 public:
  absl::Status Run(const Message& request) {
    VisitMessage(request, "");
    return Result();
  }

  absl::Status Require(std::initializer_list<RequiredMember> members) {
    for (const RequiredMember& member : members) {
      if (!member.present) ReportNull(std::string(member.name));
    }
    return Result();
  }

 private:
  absl::Status Result() const {
    if (count_ == 0) return absl::OkStatus();
    return Invalid(count_, " validation error", count_ == 1 ? "" : "s",
                   " detected: ", absl::StrJoin(violations_, "; "));
  }

  void VisitMessage(const Message& message, const std::string& prefix) {
    const bool bare = message.GetDescriptor()->options().GetExtension(v1::bare);
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      // What is bare has no name of its own on the wire: its value stands at the parent's path.
      std::string path = bare             ? prefix
                         : prefix.empty() ? PathName(field)
                                          : absl::StrCat(prefix, ".", PathName(field));
      VisitField(message, field, path);
    }
  }

  void VisitField(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const bool present = field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                                             : reflection.HasField(message, &field);
    if (!present) {
      if (field.options().GetExtension(v1::required)) {
        ReportNull(path);
      }
      return;
    }
    const v1::Constraint& constraint = ConstraintOf(field.options().GetExtension(v1::shape));
    if (field.is_repeated()) {
      VisitRepeated(message, field, constraint, path);
    } else if (field.message_type() != nullptr) {
      VisitMessage(reflection.GetMessage(message, &field), path);
    } else {
      VisitScalar(message, field, constraint, path);
    }
  }

  void VisitScalar(const Message& message, const FieldDescriptor& field,
                   const v1::Constraint& constraint, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    std::vector<std::string> broken;
    std::string value;
    switch (field.type()) {
      case FieldDescriptor::TYPE_STRING:
        value = reflection.GetString(message, &field);
        CheckText(field, constraint, value, broken);
        break;
      case FieldDescriptor::TYPE_BYTES:
        CheckLength(constraint, static_cast<int64_t>(reflection.GetString(message, &field).size()),
                    broken);
        break;
      case FieldDescriptor::TYPE_INT32:
        value = absl::StrCat(reflection.GetInt32(message, &field));
        CheckInteger(constraint, reflection.GetInt32(message, &field), broken);
        break;
      default:
        break;  // The API constrains neither booleans nor timestamps.
    }
    for (const std::string& rule : broken) Report(ValueText(constraint, value), path, rule);
  }

  void VisitRepeated(const Message& message, const FieldDescriptor& field,
                     const v1::Constraint& constraint, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    std::vector<std::string> broken;
    CheckLength(constraint, size, broken);
    const bool texts = field.type() == FieldDescriptor::TYPE_STRING;
    const v1::Constraint& element = ConstraintOf(field.options().GetExtension(v1::element));
    if (texts) {
      std::vector<std::string> wrong;
      for (int i = 0; i < size && wrong.empty(); ++i) {
        CheckText(field, element, reflection.GetRepeatedString(message, &field, i), wrong);
      }
      if (!wrong.empty()) broken.push_back(ElementRule(field, element));
    } else if (field.is_map()) {
      VisitEntries(message, field, constraint, path, broken);
    } else {
      // Of a list that is too long only what may be there is looked at: work is bounded by the
      // shape.
      const int64_t visited =
          constraint.has_max_length() ? std::min<int64_t>(size, constraint.max_length()) : size;
      for (int i = 0; i < visited; ++i) {
        VisitMessage(reflection.GetRepeatedMessage(message, &field, i),
                     absl::StrCat(path, ".", i + 1, ".member"));
      }
    }
    if (broken.empty()) return;
    const std::string value =
        ValueText(constraint.sensitive() ? constraint : element, ListText(message, field));
    for (const std::string& rule : broken) Report(value, path, rule);
  }

  /// Entries are visited in the order of their keys: a message must not depend on a hash.
  void VisitEntries(const Message& message, const FieldDescriptor& field,
                    const v1::Constraint& constraint, const std::string& path,
                    std::vector<std::string>& broken) {
    const Reflection& reflection = *message.GetReflection();
    const FieldDescriptor& key_field = *field.message_type()->map_key();
    const FieldDescriptor& value_field = *field.message_type()->map_value();
    const v1::Constraint& key_constraint = ConstraintOf(field.options().GetExtension(v1::key));
    std::vector<std::pair<std::string, const Message*>> entries;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
      entries.emplace_back(entry.GetReflection()->GetString(entry, &key_field), &entry);
    }
    std::sort(entries.begin(), entries.end());
    const bool hide_key = constraint.sensitive() || key_constraint.sensitive();
    std::vector<std::string> wrong;
    for (const auto& [key, entry] : entries) {
      if (wrong.empty()) CheckText(field, key_constraint, key, wrong);
      VisitMessage(
          entry->GetReflection()->GetMessage(*entry, &value_field),
          absl::StrCat(path, hide_key ? "" : ".", hide_key ? "" : Printable(key), ".member"));
    }
    if (!wrong.empty()) broken.push_back(ElementRule(field, key_constraint));
  }

  /// `[a, b]`, of a map its keys in order; structures are not spelled out.
  static std::string ListText(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    std::vector<std::string> parts;
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (field.type() == FieldDescriptor::TYPE_STRING) {
        parts.push_back(Printable(reflection.GetRepeatedString(message, &field, i)));
      } else if (field.is_map()) {
        const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
        parts.push_back(
            Printable(entry.GetReflection()->GetString(entry, field.message_type()->map_key())));
      } else {
        parts.push_back(field.message_type()->name());
      }
    }
    if (field.is_map()) std::sort(parts.begin(), parts.end());
    return absl::StrCat("[", absl::StrJoin(parts, ", "), "]");
  }

  static std::string ValueText(const v1::Constraint& constraint, std::string_view value) {
    if (constraint.sensitive()) return "Value";
    return absl::StrCat("Value '", Printable(value), "'");
  }

  void ReportNull(const std::string& path) {
    Report("Value null", path, "Member must not be null");
  }

  void Report(std::string_view value, const std::string& path, std::string_view rule) {
    if (++count_ > kMaxPrintedViolations) return;
    violations_.push_back(absl::StrCat(ToAbsl(value), " at '", path,
                                       "' failed to satisfy constraint: ", ToAbsl(rule)));
  }

  int count_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace

absl::Status ValidateConstraints(const Message& request) { return Validator().Run(request); }

absl::Status RequireMembers(std::initializer_list<RequiredMember> members) {
  return Validator().Require(members);
}

}  // namespace lull
