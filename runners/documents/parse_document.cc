#include "runners/documents/parse_document.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "runners/documents/check_values.h"
#include "runners/documents/placeholders.h"
#include "runners/documents/yaml_value.h"

namespace lull::runners {
namespace {

using Kind = YamlValue::Kind;
using Texts = std::vector<std::string>;

std::string Quoted(std::string_view text) { return JsonString(Utf8Prefix(text, 100)); }

template <class... Args>
absl::Status Wrong(const YamlValue& at, const Args&... why) {
  return Invalid(at.line, ": ", why...);
}

std::string Shown(const YamlValue& value) {
  switch (value.kind) {
    case Kind::kText:
      return Quoted(value.text);
    case Kind::kNothing:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "?";
}

absl::StatusOr<std::string> TextOf(const std::string& key, const YamlValue& value) {
  if (value.kind == Kind::kText) return value.text;
  return Wrong(value, key, " is ", Shown(value), "; give one text");
}

/// A list of texts, or one text.
absl::StatusOr<Texts> TextsOf(const std::string& key, const YamlValue& value) {
  if (value.kind == Kind::kText) return Texts{value.text};
  if (value.kind != Kind::kList) return Wrong(value, key, " is ", Shown(value), "; give a list");
  Texts texts;
  for (const YamlValue& item : value.items) {
    LULL_ASSIGN_OR_RETURN(std::string text, TextOf("an item of " + key, item));
    texts.push_back(std::move(text));
  }
  return texts;
}

absl::StatusOr<std::size_t> NumberOf(const std::string& key, const YamlValue& value) {
  std::size_t number = 0;
  const std::string& text = value.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (value.kind != Kind::kText || error != std::errc() || end != text.data() + text.size()) {
    return Wrong(value, key, " is ", Shown(value), "; give a whole number from 0 on");
  }
  return number;
}

/// `word` as one of `choices`, which are in pairs of a word and what it means.
template <class Meaning>
absl::StatusOr<Meaning> ChoiceOf(const std::string& key, const YamlValue& value,
                                 const std::vector<std::pair<std::string, Meaning>>& choices) {
  std::string words;
  for (const auto& [word, meaning] : choices) {
    if (value.kind == Kind::kText && value.text == word) return meaning;
    absl::StrAppend(&words, words.empty() ? "" : ", ", word);
  }
  return Wrong(value, key, " is ", Shown(value), "; give one of: ", words);
}

/// What to do with each key of a mapping.
using Members = std::vector<
    std::pair<std::string, std::function<absl::Status(const std::string&, const YamlValue&)>>>;

absl::Status Ignore(const std::string&, const YamlValue&) { return absl::OkStatus(); }

absl::Status ReadMapping(const std::string& what, const YamlValue& mapping,
                         const Members& members) {
  if (mapping.kind != Kind::kMapping) {
    return Wrong(mapping, what, " is ", Shown(mapping), "; give a mapping of keys to values");
  }
  for (const auto& [key, value] : mapping.members) {
    const auto known =
        std::find_if(members.begin(), members.end(),
                     [&name = key.text](auto& entry) { return entry.first == name; });
    if (known == members.end()) {
      std::string names;
      for (const auto& [name, read] : members) {
        absl::StrAppend(&names, names.empty() ? "" : ", ", name);
      }
      return Wrong(key, "unknown key ", Quoted(key.text), "; ", what, " has ", names);
    }
    LULL_RETURN_IF_ERROR(known->second(key.text, value));
  }
  return absl::OkStatus();
}

/// Stores what `read` makes of a value.
template <class Read, class Field>
auto Into(const Read& read, Field& field) {
  return [&read, &field](const std::string& key, const YamlValue& value) -> absl::Status {
    LULL_ASSIGN_OR_RETURN(field, read(key, value));
    return absl::OkStatus();
  };
}

absl::StatusOr<ParameterType> TypeOf(const std::string& key, const YamlValue& value) {
  if (value.text == "StringMap" || value.text == "MapList") {
    return Wrong(value, "the type ", value.text,
                 " is not supported; use String with a text of JSON, or StringList");
  }
  return ChoiceOf<ParameterType>(key, value,
                                 {{"String", ParameterType::kString},
                                  {"StringList", ParameterType::kStringList},
                                  {"Boolean", ParameterType::kBoolean},
                                  {"Integer", ParameterType::kInteger}});
}

absl::StatusOr<DocumentParameter> ReadParameter(const std::string& name, const YamlValue& value) {
  DocumentParameter parameter;
  bool typed = false;
  const YamlValue* given_default = nullptr;
  const Members members = {
      {"type",
       [&](const std::string& key, const YamlValue& member) -> absl::Status {
         typed = true;
         LULL_ASSIGN_OR_RETURN(parameter.type, TypeOf(key, member));
         return absl::OkStatus();
       }},
      {"description", Ignore},
      {"displayType", Ignore},
      {"default",
       [&](const std::string& key, const YamlValue& member) -> absl::Status {
         given_default = &member;
         LULL_ASSIGN_OR_RETURN(parameter.default_values, TextsOf(key, member));
         return absl::OkStatus();
       }},
      {"allowedValues", Into(TextsOf, parameter.allowed_values)},
      {"allowedPattern", Into(TextOf, parameter.allowed_pattern)},
      {"minChars", Into(NumberOf, parameter.min_chars)},
      {"maxChars", Into(NumberOf, parameter.max_chars)},
      {"minItems", Into(NumberOf, parameter.min_items)},
      {"maxItems", Into(NumberOf, parameter.max_items)},
  };
  LULL_RETURN_IF_ERROR(ReadMapping("the parameter " + Quoted(name), value, members));
  if (!typed) return Wrong(value, "the parameter ", Quoted(name), " has no type; give it one");
  if (const absl::Status pattern = CheckPattern(parameter.allowed_pattern); !pattern.ok()) {
    return Wrong(value, "allowedPattern of ", Quoted(name), ": ", pattern.message());
  }
  if (given_default == nullptr) return parameter;
  const bool is_list = given_default->kind == Kind::kList;
  if (is_list && parameter.type != ParameterType::kStringList) {
    return Wrong(*given_default, "default is a list; a ", Name(parameter.type), " has one value");
  }
  if (const auto checked = CheckValues(name, parameter, *parameter.default_values); !checked.ok()) {
    return Wrong(*given_default, "default: ", checked.message());
  }
  return parameter;
}

absl::Status ReadParameters(const YamlValue& value, Document& document) {
  if (value.kind != Kind::kMapping) {
    return Wrong(value, "parameters is ", Shown(value), "; give a mapping of names to parameters");
  }
  if (value.members.size() > kMaxDocumentParameters) {
    return Wrong(value, "there are more than ", kMaxDocumentParameters, " parameters");
  }
  for (const auto& [key, member] : value.members) {
    if (!IsParameterName(key.text)) {
      return Wrong(key, "the parameter name ", Quoted(key.text),
                   " must begin with a letter and have only letters, digits and _");
    }
    LULL_ASSIGN_OR_RETURN(document.parameters[key.text], ReadParameter(key.text, member));
  }
  return absl::OkStatus();
}

/// {StringEquals: [platformType, Linux]}, in either order.
absl::Status ReadPrecondition(const YamlValue& value, DocumentStep& step) {
  constexpr char kRight[] = "; give {StringEquals: [platformType, Linux]}";
  if (value.kind != Kind::kMapping || value.members.size() != 1 ||
      value.members[0].key.text != "StringEquals") {
    return Wrong(value, "precondition is not supported in this form", kRight);
  }
  LULL_ASSIGN_OR_RETURN(Texts sides, TextsOf("StringEquals", value.members[0].value));
  if (sides.size() == 2 && sides[0] != "platformType") std::swap(sides[0], sides[1]);
  const Texts platforms = {"Linux", "Windows", "MacOS"};
  if (sides.size() != 2 || sides[0] != "platformType" ||
      std::find(platforms.begin(), platforms.end(), sides[1]) == platforms.end()) {
    return Wrong(value, "StringEquals compares platformType with Linux, Windows or MacOS", kRight);
  }
  step.platform = sides[1];
  return absl::OkStatus();
}

absl::StatusOr<bool> IsExit(const std::string& key, const YamlValue& value) {
  return ChoiceOf<bool>(key, value, {{"exit", true}});
}
absl::StatusOr<bool> Truth(const std::string& key, const YamlValue& value) {
  return ChoiceOf<bool>(key, value, {{"true", true}, {"false", false}});
}
absl::StatusOr<AfterFailure> AfterFailureOf(const std::string& key, const YamlValue& value) {
  return ChoiceOf<AfterFailure>(key, value,
                                {{"exit", AfterFailure::kExit},
                                 {"continue", AfterFailure::kContinue},
                                 {"successAndExit", AfterFailure::kSuccessAndExit}});
}

/// SSM has these among the inputs; as Automation does, a step may have them itself.
void AddFlow(DocumentStep& step, Members& members) {
  members.push_back({"onFailure", Into(AfterFailureOf, step.after_failure)});
  members.push_back({"onSuccess", Into(IsExit, step.exit_on_success)});
  members.push_back({"finallyStep", Into(Truth, step.finally)});
}

absl::Status ReadAction(const std::string&, const YamlValue& value) {
  if (value.kind == Kind::kText && value.text == "aws:runShellScript") return absl::OkStatus();
  return Wrong(value, "the action ", Shown(value), " is not supported; use aws:runShellScript");
}

absl::StatusOr<DocumentStep> ReadStep(const YamlValue& value) {
  DocumentStep step;
  step.line = value.line;
  bool has_action = false;
  Members inputs = {{"runCommand", Into(TextsOf, step.commands)},
                    {"workingDirectory", Into(TextOf, step.working_directory)},
                    {"timeoutSeconds", Into(TextOf, step.timeout_seconds)}};
  AddFlow(step, inputs);
  Members members = {
      {"action",
       [&](const std::string& key, const YamlValue& member) {
         has_action = true;
         return ReadAction(key, member);
       }},
      {"name", Into(TextOf, step.name)},
      {"description", Ignore},
      {"precondition", [&](auto&, const YamlValue& m) { return ReadPrecondition(m, step); }},
      {"inputs", [&](auto&, const YamlValue& m) { return ReadMapping("inputs", m, inputs); }},
      {"isEnd", Into(Truth, step.exit_on_success)},
  };
  AddFlow(step, members);
  LULL_RETURN_IF_ERROR(ReadMapping("a step", value, members));
  if (!has_action) return Wrong(value, "a step has no action; give it aws:runShellScript");
  if (!IsParameterName(step.name)) {
    return Wrong(value, "the step name ", Quoted(step.name),
                 " must begin with a letter and have only letters, digits and _");
  }
  if (step.commands.empty()) {
    return Wrong(value, "the step ", step.name, " has no commands; give it inputs.runCommand");
  }
  return step;
}

absl::Status ReadSteps(const YamlValue& value, Document& document) {
  if (value.kind != Kind::kList || value.items.empty() || value.items.size() > kMaxDocumentSteps) {
    return Wrong(value, "mainSteps must be a list of 1 to ", kMaxDocumentSteps, " steps");
  }
  for (const YamlValue& item : value.items) {
    LULL_ASSIGN_OR_RETURN(DocumentStep step, ReadStep(item));
    for (const DocumentStep& other : document.steps) {
      if (other.name == step.name) {
        return Wrong(item, "the step ", step.name, " is there twice; see line ", other.line);
      }
      if (other.finally) {
        return Wrong(item, "the step ", other.name, " is the finallyStep; it must be the last");
      }
    }
    document.steps.push_back(std::move(step));
  }
  return absl::OkStatus();
}

/// Each placeholder names a parameter.
absl::Status CheckPlaceholders(const Document& document) {
  for (const DocumentStep& step : document.steps) {
    Texts texts = step.commands;
    texts.push_back(step.working_directory);
    texts.push_back(step.timeout_seconds);
    for (const std::string& text : texts) {
      for (const TextPiece& piece : SplitPlaceholders(text)) {
        if (!piece.is_parameter || document.parameters.count(std::string(piece.text)) != 0)
          continue;
        return Invalid(step.line, ": the step ", step.name, " has {{ ", ToAbsl(piece.text),
                       " }}, but there is no such parameter; add it to parameters");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string Name(ParameterType type) {
  switch (type) {
    case ParameterType::kString:
      return "String";
    case ParameterType::kStringList:
      return "StringList";
    case ParameterType::kBoolean:
      return "Boolean";
    case ParameterType::kInteger:
      return "Integer";
  }
  return "?";
}

absl::StatusOr<Document> ParseDocument(const std::string& name, const std::string& text) {
  if (text.size() > kMaxDocumentBytes) {
    return Invalid("1: the document has more than ", kMaxDocumentBytes >> 10, " KiB");
  }
  LULL_ASSIGN_OR_RETURN(const YamlValue root, ParseYaml(text));
  Document document;
  document.name = name;
  document.text = text;
  std::string schema;
  const Members members = {
      {"schemaVersion", Into(TextOf, schema)},
      {"description", Ignore},
      {"parameters", [&](auto&, const YamlValue& m) { return ReadParameters(m, document); }},
      {"mainSteps", [&](auto&, const YamlValue& m) { return ReadSteps(m, document); }},
  };
  LULL_RETURN_IF_ERROR(ReadMapping("a document", root, members));
  if (schema != "2.2") {
    return Invalid(root.line, ": schemaVersion is ", Quoted(schema),
                   "; only \"2.2\", of Command documents, is supported");
  }
  if (document.steps.empty()) return Invalid(root.line, ": there are no mainSteps");
  LULL_RETURN_IF_ERROR(CheckPlaceholders(document));
  return document;
}

}  // namespace lull::runners
