#!/usr/bin/env bash
set -euo pipefail
exec /usr/bin/python3 -B tools/count_tests_test.py
