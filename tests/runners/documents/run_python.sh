#!/usr/bin/env bash
# Runs one of this folder's tests, told of case by case.
set -euo pipefail
export PYTHONPATH=tests/e2e
exec /usr/bin/python3 -B "tests/runners/documents/$1"
