"""The files that are linted: from the disk, or planted by the self-test."""

import os
import re

SKIPPED_FOLDERS = {".git", "__pycache__", "node_modules"}
TEXT_SUFFIXES = (".h", ".cc", ".bazel", ".bzl", ".py", ".proto", ".sql", ".sh", ".js")

# Outside strings and comments, in the order of trying: a raw string, a comment, a string, a character.
_NOISE = re.compile(
    r'R"([^(\s"]*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)


class Tree:
    """path -> text. Paths are relative to the root, with forward slashes."""

    def __init__(self, files, folders=()):
        self.files = files
        self.top_folders = sorted(set(folders) | {p.split("/")[0] for p in files if "/" in p})
        self._code = {}

    def cpp(self):
        """Our C++ files, sorted."""
        return sorted(p for p in self.files if p.endswith((".h", ".cc")))

    def build_files(self):
        return sorted(p for p in self.files if os.path.basename(p) == "BUILD.bazel")

    def code(self, path):
        """The text without comments and the contents of strings; lines keep their numbers. Includes
        keep their paths."""
        if path not in self._code:
            self._code[path] = strip(self.files[path])
        return self._code[path]


def strip(text):
    def blank(match):
        token = match.group(0)
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if token.startswith('"') and line.lstrip().startswith("#include"):
            return token
        ends = '""' if token[0] in '"R' else "' '" if token[0] == "'" else ""
        return ends + "\n" * token.count("\n")

    return _NOISE.sub(blank, text)


def read(root):
    """REQUIRES: root is a checkout. Folders with a WORKSPACE of their own are other workspaces."""
    files, folders = {}, []
    for folder, subfolders, names in os.walk(root):
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        subfolders[:] = sorted(
            name
            for name in subfolders
            if name not in SKIPPED_FOLDERS
            and not name.startswith("bazel-")
            and not os.path.islink(os.path.join(folder, name))
        )
        if relative == ".":
            folders = list(subfolders)
        for name in names:
            path = name if relative == "." else relative + "/" + name
            if name.endswith(TEXT_SUFFIXES):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    files[path] = file.read()
    return Tree(files, folders)
