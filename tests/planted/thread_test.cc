// Two threads write one variable: the thread sanitizer must say so.
#include <thread>

int main() {
  int shared = 0;
  std::thread other([&shared] { ++shared; });
  ++shared;
  other.join();
  return shared == 12345 ? 1 : 0;
}
