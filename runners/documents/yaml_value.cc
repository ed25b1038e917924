#include "runners/documents/yaml_value.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::runners {
namespace {

/// How an error leaves the parser's callbacks; it is caught before ParseYaml returns.
struct Refused {
  int line;
  std::string why;
};

using Kind = YamlValue::Kind;

/// Builds the tree of the parser's events.
class Builder : public YAML::EventHandler {
 public:
  YamlValue Take() {
    if (!has_root_) throw Refused{1, "the file is empty; a document is a mapping"};
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw Refused{LineOf(mark), "there is a second document; a file holds one"};
    started_ = true;
  }
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{LineOf(mark), "aliases (*name) are not taken; write the value out"};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { Put(Make(Kind::kNothing, mark)); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    YamlValue value = Make(Kind::kText, mark);
    if (text.find('\0') != text.npos)
      throw Refused{value.line, "there is a NUL byte; leave it out"};
    value.quoted = tag == "!";  // what the parser says of quoted ones
    value.text = text;
    Put(std::move(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open(Make(Kind::kList, mark));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open(Make(Kind::kMapping, mark));
  }
  void OnMapEnd() override { Close(); }

 private:
  /// A list or mapping that has begun, and the key whose value is awaited.
  struct Level {
    YamlValue value;
    bool has_key = false;
    YamlValue key = {};
  };

  static int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

  YamlValue Make(Kind kind, const YAML::Mark& mark) {
    YamlValue value;
    value.kind = kind;
    value.line = LineOf(mark);
    if (++values_ > kMaxYamlValues) throw Refused{value.line, "the document has too many values"};
    return value;
  }

  void Open(YamlValue value) {
    if (open_.size() == kMaxYamlDepth) throw Refused{value.line, "this lies too deep"};
    open_.push_back({std::move(value)});
  }

  void Close() {
    YamlValue value = std::move(open_.back().value);
    open_.pop_back();
    Put(std::move(value));
  }

  void Put(YamlValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      has_root_ = true;
      return;
    }
    Level& level = open_.back();
    if (level.value.kind == Kind::kList) {
      level.value.items.push_back(std::move(value));
    } else if (level.has_key) {
      level.value.members.push_back({std::move(level.key), std::move(value)});
      level.has_key = false;
    } else {
      CheckKey(level.value, value);
      level.key = std::move(value);
      level.has_key = true;
    }
  }

  static void CheckKey(const YamlValue& mapping, const YamlValue& key) {
    if (key.kind != Kind::kText) throw Refused{key.line, "a key must be one word or text"};
    const auto same = [&](const auto& member) { return member.key.text == key.text; };
    if (std::any_of(mapping.members.begin(), mapping.members.end(), same)) {
      throw Refused{key.line, "the key " + JsonString(Utf8Prefix(key.text, 100)) +
                                  " is there twice; keep one"};
    }
  }

  bool started_ = false;
  bool has_root_ = false;
  std::size_t values_ = 0;
  YamlValue root_;
  std::vector<Level> open_;
};

/// The first line that is not UTF-8, from 1; 0 when there is none.
int LineThatIsNoUtf8(std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!CountCodePoints(text.substr(0, end))) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

/// The parser recurses once a bracket: what is open at once is counted before it does, roughly (a
/// bracket inside of a text counts too).
int LineThatIsTooDeep(std::string_view text) {
  constexpr int kMaxBrackets = 500;
  int open = 0;
  int line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    if (c == '[' || c == '{') ++open;
    if ((c == ']' || c == '}') && open > 0) --open;
    if (open > kMaxBrackets) return line;
  }
  return 0;
}

}  // namespace

absl::StatusOr<YamlValue> ParseYaml(const std::string& text) {
  if (const int line = LineThatIsNoUtf8(text); line != 0) {
    return Invalid(line, ": this is not UTF-8");
  }
  if (const int line = LineThatIsTooDeep(text); line != 0) {
    return Invalid(line, ": this lies too deep: too many brackets are open");
  }
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const Refused& refused) {
    return Invalid(refused.line, ": ", refused.why);
  } catch (const YAML::Exception& error) {
    return Invalid(error.mark.line + 1, ": this is no YAML: ", error.msg);
  }
}

}  // namespace lull::runners
