# shellcheck shell=bash
# What the scripts of this folder share. Sourced; leaves the caller in the root of the checkout.

set -euo pipefail

LULL_ROOT="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
cd "$LULL_ROOT"
# Bazel wants one; some CI systems start without.
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"

say() { printf '%s\n' "$*" >&2; }

# Ends the script with what is wrong and what to do about it.
die() {
  say "$(basename "$0"): $*"
  exit 1
}

# Prints the caller's header comment, the lines after the shebang.
usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
}

# Names a step that may take more than a moment.
step() { say "== $*"; }
