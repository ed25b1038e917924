#!/usr/bin/env bash
# Feeds the checks with what they must find.
set -euo pipefail
export PYTHONPATH=tests/torture:tests/e2e HOME="$TEST_TMPDIR"
exec /usr/bin/python3 -B tests/torture/checks_test.py
