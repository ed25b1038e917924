#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runners/documents/document.h"

namespace lull::runners {

/// The documents that RUN_COMMAND tasks may name: those that are built in, and those of a folder.
/// Immutable, so any number of threads may share it.
class DocumentLibrary {
 public:
  /// Those that are built in, and each NAME.yaml, NAME.yml and NAME.json of `folder`, if that is
  /// not empty. Other files and folders in it are not looked at; a link is followed (the folder is
  /// the operator's). Errors: kInvalidArgument, with path, line and what is right: a name or a file
  /// that is no document, two files of one name or one of a built-in's, more than the bounds;
  /// kNotFound: there is no such folder; kUnavailable: it can't be read.
  static absl::StatusOr<std::shared_ptr<const DocumentLibrary>> Load(const std::string& folder);

  /// The document that a TaskArn names: NAME, or an ARN that ends with `:document/NAME`. Null when
  /// there is none. It lives as long as this.
  const Document* Find(std::string_view task_arn) const;

  std::vector<std::string> Names() const;

 private:
  absl::Status AddBuiltIns();
  absl::Status AddFolder(const std::string& folder);

  std::map<std::string, Document, std::less<>> documents_;
};

/// NAME of a TaskArn, as Find takes it.
std::string_view DocumentName(std::string_view task_arn);

/// Whether `hash`, in hex, is the SHA-256 of the document's bytes.
bool HasSha256(const Document& document, std::string_view hash);

// Bounds of a folder.
inline constexpr std::size_t kMaxDocuments = 1000;
inline constexpr std::size_t kMaxLibraryBytes = 16 << 20;

}  // namespace lull::runners
