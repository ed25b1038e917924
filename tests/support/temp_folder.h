#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/base/check.h"
#include "gtest/gtest.h"

namespace lull {

/// A new folder of the test's own, removed with all that is in it.
class TempFolder {
 public:
  TempFolder() {
    std::string name = testing::TempDir() + "/lull-XXXXXX";
    LULL_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lull
