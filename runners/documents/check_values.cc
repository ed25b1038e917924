#include "runners/documents/check_values.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::runners {
namespace {

constexpr std::size_t kMaxQuotedBytes = 48;
constexpr std::int64_t kMaxPatternMemory = 1 << 20;
constexpr std::size_t kMaxPatternBytes = 1024;

re2::RE2::Options PatternOptions() {
  re2::RE2::Options options;
  options.set_max_mem(kMaxPatternMemory);
  options.set_log_errors(false);
  options.set_dot_nl(false);
  return options;
}

bool IsInteger(const std::string& value) {
  std::int64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  return error == std::errc() && stop == end;
}

std::string Choices(const std::vector<std::string>& values) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), kShown); ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", QuotedValue(values[i]));
  }
  return values.size() > kShown ? text + ", ..." : text;
}

absl::Status CheckValue(const std::string& name, const DocumentParameter& parameter,
                        const std::string& value) {
  const auto wrong = [&](const auto&... why) {
    return Invalid("parameter ", name, " ", QuotedValue(value), " ", why...);
  };
  if (value.find('\0') != value.npos) return wrong("has a NUL byte; leave it out.");
  if (parameter.type == ParameterType::kBoolean && value != "true" && value != "false") {
    return wrong("is no Boolean; give true or false.");
  }
  if (parameter.type == ParameterType::kInteger && !IsInteger(value)) {
    return wrong("is no Integer; give a whole number.");
  }
  const auto points = static_cast<std::size_t>(CountCodePoints(value).value_or(value.size()));
  if (parameter.min_chars && points < *parameter.min_chars) {
    return wrong("is too short; give at least ", *parameter.min_chars, " characters.");
  }
  if (parameter.max_chars && points > *parameter.max_chars) {
    return wrong("is too long; give ", *parameter.max_chars, " characters at most.");
  }
  const std::vector<std::string>& allowed = parameter.allowed_values;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    return wrong("is not allowed; give one of: ", Choices(allowed), ".");
  }
  if (!parameter.allowed_pattern.empty() &&
      !re2::RE2::FullMatch(value, re2::RE2(parameter.allowed_pattern, PatternOptions()))) {
    return wrong("does not match the pattern ", QuotedValue(parameter.allowed_pattern), ".");
  }
  return absl::OkStatus();
}

absl::Status InDocument(const Document& document, const absl::Status& status) {
  return Invalid("Document ", document.name, ": ", status.message());
}

std::string Names(const Document& document) {
  constexpr std::size_t kShownBytes = 100;
  std::string text;
  for (const auto& [name, parameter] : document.parameters) {
    if (text.size() + name.size() > kShownBytes) return text + ", ...";
    absl::StrAppend(&text, text.empty() ? "" : ", ", name);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string QuotedValue(std::string_view value) {
  if (value.size() <= kMaxQuotedBytes) return JsonString(value);
  return JsonString(Utf8Prefix(value, kMaxQuotedBytes)) + "...";
}

absl::Status CheckPattern(const std::string& pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return Invalid("it has more than ", kMaxPatternBytes, " bytes");
  }
  const re2::RE2 compiled(pattern, PatternOptions());
  if (compiled.ok()) return absl::OkStatus();
  return Invalid(compiled.error(), "; give a regular expression in RE2's syntax");
}

absl::Status CheckValues(const std::string& name, const DocumentParameter& parameter,
                         const std::vector<std::string>& values) {
  const std::size_t count = values.size();
  if (parameter.type != ParameterType::kStringList && count != 1) {
    return Invalid("parameter ", name, " has ", count, " values; a ", Name(parameter.type),
                   " has exactly one.");
  }
  if (parameter.min_items && count < *parameter.min_items) {
    return Invalid("parameter ", name, " has ", count, " items; give at least ",
                   *parameter.min_items, ".");
  }
  if (parameter.max_items && count > *parameter.max_items) {
    return Invalid("parameter ", name, " has ", count, " items; give ", *parameter.max_items,
                   " at most.");
  }
  for (const std::string& value : values) {
    LULL_RETURN_IF_ERROR(CheckValue(name, parameter, value));
  }
  return absl::OkStatus();
}

absl::StatusOr<ParameterValues> ResolveParameters(const Document& document,
                                                  const ParameterValues& given) {
  ParameterValues values;
  for (const auto& [name, value] : given) {
    const auto declared = document.parameters.find(name);
    if (declared == document.parameters.end()) {
      return InDocument(document, Invalid("unknown parameter ", QuotedValue(name), "; it has ",
                                          Names(document), "."));
    }
    const absl::Status checked = CheckValues(name, declared->second, value);
    if (!checked.ok()) return InDocument(document, checked);
    values[name] = value;
  }
  for (const auto& [name, parameter] : document.parameters) {
    if (values.count(name) != 0) continue;
    if (!parameter.default_values) {
      return InDocument(
          document, Invalid("parameter ", name, " is missing; give it in TaskInvocationParameters",
                            ".RunCommand.Parameters.", name, "."));
    }
    values[name] = *parameter.default_values;
  }
  return values;
}

}  // namespace lull::runners
