#!/usr/bin/env bash
# Runs the cases with Debian's Python, whose boto3 is an unmodified client.
set -euo pipefail
export PYTHONPATH=tests/load:tests/e2e HOME="$TEST_TMPDIR"
exec /usr/bin/python3 -B tests/load/tool_test.py
