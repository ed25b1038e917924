#include "storage/sqlite/statement.h"

#include <sqlite3.h>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lull::storage {
namespace {

/// The next name of a blank-separated list, taken off its front; empty at the end.
std::string NextName(std::string_view& names) {
  while (!names.empty() && names.front() == ' ') names.remove_prefix(1);
  std::string name(names.substr(0, names.find(' ')));
  names.remove_prefix(name.size());
  return name;
}

int FindColumn(sqlite3_stmt* handle, const std::string& name) {
  const int count = sqlite3_column_count(handle);
  for (int i = 0; i < count; ++i) {
    if (name == sqlite3_column_name(handle, i)) return i;
  }
  return -1;
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(handle_); }

absl::Status Statement::Prepare(Connection& connection, const char* sql,
                                std::string_view parameters, std::string_view columns) {
  LULL_CHECK(handle_ == nullptr);
  connection_ = &connection;
  const int code = sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &handle_, nullptr);
  if (code != SQLITE_OK) return connection.Error(code);
  for (std::string name = NextName(parameters); !name.empty(); name = NextName(parameters)) {
    const int slot = sqlite3_bind_parameter_index(handle_, ("$" + name).c_str());
    LULL_CHECK(slot > 0);
    parameters_.push_back(slot);
  }
  LULL_CHECK(sqlite3_bind_parameter_count(handle_) == static_cast<int>(parameters_.size()));
  for (std::string name = NextName(columns); !name.empty(); name = NextName(columns)) {
    const int slot = FindColumn(handle_, name);
    if (slot < 0) {
      return absl::InternalError(
          absl::StrCat(connection.path(), ": the schema is damaged: no column ", name));
    }
    columns_.push_back(slot);
  }
  return absl::OkStatus();
}

void Statement::CheckArguments(std::size_t count) const {
  LULL_CHECK(handle_ != nullptr);
  LULL_CHECK(!sqlite3_stmt_busy(handle_));
  LULL_CHECK(count == parameters_.size());
}

// Binding copies nothing: what is bound lives until the statement is reset. It can't fail but for
// programmers' errors and texts beyond SQLite's limit of a billion bytes.
void Statement::PutNumber(int slot, std::int64_t value) {
  LULL_CHECK(sqlite3_bind_int64(handle_, slot, value) == SQLITE_OK);
}

void Statement::PutText(int slot, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();  // a null pointer would be NULL
  LULL_CHECK(sqlite3_bind_text64(handle_, slot, data, value.size(), SQLITE_STATIC, SQLITE_UTF8) ==
             SQLITE_OK);
}

void Statement::PutBlob(int slot, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  LULL_CHECK(sqlite3_bind_blob64(handle_, slot, data, value.size(), SQLITE_STATIC) == SQLITE_OK);
}

void Statement::PutNull(int slot) { LULL_CHECK(sqlite3_bind_null(handle_, slot) == SQLITE_OK); }

absl::Status Statement::Finish() {
  int code = sqlite3_step(handle_);
  while (code == SQLITE_ROW) code = sqlite3_step(handle_);
  absl::Status error;
  if (code != SQLITE_DONE) error = connection_->Error(code);
  sqlite3_reset(handle_);
  return error;
}

Rows::~Rows() { sqlite3_reset(statement_.handle_); }

bool Rows::Next() {
  if (!status_.ok()) return false;
  const int code = sqlite3_step(statement_.handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) status_ = statement_.connection_->Error(code);
  // At once, not only when this goes: the read transaction ends with it.
  sqlite3_reset(statement_.handle_);
  return false;
}

void Rows::CheckColumns(std::size_t count) const {
  LULL_CHECK(count <= statement_.columns_.size());
}

bool Rows::IsNull(int slot) const {
  return sqlite3_column_type(statement_.handle_, slot) == SQLITE_NULL;
}

std::int64_t Rows::TakeNumber(int slot) {
  if (sqlite3_column_type(statement_.handle_, slot) != SQLITE_INTEGER) {
    FailColumn(slot);
    return 0;
  }
  return sqlite3_column_int64(statement_.handle_, slot);
}

std::string Rows::TakeBytes(int slot) {
  const int type = sqlite3_column_type(statement_.handle_, slot);
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
    FailColumn(slot);
    return {};
  }
  const void* data = sqlite3_column_blob(statement_.handle_, slot);
  const int size = sqlite3_column_bytes(statement_.handle_, slot);
  return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
}

void Rows::FailColumn(int slot) {
  Fail(absl::InternalError(absl::StrCat(statement_.connection_->path(),
                                        ": a stored row is damaged: column ",
                                        sqlite3_column_name(statement_.handle_, slot))));
}

}  // namespace lull::storage
