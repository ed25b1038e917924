#pragma once

#include <string>

namespace lull::bench {

/// Where measured databases are made: a real disk. Set once by main.
void SetDisk(const std::string& folder);

/// A new folder on that disk, removed with all that is in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace lull::bench
