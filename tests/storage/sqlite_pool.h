#pragma once

namespace lull {

/// Gives SQLite memory of a pool instead of malloc's. Under the address sanitizer most of a store's
/// time goes into malloc, for a library that is not built with it. What SQLite has freed is used
/// again at once; nothing goes back to the system. For one thread.
/// REQUIRES: nobody in this process has used SQLite before.
void PoolSqliteMemory();

}  // namespace lull
