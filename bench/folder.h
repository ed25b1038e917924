#pragma once

#include <functional>
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

  /// Copies all that is in `other`, and waits until it is on the disk.
  void Take(const Folder& other) const;

 private:
  std::string path_;
};

/// The folder of this name, which `make` fills when it is asked for first; it is removed when the
/// program ends. What several rounds start from. One thread.
const Folder& MadeOnce(const std::string& name, const std::function<void(const Folder&)>& make);

}  // namespace lull::bench
