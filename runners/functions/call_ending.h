#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/ports/runner.h"
#include "runners/http/http_client.h"

namespace lull::runners {

/// How a call ended.
struct Ending {
  Outcome outcome = {};
  std::string output = {};  ///< what ReadOutput gives as standard output
};

/// What a result says, which is text that somebody else sent. Errors: kInvalidArgument: it is none;
/// the text is for people. From any thread.
using ReadResult = std::function<absl::StatusOr<Ending>(std::string_view text)>;

/// What the body of an answer or of a call back of `function` comes to. An empty one is success;
/// what is no result is a failure that shows its beginning.
Ending EndingOfBody(const std::string& function, std::string_view body, const ReadResult& read);

/// What an answer comes to. REQUIRES: it is not 202.
Ending EndingOfAnswer(const std::string& function, const http::Answer& answer,
                      const ReadResult& read);

/// The ends that are no answers.
Ending NoCallBack(const std::string& function);
Ending StoppedWaiting();
Ending StoppedWhileCalled(const std::string& function);
Ending NotCalled(const std::string& function, const absl::Status& why);

}  // namespace lull::runners
