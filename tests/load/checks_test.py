"""Each check finds what it is there for, and nothing in a load that went well."""

import unittest

import cases
import checks
from checks import CANCEL, CREATE, DELETE, Measured, Resources


def told(count=200, p99=20.0, **answers):
    return {"count": count, "p99": p99, "answers": answers or {"200": count}}


def measured(**changes):
    good = {
        "operations": {CREATE: told(), DELETE: told(), CANCEL: told()},
        "idle": Resources(20000, 30, 60),
        "warm": Resources(50000, 260, 60),
        "end": Resources(52000, 30, 60),
        "windows": 0,
        "active": 0,
        "broken": {"garbage": {"400": 3}, "reset": {"gone": 1}},
        "newcomers_p50_ms": 20.0,
        "end_seconds": 0.2,
        "end_status": 0,
    }
    return Measured(**{**good, **changes})


class ChecksTest(unittest.TestCase):
    def assert_broken(self, rule, **changes):
        found = checks.check(measured(**changes))
        self.assertEqual([text.partition(":")[0] for text in found], [rule], found)

    def operations(self, **changes):
        return {**measured().operations, **changes}

    def test_a_load_that_went_well(self):
        self.assertEqual(checks.check(measured()), [])

    def test_a_request_without_an_answer(self):
        operations = self.operations(Get=told(3, **{"200": 2, "no answer": 1}))
        self.assert_broken("every request is answered", operations=operations)

    def test_an_error_that_nobody_asked_for(self):
        operations = self.operations(Get=told(3, **{"200": 2, "500 InternalServerError": 1}))
        self.assert_broken("every request is answered", operations=operations)

    def test_an_answer_that_is_not_counted(self):
        operations = self.operations(Get=told(3, **{"200": 2}))
        self.assert_broken("every request is answered", operations=operations)

    def test_no_cancel_at_all(self):
        operations = self.operations()
        del operations[CANCEL]
        self.assert_broken("all operations are tried", operations=operations)

    def test_slow_answers(self):
        operations = self.operations(Get=told(p99=checks.MAX_P99_MS + 1))
        self.assert_broken("answers are quick", operations=operations)

    def test_few_slow_ones_say_nothing(self):
        operations = self.operations(Get=told(checks.MIN_SAMPLES - 1, checks.MAX_P99_MS + 1))
        self.assertEqual(checks.check(measured(operations=operations)), [])

    def test_memory_that_grows(self):
        end = Resources(50001 + checks.MAX_GROWTH_KIB, 30, 60)
        self.assert_broken("memory is flat", end=end)

    def test_a_descriptor_that_stays(self):
        self.assert_broken("nothing is kept open", end=Resources(50000, 31, 60))

    def test_a_thread_that_stays(self):
        self.assert_broken("nothing is kept open", end=Resources(50000, 30, 61))

    def test_new_connections_that_wait_outside(self):
        self.assert_broken("newcomers are let in", newcomers_p50_ms=checks.MAX_NEWCOMER_MS + 1)

    def test_a_window_too_many_and_one_that_vanished(self):
        self.assert_broken("windows add up", windows=1)
        self.assert_broken("windows add up", operations=self.operations(**{DELETE: told(199)}))

    def test_an_execution_that_goes_on_for_ever(self):
        self.assert_broken("executions end", active=1)

    def test_a_kind_of_broken_client_that_was_not_there(self):
        self.assert_broken("broken clients are handled", broken={"garbage": {}})

    def test_a_broken_client_that_is_served(self):
        self.assert_broken("broken clients are handled", broken={"wrong signature": {"200": 1}})

    def test_an_end_that_is_late_or_a_crash(self):
        self.assert_broken("it ends promptly", end_seconds=checks.MAX_END_SECONDS + 1)
        self.assert_broken("it ends promptly", end_status=-11)


if __name__ == "__main__":
    cases.main()
