"""The repository lints itself.

usage: repository_lint.py [ROOT]     lints the tree at ROOT (here, when it is missing)
       repository_lint.py --self-test shows that each rule finds a planted violation

Prints one line a finding, `path:line: [rule] message`, and ends with the number of checks that passed
and failed. Exit status 1 when there is a finding.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import layers  # noqa: E402
import shape  # noqa: E402
import tokens  # noqa: E402
import tree  # noqa: E402
import words  # noqa: E402


def _token_plants():
    return [{path: code} for _, path, code in tokens.PLANTED]


# name, check, planted violations (each a tree that must be found), a tree that must not
RULES = [
    ("tokens", tokens.check, _token_plants(), dict(tokens.CLEAN)),
    ("layers", layers.check_layers, layers.PLANTED_LAYERS, layers.CLEAN),
    ("system-headers", layers.check_system_headers, layers.PLANTED_SYSTEM, layers.CLEAN),
    ("direct-dependencies", layers.check_direct, layers.PLANTED_DIRECT, layers.CLEAN),
    ("own-header-first", layers.check_own_header_first, layers.PLANTED_FIRST, layers.CLEAN),
    ("dead-files", shape.check_dead_files, shape.PLANTED_DEAD, shape.CLEAN),
    ("missing-files", shape.check_missing_files, shape.PLANTED_MISSING, shape.CLEAN),
    ("folders", shape.check_folders, shape.PLANTED_FOLDERS, shape.CLEAN),
    ("sizes", shape.check_sizes, shape.PLANTED_SIZES, shape.CLEAN),
    ("pragma-once", shape.check_pragma_once, shape.PLANTED_PRAGMA, shape.CLEAN),
    ("words", words.check, words.PLANTED, words.CLEAN),
]


def self_test():
    """Returns what is wrong with the rules themselves."""
    problems = []
    for name, check, plants, clean in RULES:
        for plant in plants:
            if not check(tree.Tree(plant)):
                problems.append("%s: does not find %r" % (name, plant))
        for finding in check(tree.Tree(clean)):
            problems.append("%s: finds fault with what is right: %s" % (name, finding))
    planted = {name for name, _, _ in tokens.PLANTED}
    for name, path, code in tokens.PLANTED:
        row = [token for token in tokens.TOKENS if token[0] == name]
        if not tokens.check(tree.Tree({path: code}), row):
            problems.append("tokens: row `%s` does not find `%s`" % (name, code))
    problems += ["tokens: nothing planted for `%s`" % t[0] for t in tokens.TOKENS if t[0] not in planted]
    return problems


def main(arguments):
    if "--help" in arguments:
        print(__doc__.strip())
        return 0
    if "--self-test" in arguments:
        problems = self_test()
        print("\n".join(problems + ["self-test: %d rules, %d problems" % (len(RULES), len(problems))]))
        return 1 if problems else 0
    source = tree.read(arguments[0] if arguments else ".")
    if not source.cpp():
        print("no C++ files under %s" % os.path.realpath(arguments[0] if arguments else "."))
        return 1
    failed = 0
    for name, check, _, _ in RULES:
        findings = check(source)
        failed += 1 if findings else 0
        for finding in findings:
            print("%s:%d: [%s] %s" % (finding.path, finding.line, name, finding.message))
    print("repository lint: %d checks passed, %d failed" % (len(RULES) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
