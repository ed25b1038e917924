"""The tree's shape: no dead files, known folders, bounded sizes, guarded headers."""

import build_file
import layers
from finding import Finding

KNOWN_TOP_FOLDERS = layers.FOLDERS | {"deploy", "console", "examples"}
LINE_BUDGET = 20000  # a folder's files in all; of tests/, which mirrors the tree, each folder's
OTHER_WORKSPACES = ("tests/consumer/", "third_party/")


def check_dead_files(tree):
    named = set()
    for target in build_file.parse_all(tree):
        named |= target.files
    return [
        Finding(path, 1, "no BUILD target has this file; add it to one or delete it")
        for path in tree.cpp()
        if path not in named and not path.startswith(OTHER_WORKSPACES)
    ]


def check_missing_files(tree):
    """A file in a BUILD target that does not exist; labels of rules are not files."""
    findings = []
    for target in build_file.parse_all(tree):
        for path in sorted(target.files):
            if path.endswith((".cc", ".h")) and path not in tree.files and ".pb." not in path:
                if not target.kind.startswith("cc_") or ":" in path or path.startswith("/"):
                    continue
                findings.append(
                    Finding(target.package + "/BUILD.bazel", target.line, "no such file: " + path)
                )
    return findings


def check_folders(tree):
    return [
        Finding(folder, 1, "unknown top-level folder; give it a layer in tools/repository_lint")
        for folder in tree.top_folders
        if folder not in KNOWN_TOP_FOLDERS and not folder.startswith(".")
    ]


def check_sizes(tree, budget=LINE_BUDGET):
    lines = {}
    for path, text in tree.files.items():
        parts = path.split("/")
        folder = "/".join(parts[: 2 if parts[0] == "tests" else 1])
        lines[folder] = lines.get(folder, 0) + text.count("\n")
    return [
        Finding(folder, 1, "%d lines, the budget is %d: split or delete" % (count, budget))
        for folder, count in sorted(lines.items())
        if count > budget
    ]


def check_pragma_once(tree):
    return [
        Finding(path, 1, "start with `#pragma once`")
        for path in tree.cpp()
        if path.endswith(".h")
        and not path.startswith(OTHER_WORKSPACES)
        and not tree.code(path).lstrip().startswith("#pragma once")
    ]


PLANTED_DEAD = [{"server/a.cc": "", "server/BUILD.bazel": 'cc_library(name = "b", srcs = ["b.cc"])\n'}]
PLANTED_MISSING = [{"server/BUILD.bazel": 'cc_library(name = "b", srcs = ["b.cc"])\n'}]
PLANTED_FOLDERS = [{"helpers/a.cc": ""}]
PLANTED_SIZES = [
    {"server/a.cc": "\n" * (LINE_BUDGET + 1)},
    {"tests/server/a.cc": "\n" * LINE_BUDGET, "tests/server/b.cc": "\n"},
]
PLANTED_PRAGMA = [{"server/a.h": "// A header.\nint x;\n"}]
CLEAN = {
    "server/a.cc": "",
    "server/a.h": "// A comment.\n#pragma once\n",
    "server/BUILD.bazel": 'cc_library(name = "a", srcs = ["a.cc"], hdrs = glob(["*.h"]))\n',
}
