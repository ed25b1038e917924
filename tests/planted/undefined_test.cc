// Overflows a signed number: the sanitizer of undefined behaviour must say so.
#include <limits>

int main(int argc, char**) {
  volatile int greatest = std::numeric_limits<int>::max();
  return greatest + argc == 12345 ? 1 : 0;
}
