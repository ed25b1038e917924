#pragma once

#include <string>

#include "absl/time/time.h"
#include "runners/http/http_client.h"

namespace lull::runners {

inline constexpr absl::Duration kDefaultAnswerTimeout = absl::Seconds(30);
inline constexpr absl::Duration kDefaultResultTimeout = absl::Seconds(3600);

/// One call of a function over HTTP: what an invocation comes to.
struct FunctionCall {
  std::string function;   ///< its name in the configuration, for people
  http::Request request;  ///< its time-out is until the answer is there
  /// After an answer 202, until the call back.
  absl::Duration result_timeout = kDefaultResultTimeout;
};

}  // namespace lull::runners
