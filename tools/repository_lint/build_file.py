"""What the lint wants to know of a BUILD file. Its syntax is Python's, so Python parses it; what is
not a plain rule call (a macro, a comprehension) counts with the strings that stand in it."""

import ast
import fnmatch
import posixpath


class Target:
    def __init__(self, package, kind, name):
        self.package = package
        self.kind = kind
        self.label = "//%s:%s" % (package, name)
        self.files = set()  # srcs, hdrs, textual_hdrs, data: paths from the root
        self.deps = set()  # labels in the long form
        self.line = 0


def long_label(package, label):
    label = label.removeprefix("@lull")  # what tests/consumer, a workspace of its own, calls us
    if label.startswith(":"):
        return "//%s%s" % (package, label)
    if label.startswith(("//", "@")) and ":" not in label:
        return label + ":" + label.rstrip("/").split("/")[-1]
    return label


def _strings(node):
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _globs(node):
    return [
        n
        for n in ast.walk(node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "glob"
    ]


def parse(path, text, all_paths):
    """Targets of the BUILD file at `path`; `all_paths` is what globs match."""
    package = posixpath.dirname(path)
    prefix = package + "/" if package else ""
    targets = []
    for statement in ast.parse(text).body:
        call = getattr(statement, "value", None)
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            call = None
        for node in [call] if call else ast.walk(statement):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            arguments = {k.arg: k.value for k in node.keywords if k.arg}
            if "name" not in arguments:
                continue
            names = _strings(arguments["name"]) or ["?"]
            target = Target(package, node.func.id, names[0])
            target.line = node.lineno
            for key, value in arguments.items():
                if key in ("srcs", "hdrs", "textual_hdrs", "data", "src"):
                    patterns = {p for glob in _globs(value) for p in _strings(glob)}
                    for name in _strings(value):
                        if name not in patterns:
                            target.files.add(prefix + name.lstrip(":"))
                    for glob in _globs(value):
                        for pattern in _strings(glob):
                            target.files.update(fnmatch.filter(all_paths, prefix + pattern))
                if key == "deps":
                    target.deps.update(long_label(package, label) for label in _strings(value))
            targets.append(target)
    return targets


def parse_all(tree):
    paths = list(tree.files)
    targets = []
    for path in tree.build_files():
        targets += parse(path, tree.files[path], paths)
    return targets
