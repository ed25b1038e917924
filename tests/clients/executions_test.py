"""Executions as their lists and details read. How they come about is shown by tests/e2e and tests/engine."""

import json

from daemon import FINAL, Gate, add_task, await_end, create_window, invocations_of, open_window, tasks_of
from describe_test import by
from world import TARGETS, UNKNOWN_ID, ClientsCase, corner, register_task


class ReadTest(ClientsCase):
    def ids(self, **changes):
        world = self.world
        return {**dict(WindowExecutionId=world.execution, TaskId=world.task_execution,
                       InvocationId=world.invocation), **changes}

    @staticmethod
    def bare(answer):
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    @corner(54)
    def test_one_that_went_well_has_times_within_each_other_and_no_details(self):
        client, ids = self.client, self.ids()
        execution = self.bare(client.get_maintenance_window_execution(
            WindowExecutionId=ids["WindowExecutionId"]))
        self.assertEqual(
            set(execution), {"WindowExecutionId", "TaskIds", "Status", "StartTime", "EndTime"})
        self.assertEqual(execution["TaskIds"], [ids["TaskId"]])
        row = client.describe_maintenance_window_executions(
            WindowId=self.world.opened_window)["WindowExecutions"][0]
        expected = {**execution, "WindowId": self.world.opened_window}
        expected.pop("TaskIds")
        self.assertEqual(row, expected)
        task = tasks_of(client, ids["WindowExecutionId"])[0]
        invocation = invocations_of(client, ids["WindowExecutionId"])[0]
        self.assertEqual({row["Status"] for row in (execution, task, invocation)}, {"SUCCESS"})
        self.assertEqual(
            [row["StartTime"] for row in (execution, task, invocation)],
            sorted(row["StartTime"] for row in (execution, task, invocation)))
        self.assertEqual(
            [row["EndTime"] for row in (invocation, task, execution)],
            sorted(row["EndTime"] for row in (invocation, task, execution)))

    @corner(54)
    def test_tasks_and_invocations_by_status(self):
        execution, task = self.world.execution, self.world.task_execution

        def of_tasks(*filters):
            return self.client.describe_maintenance_window_execution_tasks(
                WindowExecutionId=execution, Filters=list(filters),
            )["WindowExecutionTaskIdentities"]

        def of_invocations(*filters):
            return self.client.describe_maintenance_window_execution_task_invocations(
                WindowExecutionId=execution, TaskId=task, Filters=list(filters),
            )["WindowExecutionTaskInvocationIdentities"]

        for rows in (of_tasks, of_invocations):
            self.assertEqual(len(rows(by("STATUS", "SUCCESS"))), 1)
            self.assertEqual(len(rows(by("STATUS", "FAILED", "SUCCESS"))), 1)
            self.assertEqual(len(rows(by("STATUS", "FAILED"))), 0)
            for wrong in (by("STATUS", "DONE"), by("Status", "SUCCESS"), by("STATUS")):
                self.refused("ValidationException", rows, wrong)

    @corner(55)
    def test_a_task_execution_reads_with_its_own_names(self):
        ids = self.ids()
        task = self.bare(self.client.get_maintenance_window_execution_task(
            WindowExecutionId=ids["WindowExecutionId"], TaskId=ids["TaskId"]))
        self.assertEqual(
            {key: task[key] for key in ("WindowExecutionId", "TaskExecutionId", "TaskArn", "Type",
                                        "Priority", "MaxConcurrency", "MaxErrors", "Status")},
            {"WindowExecutionId": ids["WindowExecutionId"], "TaskExecutionId": ids["TaskId"],
             "TaskArn": "AWS-RunShellScript", "Type": "RUN_COMMAND", "Priority": 1,
             "MaxConcurrency": "1", "MaxErrors": "0", "Status": "SUCCESS"})
        self.assertEqual(
            task["TaskParameters"],
            [{"aws:InstanceId": {"Values": ["local"]}, "commands": {"Values": ["echo hello"]}}])

    def test_an_invocation_reads_as_its_row_does(self):
        ids = self.ids()
        found = self.bare(self.client.get_maintenance_window_execution_task_invocation(**ids))
        row = invocations_of(self.client, ids["WindowExecutionId"])[0]
        self.assertEqual(found, row)
        self.assertEqual(found["TaskType"], "RUN_COMMAND")
        self.assertEqual(json.loads(found["Parameters"])["instanceIds"], ["local"])

    @corner(13, 51)
    def test_unknown_ids_do_not_exist(self):
        client, ids = self.client, self.ids()
        text = self.refused("DoesNotExistException", client.cancel_maintenance_window_execution,
                            WindowExecutionId=UNKNOWN_ID)
        self.assertEqual(text, "Maintenance window execution %s does not exist" % UNKNOWN_ID)
        self.refused("ValidationException", client.cancel_maintenance_window_execution,
                     WindowExecutionId="1")
        for call, members in (
            (client.get_maintenance_window_execution, ("WindowExecutionId",)),
            (client.describe_maintenance_window_execution_tasks, ("WindowExecutionId",)),
            (client.get_maintenance_window_execution_task, ("WindowExecutionId", "TaskId")),
            (client.describe_maintenance_window_execution_task_invocations,
             ("WindowExecutionId", "TaskId")),
            (client.get_maintenance_window_execution_task_invocation,
             ("WindowExecutionId", "TaskId", "InvocationId")),
        ):
            for unknown in members:
                arguments = {member: ids[member] for member in members}
                self.refused("DoesNotExistException", call, **{**arguments, unknown: UNKNOWN_ID})


