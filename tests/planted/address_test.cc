// Reads freed memory: the address sanitizer must say so.
#include <memory>

int main() {
  auto owner = std::make_unique<int>(1);
  const volatile int* const freed = owner.get();
  owner.reset();
  return *freed == 12345 ? 1 : 0;
}
