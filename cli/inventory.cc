#include "cli/inventory.h"

#include <errno.h>
#include <string.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdio>
#include <istream>
#include <map>
#include <memory>
#include <set>
#include <streambuf>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/node_fields.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::cli {
namespace {

/// Of one node or all groups, so that a hostile file takes no more memory than an honest one.
constexpr std::size_t kMaxItemValues = 2 * kMaxTags + 100;
constexpr std::size_t kMaxGroupValues = kMaxGroups * (kMaxGroupNodes + 10);

/// Lists and mappings inside of each other.
constexpr std::size_t kMaxDepth = 8;

constexpr std::size_t kMaxGroupTags = 5;
constexpr std::size_t kMaxGroupTagValues = 50;
constexpr std::size_t kMaxGroupNameBytes = 128;

/// What the parser may read ahead of the values that it tells: it keeps all of it, many times its
/// size.
constexpr std::size_t kMaxLookAhead = std::size_t{256} << 10;

/// How an error leaves the parser's callbacks; it is caught before ParseInventory returns.
struct Refused {
  int line;  // from 1
  std::string why;
};

/// A piece of the document. Of a mapping, `items` are keys and values in turn.
struct Value {
  enum class Kind { kText, kNothing, kList, kMapping };
  Kind kind = Kind::kText;
  int line = 0;
  std::string text;
  std::vector<Value> items;
};

template <class... Args>
[[noreturn]] void Refuse(int line, const Args&... why) {
  throw Refused{line, absl::StrCat(why...)};
}

void RefuseUnlessOk(int line, const absl::Status& status) {
  if (!status.ok()) Refuse(line, std::string(status.message()));
}

std::string Quoted(const std::string& text) { return JsonString(Utf8Prefix(text, 100)); }

const std::string& TextOf(const Value& value, const std::string& key) {
  if (value.kind == Value::Kind::kNothing) Refuse(value.line, key, " has no value");
  if (value.kind != Value::Kind::kText) Refuse(value.line, key, " must be one word or text");
  return value.text;
}

/// Calls `take(key, value)` for each member of a mapping.
template <class Take>
void ForEachMember(const Value& mapping, const std::string& what, const Take& take) {
  if (mapping.kind != Value::Kind::kMapping) {
    Refuse(mapping.line, what, " must be a mapping of keys to values");
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    const std::string& key = mapping.items[i].text;
    if (!seen.insert(key).second) {
      Refuse(mapping.items[i].line, "the key ", Quoted(key), " is there twice");
    }
    take(key, mapping.items[i + 1], mapping.items[i].line);
  }
}

Node ReadNode(const Value& value) {
  Node node;
  ForEachMember(value, "a node", [&](const std::string& key, const Value& member, int line) {
    RefuseUnlessOk(line, CheckNodeKey(key));
    if (key != "tags") {
      RefuseUnlessOk(member.line, SetNodeField(key, TextOf(member, key), node));
      return;
    }
    ForEachMember(member, "tags", [&](const std::string& tag, const Value& text, int tag_line) {
      RefuseUnlessOk(tag_line, AddNodeTag(tag, TextOf(text, "the tag " + Quoted(tag)), node));
    });
  });
  if (node.id.empty()) Refuse(value.line, "a node has no id; give it one");
  return node;
}

std::vector<std::string> ReadTexts(const Value& value, const std::string& what, std::size_t most) {
  std::vector<std::string> texts;
  if (value.kind == Value::Kind::kText) return {value.text};
  if (value.kind != Value::Kind::kList) Refuse(value.line, what, " must be a list, or one value");
  for (const Value& item : value.items) texts.push_back(TextOf(item, what));
  if (texts.empty()) Refuse(value.line, what, " is empty; give it a value");
  if (texts.size() > most) {
    Refuse(value.line, what, " has ", texts.size(), " values; it may have ", most);
  }
  return texts;
}

NodeGroup ReadGroup(const std::string& name, const Value& value, int name_line) {
  if (name.empty() || name.size() > kMaxGroupNameBytes) {
    Refuse(name_line, "the group name ", Quoted(name), " must have 1 to ", kMaxGroupNameBytes,
           " bytes");
  }
  NodeGroup group{name, {}};
  ForEachMember(value, "a group", [&](const std::string& key, const Value& member, int line) {
    if (!group.selectors.empty()) Refuse(line, "a group has either nodes or tags, not both");
    if (key == "nodes") {
      auto ids = ReadTexts(member, "nodes", kMaxGroupNodes);
      for (const std::string& id : ids) RefuseUnlessOk(member.line, CheckNodeId(id));
      group.selectors.push_back({"InstanceIds", std::move(ids)});
    } else if (key == "tags") {
      ForEachMember(member, "tags", [&](const std::string& tag, const Value& values, int tag_line) {
        auto texts = ReadTexts(values, "the tag " + Quoted(tag), kMaxGroupTagValues);
        for (const std::string& text : texts) {
          Node checked;
          RefuseUnlessOk(tag_line, AddNodeTag(tag, text, checked));
        }
        group.selectors.push_back({"tag:" + tag, std::move(texts)});
      });
      if (group.selectors.size() > kMaxGroupTags) {
        Refuse(member.line, "a group has ", kMaxGroupTags, " tags at most");
      }
    } else {
      Refuse(line, "unknown key ", Quoted(key), "; a group has nodes or tags");
    }
  });
  if (group.selectors.empty())
    Refuse(value.line, "the group ", Quoted(name), " has no nodes or tags");
  return group;
}

/// The text as the stream that the parser wants, a piece at a time: it refuses to give more when
/// nothing comes of it.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) : text_(text) {}

