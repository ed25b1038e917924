#!/usr/bin/env bash
# The checkout is where the WORKSPACE in the runfiles really is.
set -euo pipefail
root="$(dirname "$(readlink -f WORKSPACE)")"
exec /usr/bin/python3 -B "$root/tools/mutate" --check
