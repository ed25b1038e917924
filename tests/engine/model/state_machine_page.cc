#include <fstream>
#include <iostream>
#include <string_view>

#include "tests/engine/model/promela_text.h"
#include "tests/engine/model/state_machine_text.h"

/// Writes docs/state_machine.md, or docs/model/transitions.pml when the file that is named ends in
/// .pml: to that file, else to stdout.
int main(int argc, char** argv) {
  if (argc < 2) {
    std::cout << lull::StatesPage();
    return 0;
  }
  const bool promela = std::string_view(argv[1]).ends_with(".pml");
  std::ofstream file(argv[1], std::ios::binary | std::ios::trunc);
  file << (promela ? lull::PromelaTransitions() : lull::StatesPage()) << std::flush;
  if (!file) std::cerr << "can't write " << argv[1] << '\n';
  return file ? 0 : 1;
}
