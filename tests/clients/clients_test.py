"""Everything that unmodified clients do with one daemon, and docs/conformance.md, which says what came of it.

usage: clients_test.py [--rewrite | NAME...]
  --rewrite   writes the page instead of comparing it
  NAME        runs these modules, classes or tests alone, and leaves the page alone
"""

import difflib
import os
import sys
import unittest

import cases
import page
import results
from corners import SUBJECTS
from world import end_the_world, the_world

MODULES = (
    "checkers_test", "windows_test", "describe_test", "targets_test", "tasks_test", "tags_test",
    "executions_test", "commands_test", "constraints_test", "protocol_test", "aws_command_test",
)
PAGE = "docs/conformance.md"
FLOWS = "tests/clients/js/flows.mjs"
REWRITE = "bazel run //tests/clients:clients_test -- --rewrite"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class PageTest(unittest.TestCase):
    """Last of all: it looks at what came of the others."""

    rewrite_at = None

    def render(self, committed):
        return page.render(the_world().model, page.flows_of(read(FLOWS)), committed)

    def test_every_corner_case_and_every_declared_error_is_shown(self):
        rendered = self.render(read(PAGE))
        self.assertNotIn("MISSING", rendered[: rendered.index(page.HAND_WRITTEN)])
        self.assertLessEqual(set(results.corners), set(SUBJECTS))

    def test_the_page_says_what_came_of_the_cases(self):
        committed = read(PAGE)
        rendered = self.render(committed)
        if self.rewrite_at is not None:
            with open(self.rewrite_at, "w", encoding="utf-8") as file:
                file.write(rendered)
            return
        changes = difflib.unified_diff(committed.splitlines(), rendered.splitlines(), "committed",
                                       "as it should be", lineterm="", n=0)
        if committed != rendered:
            self.fail("To rewrite it: %s\n%s" % (REWRITE, "\n".join(list(changes)[:40])))


class DaemonTest(unittest.TestCase):
    def test_the_daemon_ends_well_after_all_of_it(self):
        self.assertEqual(end_the_world(), 0)


def main(arguments):
    rewrite = arguments == ["--rewrite"]
    names = list(MODULES) if rewrite or not arguments else arguments
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    if rewrite:
        PageTest.rewrite_at = os.path.join(os.environ["BUILD_WORKSPACE_DIRECTORY"], PAGE)
    last = (PageTest, DaemonTest) if rewrite or not arguments else (DaemonTest,)
    suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in last)
    try:
        cases.run(suite, "clients")
    finally:
        end_the_world()


if __name__ == "__main__":
    main(sys.argv[1:])
