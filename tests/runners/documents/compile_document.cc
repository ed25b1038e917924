// usage: compile_document DOCUMENT [NAME=VALUE...]
// Prints the script of a built-in document, for tests that run it.
#include <cstdio>
#include <string>

#include "engine/base/check.h"
#include "runners/documents/compile.h"
#include "runners/documents/document.h"
#include "runners/documents/library.h"

int main(int count, char** arguments) {
  const auto library = lull::runners::DocumentLibrary::Load("");
  LULL_CHECK(library.ok() && count > 1);
  const lull::runners::Document* document = (*library)->Find(arguments[1]);
  LULL_CHECK(document != nullptr);
  lull::runners::ParameterValues values;
  for (int i = 2; i < count; ++i) {
    const std::string argument = arguments[i];
    const std::size_t at = argument.find('=');
    LULL_CHECK(at != std::string::npos);
    values[argument.substr(0, at)].push_back(argument.substr(at + 1));
  }
  const auto plan = lull::runners::CompileDocument(*document, values, "Linux");
  if (!plan.ok()) {
    std::fprintf(stderr, "%s\n", std::string(plan.status().message()).c_str());
    return 1;
  }
  std::fwrite(plan->script.data(), 1, plan->script.size(), stdout);
  return 0;
}
