#!/usr/bin/env bash
echo "bazel coverage does not work here; tools/coverage does" >&2
exit 1
