#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace lull::bench {

/// Bare SQLite on the store's own schema and pragmas, without anything of Lull: what the disk and
/// SQLite can do. Not thread-safe.
class Floor {
 public:
  /// Makes a new store at `path` and opens it bare; its log is warm.
  explicit Floor(const std::string& path);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  /// Seconds of one durable transaction that updates one row.
  double CommitOne();
  /// Appends what each of `count` such transactions takes.
  void CommitOften(int count, std::vector<double>& seconds);

  /// Seconds of a 4 KiB write into a file that is there, and fdatasync.
  double SyncOne();

  /// Rows a second: `rows` updates of single rows, 500 a transaction.
  double UpdateRows(std::int64_t rows);

  /// Rows a second (R): `rows` new rows of successful invocations, 500 a transaction, by a prepared
  /// loop. As Lull writes them: the same columns, in the order of their keys; the table's index has
  /// none of them, for it has what did not succeed.
  double InsertFinishes(std::int64_t rows);

 private:
  void Execute(const char* sql);
  sqlite3_stmt* Prepare(const char* sql);
  static void Step(sqlite3_stmt* statement);
  /// A statement that touches no row would be a fast floor.
  void ChangeOne(sqlite3_stmt* statement);

  int synced_ = -1;  // a file of its own
  sqlite3* database_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* update_one_ = nullptr;
  sqlite3_stmt* update_row_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  std::int64_t updates_ = 0;
  std::int64_t key_ = std::int64_t{1} << 28;
};

}  // namespace lull::bench
