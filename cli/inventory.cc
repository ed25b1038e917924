#include "cli/inventory.h"

#include <map>
#include <set>
#include <utility>

#include "cli/node_fields.h"
#include "engine/base/status.h"
#include "runners/yaml/yaml_reader.h"
#include "runners/yaml/yaml_value.h"

namespace lull::cli {
namespace {

/// Of one node or all groups, so that a hostile file takes no more memory than an honest one.
constexpr std::size_t kMaxItemValues = 2 * kMaxTags + 100;
constexpr std::size_t kMaxGroupValues = kMaxGroups * (kMaxGroupNodes + 10);

constexpr std::size_t kMaxGroupTags = 5;
constexpr std::size_t kMaxGroupTagValues = 50;
constexpr std::size_t kMaxGroupNameBytes = 128;

Node ReadNode(const YamlValue& value) {
  Node node;
  ForEachMember(value, "a node", [&](const std::string& key, const YamlValue& member, int line) {
    RefuseUnlessOk(line, CheckNodeKey(key));
    if (key != "tags") {
      RefuseUnlessOk(member.line, SetNodeField(key, TextOf(member, key), node));
      return;
    }
    ForEachMember(member, "tags", [&](const std::string& tag, const YamlValue& text, int tag_line) {
      RefuseUnlessOk(tag_line, AddNodeTag(tag, TextOf(text, "the tag " + QuotedYaml(tag)), node));
    });
  });
  if (node.id.empty()) RefuseYaml(value.line, "a node has no id; give it one");
  return node;
}

std::vector<std::string> ReadTexts(const YamlValue& value, const std::string& what,
                                   std::size_t most) {
  std::vector<std::string> texts;
  if (value.kind == YamlValue::Kind::kText) return {value.text};
  if (value.kind != YamlValue::Kind::kList)
    RefuseYaml(value.line, what, " must be a list, or one value");
  for (const YamlValue& item : value.items) texts.push_back(TextOf(item, what));
  if (texts.empty()) RefuseYaml(value.line, what, " is empty; give it a value");
  if (texts.size() > most) {
    RefuseYaml(value.line, what, " has ", texts.size(), " values; it may have ", most);
  }
  return texts;
}

NodeGroup ReadGroup(const std::string& name, const YamlValue& value, int name_line) {
  if (name.empty() || name.size() > kMaxGroupNameBytes) {
    RefuseYaml(name_line, "the group name ", QuotedYaml(name), " must have 1 to ",
               kMaxGroupNameBytes, " bytes");
  }
  NodeGroup group{name, {}};
  ForEachMember(value, "a group", [&](const std::string& key, const YamlValue& member, int line) {
    if (!group.selectors.empty()) RefuseYaml(line, "a group has either nodes or tags, not both");
    if (key == "nodes") {
      auto ids = ReadTexts(member, "nodes", kMaxGroupNodes);
      for (const std::string& id : ids) RefuseUnlessOk(member.line, CheckNodeId(id));
      group.selectors.push_back({"InstanceIds", std::move(ids)});
    } else if (key == "tags") {
      ForEachMember(
          member, "tags", [&](const std::string& tag, const YamlValue& values, int tag_line) {
            auto texts = ReadTexts(values, "the tag " + QuotedYaml(tag), kMaxGroupTagValues);
            for (const std::string& text : texts) {
              Node checked;
              RefuseUnlessOk(tag_line, AddNodeTag(tag, text, checked));
            }
            group.selectors.push_back({"tag:" + tag, std::move(texts)});
          });
      if (group.selectors.size() > kMaxGroupTags) {
        RefuseYaml(member.line, "a group has ", kMaxGroupTags, " tags at most");
      }
    } else {
      RefuseYaml(line, "unknown key ", QuotedYaml(key), "; a group has nodes or tags");
    }
  });
  if (group.selectors.empty())
    RefuseYaml(value.line, "the group ", QuotedYaml(name), " has no nodes or tags");
  return group;
}

/// Nodes are read as they are complete, and dropped.
class InventoryReader : public YamlReader {
 public:
  InventoryReader() : YamlReader("an inventory") {}

  Inventory Finish() {
    if (!has_nodes_) RefuseYaml(1, "there are no nodes; a fleet without any is spelled nodes: []");
    return std::move(inventory_);
  }

 protected:
  void Begin(const YamlValue& value) override {
    if (depth() == 0 && value.kind != YamlValue::Kind::kMapping) {
      RefuseYaml(value.line, "an inventory is a mapping with the keys nodes and groups");
    }
    if (depth() == 1 && AtKey()) {
      OpenSection(value);
    } else if (depth() == 1 && section_ == "nodes" && value.kind != YamlValue::Kind::kList) {
      RefuseYaml(value.line, "nodes must be a list");
    }
    Count(value.line);
  }

  bool Take(YamlValue& value) override {
    if (depth() == 2 && section_ == "nodes") {
      AddNode(ReadNode(value), value.line);
      values_ = 0;
      return true;
    }
    if (depth() == 1) ReadSection(value);
    return false;
  }

 private:
  void OpenSection(const YamlValue& key) {
    if (key.text != "nodes" && key.text != "groups") {
      RefuseYaml(key.line, "unknown key ", QuotedYaml(key.text),
                 "; an inventory has nodes and groups");
    }
    if (!sections_.insert(key.text).second) RefuseYaml(key.line, key.text, " is there twice");
    section_ = key.text;
    values_ = 0;
  }

  void AddNode(Node node, int line) {
    const auto [before, is_new] = lines_.emplace(node.id, line);
    if (!is_new) {
      RefuseYaml(line, "the node ", QuotedYaml(node.id), " is there twice; see line ",
                 before->second);
    }
    inventory_.nodes.push_back(std::move(node));
  }

  /// The value of a key of the document itself.
  void ReadSection(YamlValue& value) {
    if (section_ == "nodes") {
      has_nodes_ = true;
      return;
    }
    ForEachMember(value, "groups", [&](const std::string& name, const YamlValue& group, int line) {
      inventory_.groups.push_back(ReadGroup(name, group, line));
      if (inventory_.groups.size() > kMaxGroups) {
        RefuseYaml(line, "there are more than ", kMaxGroups, " groups");
      }
    });
    value.items.clear();
  }

  void Count(int line) {
    const std::size_t most = section_ == "groups" ? kMaxGroupValues : kMaxItemValues;
    if (++values_ > most) {
      RefuseYaml(line, section_ == "groups" ? "the groups have" : "a node has", " too many values");
    }
  }

  Inventory inventory_;
  bool has_nodes_ = false;
  std::set<std::string> sections_;
  std::string section_;
  std::size_t values_ = 0;
  std::map<std::string, int> lines_;
};

}  // namespace

absl::StatusOr<Inventory> ParseInventory(std::string_view text) {
  if (text.size() > kMaxInventoryBytes) {
    return Invalid("the inventory has more than ", kMaxInventoryBytes >> 20,
                   " MiB; import large fleets with `lull nodes import`");
  }
  Inventory inventory;
  LULL_RETURN_IF_ERROR(CatchRefused([&] {
    InventoryReader reader;
    reader.Read(text);
    inventory = reader.Finish();
  }));
  return inventory;
}

absl::StatusOr<Inventory> ReadInventory(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const std::string text,
                        ReadTextFile(path, "the inventory", kMaxInventoryBytes));
  auto inventory = ParseInventory(text);
  if (!inventory.ok()) return Invalid(path, ": ", std::string(inventory.status().message()));
  return inventory;
}

}  // namespace lull::cli
