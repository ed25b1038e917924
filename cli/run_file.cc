#include "cli/run_file.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/node_fields.h"
#include "cli/yaml_message.h"
#include "engine/base/status.h"
#include "engine/validate.h"
#include "proto/run_file.pb.h"
#include "runners/yaml/yaml_reader.h"
#include "runners/yaml/yaml_value.h"

namespace lull::cli {
namespace {

constexpr int kDefaultHours = 24;
constexpr char kDefaultName[] = "run";
constexpr char kRunShellScript[] = "AWS-RunShellScript";
constexpr char kDefaultConcurrency[] = "1";
constexpr char kDefaultErrors[] = "0";

/// Never due while anybody lives: what opens the window is its start on demand.
constexpr char kNever[] = "at(2999-12-31T23:59:59)";

// The API's own limits.
constexpr int kMaxNodes = 50;
constexpr std::size_t kMaxTagKeys = 5;
constexpr int kMaxTagValues = 5;
constexpr std::int32_t kMaxTimeoutSeconds = 172800;
constexpr char kAnyWindow[] = "mw-00000000000000000";

/// One text where the file may have a list: the list of it.
void MakeList(YamlValue& value) {
  if (value.kind != YamlValue::Kind::kText) return;
  YamlValue list{YamlValue::Kind::kList, value.line, "", {}};
  list.items.push_back(std::move(value));
  value = std::move(list);
}

/// Values of a mapping that are lists or one text each: as RunValues has them.
void MakeValues(YamlValue& mapping) {
  if (mapping.kind != YamlValue::Kind::kMapping) return;
  for (std::size_t i = 1; i < mapping.items.size(); i += 2) {
    YamlValue& value = mapping.items[i];
    MakeList(value);
    YamlValue values{YamlValue::Kind::kMapping, value.line, "", {}};
    values.items.push_back({YamlValue::Kind::kText, value.line, "values", {}});
    values.items.push_back(std::move(value));
    value = std::move(values);
  }
}

/// Spells a task's short forms out.
void Normalize(YamlValue& task) {
  if (task.kind != YamlValue::Kind::kMapping) return;
  for (std::size_t i = 0; i + 1 < task.items.size(); i += 2) {
    const std::string& key = task.items[i].text;
    if (key == "commands" || key == "nodes") MakeList(task.items[i + 1]);
    if (key == "parameters" || key == "tags") MakeValues(task.items[i + 1]);
  }
}

/// What the API takes as a name.
bool IsName(std::string_view text) {
  return text.size() >= 3 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
         });
}

void CheckName(int line, const std::string& member, const std::string& name) {
  if (IsName(name)) return;
  RefuseYaml(line, member, " is ", QuotedYaml(name),
             "; it must have 3 to 128 letters, digits, \"_\", \"-\" and \".\"");
}

/// Makes requests of a task as the file has it. `path` is where it stands.
class TaskReader {
 public:
  TaskReader(const v1::RunTask& task, std::string path, const YamlLines& lines)
      : task_(task), path_(std::move(path)), lines_(lines) {}

  RunTask Read(std::int32_t priority) {
    if (lines_.count(path_ + ".name") > 0) {
      CheckName(LineOf(lines_, path_ + ".name"), path_ + ".name", task_.name());
      out_.request.set_name(task_.name());
    }
    task_.function().empty() ? ReadDocument() : ReadFunction();
    ReadTargets();
    ReadLimits();
    out_.request.set_priority(priority);
    Validate(out_.request);
    for (auto& target : out_.targets) Validate(target);
    return std::move(out_);
  }

 private:
  template <class... Args>
  [[noreturn]] void Refuse(const std::string& member, const Args&... why) const {
    const std::string at = member.empty() ? path_ : absl::StrCat(path_, ".", member);
    RefuseYaml(LineOf(lines_, at), at, " ", why...);
  }

  /// What no check above knows of.
  template <class Request>
  void Validate(Request& request) const {
    request.set_window_id(kAnyWindow);
    RefuseUnlessOk(LineOf(lines_, path_), ValidateConstraints(request));
    request.clear_window_id();
  }

