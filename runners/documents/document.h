#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lull::runners {

enum class ParameterType { kString, kStringList, kBoolean, kInteger };

/// `String`, as documents spell it.
std::string Name(ParameterType type);

/// The values of parameters, by name. All but a StringList have exactly one.
using ParameterValues = std::map<std::string, std::vector<std::string>>;

/// One parameter that a document declares.
struct DocumentParameter {
  ParameterType type = ParameterType::kString;
  std::optional<std::vector<std::string>> default_values;  ///< nothing: it must be given
  std::vector<std::string> allowed_values;                 ///< empty: all
  std::string allowed_pattern;                             ///< RE2's syntax; empty: none
  std::optional<std::size_t> min_chars;                    ///< of each value
  std::optional<std::size_t> max_chars;
  std::optional<std::size_t> min_items;
  std::optional<std::size_t> max_items;
};

/// What becomes of the document once a step has ended.
enum class AfterFailure { kContinue, kExit, kSuccessAndExit };

/// One step of the action aws:runShellScript.
struct DocumentStep {
  std::string name;
  std::optional<std::string> platform;  ///< `Linux`: skipped on nodes of another
  std::vector<std::string> commands;    ///< with placeholders
  std::string working_directory;        ///< with placeholders
  std::string timeout_seconds;          ///< with placeholders; empty: 3600
  AfterFailure after_failure = AfterFailure::kContinue;
  bool exit_on_success = false;
  bool finally = false;  ///< runs although an earlier step has ended the document
  int line = 0;          ///< in its file
};

/// A Command document of schema 2.2.
struct Document {
  std::string name;
  std::string text;  ///< the file's bytes
  std::map<std::string, DocumentParameter> parameters;
  std::vector<DocumentStep> steps;  ///< not empty
};

// Bounds of a document.
inline constexpr std::size_t kMaxDocumentBytes = 64 << 10;  // the API's
inline constexpr std::size_t kMaxDocumentSteps = 50;
inline constexpr std::size_t kMaxDocumentParameters = 200;  // the API's
inline constexpr std::int64_t kMaxStepTimeoutSeconds = 172800;
inline constexpr std::int64_t kDefaultStepTimeoutSeconds = 3600;

}  // namespace lull::runners
