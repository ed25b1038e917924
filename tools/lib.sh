# shellcheck shell=bash
# What the scripts of this folder share. Sourced; leaves the caller in the root of the checkout.

set -euo pipefail

LULL_CALLER_FOLDER="$PWD"
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

# Prints the path of what the user names $1, who is in the folder that the script was started in.
user_path() { (cd "$LULL_CALLER_FOLDER" && realpath -m -- "$1"); }

# Makes a folder of this script's own in $1, and leaves its path in $own_folder. However the script ends, by
# kill -9 too, the folder goes, and with it every process whose working directory is in there.
make_own_folder() {
  own_folder="$(mktemp -d "$1/lull-bench.XXXXXX")"
  trap 'remove_own_folder "$own_folder"' EXIT
  setsid bash -c "$(declare -f remove_own_folder)"'
    tail --pid="$1" --sleep-interval=0.2 -f /dev/null
    remove_own_folder "$2"' watch "$$" "$own_folder" </dev/null >/dev/null 2>&1 &
  disown
}
remove_own_folder() {
  local process found=yes
  while [[ $found == yes ]]; do
    found=no
    for process in /proc/[0-9]*; do
      if [[ "$(readlink "$process/cwd" 2>/dev/null || true)/" != "$1"/* ]]; then continue; fi
      if kill -KILL "${process#/proc/}" 2>/dev/null; then found=yes; fi
    done
    if [[ $found == yes ]]; then sleep 0.1; fi
  done
  rm -rf -- "$1"
}

# Names a step that may take more than a moment.
step() { say "== $*"; }
