#include "storage/sqlite/reader_pool.h"

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "storage/sqlite/pragmas.h"
#include "storage/sqlite/preparer.h"

namespace lull::storage {

ReaderPool::ReaderPool(Connection::Options options, std::size_t size)
    : options_(std::move(options)), unopened_(size) {
  LULL_CHECK(size > 0);
  LULL_CHECK(options_.access == Access::kReadOnly);
}

absl::Status ReaderPool::AsReadError(const absl::Status& error) {
  return absl::InternalError(absl::StrCat("the store can't be read: ", error.message()));
}

absl::StatusOr<std::unique_ptr<Reader>> ReaderPool::Take() {
  {
    MutexLock lock(mutex_);
    while (idle_.empty() && unopened_ == 0) returned_.Wait(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
    --unopened_;
  }
  auto reader = Open();
  if (!reader.ok()) {
    MutexLock lock(mutex_);
    ++unopened_;
    returned_.Signal();
  }
  return reader;
}

absl::StatusOr<std::unique_ptr<Reader>> ReaderPool::Open() const {
  auto reader = std::make_unique<Reader>();
  LULL_ASSIGN_OR_RETURN(reader->connection, Connection::Open(options_));
  LULL_RETURN_IF_ERROR(ConfigureReader(*reader->connection));
  Preparer prepare(*reader->connection);
  reader->definitions.Prepare(prepare);
  reader->runs.Prepare(prepare);
  reader->nodes.Prepare(prepare);
  reader->records.Prepare(prepare);
  LULL_RETURN_IF_ERROR(prepare.status());
  return reader;
}

void ReaderPool::Return(std::unique_ptr<Reader> reader) {
  MutexLock lock(mutex_);
  idle_.push_back(std::move(reader));
  returned_.Signal();
}

}  // namespace lull::storage
