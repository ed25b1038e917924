#include "bench/folder.h"

#include <stdlib.h>

#include <filesystem>

#include "engine/base/check.h"

namespace lull::bench {
namespace {

std::string& Disk() {
  static std::string* const disk = new std::string("/var/tmp");
  return *disk;
}

}  // namespace

void SetDisk(const std::string& folder) { Disk() = folder; }

Folder::Folder() {
  std::string name = Disk() + "/lull-bench-XXXXXX";
  LULL_CHECK(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace lull::bench
