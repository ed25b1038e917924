#include "bench/folder.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>

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

void Folder::Take(const Folder& other) const {
  std::filesystem::copy(other.path_, path_, std::filesystem::copy_options::recursive);
  sync();
}

const Folder& MadeOnce(const std::string& name, const std::function<void(const Folder&)>& make) {
  static std::map<std::string, Folder> made;
  const auto [at, is_new] = made.try_emplace(name);
  if (is_new) make(at->second);
  return at->second;
}

}  // namespace lull::bench