  void ReadDocument() {
    if (!task_.type().empty()) Refuse("type", "is of a function; a document has none");
    if (!task_.payload().empty()) Refuse("payload", "is of a function; a document has parameters");
    const std::string document = task_.document().empty() ? kRunShellScript : task_.document();
    const bool is_shell = document == kRunShellScript;
    out_.request.set_task_type("RUN_COMMAND");
    out_.request.set_task_arn(document);
    auto& run = *out_.request.mutable_task_invocation_parameters()->mutable_run_command();
    auto& parameters = *run.mutable_parameters();
    for (const auto& [name, values] : task_.parameters()) {
      *parameters[name].mutable_values() = values.values();
    }
    if (!is_shell && !task_.commands().empty()) {
      Refuse("commands", "is for AWS-RunShellScript; give ", document, " its parameters");
    }
    if (!task_.commands().empty()) {
      if (parameters.count("commands") > 0) Refuse("commands", "is there, and among parameters");
      *parameters["commands"].mutable_values() = task_.commands();
    }
    if (is_shell && parameters.count("commands") == 0) {
      Refuse("", "does nothing; give it commands, a document or a function");
    }
    ReadTimeout(is_shell, parameters);
  }

  template <class Parameters>
  void ReadTimeout(bool is_shell, Parameters& parameters) {
    if (!task_.has_timeout_seconds()) return;
    if (!is_shell) Refuse("timeout_seconds", "is for AWS-RunShellScript; use a parameter");
    if (task_.timeout_seconds() < 1 || task_.timeout_seconds() > kMaxTimeoutSeconds) {
      Refuse("timeout_seconds", "is ", task_.timeout_seconds(), "; it must be 1 to ",
             kMaxTimeoutSeconds);
    }
    parameters["executionTimeout"].add_values(absl::StrCat(task_.timeout_seconds()));
  }

  void ReadFunction() {
    if (!task_.document().empty()) Refuse("document", "is there beside a function; give one");
    if (!task_.commands().empty()) Refuse("commands", "is there beside a function; give one");
    if (task_.has_timeout_seconds()) {
      Refuse("timeout_seconds", "is for AWS-RunShellScript; a function's is in the config file");
    }
    const std::string type = task_.type().empty() ? "LAMBDA" : task_.type();
    if (type != "LAMBDA" && type != "AUTOMATION" && type != "STEP_FUNCTIONS") {
      Refuse("type", "is ", QuotedYaml(type), "; it must be LAMBDA, AUTOMATION or STEP_FUNCTIONS");
    }
    const bool is_automation = type == "AUTOMATION";
    if (is_automation && !task_.payload().empty()) {
      Refuse("payload", "is there; an AUTOMATION has parameters");
    }
    if (!is_automation && !task_.parameters().empty()) {
      Refuse("parameters", "is there; a ", type, " has a payload");
    }
    out_.request.set_task_type(type);
    out_.request.set_task_arn(task_.function());
    auto& with = *out_.request.mutable_task_invocation_parameters();
    for (const auto& [name, values] : task_.parameters()) {
      auto& parameters = *with.mutable_automation()->mutable_parameters();
      *parameters[name].mutable_values() = values.values();
    }
    if (task_.payload().empty()) return;
    if (type == "LAMBDA") with.mutable_lambda()->set_payload(task_.payload());
    if (type == "STEP_FUNCTIONS") with.mutable_step_functions()->set_input(task_.payload());
  }

  bool HasTargets() const {
    return !task_.nodes().empty() || !task_.tags().empty() || !task_.group().empty();
  }

  void ReadTargets() {
    if (!HasTargets() && task_.function().empty()) {
      Refuse("",
             "has no targets; give it nodes, tags or a group (nodes: [local] is the machine "
             "that lull runs on)");
    }
    if (!task_.nodes().empty()) ReadNodes();
    if (!task_.tags().empty()) ReadTags();
    if (!task_.group().empty()) {
      v1::RegisterTargetWithMaintenanceWindowRequest& target = AddTarget("RESOURCE_GROUP");
      v1::Target& selector = *target.add_targets();
      selector.set_key("resource-groups:Name");
      selector.add_values(task_.group());
    }
  }

