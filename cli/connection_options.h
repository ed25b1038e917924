#pragma once

namespace CLI {
class App;
}

namespace lull::cli {

struct ConnectionOptions;

/// Adds --data-dir, --endpoint and --region to a command, one of the first two required. `options`
/// has to outlive `command`.
void AddConnectionOptions(CLI::App& command, ConnectionOptions& options);

/// The same, none of them required.
void AddOptionalConnection(CLI::App& command, ConnectionOptions& options);

}  // namespace lull::cli
