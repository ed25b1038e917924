"""Runs a file's unittest cases, and tells Bazel of each by name, as GoogleTest does."""

import os
import sys
import time
import unittest
import xml.etree.ElementTree as ElementTree


class _Result(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.root = ElementTree.Element("testsuites")
        self._suite = ElementTree.SubElement(self.root, "testsuite")

    def startTest(self, test):
        super().startTest(test)
        kind, _, name = test.id().rpartition(".")
        self._case = ElementTree.SubElement(
            self._suite, "testcase", classname=kind.rpartition(".")[2], name=name
        )
        self._started = time.monotonic()

    def stopTest(self, test):
        self._case.set("time", "%.3f" % (time.monotonic() - self._started))
        super().stopTest(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        ElementTree.SubElement(self._case, "failure").text = self.failures[-1][1]

    def addError(self, test, err):
        super().addError(test, err)
        if hasattr(self, "_case"):
            ElementTree.SubElement(self._case, "error").text = self.errors[-1][1]

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            text = "%s: %s" % (subtest, err[1])
            ElementTree.SubElement(self._case, "failure").text = text

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        ElementTree.SubElement(self._case, "skipped").text = reason


def run(suite, name):
    """Runs the suite, which the XML calls `name`, and ends the process with how it went."""
    result = unittest.TextTestRunner(verbosity=2, resultclass=_Result).run(suite)
    result.root[0].set("name", name)
    if os.environ.get("XML_OUTPUT_FILE"):
        ElementTree.ElementTree(result.root).write(os.environ["XML_OUTPUT_FILE"])
    sys.exit(0 if result.wasSuccessful() else 1)


def main():
    """Runs the cases of the file that is run."""
    run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]), "e2e")
