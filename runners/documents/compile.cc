#include "runners/documents/compile.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "engine/base/status.h"
#include "runners/documents/check_values.h"
#include "runners/documents/fill_script.h"
#include "runners/documents/placeholders.h"
#include "runners/shell_word.h"

namespace lull::runners {
namespace {

constexpr char kLinux[] = "Linux";

/// A step with its parameters filled in.
struct FilledStep {
  const DocumentStep* step = nullptr;
  std::string script;
  std::string working_directory;
  std::int64_t timeout_seconds = 0;
};

/// `parameter executionTimeout` where the text is that and nothing else.
std::string WhatIsWrong(const DocumentStep& step, const std::string& text, const char* input) {
  const auto pieces = SplitPlaceholders(text);
  if (pieces.size() == 1 && pieces.front().is_parameter) {
    return absl::StrCat("parameter ", ToAbsl(pieces.front().text));
  }
  return absl::StrCat(input, " of step ", step.name);
}

absl::StatusOr<std::int64_t> TimeoutOf(const DocumentStep& step, const ParameterValues& values) {
  if (step.timeout_seconds.empty()) return kDefaultStepTimeoutSeconds;
  const std::string text = FillText(step.timeout_seconds, values);
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error == std::errc() && stop == end && seconds >= 1 && seconds <= kMaxStepTimeoutSeconds) {
    return seconds;
  }
  return Invalid(WhatIsWrong(step, step.timeout_seconds, "timeoutSeconds"), " ", QuotedValue(text),
                 " is no time-out; give whole seconds from 1 to ", kMaxStepTimeoutSeconds,
                 ", as text.");
}

absl::StatusOr<std::string> FolderOf(const DocumentStep& step, const ParameterValues& values) {
  const std::string folder = FillText(step.working_directory, values);
  if (folder.empty() || folder.front() == '/') return folder;
  return Invalid(WhatIsWrong(step, step.working_directory, "workingDirectory"), " ",
                 QuotedValue(folder), " is not absolute; start it with \"/\" or leave it out.");
}

absl::StatusOr<FilledStep> Fill(const Document& document, const DocumentStep& step,
                                const ParameterValues& values) {
  FilledStep filled;
  filled.step = &step;
  LULL_ASSIGN_OR_RETURN(filled.timeout_seconds, TimeoutOf(step, values));
  LULL_ASSIGN_OR_RETURN(filled.working_directory, FolderOf(step, values));
  LULL_ASSIGN_OR_RETURN(filled.script, FillScript(step.commands, document, values));
  return filled;
}

absl::StatusOr<std::vector<FilledStep>> FillSteps(const Document& document,
                                                  const ParameterValues& values,
                                                  std::string_view platform) {
  std::vector<FilledStep> steps;
  for (const DocumentStep& step : document.steps) {
    if (step.platform && *step.platform != platform) continue;
    auto filled = Fill(document, step, values);
    if (!filled.ok()) {
      return Invalid("Document ", document.name, ": ", filled.status().message());
    }
    steps.push_back(*std::move(filled));
  }
  if (steps.empty()) {
    return absl::NotFoundError(absl::StrCat("Invalid platform: document ", document.name,
                                            " has no step for ", ToAbsl(platform), "."));
  }
  return steps;
}

/// What the steps of a script share. A step runs under timeout(1), in a process group of its own;
/// TERM is passed on to it. Its shell reads its script from descriptor 3, which it then closes.
constexpr char kPrologue[] = R"sh(lull_status=0
lull_ended=
# $! when no step runs: told apart so, there is no moment in which one runs and is not known.
lull_idle=
lull_stop() {
  trap '' TERM INT HUP
  if [ "$!" != "$lull_idle" ]; then kill -TERM "$!" 2>/dev/null; wait "$!"; fi
  exit 143
}
trap lull_stop TERM INT HUP
# Waits for the step $1, which has $2 seconds; what follows a failure is $3.
lull_await() {
  wait "$!"
  lull_step=$?
  lull_idle=$!
  if [ "$lull_step" -eq 0 ]; then return 0; fi
  case "$lull_step" in
    124 | 137)
      if [ $(($(date +%s) - lull_began)) -ge "$2" ]; then
        echo "Step $1 timed out after $2 seconds." >&2
        lull_step=timeout
      fi ;;
  esac
  if [ "$lull_step" = timeout ]; then
    lull_step=124
  else
    echo "Step $1 failed with exit status $lull_step." >&2
    if [ "$lull_step" -eq 124 ]; then lull_step=1; fi
  fi
  if [ "$3" = successAndExit ]; then
    lull_ended=yes
    return 1
  fi
  if [ "$lull_status" -eq 0 ]; then lull_status=$lull_step; fi
  if [ "$3" = exit ]; then lull_ended=yes; fi
  return 1
}
)sh";

constexpr char kStepShell[] = "sh /dev/fd/3 3<&0 </dev/null";

const char* Word(AfterFailure after) {
  switch (after) {
    case AfterFailure::kContinue:
      return "continue";
    case AfterFailure::kExit:
      return "exit";
    case AfterFailure::kSuccessAndExit:
      return "successAndExit";
  }
  return "?";
}

/// A command that prints the script, for a shell that reads it from descriptor 3.
std::string PrintScript(std::string_view script) {
  return absl::StrCat("printf %s ", ShellWord(absl::StrCat("exec 3<&-; ", ToAbsl(script))),
                      " 2>/dev/null");
}

std::string StepText(const FilledStep& filled) {
  const DocumentStep& step = *filled.step;
  std::string text;
  if (!step.finally) absl::StrAppend(&text, "if [ -z \"$lull_ended\" ]; then\n");
  absl::StrAppend(&text, "lull_began=$(date +%s)\n", PrintScript(filled.script), " | {\n");
  if (!filled.working_directory.empty()) {
    absl::StrAppend(&text, "cd ", ShellWord(filled.working_directory), " || exit 1\n");
  }
  absl::StrAppend(&text, "exec timeout -k 10 ", filled.timeout_seconds, " ", kStepShell, "\n} &\n");
  absl::StrAppend(&text, "lull_await ", step.name, " ", filled.timeout_seconds, " ",
                  Word(step.after_failure));
  if (step.exit_on_success) absl::StrAppend(&text, " && lull_ended=yes");
  absl::StrAppend(&text, "\n");
  if (!step.finally) absl::StrAppend(&text, "fi\n");
  return text;
}

bool NeedsSteps(const std::vector<FilledStep>& steps) {
  return steps.size() > 1 || steps.front().step->after_failure == AfterFailure::kSuccessAndExit;
}

}  // namespace

absl::StatusOr<ProcessPlan> CompileDocument(const Document& document, const ParameterValues& given,
                                            std::string_view platform) {
  LULL_ASSIGN_OR_RETURN(const ParameterValues values, ResolveParameters(document, given));
  LULL_ASSIGN_OR_RETURN(std::vector<FilledStep> steps,
                        FillSteps(document, values, platform.empty() ? kLinux : platform));
  ProcessPlan plan;
  std::int64_t seconds = 0;
  for (const FilledStep& step : steps) seconds += step.timeout_seconds;
  plan.execution_timeout = absl::Seconds(seconds);
  if (!NeedsSteps(steps)) {
    plan.script = std::move(steps.front().script);
    plan.working_directory = std::move(steps.front().working_directory);
    return plan;
  }
  plan.script = kPrologue;
  for (const FilledStep& step : steps) plan.script += StepText(step);
  plan.script += "exit \"$lull_status\"\n";
  plan.timed_out_status = kTimedOutStatus;
  return plan;
}

}  // namespace lull::runners
