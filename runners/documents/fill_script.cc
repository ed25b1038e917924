#include "runners/documents/fill_script.h"

#include "engine/base/check.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "runners/documents/placeholders.h"
#include "runners/documents/shell_context.h"

namespace lull::runners {
namespace {

using Texts = std::vector<std::string>;

const Texts& ValuesOf(const ParameterValues& values, std::string_view name) {
  const auto found = values.find(std::string(name));
  LULL_CHECK(found != values.end());
  return found->second;
}

std::string JsonList(const Texts& values) {
  std::string text = "[";
  for (const std::string& value : values) {
    absl::StrAppend(&text, text.size() > 1 ? "," : "", JsonString(value));
  }
  return text + "]";
}

std::string Lines(const Texts& values) {
  std::string text;
  for (const std::string& value : values) {
    if (&value != &values.front()) text += '\n';
    text += value;
  }
  return text;
}

/// One script that is being filled.
class Filling {
 public:
  Filling(const Document& document, const ParameterValues& values)
      : document_(document), values_(values) {}

  absl::Status AddLine(const std::string& line) {
    const std::vector<TextPiece> pieces = SplitPlaceholders(line);
    for (const TextPiece& piece : pieces) {
      if (piece.is_parameter) {
        LULL_RETURN_IF_ERROR(AddParameter(piece.text, pieces.size() == 1));
      } else {
        AddPlain(piece.text);
      }
    }
    AddPlain("\n");
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Take() {
    LULL_RETURN_IF_ERROR(context_.End());
    return std::move(script_);
  }

 private:
  void AddPlain(std::string_view text) {
    context_.Feed(text);
    script_ += text;
  }

  absl::Status AddParameter(std::string_view name, bool alone) {
    const Texts& values = ValuesOf(values_, name);
    const auto declared = document_.parameters.find(std::string(name));
    LULL_CHECK(declared != document_.parameters.end());
    const bool is_list = declared->second.type == ParameterType::kStringList;
    const bool as_lines = alone && (context_.AtBareLine() || context_.InHereDocument());
    if (is_list && !as_lines && context_.IsBare()) {
      return Invalid("parameter ", JsonString(name),
                     " is a StringList: in no quotes it must stand alone on its line");
    }
    const std::string value = !is_list   ? values.front()
                              : as_lines ? Lines(values)
                                         : JsonList(values);
    LULL_ASSIGN_OR_RETURN(const std::string text, context_.Put(name, value));
    script_ += text;
    return absl::OkStatus();
  }

  const Document& document_;
  const ParameterValues& values_;
  ShellContext context_;
  std::string script_;
};

}  // namespace

absl::StatusOr<std::string> FillScript(const std::vector<std::string>& lines,
                                       const Document& document, const ParameterValues& values) {
  Filling filling(document, values);
  for (const std::string& line : lines) LULL_RETURN_IF_ERROR(filling.AddLine(line));
  return filling.Take();
}

std::string FillText(const std::string& text, const ParameterValues& values) {
  std::string filled;
  for (const TextPiece& piece : SplitPlaceholders(text)) {
    if (piece.is_parameter) {
      filled += Lines(ValuesOf(values, piece.text));
    } else {
      filled += piece.text;
    }
  }
  return filled;
}

}  // namespace lull::runners
