"""Windows that open, execute and are cancelled, asked for by the aws command and botocore."""

import glob
import os
import uuid

import cases
from daemon import (
    DaemonCase, Gate, add_task, await_end, await_that, create_window, invocations_of, open_window,
    statuses_of,
)


class CancelTest(DaemonCase):
    def test_cancelled_half_way_what_is_in_flight_drains_and_what_is_queued_never_starts(self):
        daemon = self.start()
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        add_task(client, window, [gate.write("first")], priority=1)
        add_task(client, window, [gate.write("begin"), gate.wait(), gate.write("end")], priority=2)
        add_task(client, window, [gate.write("never")], priority=3)
        execution = open_window(client, window)
        gate.await_word("begin")
        self.assertEqual(
            statuses_of(client, execution), ["SUCCESS", "IN_PROGRESS", "PENDING"]
        )

        answer = client.cancel_maintenance_window_execution(WindowExecutionId=execution)
        self.assertEqual(answer["WindowExecutionId"], execution)
        found = client.get_maintenance_window_execution(WindowExecutionId=execution)
        self.assertEqual(found["Status"], "CANCELLING")
        self.assertEqual(
            statuses_of(client, execution), ["SUCCESS", "IN_PROGRESS", "CANCELLED"]
        )
        # Asked again, nothing changes.
        client.cancel_maintenance_window_execution(WindowExecutionId=execution)
        gate.open()
        found = await_end(client, execution)
        self.assertEqual(found["Status"], "CANCELLED")
        key_id, _ = daemon.credentials()
        self.assertRegex(
            found["StatusDetails"],
            r"^Cancelled by %s at \d{4}-\d\d-\d\dT\d\d:\d\d.*: 1 queued invocations? cancelled, "
            r"1 in flight left to drain\.$" % key_id,
        )
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "SUCCESS", "CANCELLED"])
        self.assertEqual(gate.words(), ["first", "begin", "end"])
        # And once it has ended.
        client.cancel_maintenance_window_execution(WindowExecutionId=execution)
        self.assertEqual(await_end(client, execution)["StatusDetails"], found["StatusDetails"])

    def test_the_aws_command_makes_a_window_sees_it_execute_and_cancels_it(self):
        daemon = self.start()
        gate = Gate(self.folder)
        self.addCleanup(gate.open)
        status, created = daemon.aws(
            "create-maintenance-window", "--name", "nightly", "--schedule", "at(2099-01-01T00:00:00)",
            "--duration", "2", "--cutoff", "1", "--allow-unassociated-targets",
        )
        self.assertEqual(status, 0, created)
        window = created["WindowId"]
        status, answer = daemon.aws(
            "register-task-with-maintenance-window", "--window-id", window,
            "--task-type", "RUN_COMMAND", "--task-arn", "AWS-RunShellScript",
            "--targets", "Key=InstanceIds,Values=local",
            "--max-concurrency", "1", "--max-errors", "0", "--task-invocation-parameters",
            '{"RunCommand":{"Parameters":{"commands":["%s"]}}}' % gate.wait(),
        )
        self.assertEqual(status, 0, answer)
        execution = open_window(daemon.client(), window)
        await_that(
            "the task is in progress",
            lambda: statuses_of(daemon.client(), execution) == ["IN_PROGRESS"],
        )
        status, answer = daemon.aws(
            "cancel-maintenance-window-execution", "--window-execution-id", execution
        )
        self.assertEqual((status, answer), (0, {"WindowExecutionId": execution}))
        gate.open()
        self.assertEqual(await_end(daemon.client(), execution)["Status"], "CANCELLED")
        status, answer = daemon.aws(
            "describe-maintenance-window-executions", "--window-id", window
        )
        self.assertEqual(status, 0, answer)
        self.assertEqual(answer["WindowExecutions"][0]["Status"], "CANCELLED")
        status, answer = daemon.aws(
            "cancel-maintenance-window-execution", "--window-execution-id", str(uuid.uuid4())
        )
        self.assertNotEqual(status, 0)
        self.assertIn("An error occurred (DoesNotExistException) when calling the "
                      "CancelMaintenanceWindowExecution operation", answer)

    def test_the_same_client_token_makes_one_window_and_another_request_is_refused(self):
        client = self.start().client()
        token = str(uuid.uuid4())
        first = create_window(client, ClientToken=token, Schedule="rate(1 day)")
        again = create_window(client, ClientToken=token, Schedule="rate(1 day)")
        self.assertEqual(first, again)
        self.assertEqual(len(client.describe_maintenance_windows()["WindowIdentities"]), 1)
        self.assert_error(
            "IdempotentParameterMismatch", 400,
            create_window, client, ClientToken=token, Schedule="rate(2 days)",
        )


class InvocationTest(DaemonCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.start()
        self.client = self.daemon.client()

    def execute(self, *commands, **options):
        window = create_window(self.client)
        add_task(self.client, window, list(commands), **options)
        execution = open_window(self.client, window)
        return await_end(self.client, execution), invocations_of(self.client, execution)

    def test_outlasting_its_execution_timeout_it_is_timed_out(self):
        execution, [invocation] = self.execute("sleep 60", executionTimeout=["1"])
        self.assertEqual(invocation["Status"], "TIMED_OUT", invocation)
        # More errors than MaxErrors allows.
        self.assertEqual(execution["Status"], "FAILED", execution)

    def test_on_an_unknown_node_it_is_failed_and_says_why(self):
        execution, invocations = self.execute("true", nodes=("local", "i-0"), limits=("2", "1"))
        self.assertEqual([i["Status"] for i in invocations], ["SUCCESS", "FAILED"], invocations)
        self.assertIn('there is no node "i-0"', invocations[1]["StatusDetails"])
        self.assertEqual(execution["WindowExecutionId"], invocations[1]["WindowExecutionId"])

    def test_with_wrong_parameters_it_is_failed_and_names_them(self):
        _, [invocation] = self.execute("true", executionTimeout=["soon"])
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn('executionTimeout "soon"', invocation["StatusDetails"])

    def test_what_it_prints_is_in_files_that_are_its_users_alone(self):
        execution, [invocation] = self.execute("echo out; echo err >&2; pwd; exit 3",
                                               workingDirectory=["/usr"])
        self.assertEqual(invocation["Status"], "FAILED", execution)
        self.assertIn("3", invocation["StatusDetails"])
        [out] = glob.glob(os.path.join(self.data, "output", "*", "*.stdout"))
        [err] = glob.glob(os.path.join(self.data, "output", "*", "*.stderr"))
        with open(out, encoding="utf-8") as file:
            self.assertEqual(file.read(), "out\n/usr\n")
        with open(err, encoding="utf-8") as file:
            self.assertEqual(file.read(), "err\n")
        for path in (out, err):
            self.assertEqual(os.stat(path).st_mode & 0o77, 0, path)


if __name__ == "__main__":
    cases.main()
