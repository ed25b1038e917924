#!/usr/bin/env bash
# Runs one of this folder's tests.
set -euo pipefail
exec /usr/bin/python3 -B "tests/runners/documents/$1"