  void ReadNodes() {
    if (task_.nodes_size() > kMaxNodes) {
      Refuse("nodes", "has ", task_.nodes_size(), " nodes; it may have ", kMaxNodes,
             ", and tags or a group select any number");
    }
    v1::Target& target = *out_.request.add_targets();
    target.set_key("InstanceIds");
    for (const std::string& node : task_.nodes()) {
      RefuseUnlessOk(LineOf(lines_, path_ + ".nodes"), CheckNodeId(node));
      target.add_values(node);
    }
  }

  void ReadTags() {
    if (task_.tags().size() > kMaxTagKeys) Refuse("tags", "has more than ", kMaxTagKeys, " tags");
    v1::RegisterTargetWithMaintenanceWindowRequest& target = AddTarget("INSTANCE");
    const std::map<std::string, v1::RunValues> sorted(task_.tags().begin(), task_.tags().end());
    for (const auto& [key, values] : sorted) {
      const std::string member = absl::StrCat("tags.", key);
      if (values.values().empty() || values.values_size() > kMaxTagValues) {
        Refuse(member, "has ", values.values_size(), " values; it must have 1 to ", kMaxTagValues);
      }
      v1::Target& selector = *target.add_targets();
      selector.set_key("tag:" + key);
      *selector.mutable_values() = values.values();
    }
  }

  v1::RegisterTargetWithMaintenanceWindowRequest& AddTarget(const char* type) {
    v1::RegisterTargetWithMaintenanceWindowRequest& target = out_.targets.emplace_back();
    target.set_resource_type(type);
    return target;
  }

  static bool IsNumber(std::string_view text, std::size_t most_digits) {
    return !text.empty() && text.size() <= most_digits &&
           std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
           (text.size() == 1 || text.front() != '0');
  }

  /// A count, or a share as `10%`; `least` is the least that either may be.
  void CheckRate(const char* member, const std::string& value, int least) const {
    std::string_view digits = value;
    const bool is_share = !digits.empty() && digits.back() == '%';
    if (is_share) digits.remove_suffix(1);
    bool is_right = IsNumber(digits, is_share ? 3 : 7) && (least == 0 || digits != "0");
    if (is_right && digits.size() == 3 && is_share) is_right = digits == "100";
    if (is_right) return;
    Refuse(member, "is ", QuotedYaml(value), "; it must be a number of at least ", least, ", or ",
           least, "% to 100%");
  }

  void ReadLimits() {
    if (!HasTargets()) {
      if (!task_.max_concurrency().empty()) Refuse("max_concurrency", "is of a task with targets");
      if (!task_.max_errors().empty()) Refuse("max_errors", "is of a task with targets");
    } else {
      const auto value = [](const std::string& given, const char* otherwise) {
        return given.empty() ? otherwise : given;
      };
      out_.request.set_max_concurrency(value(task_.max_concurrency(), kDefaultConcurrency));
      CheckRate("max_concurrency", out_.request.max_concurrency(), 1);
      out_.request.set_max_errors(value(task_.max_errors(), kDefaultErrors));
      CheckRate("max_errors", out_.request.max_errors(), 0);
    }
    if (task_.cutoff_behavior().empty()) return;
    if (task_.cutoff_behavior() != "CONTINUE_TASK" && task_.cutoff_behavior() != "CANCEL_TASK") {
      Refuse("cutoff_behavior", "is ", QuotedYaml(task_.cutoff_behavior()),
             "; it must be CONTINUE_TASK or CANCEL_TASK");
    }
    out_.request.set_cutoff_behavior(task_.cutoff_behavior());
  }

  const v1::RunTask& task_;
  const std::string path_;
  const YamlLines& lines_;
  RunTask out_;
};

