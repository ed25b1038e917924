#!/usr/bin/env bash
# Feeds the checks with what they must find.
set -euo pipefail
export PYTHONPATH=tests/load:tests/e2e HOME="$TEST_TMPDIR"
exec /usr/bin/python3 -B tests/load/checks_test.py
