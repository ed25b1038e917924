#include "server/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "server/crypto.h"

namespace lull::server {
namespace {

constexpr mode_t kMode = 0600;
constexpr mode_t kOthersBits = 0077;

/// Closes on the way out. Errors of close are of no interest: what matters was fsynced.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Failed(const char* what, const std::string& path, int error) {
  const std::string text = absl::StrCat("can't ", what, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
      return absl::FailedPreconditionError(text);
    default:
      return absl::InternalError(text);
  }
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status WriteAll(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path, errno);
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) return Failed("sync", path, errno);
  return absl::OkStatus();
}

/// A name of its own beside `path`: link() then gives the finished file its name, and unlike
/// rename() never in place of another.
absl::Status WriteAndLink(const std::string& path, const std::string& temporary,
                          std::string_view text) {
  const Fd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (fd.get() < 0) {
    if (errno == ENOENT) {
      return absl::FailedPreconditionError(absl::StrCat("can't create ", path, ": its directory ",
                                                        DirectoryOf(path), " does not exist"));
    }
    return Failed("create", temporary, errno);
  }
  absl::Status status = WriteAll(fd.get(), temporary, text);
  if (status.ok() && ::link(temporary.c_str(), path.c_str()) != 0) {
    status = Failed("create", path, errno);
  }
  ::unlink(temporary.c_str());
  return status;
}

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO would wait for its writer.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return Failed("open", path, errno);
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return Failed("look at", path, errno);
  if (!S_ISREG(info.st_mode)) return Invalid(path, " is not a regular file");
  if ((info.st_mode & kOthersBits) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "credentials file %s has mode %04o: others than its owner have access to the secret in it; "
        "run: chmod 600 %s (and replace the key if somebody may have read it)",
        path, info.st_mode & 07777, path));
  }
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("credentials file ", path, " belongs to user ", info.st_uid,
                     ", not to this one (", ::geteuid(), "); run: chown ", ::geteuid(), " ", path));
  }
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::read(fd.get(), buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed("read", path, errno);
    if (size == 0) return text;
    text.append(buffer, static_cast<size_t>(size));
    if (text.size() > kMaxCredentialsFileBytes)
      return Invalid(path, " is too big to be credentials");
  }
}

}  // namespace

Credentials GenerateCredentials() {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  Credentials credentials;
  credentials.access_key_id = "AKIA";
  for (const char byte : RandomBytes(16)) credentials.access_key_id += kBase32[byte & 31];
  credentials.secret_access_key = absl::Base64Escape(RandomBytes(30));  // 40 characters
  return credentials;
}

absl::Status WriteCredentials(const std::string& path, const Credentials& credentials) {
  const std::string text =
      absl::StrCat("[default]\naws_access_key_id = ", credentials.access_key_id,
                   "\naws_secret_access_key = ", credentials.secret_access_key, "\n");
  LULL_RETURN_IF_ERROR(
      WriteAndLink(path, absl::StrCat(path, ".", Hex(RandomBytes(8)), ".tmp"), text));
  const std::string directory = DirectoryOf(path);
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return Failed("open", directory, errno);
  if (::fsync(fd.get()) != 0) return Failed("sync", directory, errno);
  return absl::OkStatus();
}

absl::StatusOr<Credentials> ReadCredentials(const std::string& path) {
  LULL_ASSIGN_OR_RETURN(const std::string text, ReadPrivateFile(path));
  Credentials credentials;
  bool in_default = false;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      in_default = line == "[default]";
      continue;
    }
    if (!in_default) continue;
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    const absl::string_view name = absl::StripAsciiWhitespace(parts.first);
    const std::string value(absl::StripAsciiWhitespace(parts.second));
    if (name == "aws_access_key_id") credentials.access_key_id = value;
    if (name == "aws_secret_access_key") credentials.secret_access_key = value;
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return Invalid(path, " has no aws_access_key_id and aws_secret_access_key under [default]");
  }
  return credentials;
}

absl::StatusOr<Credentials> LoadOrCreateCredentials(const std::string& path) {
  absl::StatusOr<Credentials> found = ReadCredentials(path);
  if (!absl::IsNotFound(found.status())) return found;
  const Credentials created = GenerateCredentials();
  const absl::Status written = WriteCredentials(path, created);
  if (absl::IsAlreadyExists(written)) return ReadCredentials(path);
  LULL_RETURN_IF_ERROR(written);
  return created;
}

}  // namespace lull::server