  /// Something came of it.
  void NoteValue() { noted_ = given_; }

 protected:
  int_type underflow() override {
    if (given_ - noted_ > kMaxLookAhead) {
      const auto lines = std::count(text_.begin(), text_.begin() + noted_, '\n');
      Refuse(static_cast<int>(lines) + 1, "more than ", kMaxLookAhead >> 10,
             " KiB from here hold no value that ends");
    }
    const std::size_t size = std::min(text_.size() - given_, kPieceBytes);
    if (size == 0) return traits_type::eof();
    char* begin = const_cast<char*>(text_.data() + given_);
    setg(begin, begin, begin + size);
    given_ += size;
    return traits_type::to_int_type(*begin);
  }

 private:
  static constexpr std::size_t kPieceBytes = 4096;
  const std::string_view text_;
  std::size_t given_ = 0;
  std::size_t noted_ = 0;
};

/// Takes the parser's events: nodes are read as they are complete, and dropped.
class Reader : public YAML::EventHandler {
 public:
  explicit Reader(TextBuffer& buffer) : buffer_(buffer) {}

  Inventory Take() {
    if (!has_nodes_) Refuse(1, "there are no nodes; a fleet without any is spelled nodes: []");
    return std::move(inventory_);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) Refuse(LineOf(mark), "there is a second document; an inventory is one");
    started_ = true;
  }
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(LineOf(mark), "aliases (*name) are not taken; write the value out");
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    // The parser tells where it saw that nothing came, which may be lines below the key.
    const bool has_key = !open_.empty() && !AtKey() && !open_.back().items.empty();
    Add({Value::Kind::kNothing, has_key ? open_.back().items.back().line : LineOf(mark), "", {}});
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override {
    Add({Value::Kind::kText, LineOf(mark), value, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    Open({Value::Kind::kList, LineOf(mark), "", {}});
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    Open({Value::Kind::kMapping, LineOf(mark), "", {}});
  }
  void OnMapEnd() override { Close(); }

 private:
  static int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

  /// Whether what comes is an element of the list of nodes.
  bool InNodes() const { return open_.size() == 2 && section_ == "nodes"; }
  /// Whether what comes is a key of the mapping that is open.
  bool AtKey() const {
    return !open_.empty() && open_.back().kind == Value::Kind::kMapping &&
           open_.back().items.size() % 2 == 0;
  }

  void Open(Value value) {
    if (AtKey()) Refuse(value.line, "a key must be one word or text");
    if (open_.size() == kMaxDepth) Refuse(value.line, "this lies too deep");
    if (open_.empty() && value.kind != Value::Kind::kMapping) {
      Refuse(value.line, "an inventory is a mapping with the keys nodes and groups");
    }
    if (open_.size() == 1 && section_ == "nodes" && value.kind != Value::Kind::kList) {
      Refuse(value.line, "nodes must be a list");
    }
    Count(value.line);
    open_.push_back(std::move(value));
  }

  void Close() {
    Value value = std::move(open_.back());
    open_.pop_back();
    if (!open_.empty()) Put(std::move(value));
  }

  void Add(Value value) {
    if (open_.empty()) {
      Refuse(value.line, "an inventory is a mapping with the keys nodes and groups");
    }
    if (open_.size() == 1 && AtKey()) OpenSection(value);
    if (AtKey() && value.kind != Value::Kind::kText) Refuse(value.line, "a key must be a text");
    Count(value.line);
    Put(std::move(value));
  }

  void OpenSection(const Value& key) {
    if (key.text != "nodes" && key.text != "groups") {
      Refuse(key.line, "unknown key ", Quoted(key.text), "; an inventory has nodes and groups");
    }
    if (!sections_.insert(key.text).second) Refuse(key.line, key.text, " is there twice");
    section_ = key.text;
    values_ = 0;
  }

  void Put(Value value) {
    if (InNodes()) {
      const int line = value.line;
      AddNode(ReadNode(value), line);
      values_ = 0;
      return;
    }
    if (open_.size() == 1 && !AtKey()) ReadSection(value);
    open_.back().items.push_back(std::move(value));
  }

  void AddNode(Node node, int line) {
    const auto [before, is_new] = lines_.emplace(node.id, line);
    if (!is_new) {
      Refuse(line, "the node ", Quoted(node.id), " is there twice; see line ", before->second);
    }
    inventory_.nodes.push_back(std::move(node));
  }

  /// The value of a key of the document itself.
  void ReadSection(Value& value) {
    if (section_ == "nodes") {
      if (value.kind != Value::Kind::kList) Refuse(value.line, "nodes must be a list");
      has_nodes_ = true;
      return;
    }
    ForEachMember(value, "groups", [&](const std::string& name, const Value& group, int line) {
      inventory_.groups.push_back(ReadGroup(name, group, line));
      if (inventory_.groups.size() > kMaxGroups) {
        Refuse(line, "there are more than ", kMaxGroups, " groups");
      }
    });
    value.items.clear();
  }

  void Count(int line) {
    buffer_.NoteValue();
    const std::size_t most = section_ == "groups" ? kMaxGroupValues : kMaxItemValues;
    if (++values_ > most) {
      Refuse(line, section_ == "groups" ? "the groups have" : "a node has", " too many values");
    }
  }

  TextBuffer& buffer_;
  Inventory inventory_;
  bool started_ = false;
  bool has_nodes_ = false;
  std::set<std::string> sections_;
  std::string section_;
  std::vector<Value> open_;
  std::size_t values_ = 0;
  std::map<std::string, int> lines_;
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

Inventory Parse(std::string_view text) {
  if (const int line = LineThatIsNoUtf8(text); line != 0) Refuse(line, "this is not UTF-8");
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  stream.exceptions(std::ios::badbit);  // lets those of the buffer through
  YAML::Parser parser(stream);
  Reader reader(buffer);
  while (parser.HandleNextDocument(reader)) {
  }
  return reader.Take();
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

absl::StatusOr<Inventory> ParseInventory(std::string_view text) {
  if (text.size() > kMaxInventoryBytes) {
    return Invalid("the inventory has more than ", kMaxInventoryBytes >> 20,
                   " MiB; import large fleets with `lull nodes import`");
  }
  try {
    return Parse(text);
  } catch (const Refused& refused) {
    return Invalid("line ", refused.line, ": ", refused.why);
  } catch (const YAML::Exception& error) {
    return Invalid("line ", error.mark.line + 1, ": this is no YAML: ", error.msg);
  }
}

absl::StatusOr<Inventory> ReadInventory(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return Invalid("can't read the inventory ", path, ": ", ::strerror(errno));
  std::string text(kMaxInventoryBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return Invalid("can't read the inventory ", path, ": ", ::strerror(errno));
  }
  auto inventory = ParseInventory(text);
  if (!inventory.ok()) return Invalid(path, ": ", std::string(inventory.status().message()));
  return inventory;
}

}  // namespace lull::cli
