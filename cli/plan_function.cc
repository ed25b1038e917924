#include "cli/plan_function.h"

#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/config.h"
#include "cli/describe_invocation.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "server/private_file.h"

namespace lull::cli {
namespace {

/// Of names in an error, which has room for kMaxDetailBytes in all.
constexpr std::size_t kMaxQuotedBytes = 64;
constexpr std::size_t kMaxListed = 5;

constexpr std::size_t kArnFields = 6;  // arn:partition:service:region:account:resource

struct Function {
  std::string name;
  const v1::FunctionConfig& config;
};

/// `stateMachine:NAME`, `function:NAME:qualifier`, `automation-definition/NAME:version`, `NAME`.
std::string NameInResource(std::string_view resource) {
  const std::size_t slash = resource.rfind('/');
  const bool has_slash = slash != std::string_view::npos;
  if (has_slash) resource.remove_prefix(slash + 1);
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(resource), ':');
  return has_slash || parts.size() == 1 ? parts[0] : parts[1];
}

std::string NameIn(const std::string& task_arn) {
  if (!absl::StartsWith(task_arn, "arn:")) return task_arn;
  const std::vector<std::string> fields =
      absl::StrSplit(task_arn, absl::MaxSplits(':', kArnFields - 1));
  return fields.size() < kArnFields ? task_arn : NameInResource(fields.back());
}

std::string Quoted(const std::string& name) {
  return JsonString(std::string_view(name).substr(0, kMaxQuotedBytes));
}

std::string KnownNames(const v1::Config& config) {
  std::set<std::string> names;
  for (const auto& [name, function] : config.functions()) names.insert(Quoted(name));
  if (names.empty()) return "it has none yet";
  const bool is_cut = names.size() > kMaxListed;
  if (is_cut) names.erase(std::next(names.begin(), kMaxListed), names.end());
  return absl::StrCat("it has ", absl::StrJoin(names, ", "), is_cut ? "..." : "");
}

absl::StatusOr<Function> FindFunction(const std::string& task_arn, const v1::Config& config) {
  for (const std::string& name : {task_arn, NameIn(task_arn)}) {
    const auto found = config.functions().find(name);
    if (found != config.functions().end()) return Function{name, found->second};
  }
  return absl::NotFoundError(absl::StrCat("Unknown function ", Quoted(NameIn(task_arn)),
                                          ": add it, with a url or a command, to functions in the "
                                          "config file (lull serve --config) and "
                                          "start the daemon again; ",
                                          KnownNames(config), "."));
}

absl::Duration SecondsOr(std::int64_t seconds, absl::Duration otherwise) {
  return seconds == 0 ? otherwise : absl::Seconds(seconds);
}

/// The header field, or nothing when the function has no token.
absl::StatusOr<std::optional<std::string>> Authorization(const Function& function) {
  const std::string& path = function.config.bearer_token_file();
  if (path.empty()) return std::nullopt;
  const absl::StatusOr<server::PrivateFile> file = server::ReadPrivateFile(path, kMaxTokenBytes);
  if (!file.ok()) {
    return absl::Status(file.status().code(), absl::StrCat("Function ", Quoted(function.name),
                                                           " was not called: bearer_token_file: ",
                                                           file.status().message()));
  }
  const absl::string_view token = absl::StripAsciiWhitespace(file->text);
  if (token.empty()) {
    return Invalid("Function ", Quoted(function.name), " was not called: bearer_token_file ", path,
                   " is empty; write the token into it.");
  }
  return absl::StrCat("Authorization: Bearer ", token);
}

}  // namespace

absl::StatusOr<std::optional<runners::FunctionCall>> PlanCall(const Invocation& invocation,
                                                              const v1::Config& config,
                                                              const ArnScope& scope,
                                                              const CallbackUrl& callback_url) {
  LULL_ASSIGN_OR_RETURN(const Function function, FindFunction(invocation.task.task_arn, config));
  if (function.config.url().empty()) return std::nullopt;
  LULL_ASSIGN_OR_RETURN(const std::optional<std::string> authorization, Authorization(function));
  runners::FunctionCall call;
  call.function = function.name;
  LULL_ASSIGN_OR_RETURN(call.request.body,
                        DescribeInvocation(invocation, scope, callback_url(invocation.Id())));
  call.request.url = function.config.url();
  call.request.ca_file = function.config.ca_file();
  call.request.timeout =
      SecondsOr(function.config.answer_timeout_seconds(), runners::kDefaultAnswerTimeout);
  call.result_timeout =
      SecondsOr(function.config.result_timeout_seconds(), runners::kDefaultResultTimeout);
  call.request.headers = {"Content-Type: application/json",
                          "X-Lull-Invocation-Id: " + invocation.Id().value(),
                          "Idempotency-Key: " + invocation.Id().value()};
  if (authorization) call.request.headers.push_back(*authorization);
  return call;
}

absl::StatusOr<runners::ProcessPlan> PlanFunction(const Invocation& invocation,
                                                  const v1::Config& config, const ArnScope& scope) {
  LULL_ASSIGN_OR_RETURN(const Function function, FindFunction(invocation.task.task_arn, config));
  if (function.config.command().empty()) {
    return Invalid("Function ", Quoted(function.name), " is no local command any more.");
  }
  runners::ProcessPlan plan;
  plan.argv.assign(function.config.command().begin(), function.config.command().end());
  LULL_ASSIGN_OR_RETURN(plan.script, DescribeInvocation(invocation, scope, ""));
  plan.script_by = runners::ScriptBy::kStdin;
  plan.execution_timeout =
      SecondsOr(function.config.timeout_seconds(), runners::kDefaultExecutionTimeout);
  return plan;
}

}  // namespace lull::cli
