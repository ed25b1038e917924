#pragma once

#include <string>
#include <vector>

namespace lull::runners {

// Between a carrier and the script that it sends (cli/carried_script.cc). The script's first act is
// to print kReadyMark to its standard error and to read a line: kGoLine lets it begin, an end of
// the pipe ends it without a trace. Later kStopLine asks it to stop its commands.
inline constexpr char kReadyMark[] = "\036lull ready\036\n";
inline constexpr char kGoLine[] = "go\n";
inline constexpr char kStopLine[] = "stop\n";

/// What a carrier's own exit status says.
inline constexpr int kUndelivered = 255;  ///< nothing of the script began, for certain
inline constexpr int kCutOff = 254;       ///< it began, and how it ended can't be learned

struct CarryOptions {
  std::vector<std::string> argv;  ///< the transport: starts a POSIX shell that reads standard input
  int broken_status = 255;        ///< by which the transport says that it failed itself
};

/// Sends the script on standard input through a transport and waits for it, with the transport's
/// output as this process's. SIGTERM, SIGINT and SIGHUP ask the script to stop; it has then as long
/// as whoever sent them waits. The transport is started with them ignored, as ssh leaves them, so
/// that it lives to tell even if all below this process get them. The variables LULL_* of the
/// environment are sent along. If this process dies, so does the transport. Returns the exit status
/// for this process: the script's own (255 is told as 254), or one of the above with a line on
/// standard error. Once a process.
int Carry(const CarryOptions& options);

}  // namespace lull::runners
