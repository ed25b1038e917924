#pragma once

#include <string>

namespace lull {

/// Who calls, and under which request id: every call of the API carries one, and a cancel stores it.
struct CallContext {
  std::string principal;
  std::string request_id;
};

}  // namespace lull
