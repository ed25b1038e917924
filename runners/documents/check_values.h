#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runners/documents/document.h"

namespace lull::runners {

// What a document's parameters may be. Errors are kInvalidArgument and short: they must fit into an
// invocation's details. All pure.

/// A value in an error: a JSON text, cut.
std::string QuotedValue(std::string_view value);

/// Whether RE2 takes the pattern (it matches in linear time and bounded memory).
absl::Status CheckPattern(const std::string& pattern);

/// Whether the parameter `name` may have `values`.
absl::Status CheckValues(const std::string& name, const DocumentParameter& parameter,
                         const std::vector<std::string>& values);

/// All parameters of the document: those that are `given`, checked, and the others' defaults.
/// Errors: one is missing, unknown, of the wrong type or not allowed; the text names the document.
absl::StatusOr<ParameterValues> ResolveParameters(const Document& document,
                                                  const ParameterValues& given);

}  // namespace lull::runners
