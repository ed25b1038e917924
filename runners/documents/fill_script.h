#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runners/documents/document.h"

namespace lull::runners {

/// The lines of a step with its parameters' values in them: as they are where they stand in no
/// quotes, and unable to leave the quotes, the comment or the here-document where they stand in one
/// (ShellContext). A value is not scanned for placeholders again. A StringList is lines, where it
/// stands alone on its line, and a JSON list inside of quotes. Pure.
/// Errors: kInvalidArgument, for the user: a value can't be put where it stands.
/// REQUIRES: `values` has all that `lines` name.
absl::StatusOr<std::string> FillScript(const std::vector<std::string>& lines,
                                       const Document& document, const ParameterValues& values);

/// A text that no shell reads, with its parameters' values in it.
std::string FillText(const std::string& text, const ParameterValues& values);

}  // namespace lull::runners
