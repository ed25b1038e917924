#include "cli/yaml_message.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "google/protobuf/descriptor.h"

namespace lull::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// Two letters wrong, missing or too many: more are another word.
constexpr std::size_t kMaxTypos = 2;

std::string Join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

/// The letters to change, add or drop to make `b` of `a`.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// What an unknown key may have meant: the nearest one, or all.
std::string Meant(const Descriptor& type, const std::string& key) {
  std::string all;
  for (int i = 0; i < type.field_count(); ++i) {
    const std::string& name = type.field(i)->name();
    if (key.size() <= name.size() + kMaxTypos && Distance(key, name) <= kMaxTypos) {
      return "did you mean " + name + "?";
    }
    const bool is_last = i + 1 == type.field_count();
    absl::StrAppend(&all, i == 0 ? "" : is_last ? " and " : ", ", name);
  }
  return "there are " + all;
}

template <class Integer>
Integer IntegerOf(const YamlValue& value, const std::string& path) {
  const std::string& text = TextOf(value, path);
  Integer number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    RefuseYaml(value.line, path, " is ", QuotedYaml(text), "; it must be a whole number");
  }
  return number;
}

bool BoolOf(const YamlValue& value, const std::string& path) {
  const std::string& text = TextOf(value, path);
  if (text != "true" && text != "false") {
    RefuseYaml(value.line, path, " is ", QuotedYaml(text), "; it must be true or false");
  }
  return text == "true";
}

void SetScalar(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
               Message& message) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, TextOf(value, path));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, BoolOf(value, path));
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, IntegerOf<std::int32_t>(value, path));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, IntegerOf<std::int64_t>(value, path));
    default:
      LULL_CHECK(!"a type that no file of ours has");
  }
}

void AddItems(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
              Message& message, YamlLines& lines) {
  if (value.kind != YamlValue::Kind::kList) RefuseYaml(value.line, path, " must be a list");
  const Reflection& reflection = *message.GetReflection();
  for (const YamlValue& item : value.items) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FillMessage(item, path, *reflection.AddMessage(&message, &field), lines);
    } else {
      LULL_CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_STRING);
      reflection.AddString(&message, &field, TextOf(item, path));
    }
  }
}

void AddEntries(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
                Message& message, YamlLines& lines) {
  ForEachMember(value, path, [&](const std::string& key, const YamlValue& member, int line) {
    const std::string member_path = Join(path, key);
    lines[member_path] = line;
    Message& entry = *message.GetReflection()->AddMessage(&message, &field);
    const Descriptor& type = *entry.GetDescriptor();
    entry.GetReflection()->SetString(&entry, type.map_key(), key);
    if (type.map_value()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FillMessage(member, member_path,
                  *entry.GetReflection()->MutableMessage(&entry, type.map_value()), lines);
    } else {
      SetScalar(member, member_path, *type.map_value(), entry);
    }
  });
}

}  // namespace

int LineOf(const YamlLines& lines, const std::string& path) {
  for (std::string at = path; !at.empty();) {
    if (const auto found = lines.find(at); found != lines.end()) return found->second;
    const std::size_t dot = at.rfind('.');
    at.resize(dot == std::string::npos ? 0 : dot);
  }
  return 1;
}

void FillMessage(const YamlValue& value, const std::string& path, Message& message,
                 YamlLines& lines) {
  const Descriptor& type = *message.GetDescriptor();
  const std::string what = path.empty() ? "this" : path;
  ForEachMember(value, what, [&](const std::string& key, const YamlValue& member, int line) {
    const FieldDescriptor* field = type.FindFieldByName(key);
    if (field == nullptr) {
      RefuseYaml(line, "unknown key ", QuotedYaml(key), path.empty() ? "" : " in ", path, "; ",
                 Meant(type, key));
    }
    const std::string member_path = Join(path, key);
    lines[member_path] = line;
    if (field->is_map()) {
      AddEntries(member, member_path, *field, message, lines);
    } else if (field->is_repeated()) {
      AddItems(member, member_path, *field, message, lines);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FillMessage(member, member_path, *message.GetReflection()->MutableMessage(&message, field),
                  lines);
    } else {
      SetScalar(member, member_path, *field, message);
    }
  });
}

}  // namespace lull::cli
