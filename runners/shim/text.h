#pragma once

#include <cstring>

namespace lull::runners::shim {

/// Text in a buffer of `size` bytes, always with its NUL; what does not fit is left out.
template <int size>
class Text {
 public:
  Text& Add(const char* text) {
    for (; *text != '\0' && length_ < size - 1; ++text) bytes_[length_++] = *text;
    bytes_[length_] = '\0';
    return *this;
  }

  Text& Add(long long number) {
    char digits[24];
    int at = sizeof(digits) - 1;
    digits[at] = '\0';
    const bool negative = number < 0;
    unsigned long long rest = negative ? 0ULL - static_cast<unsigned long long>(number)
                                       : static_cast<unsigned long long>(number);
    do {
      digits[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
    if (negative) digits[--at] = '-';
    return Add(digits + at);
  }

  const char* c_str() const { return bytes_; }
  int length() const { return length_; }

 private:
  char bytes_[size] = {};
  int length_ = 0;
};

/// Of a file's name: an ordinal and a suffix.
using Name = Text<64>;

inline Name NameOf(long long ordinal, const char* suffix) {
  Name name;
  name.Add(ordinal).Add(suffix);
  return name;
}

}  // namespace lull::runners::shim