class RunTest(ClientsCase):
    def opened(self, window):
        execution = open_window(self.client, window)
        self.addCleanup(await_end, self.client, execution)
        return execution

    @corner(44)
    def test_without_tasks_it_succeeds_and_says_so(self):
        found = await_end(self.client, self.opened(create_window(self.client)))
        self.assertEqual(
            (found["Status"], found["StatusDetails"], found["TaskIds"]),
            ("SUCCESS", "No tasks to execute.", []))

    @corner(46)
    def test_a_registered_target_that_is_gone_contributes_nothing(self):
        window = create_window(self.client)
        target = self.make_target(window)
        register_task(self.client, window, Targets=[by("WindowTargetIds", target)])
        self.client.deregister_target_from_maintenance_window(WindowId=window, WindowTargetId=target)
        execution = self.opened(window)
        self.assertEqual(await_end(self.client, execution)["Status"], "SUCCESS")
        task = tasks_of(self.client, execution)[0]
        self.assertEqual(
            (task["Status"], task["StatusDetails"]), ("SUCCESS", "No Invocations to Execute"))

    @corner(51, 52, 56)
    def test_cancelled_it_lets_its_task_end_starts_no_other_and_outlives_its_window(self):
        gate = Gate(self.world.folder, "cancelled")
        window = create_window(self.client)
        target = self.make_target(window, OwnerInformation="team-a")
        add_task(self.client, window, [gate.write("begin"), gate.wait()], priority=1)
        add_task(self.client, window, [gate.write("never")], priority=2)
        execution = self.opened(window)
        self.addCleanup(gate.open)
        gate.await_word("begin")
        running = self.client.get_maintenance_window_execution(WindowExecutionId=execution)
        self.assertEqual(running["Status"], "IN_PROGRESS")
        self.assertNotIn("EndTime", running)
        for _ in ("once", "twice"):
            answer = self.client.cancel_maintenance_window_execution(WindowExecutionId=execution)
            self.assertEqual(answer["WindowExecutionId"], execution)
        self.assertEqual([row["Status"] for row in tasks_of(self.client, execution)],
                         ["IN_PROGRESS", "CANCELLED"])
        self.client.deregister_target_from_maintenance_window(WindowId=window, WindowTargetId=target)
        self.client.delete_maintenance_window(WindowId=window)
        gate.open()
        self.assertEqual(await_end(self.client, execution)["Status"], "CANCELLED")
        self.assertEqual([row["Status"] for row in tasks_of(self.client, execution)],
                         ["SUCCESS", "CANCELLED"])
        self.assertEqual(gate.words(), ["begin"])
        self.client.cancel_maintenance_window_execution(WindowExecutionId=execution)

    @corner(51)
    def test_cancelled_when_it_has_ended_nothing_changes(self):
        before = await_end(self.client, self.world.execution)
        self.client.cancel_maintenance_window_execution(WindowExecutionId=self.world.execution)
        after = await_end(self.client, self.world.execution)
        self.assertIn(before["Status"], FINAL)
        self.assertEqual((before["Status"], before["EndTime"]), (after["Status"], after["EndTime"]))

    @corner(53)
    def test_invocations_of_a_registered_target_name_it_and_its_owner(self):
        """Pseudo parameters are put, but for those that RUN_COMMAND does not have."""
        window = create_window(self.client)
        target = self.make_target(window, TARGETS, OwnerInformation="team-a")
        commands = ["echo '{{WINDOW_ID}} {{ WINDOW_TARGET_ID }} {{TARGET_ID}} {{UNKNOWN}}'"]
        register_task(
            self.client, window, Targets=[by("WindowTargetIds", target)],
            TaskInvocationParameters={"RunCommand": {"Parameters": {"commands": commands}}})
        execution = self.opened(window)
        self.assertEqual(await_end(self.client, execution)["Status"], "SUCCESS")
        found = invocations_of(self.client, execution)[0]
        self.assertEqual((found["WindowTargetId"], found["OwnerInformation"]), (target, "team-a"))
        self.assertEqual(
            json.loads(found["Parameters"])["parameters"]["commands"],
            ["echo '%s %s {{TARGET_ID}} {{UNKNOWN}}'" % (window, target)])
