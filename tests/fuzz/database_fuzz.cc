// A damaged database: refused with an error, or read, within bounds, never a crash; and whatever
// the engine reads of it, a check of it has come to its end.
//
// An input is a list of edits of a small store's file (tests/support/small_store.h), since the
// schema alone is more than a corpus wants; Edit says how they read. tools/fuzz makes inputs up,
// corpus/database has those that every test run replays. They count places in the file, so a new
// migration gives them another meaning: a defect that one found has a test of its own.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "storage/sqlite/check.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "storage/sqlite/statement.h"
#include "tests/storage/sqlite_pool.h"
#include "tests/support/builders.h"
#include "tests/support/describe.h"
#include "tests/support/small_store.h"
#include "tests/support/temp_folder.h"

namespace lull::storage {
namespace {

constexpr std::size_t kMaxBytes = 400;
constexpr std::size_t kMaxUpdates = 4;

/// More executions by far than are stored: what lists them by their keys would not end.
constexpr std::int64_t kMostExecutions = 100;

/// No report of 100 flaws, and nothing that is told of so small a store, has as many.
constexpr std::size_t kMostToldBytes = std::size_t{16} << 20;

/// The bytes of an input, one after the other; zeros behind its end.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }

  std::uint64_t Number(int bytes) {
    std::uint64_t number = 0;
    for (; bytes > 0; --bytes) {
      const unsigned char byte = rest_.empty() ? 0 : static_cast<unsigned char>(rest_.front());
      if (!rest_.empty()) rest_.remove_prefix(1);
      number = number << 8 | byte;
    }
    return number;
  }

