"""Counts the test cases of one `bazel test` call.

usage: count_tests.py BUILD_EVENTS BAZEL_STATUS     prints `PASSED FAILED`, and what failed on stderr

BUILD_EVENTS is what --build_event_json_file wrote; BAZEL_STATUS is Bazel's exit status. GoogleTest's
cases count one each, from the XML of each test; a test that wrote none (a shell script) counts one. A
target that did not build counts as one that failed, and so does a call that failed without any test to
show for it: a broken build is never `0 failed`.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

BAZEL_TESTS_FAILED = 3
BAZEL_NO_TESTS = 4


def read_events(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError):
        return []


def count_xml(path):
    """(passed, names of failed) of a test's XML; skipped and disabled cases are neither."""
    passed, failed = 0, []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = "%s.%s" % (case.get("classname", ""), case.get("name", ""))
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name.lstrip("."))
        elif case.get("status") != "notrun" and case.find("skipped") is None:
            passed += 1
    return passed, failed


def result_of(result):
    """(passed, names of failed) of one run of a test."""
    good = result.get("status") == "PASSED"
    xml = next((o for o in result.get("testActionOutput", []) if o.get("name") == "test.xml"), None)
    passed, failed = (1, []) if good else (0, ["(the whole of it)"])
    if xml is not None:
        try:
            path = urllib.parse.unquote(urllib.parse.urlparse(xml["uri"]).path)
            passed, failed = count_xml(path)
        except (OSError, KeyError, ElementTree.ParseError):
            pass
    if not good and not failed:
        failed = [result.get("status", "it did not pass")]  # a time-out, a leak at exit
    return passed, failed


def count(events, status):
    passed, failures = 0, []
    last_attempt = {}
    for event in events:
        identity = event.get("id", {})
        if "testResult" in identity and "testResult" in event:
            key = identity["testResult"]
            last_attempt[(key["label"], key.get("run"), key.get("shard"))] = event["testResult"]
        if "targetCompleted" in identity and not event.get("completed", {}).get("success"):
            if "aborted" in event or "completed" in event:
                failures.append("%s: did not build" % identity["targetCompleted"]["label"])
    for (label, _, _), result in sorted(last_attempt.items(), key=lambda item: str(item[0])):
        good, bad = result_of(result)
        passed += good
        failures += ["%s: %s" % (label, name) for name in bad]
    if status not in (0, BAZEL_NO_TESTS) and not failures:
        failures.append("Bazel failed with status %d" % status)
    return passed, failures


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip())
        return 2
    passed, failures = count(read_events(arguments[0]), int(arguments[1]))
    for failure in failures:
        print("FAILED %s" % failure, file=sys.stderr)
    print(passed, len(failures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
