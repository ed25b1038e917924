#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runners/documents/document.h"

namespace lull::runners {

/// Reads a Command document of schemaVersion 2.2 (docs/documents.md), YAML or JSON. Pure.
/// Errors: kInvalidArgument, `line N: ...` with the key, the value and what is right.
absl::StatusOr<Document> ParseDocument(const std::string& name, const std::string& text);

}  // namespace lull::runners
