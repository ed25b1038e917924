#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/statement.h"

namespace lull::storage {

/// Prepares the statements of one connection, one after the other, until one can't be:
///   Preparer prepare(connection);
///   prepare(begin_, "BEGIN", "");
///   prepare(end_, "COMMIT", "");
///   return prepare.status();
class Preparer {
 public:
  /// The connection must outlive what is prepared.
  explicit Preparer(Connection& connection) : connection_(connection) {}
  Preparer(const Preparer&) = delete;
  Preparer& operator=(const Preparer&) = delete;

  /// As Statement::Prepare; nothing after an error.
  void operator()(Statement& statement, const char* sql, std::string_view parameters,
                  std::string_view columns = "") {
    if (status_.ok()) status_ = statement.Prepare(connection_, sql, parameters, columns);
  }

  /// OK, or the first error met: as Statement::Prepare.
  const absl::Status& status() const { return status_; }

 private:
  Connection& connection_;
  absl::Status status_;
};

}  // namespace lull::storage
