#!/usr/bin/env bash
# Runs one of this folder's tests with Debian's Python, whose boto3 is an unmodified client.
set -euo pipefail
export PYTHONPATH=tests/e2e:tests/runners/documents HOME="$TEST_TMPDIR"
exec /usr/bin/python3 -B "tests/e2e/$1"