  std::string_view Bytes(std::size_t most) {
    const std::string_view bytes = rest_.substr(0, most);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

 private:
  std::string_view rest_;
};

std::string Content(const std::string& path) {
  std::string content(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

/// Made once in a process.
class Place {
 public:
  Place() {
    PoolSqliteMemory();
    MakeSmallStore(path());
    whole_ = Content(path());
    for (std::size_t i = 0; i < whole_.size(); ++i) {
      if (whole_[i] != 0 || i % 4096 < 12) used_.push_back(i);
    }
    updates_ = ListUpdates();
  }

  std::string path() const { return folder_.File("lull.db"); }

  /// A file of the small store as `bytes` says, and none beside it.
  void Make(std::string_view bytes) const {
    for (const char* suffix : {"-wal", "-shm", "-witness", "-lock"}) {
      std::filesystem::remove(path() + suffix);
    }
    const Edits edits = ReadEdits(bytes);
    std::string content = whole_;
    if (!edits.updates.empty()) {
      std::ofstream(path(), std::ios::binary) << whole_;
      Update(edits);
      content = Content(path());
    }
    for (const auto& [at, patch] : edits.patches) {
      for (std::size_t i = 0; i < patch.size() && at + i < content.size(); ++i) {
        content[at + i] = patch[i];
      }
    }
    content.resize(std::min(edits.size, content.size()));
    std::ofstream(path(), std::ios::binary) << content;
  }

 private:
  /// What an edit is; each takes what it needs of the bytes that follow.
  enum class Edit {
    kBytes,   ///< the place (2 bytes), how many (1), those
    kColumn,  ///< of all rows of its table: which (1), how many (1), those
    kNumber,  ///< the same with a number: which (1), how many (1), those
    kCut,     ///< the file: the place (2)
  };

  struct Edits {
    std::vector<std::string> updates;
    std::vector<std::pair<std::size_t, std::string_view>> patches;  ///< by their place
    std::size_t size = 0;                                           ///< of the file
  };

  /// Writes as nobody may, though a constraint be broken. What SQLite refuses (a type, a key twice)
  /// is left out.
  void Update(const Edits& edits) const {
    const auto connection = *Connection::Open({.path = path()});
    (void)connection->Execute("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF");
    const std::size_t most = std::min(edits.updates.size(), kMaxUpdates);
    for (std::size_t i = 0; i < most; ++i) (void)connection->Execute(edits.updates[i].c_str());
  }

  std::vector<std::string> ListUpdates() const {
    const auto connection = *Connection::Open({.path = path()});
    Statement statement;
    LULL_CHECK(statement
                   .Prepare(*connection,
                            "SELECT 'UPDATE ' || m.name || ' SET \"' || c.name || '\" = ' AS text "
                            "FROM sqlite_schema m, pragma_table_info(m.name) c "
                            "WHERE m.type = 'table' ORDER BY m.rowid, c.cid",
                            "", "text")
                   .ok());
    std::vector<std::string> updates;
    Rows rows = statement.Select();
    while (rows.Next()) rows.Read(updates.emplace_back());
    LULL_CHECK(rows.status().ok());
    return updates;
  }

  Edits ReadEdits(std::string_view bytes) const {
    Edits edits{.size = whole_.size()};
    for (Input input(bytes); !input.AtEnd();) {
      switch (static_cast<Edit>(input.Number(1) % 4)) {
        case Edit::kBytes: {
          const std::size_t at = used_[input.Number(2) % used_.size()];
          edits.patches.push_back({at, input.Bytes(input.Number(1) % 9)});
          break;
        }
        case Edit::kColumn: {
          const std::string update = UpdateOf(input);
          edits.updates.push_back(update + Quoted(input.Bytes(input.Number(1) % 33)));
          break;
        }
        case Edit::kNumber: {
          const std::string update = UpdateOf(input);
          const int width = static_cast<int>(input.Number(1) % 9);
          const auto number = static_cast<std::int64_t>(input.Number(width));
          edits.updates.push_back(absl::StrCat(update, number));
          break;
        }
        case Edit::kCut:
          edits.size = used_[input.Number(2) % used_.size()];
          break;
      }
    }
    return edits;
  }

  std::string UpdateOf(Input& input) const { return updates_[input.Number(1) % updates_.size()]; }

  /// As text or, when it begins with an even byte, as a blob.
  static std::string Quoted(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string hex;
    for (const unsigned char byte : bytes) hex += {kDigits[byte >> 4], kDigits[byte & 15]};
    if (!bytes.empty() && bytes.front() % 2 == 0) return "x'" + hex + "'";
    return "CAST(x'" + hex + "' AS TEXT)";
  }

  const TempFolder folder_;
  std::string whole_;
  std::vector<std::size_t> used_;     // of its bytes: those that are not 0, and heads of pages
  std::vector<std::string> updates_;  // each of a column, and lacks the value
};

/// An error names the file and says something of it.
void CheckError(const absl::Status& status) {
  LULL_CHECK(status.message().find("lull.db") != absl::string_view::npos);
}

/// As `lull check` does.
void TryCheck(const std::string& path) {
  const auto report = CheckDatabase({.path = path});
  if (!report.ok()) return CheckError(report.status());
  LULL_CHECK(report->flaws.size() <= kMaxFlaws);
  std::size_t told = 0;
  for (const Flaw& flaw : report->flaws) told += flaw.what.size();
  LULL_CHECK(told <= kMostToldBytes);
}

/// All that can be read, and by their names what the small store has.
void Read(Store& store) {
  (void)store.definitions().GetTarget(WindowTargetId("t-1"));
  (void)store.definitions().GetTask(WindowTaskId("task-1"));
  (void)store.definitions().PageTargets({.window = WindowId("mw-1")});
  (void)store.definitions().PageTasks({.window = WindowId("mw-1")});
  (void)store.runs().ListExecutions({.window = WindowId("mw-1")});
  (void)store.runs().GetTaskExecution(TaskExecutionId("task-execution-1"));
  (void)store.runs().FindTarget(TaskKey{1}, 0, 5, "e");
  (void)store.runs().ListAges(ExecutionKey{0}, 50);
  (void)store.nodes().GetNode("web-1");
  (void)store.nodes().ListTagged("role", "web", {});
  const auto keys = store.runs().GreatestKeys();
  if (!keys.ok() || keys->execution <= ExecutionKey{kMostExecutions}) {
    LULL_CHECK(DescribeAll(store).size() <= kMostToldBytes);
  } else {
    (void)store.runs().LoadActive();
  }
}

/// As a tool does that only reads.
void TryReader(const std::string& path) {
  const auto store = SqliteStore::Open({.path = path, .access = StoreAccess::kReadOnly});
  if (!store.ok()) return CheckError(store.status());
  Read(**store);
}

/// As an engine does. Returns false when it can't open the store.
bool TryWriter(const std::string& path) {
  const auto store = SqliteStore::Open({.path = path});
  if (!store.ok()) {
    CheckError(store.status());
    return false;
  }
  Read(**store);
  const auto results =
      (*store)->Commit({TakeEpoch{.owner = "next"}, CreateWindow{.window = MakeWindow("mw-2")}});
  if (!results.ok()) CheckError(results.status());
  return true;
}

void Try(std::string_view input) {
  static const Place place;
  place.Make(input);
  TryCheck(place.path());
  // Both read with the same queries: once is enough.
  if (!TryWriter(place.path())) TryReader(place.path());
}

}  // namespace
}  // namespace lull::storage

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= lull::storage::kMaxBytes) {
    lull::storage::Try({reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