void ReadWindow(const v1::RunFile& file, const YamlLines& lines,
                v1::CreateMaintenanceWindowRequest& window) {
  window.set_name(lines.count("name") > 0 ? file.name() : kDefaultName);
  CheckName(LineOf(lines, "name"), "name", window.name());
  window.set_schedule(kNever);
  window.set_duration(file.has_duration_hours() ? file.duration_hours() : kDefaultHours);
  window.set_cutoff(file.cutoff_hours());
  window.set_allow_unassociated_targets(true);
  if (window.duration() < 1 || window.duration() > kDefaultHours) {
    RefuseYaml(LineOf(lines, "duration_hours"), "duration_hours is ", window.duration(),
               "; it must be 1 to ", kDefaultHours);
  }
  if (window.cutoff() < 0 || window.cutoff() >= window.duration()) {
    RefuseYaml(LineOf(lines, "cutoff_hours"), "cutoff_hours is ", window.cutoff(),
               "; it must be 0 to ", window.duration() - 1, ", less than duration_hours");
  }
}

/// Takes the value of `key` out of a mapping. Nothing when it is not there.
std::optional<YamlValue> TakeMember(YamlValue& mapping, std::string_view key) {
  if (mapping.kind != YamlValue::Kind::kMapping) return std::nullopt;
  for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
    if (mapping.items[i].text != key) continue;
    YamlValue value = std::move(mapping.items[i + 1]);
    const auto at = mapping.items.begin() + static_cast<std::ptrdiff_t>(i);
    mapping.items.erase(at, at + 2);
    return value;
  }
  return std::nullopt;
}

RunFile Read(std::string_view text) {
  YamlValue root = ReadYamlTree(text, "a run file");
  std::optional<YamlValue> tasks = TakeMember(root, "tasks");
  v1::RunFile file;
  YamlLines lines;
  FillMessage(root, "", file, lines);
  if (lines.count("tasks") > 0) {
    RefuseYaml(LineOf(lines, "tasks"), "the key \"tasks\" is there twice");
  }
  if (!tasks || tasks->items.empty()) {
    RefuseYaml(tasks ? tasks->line : 1, "there are no tasks; give it a list of them");
  }
  if (tasks->kind != YamlValue::Kind::kList) RefuseYaml(tasks->line, "tasks must be a list");
  RunFile run;
  ReadWindow(file, lines, run.window);
  std::int64_t priority = 0;
  for (YamlValue& item : tasks->items) {
    const std::string path = absl::StrCat("tasks.", run.tasks.size() + 1);
    lines[path] = item.line;
    Normalize(item);
    v1::RunTask task;
    FillMessage(item, path, task, lines);
    priority = task.has_priority() ? task.priority() : priority + 1;
    if (priority < 0 || priority > std::numeric_limits<std::int32_t>::max()) {
      RefuseYaml(LineOf(lines, path + ".priority"), path, ".priority is ", priority,
                 "; it must be 0 to ", std::numeric_limits<std::int32_t>::max());
    }
    const auto number = static_cast<std::int32_t>(priority);
    run.tasks.push_back(TaskReader(task, path, lines).Read(number));
  }
  return run;
}

absl::StatusOr<std::string> ReadStream(std::FILE* in) {
  std::string text(kMaxRunFileBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), in));
  if (std::ferror(in) != 0) return Invalid("can't read standard input");
  return text;
}

}  // namespace

absl::StatusOr<RunFile> ParseRunFile(std::string_view text) {
  if (text.size() > kMaxRunFileBytes) {
    return Invalid("the file has more than ", kMaxRunFileBytes >> 20, " MiB");
  }
  RunFile run;
  LULL_RETURN_IF_ERROR(CatchRefused([&] { run = Read(text); }));
  return run;
}

absl::StatusOr<RunFile> ReadRunFile(const std::string& path, std::FILE* in) {
  const bool from_stream = path == "-";
  LULL_ASSIGN_OR_RETURN(
      const std::string text,
      from_stream ? ReadStream(in) : ReadTextFile(path, "run file", kMaxRunFileBytes));
  auto run = ParseRunFile(text);
  if (run.ok()) return run;
  return Invalid(from_stream ? "standard input" : path, ": ", std::string(run.status().message()));
}

}  // namespace lull::cli
