#include "cli/nodes_import.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/data_folder.h"
#include "cli/node_lines.h"
#include "cli/node_load.h"
#include "engine/base/json_text.h"
#include "engine/base/status.h"
#include "engine/runtime/environment.h"
#include "storage/sqlite/sqlite_store.h"

namespace lull::cli {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxOriginBytes = 64;

/// Changes of a commit, each of kMaxNodesAChange nodes: no cancel waits here.
constexpr std::size_t kChangesACommit = 20;

/// The writer has nobody to keep short commits for: 32 MiB of write-ahead log.
constexpr int kCheckpointPages = 8000;

/// When the first word of progress comes, and then one a second.
constexpr absl::Duration kQuietFor = absl::Seconds(2);
constexpr absl::Duration kProgressEvery = absl::Seconds(1);

/// The lines of a file, without their ends; each is good until the next call.
class Lines {
 public:
  explicit Lines(std::FILE* file) : file_(file), buffer_(kMaxLineBytes, '\0') {}

  /// Nothing at the end. Errors: kInvalidArgument for a line that is too long, kUnavailable when
  /// the file can't be read.
  absl::StatusOr<std::optional<std::string_view>> Next() {
    ++number_;
    for (;;) {
      const std::string_view rest = std::string_view(buffer_).substr(begin_, end_ - begin_);
      const std::size_t size = rest.find('\n');
      if (size != std::string_view::npos || (at_end_ && !rest.empty())) {
        begin_ += std::min(size, rest.size() - 1) + 1;
        return rest.substr(0, size);
      }
      if (at_end_) return std::nullopt;
      if (rest.size() == buffer_.size()) {
        return Invalid("the line has more than ", kMaxLineBytes, " bytes");
      }
      end_ = rest.size();
      buffer_.erase(0, std::exchange(begin_, 0));
      buffer_.resize(kMaxLineBytes);
      end_ += std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_);
      if (std::ferror(file_) != 0) {
        return absl::UnavailableError(absl::StrCat("can't read the nodes: ", ::strerror(errno)));
      }
      at_end_ = std::feof(file_) != 0;
    }
  }

  std::int64_t number() const { return number_; }  ///< of the last line, from 1

 private:
  std::FILE* const file_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::int64_t number_ = 0;
};

/// Tells a waiting person how many nodes are stored.
class Progress {
 public:
  explicit Progress(std::FILE* file) : file_(file), next_(clock_.SinceBoot() + kQuietFor) {}

  void Tell(std::int64_t taken) {
    const absl::Duration now = clock_.SinceBoot();
    if (now < next_) return;
    next_ = now + kProgressEvery;
    std::fputs(absl::StrCat("lull: ", taken, " nodes stored so far\n").c_str(), file_);
  }

 private:
  std::FILE* const file_;
  SystemClock clock_;
  absl::Duration next_;
};

absl::Status CheckOrigin(const std::string& origin) {
  if (origin == kLocalOrigin || origin == kInventoryOrigin || origin.empty() ||
      origin.size() > kMaxOriginBytes) {
    return Invalid("--origin is ", JsonString(origin), "; it must have 1 to ", kMaxOriginBytes,
                   " bytes and be neither ", kLocalOrigin, " nor ", kInventoryOrigin,
                   ", which are the daemon's own");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<storage::SqliteStore>> OpenStore(const std::string& data_dir) {
  LULL_ASSIGN_OR_RETURN(const DataFolder folder, OpenDataFolder(data_dir));
  auto store = storage::SqliteStore::Open(
      {.path = folder.database, .autocheckpoint_pages = kCheckpointPages});
  if (absl::IsFailedPrecondition(store.status())) {
    return absl::FailedPreconditionError(
        absl::StrCat(std::string(store.status().message()),
                     ". An import needs the folder to itself: stop `lull serve` first, or give it "
                     "the nodes with --inventory and SIGHUP."));
  }
  return store;
}

absl::Status AddLines(std::FILE* in, NodeLoad& load, Progress& progress) {
  Lines lines(in);
  const auto at_line = [&](const absl::Status& status) {
    if (!absl::IsInvalidArgument(status)) return status;
    return Invalid("line ", lines.number(), ": ", std::string(status.message()),
                   ". The nodes of the lines before it are stored.");
  };
  for (;;) {
    auto line = lines.Next();
    if (line.ok() && !line->has_value()) return load.Flush();
    if (line.ok() && (*line)->find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto node = line.ok() ? ParseNodeLine(**line) : absl::StatusOr<Node>(line.status());
    if (!node.ok()) {
      LULL_RETURN_IF_ERROR(load.Flush());
      return at_line(node.status());
    }
    LULL_RETURN_IF_ERROR(load.Add(*std::move(node)));
    progress.Tell(load.taken());
  }
}

}  // namespace

absl::Status ImportNodes(const ImportOptions& options, std::FILE* in, std::FILE* progress) {
  LULL_RETURN_IF_ERROR(CheckOrigin(options.origin));
  LULL_ASSIGN_OR_RETURN(const auto store, OpenStore(options.data_dir));
  const auto commit = [&](std::vector<Change> changes) -> absl::StatusOr<std::int64_t> {
    LULL_ASSIGN_OR_RETURN(const auto results, store->Commit(changes));
    std::int64_t sum = 0;
    for (const ChangeResult& result : results) sum += result.value;
    return sum;
  };
  NodeLoad load(commit, options.origin, SystemClock().Now(), kChangesACommit);
  Progress progress_lines(progress);
  LULL_RETURN_IF_ERROR(AddLines(in, load, progress_lines));
  if (options.remove_others) LULL_RETURN_IF_ERROR(load.RemoveOthers(store->nodes()));
  std::string text = absl::StrCat("lull: ", load.stored(), " nodes of origin ", options.origin,
                                  " stored, ", load.removed(), " removed");
  if (const std::int64_t others = load.taken() - load.stored(); others > 0) {
    absl::StrAppend(&text, "; ", others, " left as they are, for another origin has them");
  }
  std::fputs((text + "\n").c_str(), progress);
  return absl::OkStatus();
}

}  // namespace lull::cli
