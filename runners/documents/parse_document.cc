#include "runners/documents/parse_document.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

#include "engine/base/status.h"
#include "runners/documents/check_values.h"
#include "runners/documents/placeholders.h"
#include "runners/yaml/yaml_reader.h"
#include "runners/yaml/yaml_value.h"

namespace lull::runners {
namespace {

using Kind = YamlValue::Kind;
using Texts = std::vector<std::string>;

std::string Shown(const YamlValue& value) {
  switch (value.kind) {
    case Kind::kText:
      return QuotedYaml(value.text);
    case Kind::kNothing:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "?";
}

std::string TextOf(const std::string& key, const YamlValue& value) {
  if (value.kind == Kind::kText) return value.text;
  RefuseYaml(value.line, key, " is ", Shown(value), "; give one text");
}

/// A list of texts, or one text.
Texts TextsOf(const std::string& key, const YamlValue& value) {
  if (value.kind == Kind::kText) return Texts{value.text};
  if (value.kind != Kind::kList) RefuseYaml(value.line, key, " is ", Shown(value), "; give a list");
  Texts texts;
  for (const YamlValue& item : value.items) {
    texts.push_back(TextOf("an item of " + key, item));
  }
  return texts;
}

std::size_t NumberOf(const std::string& key, const YamlValue& value) {
  std::size_t number = 0;
  const std::string& text = value.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (value.kind != Kind::kText || error != std::errc() || end != text.data() + text.size()) {
    RefuseYaml(value.line, key, " is ", Shown(value), "; give a whole number from 0 on");
  }
  return number;
}

/// `word` as one of `choices`, which are in pairs of a word and what it means.
template <class Meaning>
Meaning ChoiceOf(const std::string& key, const YamlValue& value,
                 const std::vector<std::pair<std::string, Meaning>>& choices) {
  std::string words;
  for (const auto& [word, meaning] : choices) {
    if (value.kind == Kind::kText && value.text == word) return meaning;
    absl::StrAppend(&words, words.empty() ? "" : ", ", word);
  }
  RefuseYaml(value.line, key, " is ", Shown(value), "; give one of: ", words);
}

/// What to do with each key of a mapping.
using Members =
    std::vector<std::pair<std::string, std::function<void(const std::string&, const YamlValue&)>>>;

void Ignore(const std::string&, const YamlValue&) {}

void ReadMapping(const std::string& what, const YamlValue& mapping, const Members& members) {
  if (mapping.kind != Kind::kMapping) {
    RefuseYaml(mapping.line, what, " is ", Shown(mapping), "; give a mapping of keys to values");
  }
  ForEachMember(mapping, what, [&](const std::string& key, const YamlValue& value, int line) {
    const auto known = std::find_if(members.begin(), members.end(),
                                    [&](auto& entry) { return entry.first == key; });
    if (known == members.end()) {
      std::string names;
      for (const auto& [name, read] : members) {
        absl::StrAppend(&names, names.empty() ? "" : ", ", name);
      }
      RefuseYaml(line, "unknown key ", QuotedYaml(key), "; ", what, " has ", names);
    }
    known->second(key, value);
  });
}

/// Stores what `read` makes of a value.
template <class Read, class Field>
auto Into(const Read& read, Field& field) {
  return
      [&read, &field](const std::string& key, const YamlValue& value) { field = read(key, value); };
}

ParameterType TypeOf(const std::string& key, const YamlValue& value) {
  if (value.text == "StringMap" || value.text == "MapList") {
    RefuseYaml(value.line, "the type ", value.text,
               " is not supported; use String with a text of JSON, or StringList");
  }
  return ChoiceOf<ParameterType>(key, value,
                                 {{"String", ParameterType::kString},
                                  {"StringList", ParameterType::kStringList},
                                  {"Boolean", ParameterType::kBoolean},
                                  {"Integer", ParameterType::kInteger}});
}

DocumentParameter ReadParameter(const std::string& name, const YamlValue& value) {
  DocumentParameter parameter;
  bool typed = false;
  const YamlValue* given_default = nullptr;
  const Members members = {
      {"type",
       [&](const std::string& key, const YamlValue& member) {
         typed = true;
         parameter.type = TypeOf(key, member);
       }},
      {"description", Ignore},
      {"displayType", Ignore},
      {"default",
       [&](const std::string& key, const YamlValue& member) {
         given_default = &member;
         parameter.default_values = TextsOf(key, member);
       }},
      {"allowedValues", Into(TextsOf, parameter.allowed_values)},
      {"allowedPattern", Into(TextOf, parameter.allowed_pattern)},
      {"minChars", Into(NumberOf, parameter.min_chars)},
      {"maxChars", Into(NumberOf, parameter.max_chars)},
      {"minItems", Into(NumberOf, parameter.min_items)},
      {"maxItems", Into(NumberOf, parameter.max_items)},
  };
  ReadMapping("the parameter " + QuotedYaml(name), value, members);
  if (!typed) {
    RefuseYaml(value.line, "the parameter ", QuotedYaml(name), " has no type; give it one");
  }
  if (const absl::Status pattern = CheckPattern(parameter.allowed_pattern); !pattern.ok()) {
    RefuseYaml(value.line, "allowedPattern of ", QuotedYaml(name), ": ", pattern.message());
  }
  if (given_default == nullptr) return parameter;
  const bool is_list = given_default->kind == Kind::kList;
  if (is_list && parameter.type != ParameterType::kStringList) {
    RefuseYaml(given_default->line, "default is a list; a ", Name(parameter.type),
               " has one value");
  }
  if (const auto checked = CheckValues(name, parameter, *parameter.default_values); !checked.ok()) {
    RefuseYaml(given_default->line, "default: ", checked.message());
  }
  return parameter;
}

void ReadParameters(const YamlValue& value, Document& document) {
  if (value.kind != Kind::kMapping) {
    RefuseYaml(value.line, "parameters is ", Shown(value),
               "; give a mapping of names to parameters");
  }
  if (value.items.size() / 2 > kMaxDocumentParameters) {
    RefuseYaml(value.line, "there are more than ", kMaxDocumentParameters, " parameters");
  }
  ForEachMember(value, "parameters",
                [&](const std::string& name, const YamlValue& member, int line) {
                  if (!IsParameterName(name)) {
                    RefuseYaml(line, "the parameter name ", QuotedYaml(name),
                               " must begin with a letter and have only letters, digits and _");
                  }
                  document.parameters[name] = ReadParameter(name, member);
                });
}

/// {StringEquals: [platformType, Linux]}, in either order.
void ReadPrecondition(const YamlValue& value, DocumentStep& step) {
  constexpr char kRight[] = "; give {StringEquals: [platformType, Linux]}";
  if (value.kind != Kind::kMapping || value.items.size() != 2 ||
      value.items[0].text != "StringEquals") {
    RefuseYaml(value.line, "precondition is not supported in this form", kRight);
  }
  Texts sides = TextsOf("StringEquals", value.items[1]);
  if (sides.size() == 2 && sides[0] != "platformType") std::swap(sides[0], sides[1]);
  const Texts platforms = {"Linux", "Windows", "MacOS"};
  if (sides.size() != 2 || sides[0] != "platformType" ||
      std::find(platforms.begin(), platforms.end(), sides[1]) == platforms.end()) {
    RefuseYaml(value.line, "StringEquals compares platformType with Linux, Windows or MacOS",
               kRight);
  }
  step.platform = sides[1];
}

bool IsExit(const std::string& key, const YamlValue& value) {
  return ChoiceOf<bool>(key, value, {{"exit", true}});
}
bool Truth(const std::string& key, const YamlValue& value) {
  return ChoiceOf<bool>(key, value, {{"true", true}, {"false", false}});
}
AfterFailure AfterFailureOf(const std::string& key, const YamlValue& value) {
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

void ReadAction(const std::string&, const YamlValue& value) {
  if (value.kind == Kind::kText && value.text == "aws:runShellScript") return;
  RefuseYaml(value.line, "the action ", Shown(value), " is not supported; use aws:runShellScript");
}

DocumentStep ReadStep(const YamlValue& value) {
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
         ReadAction(key, member);
       }},
      {"name", Into(TextOf, step.name)},
      {"description", Ignore},
      {"precondition", [&](auto&, const YamlValue& m) { ReadPrecondition(m, step); }},
      {"inputs", [&](auto&, const YamlValue& m) { ReadMapping("inputs", m, inputs); }},
      {"isEnd", Into(Truth, step.exit_on_success)},
  };
  AddFlow(step, members);
  ReadMapping("a step", value, members);
  if (!has_action) RefuseYaml(value.line, "a step has no action; give it aws:runShellScript");
  if (!IsParameterName(step.name)) {
    RefuseYaml(value.line, "the step name ", QuotedYaml(step.name),
               " must begin with a letter and have only letters, digits and _");
  }
  if (step.commands.empty()) {
    RefuseYaml(value.line, "the step ", step.name, " has no commands; give it inputs.runCommand");
  }
  return step;
}

void ReadSteps(const YamlValue& value, Document& document) {
  if (value.kind != Kind::kList || value.items.empty() || value.items.size() > kMaxDocumentSteps) {
    RefuseYaml(value.line, "mainSteps must be a list of 1 to ", kMaxDocumentSteps, " steps");
  }
  for (const YamlValue& item : value.items) {
    DocumentStep step = ReadStep(item);
    for (const DocumentStep& other : document.steps) {
      if (other.name == step.name) {
        RefuseYaml(item.line, "the step ", step.name, " is there twice; see line ", other.line);
      }
      if (other.finally) {
        RefuseYaml(item.line, "the step ", other.name, " is the finallyStep; it must be the last");
      }
    }
    document.steps.push_back(std::move(step));
  }
}

/// Each placeholder names a parameter.
void CheckPlaceholders(const Document& document) {
  for (const DocumentStep& step : document.steps) {
    Texts texts = step.commands;
    texts.push_back(step.working_directory);
    texts.push_back(step.timeout_seconds);
    for (const std::string& text : texts) {
      for (const TextPiece& piece : SplitPlaceholders(text)) {
        if (!piece.is_parameter || document.parameters.count(std::string(piece.text)) != 0)
          continue;
        RefuseYaml(step.line, "the step ", step.name, " has {{ ", ToAbsl(piece.text),
                   " }}, but there is no such parameter; add it to parameters");
      }
    }
  }
}

Document ReadDocument(const std::string& name, const std::string& text) {
  if (text.size() > kMaxDocumentBytes) {
    RefuseYaml(1, "the document has more than ", kMaxDocumentBytes >> 10, " KiB");
  }
  const YamlValue root = ReadYamlTree(text, "a document");
  Document document;
  document.name = name;
  document.text = text;
  std::string schema;
  const Members members = {
      {"schemaVersion", Into(TextOf, schema)},
      {"description", Ignore},
      {"parameters", [&](auto&, const YamlValue& m) { ReadParameters(m, document); }},
      {"mainSteps", [&](auto&, const YamlValue& m) { ReadSteps(m, document); }},
  };
  ReadMapping("a document", root, members);
  if (schema != "2.2") {
    RefuseYaml(root.line, "schemaVersion is ", QuotedYaml(schema),
               "; only \"2.2\", of Command documents, is supported");
  }
  if (document.steps.empty()) RefuseYaml(root.line, "there are no mainSteps");
  CheckPlaceholders(document);
  return document;
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
  Document document;
  LULL_RETURN_IF_ERROR(CatchRefused([&] { document = ReadDocument(name, text); }));
  return document;
}

}  // namespace lull::runners
