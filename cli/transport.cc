#include "cli/transport.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/utf8.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxWordBytes = 256;
constexpr std::size_t kMaxNameBytes = 64;
constexpr char kUserOthers[] = "._@+-";
constexpr char kAddressOthers[] = "._:%[]-";
constexpr char kNodeOthers[] = "._:@-";

bool IsWord(const std::string& text, std::string_view others, std::size_t most) {
  return !text.empty() && text.size() <= most && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  others.find(c) != std::string_view::npos;
         });
}

absl::Status Refuse(const std::string& text, std::string_view others, std::size_t most) {
  return Invalid("is ", JsonString(Utf8Prefix(text, kMaxWordBytes)), "; it must have 1 to ", most,
                 " letters, digits or ", ToAbsl(others), " and not begin with -");
}

/// The next {letters} of `word` from `from` on: where it begins, and the letters.
struct Placeholder {
  std::size_t begin;
  std::string name;
};
std::optional<Placeholder> NextPlaceholder(const std::string& word, std::size_t from) {
  for (std::size_t begin = word.find('{', from); begin != std::string::npos;
       begin = word.find('{', begin + 1)) {
    const std::size_t end = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz", begin + 1);
    if (end != std::string::npos && end > begin + 1 && word[end] == '}') {
      return Placeholder{begin, word.substr(begin + 1, end - begin - 1)};
    }
  }
  return std::nullopt;
}

/// What stands for {name}; nothing when it is none of the four.
std::optional<std::string> ValueOf(const std::string& name, const Node& node,
                                   const std::string& user) {
  if (name == "user") return user;
  if (name == "address") return node.address;
  if (name == "node") return node.id;
  if (name == "name") return node.name;
  return std::nullopt;
}

}  // namespace

absl::Status CheckTemplate(const std::string& word) {
  for (auto found = NextPlaceholder(word, 0); found;
       found = NextPlaceholder(word, found->begin + 1)) {
    if (ValueOf(found->name, {}, "")) continue;
    return Invalid("has {", found->name, "}; there are {user}, {address}, {node} and {name}");
  }
  return absl::OkStatus();
}

bool HasPlaceholder(const std::string& word) { return NextPlaceholder(word, 0).has_value(); }

absl::Status CheckUser(const std::string& user) {
  if (IsWord(user, kUserOthers, kMaxWordBytes)) return absl::OkStatus();
  return Refuse(user, kUserOthers, kMaxWordBytes);
}

absl::Status CheckTransportName(const std::string& name) {
  if (IsWord(name, "._-", kMaxNameBytes)) return absl::OkStatus();
  return Refuse(name, "._-", kMaxNameBytes);
}

absl::StatusOr<std::string> FillTemplate(const std::string& word, const Node& node,
                                         const std::string& user) {
  std::string filled;
  std::size_t done = 0;
  for (auto found = NextPlaceholder(word, 0); found; found = NextPlaceholder(word, done)) {
    const auto value = ValueOf(found->name, node, user);
    if (!value) return CheckTemplate(word);
    const char* const others = found->name == "user"   ? kUserOthers
                               : found->name == "node" ? kNodeOthers
                                                       : kAddressOthers;
    if (value->empty()) {
      return Invalid("The node ", JsonString(node.id), " has no ", found->name,
                     ", and its transport needs one; give it one in the inventory.");
    }
    if (!IsWord(*value, others, kMaxWordBytes)) {
      return Invalid("The node ", JsonString(node.id), " can't be reached: its ", found->name, " ",
                     std::string(Refuse(*value, others, kMaxWordBytes).message()), ".");
    }
    filled += word.substr(done, found->begin - done) + *value;
    done = found->begin + found->name.size() + 2;
  }
  return filled + word.substr(done);
}

}  // namespace lull::cli
