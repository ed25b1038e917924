#!/usr/bin/env bash
# Runs one of this folder's programs with Debian's Python, whose boto3 is an unmodified client.
set -euo pipefail
export PYTHONPATH=tests/clients:tests/e2e HOME="${TEST_TMPDIR:-/tmp}"
exec /usr/bin/python3 -B "tests/clients/$1" "${@:2}"
