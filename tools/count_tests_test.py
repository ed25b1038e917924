"""Shows that count_tests counts, and that nothing broken is ever `0 failed`."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import count_tests  # noqa: E402

XML = """<testsuites><testsuite name="A">
<testcase name="Passes" status="run" classname="A"/>
<testcase name="Fails" status="run" classname="A"><failure message="no"/></testcase>
<testcase name="IsDisabled" status="notrun" classname="A"/>
<testcase name="IsSkipped" status="run" classname="A"><skipped/></testcase>
</testsuite></testsuites>"""


def result(label, status, xml=None, attempt=1):
    outputs = [{"name": "test.xml", "uri": "file://" + xml}] if xml else []
    return {
        "id": {"testResult": {"label": label, "run": 1, "shard": 1, "attempt": attempt}},
        "testResult": {"status": status, "testActionOutput": outputs},
    }


class CountTests(unittest.TestCase):
    def setUp(self):
        with tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False) as file:
            file.write(XML)
        self.xml = file.name
        self.addCleanup(os.unlink, file.name)

    def test_cases_of_the_xml_count_without_skipped_ones(self):
        self.assertEqual(
            count_tests.count([result("//a:t", "FAILED", self.xml)], 3), (1, ["//a:t: A.Fails"])
        )

    def test_a_script_without_xml_counts_one(self):
        self.assertEqual(count_tests.count([result("//a:t", "PASSED")], 0), (1, []))

    def test_a_test_that_failed_although_its_cases_passed_counts_as_failed(self):
        passing = XML.replace('<failure message="no"/>', "")
        with open(self.xml, "w", encoding="utf-8") as file:
            file.write(passing)
        events = [result("//a:t", "TIMEOUT", self.xml)]
        self.assertEqual(count_tests.count(events, 3), (2, ["//a:t: TIMEOUT"]))

    def test_the_last_attempt_counts(self):
        events = [result("//a:t", "FAILED"), result("//a:t", "PASSED", attempt=2)]
        self.assertEqual(count_tests.count(events, 0), (1, []))

    def test_a_target_that_did_not_build_is_a_failure(self):
        broken = {"id": {"targetCompleted": {"label": "//a:l"}}, "completed": {}}
        self.assertEqual(count_tests.count([broken], 1), (0, ["//a:l: did not build"]))

    def test_a_call_that_failed_without_a_trace_is_a_failure(self):
        self.assertEqual(count_tests.count([], 1), (0, ["Bazel failed with status 1"]))
        self.assertEqual(count_tests.count([result("//a:t", "PASSED")], 1)[1], ["Bazel failed with status 1"])

    def test_no_tests_at_all_is_no_failure(self):
        self.assertEqual(count_tests.count([], 4), (0, []))


if __name__ == "__main__":
    unittest.main()
