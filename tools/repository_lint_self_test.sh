#!/usr/bin/env bash
set -euo pipefail
exec /usr/bin/python3 -B tools/repository_lint/repository_lint.py --self-test
