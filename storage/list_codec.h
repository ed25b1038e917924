#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/definitions.h"
#include "engine/model/ids.h"

namespace lull::storage {

// Lists that live inside a row, as bytes: numbers as in numbers.h, a text is its length and its
// bytes, a list is its elements one after the other up to the end. The same list gives the same
// bytes, in every version of Lull: these bytes are stored.
//
// The decoders trust nothing. Errors: kInternal, when the bytes are none that an encoder made.

std::string EncodeTexts(const std::vector<std::string>& texts);
absl::StatusOr<std::vector<std::string>> DecodeTexts(std::string_view bytes);

/// Keys and values in turn.
std::string EncodeTags(const std::map<std::string, std::string>& tags);
absl::StatusOr<std::map<std::string, std::string>> DecodeTags(std::string_view bytes);

std::string EncodeSelectors(const std::vector<TargetSelector>& selectors);
absl::StatusOr<std::vector<TargetSelector>> DecodeSelectors(std::string_view bytes);

/// REQUIRES: `ordinals` ascend and are not negative. Each is stored as its distance to the one
/// before.
std::string EncodeOrdinals(const std::vector<Ordinal>& ordinals);
absl::StatusOr<std::vector<Ordinal>> DecodeOrdinals(std::string_view bytes);

}  // namespace lull::storage
