// Any bytes as a document and as the values of its parameters: an error that names a line, or a
// document whose script holds its quotes, never a crash.
//
// An input is a document, a line `%%`, and the value that each of its parameters gets; without that
// line the defaults. tools/fuzz makes inputs up, corpus/document has those that every test run
// replays.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "runners/documents/compile.h"
#include "runners/documents/document.h"
#include "runners/documents/parse_document.h"
#include "tests/fuzz/line_error.h"

namespace lull::runners {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr std::string_view kValueMark = "\n%%\n";

/// What each byte may become (' is the longest, twice: for its own quotes and the step's), for each
/// place where a value may stand.
constexpr std::size_t kMostScriptBytes = 16 * kMaxBytes * kMaxBytes;

void CheckPlan(const Document& document, const ParameterValues& given, const char* platform) {
  const auto plan = CompileDocument(document, given, platform);
  if (!plan.ok()) {
    LULL_CHECK(plan.status().code() == absl::StatusCode::kInvalidArgument ||
               plan.status().code() == absl::StatusCode::kNotFound);
    LULL_CHECK(absl::StrContains(plan.status().message(), ToAbsl(document.name)));
    return;
  }
  LULL_CHECK(plan->script.size() <= kMostScriptBytes);
  LULL_CHECK(plan->script.find('\0') == std::string::npos);
  LULL_CHECK(plan->execution_timeout >= absl::Seconds(1));
  LULL_CHECK(plan->working_directory.empty() || plan->working_directory.front() == '/');
}

void Try(std::string_view input) {
  const std::size_t mark = input.find(kValueMark);
  const std::string text(input.substr(0, mark));
  const auto document = ParseDocument("fuzz", text);
  if (!document.ok()) return CheckLineError(document.status());
  LULL_CHECK(document->text == text);
  LULL_CHECK(!document->steps.empty() && document->steps.size() <= kMaxDocumentSteps);
  ParameterValues given;
  if (mark != input.npos) {
    const std::string value(input.substr(mark + kValueMark.size()));
    for (const auto& [name, parameter] : document->parameters) given[name] = {value};
  }
  for (const char* platform : {"", "Linux", "Windows"}) CheckPlan(*document, given, platform);
}

}  // namespace
}  // namespace lull::runners

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::runners::kMaxBytes) {
    lull::runners::Try({reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
