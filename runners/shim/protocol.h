#pragma once

/// What the daemon and a shim have agreed on; both include this and nothing else of each other.
///
/// A shim is started as
///   lull-shim ORDINAL TIMEOUT_US STOP_GRACE_US OUTPUT_GRACE_US VERIFY_US OUTPUT_LIMIT COMMAND
///   [ARGUMENT]...
/// in a session of its own, with the command's working directory, umask, environment and standard
/// input, all signals blocked, the record at kRecordFd and the folder of the invocation's files at
/// kFolderFd. SIGTERM is the request to stop.
///
/// The record is text, a word and its value a line:
///   lull-record 1
///   pid 0000000123         of the shim, 0: none has begun
///   id UUID                of the invocation
///   timeout_us 3600000000
///   undeliverable 255      the exit status that says so, -1: none does
///   timed_out -1           the exit status that says that a part of it ran into its own time-out
/// The daemon writes these six; the shim fills its process id in before it starts the command, and
/// the outcome is a record with the same six lines and then
///   how finished           or stopped, timed-out, unverifiable, not-started: for people
///   cause none             or stop, time-out: why the shim ended the command, if it did
///   exit 0                 or signal 9, or neither: the main process could not be ended
///   error 0 start          errno of the step that kept the command from starting
///   lost 0                 errno of the write that lost output
///   left 2 17 18           how many processes could not be ended, and some of their ids
///   final
namespace lull::runners::shim {

inline constexpr int kRecordFd = 3;
inline constexpr int kFolderFd = 4;

inline constexpr char kMagicLine[] = "lull-record 1\n";
inline constexpr char kPidWord[] = "pid ";
inline constexpr int kPidDigits = 10;
inline constexpr int kPidOffset = sizeof(kMagicLine) - 1 + sizeof(kPidWord) - 1;
inline constexpr char kFinalLine[] = "final\n";

inline constexpr int kMaxHeadBytes = 512;     ///< of the six lines
inline constexpr int kMaxRecordBytes = 2048;  ///< of an outcome
inline constexpr int kMaxLeftIds = 8;         ///< ids that an outcome names

/// Names of an invocation's files, after its ordinal.
inline constexpr char kRecordSuffix[] = ".record";
inline constexpr char kOutcomeSuffix[] = ".outcome";  ///< until it is renamed to the record
inline constexpr char kScriptSuffix[] = ".script";
inline constexpr char kStdoutSuffix[] = ".stdout";
inline constexpr char kStderrSuffix[] = ".stderr";

}  // namespace lull::runners::shim
