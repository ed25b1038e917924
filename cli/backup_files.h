#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lull::cli {

/// What a backup says of itself, in the file kManifestName of its folder.
struct Manifest {
  struct File {
    std::string path;    ///< below the backup's folder, as `output/12/0.stdout`
    std::string sha256;  ///< hexadecimal
  };
  absl::Time taken_at;  ///< the state is that of this instant, or a little later
  std::string version;  ///< of the program that took it
  std::vector<File> files;
};
inline constexpr char kManifestName[] = "manifest";

std::string FormatManifest(const Manifest& manifest);
/// Errors: kInvalidArgument: it is none, names a file outside of the folder or in a way that no
/// backup does, or names one twice. Pure.
absl::StatusOr<Manifest> ParseManifest(std::string_view text);

/// Copies one file into a new one of mode 0600, not yet synced; the result is its SHA-256. Follows
/// no link. Errors, with the path: kNotFound: it is gone; kAlreadyExists; kUnavailable: no room,
/// can't be read or written.
absl::StatusOr<std::string> CopyFile(const std::string& from, const std::string& to);

/// The SHA-256 of a file. Errors: as CopyFile's.
absl::StatusOr<std::string> SumFile(const std::string& path);

/// Copies what commands left (outputs and records; no scripts) into a new folder
/// while a daemon may write to it: what goes away meanwhile is left out. Each file is added to
/// `files` with `prefix` before its path. Errors: as CopyFile's.
absl::Status CopyOutput(const std::string& from, const std::string& to, const std::string& prefix,
                        const std::function<void(std::string_view)>& tick,
                        std::vector<Manifest::File>& files);

/// Makes a folder of mode 0700. Errors: kAlreadyExists; kUnavailable.
absl::Status MakeFolder(const std::string& path);

/// All that was written on the file system of this folder is on the disk when it returns. Error:
/// kUnavailable.
absl::Status SyncAll(const std::string& folder);

/// An error about a path, from errno; says what to do when the disk is full.
absl::Status FileError(const std::string& path, std::string_view doing, int error);

}  // namespace lull::cli
