#include "runners/documents/library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/base/unique_fd.h"
#include "runners/documents/parse_document.h"
#include "runners/folder.h"

namespace lull::runners {
namespace {

struct BuiltIn {
  const char* name;
  const char* text;
};
constexpr BuiltIn kBuiltIns[] = {
#include "runners/documents/built_ins.inc"
};

bool IsBuiltIn(std::string_view name) {
  return std::any_of(std::begin(kBuiltIns), std::end(kBuiltIns),
                     [&](const BuiltIn& built_in) { return name == built_in.name; });
}

/// The API's rule of a document's name.
bool IsDocumentName(std::string_view name) {
  return name.size() >= 3 && name.size() <= 128 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
                  c == '.';
         });
}

/// NAME of `NAME.yaml`; empty for a file that holds no document.
std::string StemOf(const std::string& file) {
  for (const std::string_view suffix : {".yaml", ".yml", ".json"}) {
    if (file.size() > suffix.size() && std::string_view(file).ends_with(suffix) && file[0] != '.') {
      return file.substr(0, file.size() - suffix.size());
    }
  }
  return "";
}

absl::Status CantRead(const std::string& path) {
  return absl::UnavailableError(absl::StrCat("can't read ", path, ": ", ::strerror(errno)));
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
absl::StatusOr<std::vector<std::string>> FilesOf(const std::string& folder) {
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (open == nullptr && errno == ENOENT) {
    return absl::NotFoundError(absl::StrCat("there is no folder of documents ", folder));
  }
  if (open == nullptr) return CantRead(folder);
  std::vector<std::string> files;
  while (const dirent* entry = ::readdir(open.get())) {
    if (StemOf(entry->d_name).empty()) continue;
    files.push_back(entry->d_name);
    if (files.size() > kMaxDocuments) {
      return Invalid(folder, " has more than ", kMaxDocuments, " documents; remove some");
    }
  }
  std::sort(files.begin(), files.end());  // of two errors always the same one is told
  return files;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // Not blocking: what has the name may be a pipe.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return CantRead(path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return CantRead(path);
  if (!S_ISREG(info.st_mode)) return Invalid(path, " is no file; a document must be one");
  auto text = ReadSome(file, kMaxDocumentBytes + 1);
  if (!text.ok()) return CantRead(path);
  return text;
}

}  // namespace

std::string_view DocumentName(std::string_view task_arn) {
  constexpr std::string_view kKind = ":document/";
  if (!task_arn.starts_with("arn:")) return task_arn;
  const std::size_t at = task_arn.rfind(kKind);
  return at == task_arn.npos ? task_arn : task_arn.substr(at + kKind.size());
}

bool HasSha256(const Document& document, std::string_view hash) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(document.text.data(), document.text.size(), digest.data(), &size, EVP_sha256(),
                 nullptr) != 1) {
    return false;
  }
  const std::string expected =
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
  return absl::AsciiStrToLower(ToAbsl(hash)) == expected;
}

absl::Status DocumentLibrary::AddBuiltIns() {
  for (const BuiltIn& built_in : kBuiltIns) {
    auto document = ParseDocument(built_in.name, built_in.text);
    if (!document.ok()) return Invalid(built_in.name, ": ", document.status().message());
    documents_.emplace(built_in.name, *std::move(document));
  }
  return absl::OkStatus();
}

absl::Status DocumentLibrary::AddFolder(const std::string& folder) {
  LULL_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesOf(folder));
  std::size_t bytes = 0;
  for (const std::string& file : files) {
    const std::string path = absl::StrCat(folder, "/", file);
    const std::string name = StemOf(file);
    if (!IsDocumentName(name)) {
      return Invalid(path, ": the name ", JsonString(name),
                     " must have 3 to 128 letters, digits or _-.");
    }
    if (IsBuiltIn(name)) return Invalid(path, ": ", name, " is built in; take another name");
    if (documents_.count(name) != 0) {
      return Invalid(path, ": there is another file of the document ", name, "; keep one");
    }
    LULL_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    bytes += text.size();
    if (bytes > kMaxLibraryBytes) {
      return Invalid(folder, " has more than ", kMaxLibraryBytes >> 20, " MiB of documents");
    }
    auto document = ParseDocument(name, text);
    if (!document.ok()) return Invalid(path, ": ", document.status().message());
    documents_.emplace(name, *std::move(document));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const DocumentLibrary>> DocumentLibrary::Load(
    const std::string& folder) {
  auto library = std::make_shared<DocumentLibrary>();
  LULL_RETURN_IF_ERROR(library->AddBuiltIns());
  if (!folder.empty()) LULL_RETURN_IF_ERROR(library->AddFolder(folder));
  return std::shared_ptr<const DocumentLibrary>(std::move(library));
}

const Document* DocumentLibrary::Find(std::string_view task_arn) const {
  const auto found = documents_.find(DocumentName(task_arn));
  return found == documents_.end() ? nullptr : &found->second;
}

std::vector<std::string> DocumentLibrary::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, document] : documents_) names.push_back(name);
  return names;
}

}  // namespace lull::runners
