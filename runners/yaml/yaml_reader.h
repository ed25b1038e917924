#pragma once

#include <yaml-cpp/eventhandler.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runners/yaml/yaml_value.h"

namespace lull {

/// Makes values of a YAML text, which may be hostile: what it takes of memory and stack is bounded.
/// Who derives from it takes the values as they are complete. Aliases and a second document are
/// refused.
class YamlReader : public YAML::EventHandler {
 public:
  /// Reads `text`, once. Throws YamlRefused and YAML::Exception (see CatchRefused).
  void Read(std::string_view text);

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override;
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override;
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override;
  void OnMapEnd() override { Close(); }

 protected:
  /// `what` is what an error calls the document: `an inventory`.
  explicit YamlReader(std::string what) : what_(std::move(what)) {}

  /// A value begins (of a list or mapping: without its items), or a key is there.
  virtual void Begin(const YamlValue& value) = 0;

  /// A value is complete. Returns true if it is taken, so that it is not kept in what holds it.
  virtual bool Take(YamlValue& value) = 0;

  /// How many lists and mappings are open around what comes.
  std::size_t depth() const { return open_.size(); }

  /// Whether what comes is a key of the mapping that is open.
  bool AtKey() const;

 private:
  void Open(YamlValue value);
  void Close();
  void Add(YamlValue value);
  void Put(YamlValue value);

  const std::string what_;
  std::function<void()> note_value_;
  bool started_ = false;
  std::vector<YamlValue> open_;
};

/// What a file may hold that is kept as a whole.
inline constexpr std::size_t kMaxTreeValues = 20'000;

/// The one value that `text` is, kNothing if it is empty; `what` as above. Throws as Read.
YamlValue ReadYamlTree(std::string_view text, const std::string& what);

/// Runs `read`. Error: kInvalidArgument with the line of what it refused, or of what is no YAML.
absl::Status CatchRefused(const std::function<void()>& read);

/// The first `max_bytes` + 1 bytes of the file at `path`, which an error calls `what`. Error:
/// kInvalidArgument.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, const char* what,
                                         std::size_t max_bytes);

}  // namespace lull
