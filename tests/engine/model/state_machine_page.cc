#include <fstream>
#include <iostream>

#include "tests/engine/model/state_machine_text.h"

/// Writes docs/state_machine.md: to the file that is named, else to stdout.
int main(int argc, char** argv) {
  if (argc < 2) {
    std::cout << lull::StatesPage();
    return 0;
  }
  std::ofstream file(argv[1], std::ios::binary | std::ios::trunc);
  file << lull::StatesPage() << std::flush;
  if (!file) std::cerr << "can't write " << argv[1] << '\n';
  return file ? 0 : 1;
}
