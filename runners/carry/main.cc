// The command `lull-carry STATUS PROGRAM [ARGUMENT...]`, which the daemon starts for a node that is
// not this machine; STATUS is CarryOptions::broken_status.
#include <cstdio>
#include <cstdlib>

#include "runners/carry/carry.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: lull-carry STATUS PROGRAM [ARGUMENT...]\n", stderr);
    return lull::runners::kUndelivered;
  }
  return lull::runners::Carry({{argv + 2, argv + argc}, std::atoi(argv[1])});
}
