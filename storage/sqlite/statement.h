#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/sqlite/connection.h"

struct sqlite3_stmt;

namespace lull::storage {

/// Bytes, as opposed to text.
struct Blob {
  std::string bytes;
};

/// The greatest value of a stored enum; the smallest is 0. Specialised in enums.h: a number beyond
/// it in a row is damage, not an enum.
template <class E>
struct Greatest;

class Rows;

/// A prepared statement: constant SQL text whose parameters and columns are found by name, once,
/// when it is prepared; later they go by their position in those lists of names. Not thread-safe.
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Prepares `sql` for `connection`, which must outlive this. `parameters` names each $parameter
  /// of it, and `columns` the columns to be read, in the order in which values are given and taken;
  /// names are separated by blanks.
  /// REQUIRES: prepared once; the lists fit the SQL text. Errors: as SqliteError; kInternal when
  /// the database lacks a column.
  absl::Status Prepare(Connection& connection, const char* sql, std::string_view parameters,
                       std::string_view columns = "");

  /// Runs it to its end with these values for the parameters. Errors: as SqliteError.
  template <class... Args>
  absl::Status Run(const Args&... args) {
    Bind(args...);
    return Finish();
  }

  /// As Run; the result is how many rows it changed.
  template <class... Args>
  absl::StatusOr<std::int64_t> Change(const Args&... args) {
    Bind(args...);
    absl::Status error = Finish();
    if (!error.ok()) return error;
    return connection_->changed_rows();
  }

  /// Starts reading. The result borrows this and the arguments; until it is gone, this statement
  /// can't be used again and its read transaction stays open.
  template <class... Args>
  Rows Select(const Args&... args);

 private:
  friend class Rows;

  template <class... Args>
  void Bind(const Args&... args) {
    CheckArguments(sizeof...(args));
    std::size_t position = 0;
    (Put(parameters_[position++], args), ...);
  }

  template <class T>
  void Put(int slot, const T& value) {
    if constexpr (std::is_same_v<T, absl::Time>) {
      PutNumber(slot, absl::ToUnixMicros(value));
    } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      PutNumber(slot, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<T, Blob>) {
      PutBlob(slot, value.bytes);
    } else if constexpr (requires { value.has_value(); }) {
      if (value.has_value()) {
        Put(slot, *value);
      } else {
        PutNull(slot);
      }
    } else if constexpr (requires { std::string_view(value.value()); }) {
      PutText(slot, value.value());  // an id
    } else {
      PutText(slot, value);
    }
  }

  void CheckArguments(std::size_t count) const;
  void PutNumber(int slot, std::int64_t value);
  void PutText(int slot, std::string_view value);
  void PutBlob(int slot, std::string_view value);
  void PutNull(int slot);
  absl::Status Finish();

  Connection* connection_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
  std::vector<int> parameters_;
  std::vector<int> columns_;
};

/// The rows of a Select, one after the other:
///   Rows rows = statement.Select(key);
///   while (rows.Next()) rows.Read(a, b);
///   return rows.status();
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  /// Goes to the next row; false at the end and after an error.
  bool Next();

  /// Takes the columns of the row, in the order of the names given to Prepare; all or the first
  /// few. REQUIRES: Next was true. A value that can't be what is asked for sets status().
  template <class... Args>
  void Read(Args&... args) {
    CheckColumns(sizeof...(args));
    std::size_t position = 0;
    (Take(statement_.columns_[position++], args), ...);
  }

  /// Notes an error that a caller found in the row's bytes; the next Next is false.
  void Fail(const absl::Status& error) { status_.Update(error); }

  /// OK, or the first error met. Errors: as SqliteError; kInternal for a damaged row.
  const absl::Status& status() const { return status_; }

 private:
  template <class T>
  void Take(int slot, T& value) {
    if constexpr (std::is_same_v<T, absl::Time>) {
      value = absl::FromUnixMicros(TakeNumber(slot));
    } else if constexpr (std::is_enum_v<T>) {
      const std::int64_t number = TakeNumber(slot);
      if (number < 0 || number > Greatest<T>::kValue) {
        FailColumn(slot);
      } else {
        value = static_cast<T>(number);
      }
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(TakeNumber(slot));
    } else if constexpr (std::is_same_v<T, Blob>) {
      value.bytes = TakeBytes(slot);
    } else if constexpr (requires { value.has_value(); }) {
      if (IsNull(slot)) {
        value.reset();
      } else {
        Take(slot, value.emplace());
      }
    } else {
      value = T(TakeBytes(slot));
    }
  }

  void CheckColumns(std::size_t count) const;
  bool IsNull(int slot) const;
  std::int64_t TakeNumber(int slot);
  std::string TakeBytes(int slot);
  void FailColumn(int slot);

  Statement& statement_;
  absl::Status status_;
};

template <class... Args>
Rows Statement::Select(const Args&... args) {
  Bind(args...);
  return Rows(*this);
}

}  // namespace lull::storage
