"""Each check finds what it is there for, and nothing in a history that is right."""

import copy
import unittest

import cases
import checks
from ledger import Cancel, Execution, Ledger, Task, Window
from observer import Observer

E, T, W, I, J = "execution", "task", "window-task", "invocation-1", "invocation-2"


def line(kind, time, invocation=I, node="a", status=0, task=T, window_task=W, execution=E):
    return "%s %d %d %s %s %s %s %s" % (
        kind, int(time * 10**9), status, execution, task, window_task, invocation, node)


GOOD = (line("start", 1), line("end", 2), line("start", 3, J, "b"), line("end", 4, J, "b", 3))


class ChecksTest(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.ledger.tasks = {W: Task(1, 1, 9), "later": Task(2, 1, 9)}
        self.ledger.executions[E] = Execution(E, "window")
        ended = {"Status": "SUCCESS", "InvocationId": I, "ExecutionId": T}
        failed = {"Status": "FAILED", "InvocationId": J, "ExecutionId": T,
                  "StatusDetails": "Failed: exit status 3"}
        task = {
            "TaskExecutionId": T, "WindowExecutionId": E, "Status": "SUCCESS", "StartTime": 1,
            "invocations": [ended, failed], "progress": {"Targets": 2, "Succeeded": 1, "Failed": 1},
        }
        self.task = task
        self.said = {E: {"Status": "SUCCESS", "window": "window", "StartTime": 1, "EndTime": 5,
                         "tasks": [task]}}

    def check(self, *lines):
        """The rules that are broken."""
        observer = Observer("/dev/null")
        for one in lines:
            observer.take(one)
        case = checks.Case(self.ledger, observer.by_invocation, self.said)
        return {violation.rule for violation in checks.check(case)}

    def cancelled(self, **facts):
        self.ledger.executions[E].cancels.append(Cancel("INVOCATION", 2.5, 2.5, **facts))
        self.said[E]["Status"] = "CANCELLED"

    def test_a_history_that_is_right_is_passed(self):
        self.assertEqual(self.check(*GOOD), set())

    def test_a_line_that_comes_twice(self):
        self.assertIn("started once", self.check(*GOOD, line("start", 5)))

    def test_a_target_that_a_resumption_runs_again(self):
        self.ledger.executions["more"] = Execution("more", "window", resumed_from=E)
        again = line("start", 6, "other", "a", task="t2", execution="more")
        self.assertIn("started once", self.check(*GOOD, again))

    def test_a_start_after_a_cancel_told_that_it_never_would(self):
        self.cancelled(never={J})
        self.assertEqual(self.check(*GOOD), {"nothing after a cancel"})

    def test_a_task_after_a_cancel_told_that_it_never_would(self):
        self.cancelled(never_tasks={T})
        self.assertEqual(self.check(*GOOD), {"nothing after a cancel"})

    def test_more_starts_after_a_cancel_than_were_in_flight(self):
        self.cancelled(in_flight=0)
        self.assertEqual(self.check(*GOOD), {"nothing after a cancel"})

    def test_as_many_starts_after_a_cancel_as_were_in_flight(self):
        self.cancelled(in_flight=1)
        self.assertEqual(self.check(*GOOD), set())

    def test_a_task_whose_own_start_is_after_the_cancel(self):
        self.cancelled()
        self.task["StartTime"] = 3
        self.assertEqual(self.check(*GOOD), {"nothing after a cancel"})

    def test_a_cancel_that_is_forgotten(self):
        self.cancelled()
        self.said[E]["Status"] = "SUCCESS"
        self.assertEqual(self.check(*GOOD), {"a cancel is lost"})

    def test_another_outcome_than_the_true_one(self):
        self.task["invocations"][1]["StatusDetails"] = "Failed: exit status 4"
        self.assertEqual(self.check(*GOOD), {"true outcomes"})

    def test_unknown_only_where_the_shim_was_killed(self):
        self.task["invocations"][1]["StatusDetails"] = "its outcome is unknown."
        self.assertEqual(self.check(*GOOD), {"true outcomes"})
        self.ledger.killed[J] = 3.5
        self.assertEqual(self.check(*GOOD), set())

    def test_it_is_told_to_have_run_and_did_not(self):
        self.assertEqual(self.check(*GOOD[:2]), {"true outcomes"})

    def test_it_is_told_to_have_ended_and_did_not(self):
        self.assertEqual(self.check(*GOOD[:3]), {"true outcomes"})

    def test_it_ran_and_is_told_never_to_have(self):
        del self.task["invocations"][1]["ExecutionId"]
        self.assertIn("true outcomes", self.check(*GOOD))

    def test_it_was_stopped_and_nobody_asked_for_that(self):
        stopped = line("stopped", 4, J, "b", 143)
        self.assertEqual(self.check(*GOOD[:3], stopped), {"true outcomes"})

    def test_counts_that_do_not_add_up(self):
        self.task["progress"]["Succeeded"] = 2
        self.assertEqual(self.check(*GOOD), {"counts add up"})

    def test_a_failure_counted_as_a_success(self):
        self.task["progress"].update(Succeeded=2, Failed=0)
        self.assertEqual(self.check(*GOOD), {"counts add up"})

    def test_an_execution_that_does_not_end(self):
        self.said[E]["Status"] = "IN_PROGRESS"
        self.assertEqual(self.check(*GOOD), {"executions end"})

    def test_two_at_once_where_one_is_allowed(self):
        self.assertEqual(
            self.check(line("start", 1), line("start", 2, J, "b"), line("end", 3),
                       line("end", 4, J, "b", 3)), {"concurrency"})

    def test_a_later_priority_that_begins_too_early(self):
        late = copy.deepcopy(self.task)
        late.update(TaskExecutionId="t2", invocations=[late["invocations"].pop()],
                    progress={"Targets": 1, "Failed": 1})
        self.task.update(invocations=self.task["invocations"][:1],
                         progress={"Targets": 1, "Succeeded": 1})
        self.said[E]["tasks"].append(late)
        other = dict(task="t2", window_task="later", node="b", status=3, invocation=J)
        good = line("start", 1), line("end", 2), line("start", 3, **other), line("end", 4, **other)
        self.assertEqual(self.check(*good), set())
        early = line("start", 1), line("start", 1.5, **other), line("end", 2), line("end", 4, **other)
        self.assertEqual(self.check(*early), {"priorities"})

    def test_two_executions_of_a_window_at_once(self):
        self.said["more"] = {"Status": "SUCCESS", "window": "window", "StartTime": 4, "EndTime": 6,
                             "tasks": []}
        self.assertEqual(self.check(*GOOD), {"one active execution"})

    def test_more_failures_than_max_errors_lets_be(self):
        self.ledger.tasks[W] = Task(1, 1, -1)
        self.assertEqual(self.check(*GOOD), {"max errors"})

    def test_an_execution_that_vanished(self):
        self.said = {}
        self.assertEqual(self.check(*GOOD), {"nothing vanishes"})


class WindowTest(unittest.TestCase):
    def setUp(self):
        self.window = Window("id", "name", {"k": "v"}, {"target"}, {"task"}, {E})
        self.said = {"name": "name", "tags": {"k": "v"}, "targets": {"target"}, "tasks": {"task"},
                     "executions": {E}}

    def rules(self, said):
        return {violation.rule for violation in checks.vanished_of(self.window, said)}

    def test_a_window_that_is_as_acknowledged_is_passed(self):
        self.assertEqual(self.rules(self.said), set())

    def test_a_window_that_vanished_and_one_that_came_back(self):
        self.assertEqual(self.rules(None), {"nothing vanishes"})
        self.window.deleted = True
        self.assertEqual(self.rules(None), set())
        self.assertEqual(self.rules(self.said), {"nothing vanishes"})

    def test_each_of_its_parts_that_vanished(self):
        for what, nothing in (("name", ""), ("tags", {}), ("targets", set()), ("tasks", set()),
                              ("executions", set())):
            self.assertEqual(self.rules({**self.said, what: nothing}), {"nothing vanishes"}, what)

    def test_an_occurrence_that_was_lost_or_came_twice(self):
        self.assertEqual(self.rules({**self.said, "executions": {E, "x"}}), {"occurrences"})
        self.window.due = 1
        self.assertEqual(self.rules(self.said), {"occurrences"})
        self.assertEqual(self.rules({**self.said, "executions": {E, "x"}}), set())


if __name__ == "__main__":
    cases.main()
