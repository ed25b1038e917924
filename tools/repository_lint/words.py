"""One word, one meaning: synonyms of the project's words may not stand in identifiers."""

import re

from finding import Finding, line_of

# synonym -> the project's word
SYNONYMS = {
    "job": "execution, task or invocation",
    "jobs": "executions, tasks or invocations",
    "slot": "occurrence",
    "slots": "occurrences",
    "host": "node",
    "hosts": "nodes",
    "worker": "runner",
    "workers": "runners",
    "executor": "runner",
    "executors": "runners",
    "terminal": "final",
    "quiesce": "drain",
    "quiescing": "draining",
    "machine": "node",
    "machines": "nodes",
    "workflow": "execution",
}
# Where a synonym is another field's own word: path prefix -> words.
ALLOWED = {
    "server/": {"host", "hosts", "executor"},  # HTTP's; Asio's
    "cli/": {"host", "terminal"},  # HTTP's; where output goes
    "runners/http/": {"host"},  # HTTP's
    "tests/server/": {"host", "hosts"},
    "tests/cli/": {"host", "terminal"},
    "bench/": {"job", "jobs", "worker", "workers", "host", "machine"},  # what peers call theirs
    "storage/sqlite/statement": {"slot"},  # of a parameter
    "engine/core/in_flight": {"slot", "slots"},  # a hash table's
    "tests/sim/": {"machine"},
    "tests/support/": {"host"},
}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def check(tree):
    findings = []
    for path in tree.cpp():
        if path.startswith("third_party/"):
            continue
        allowed = set()
        for prefix, words in ALLOWED.items():
            if path.startswith(prefix):
                allowed |= words
        code = tree.code(path)
        seen = set()
        for match in IDENTIFIER.finditer(code):
            name = match.group(0)
            if name in seen:
                continue
            seen.add(name)
            for piece in PIECE.findall(name):
                word = piece.lower()
                if word in SYNONYMS and word not in allowed:
                    start = code.rfind("\n", 0, match.start()) + 1
                    if code[start : match.start()].lstrip().startswith("#include"):
                        continue
                    message = "`%s`: say %s, not %s" % (name, SYNONYMS[word], word)
                    findings.append(Finding(path, line_of(code, match.start()), message))
    return findings


PLANTED = [
    {"engine/core/a.h": "int job_count;"},
    {"engine/core/a.h": "class WorkerPool;"},
    {"engine/core/a.h": "bool IsTerminal();"},
    {"storage/a.h": "std::string kHostName;"},
]
CLEAN = {
    "engine/core/a.h": "// a job\nint execution_count; int hostility;",
    "server/a.h": "std::string host;",
}
