#pragma once

#include <cstdio>
#include <string>

#include "engine/base/check.h"

namespace lull::cli {

/// A stream whose text can be had.
class TextStream {
 public:
  TextStream() : file_(std::tmpfile()) { LULL_CHECK(file_ != nullptr); }
  ~TextStream() { std::fclose(file_); }
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  std::FILE* file() const { return file_; }
  std::string Read() {
    std::rewind(file_);
    std::string text;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) text += static_cast<char>(c);
    return text;
  }

 private:
  std::FILE* const file_;
};

}  // namespace lull::cli
