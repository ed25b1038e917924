"""What commands printed, through the aws command as it is, and how long it is kept."""

import contextlib
import os
import sqlite3

import cases
from daemon import (
    DaemonCase, Gate, add_task, await_end, await_that, create_window, invocations_of, open_window,
)


class CommandsTest(DaemonCase):
    def ran(self, daemon, commands):
        """(command id, execution) of a window that has run `commands`."""
        client = daemon.client()
        window = create_window(client)
        add_task(client, window, commands)
        execution = open_window(client, window)
        await_end(client, execution)
        return invocations_of(client, execution)[0]["ExecutionId"], execution

    def answer(self, daemon, *arguments):
        status, answer = daemon.aws(*arguments)
        self.assertEqual(status, 0, answer)
        return answer

    def get(self, daemon, command, node="local"):
        return self.answer(daemon, "get-command-invocation", "--command-id", command,
                           "--instance-id", node)

    def test_what_a_command_printed_is_shown_by_the_aws_command(self):
        daemon = self.start()
        command, _ = self.ran(daemon, ["echo patched", "echo warned >&2", "exit 3"])
        found = self.get(daemon, command)
        self.assertEqual(found["StandardOutputContent"], "patched\n")
        self.assertEqual(found["StandardErrorContent"], "warned\n")
        self.assertEqual((found["Status"], found["StatusDetails"]), ("Failed", "Failed"))
        self.assertEqual(found["ResponseCode"], 3)
        self.assertEqual(found["PluginName"], "aws:runShellScript")
        self.assertEqual(found["DocumentName"], "AWS-RunShellScript")
        self.assertRegex(found["ExecutionStartDateTime"], r"^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$")
        self.assertRegex(found["ExecutionElapsedTime"], r"^PT[\d.]+S$")

        [row] = self.answer(daemon, "list-command-invocations", "--details",
                            "--command-id", command)["CommandInvocations"]
        self.assertEqual((row["InstanceId"], row["Status"]), ("local", "Failed"))
        [plugin] = row["CommandPlugins"]
        self.assertEqual(plugin["ResponseCode"], 3)
        self.assertEqual(plugin["Output"], "patched\n\n----------ERROR-------\nwarned\n")

        [row] = self.answer(daemon, "list-commands", "--filters",
                            "key=DocumentName,value=AWS-RunShellScript")["Commands"]
        self.assertEqual((row["CommandId"], row["Status"]), (command, "Failed"))
        self.assertEqual(row["InstanceIds"], ["local"])
        self.assertEqual((row["TargetCount"], row["ErrorCount"]), (1, 1))

    def test_output_is_shown_while_a_command_runs_and_after_a_restart_elsewhere(self):
        daemon = self.start()
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        add_task(client, window, ["echo first", gate.write("begin"), gate.wait(), "echo second"])
        execution = open_window(client, window)
        gate.await_word("begin")
        command = invocations_of(client, execution)[0]["ExecutionId"]

        def look():
            found = self.get(daemon, command)
            return found if found["StandardOutputContent"] else None

        found = await_that("it has printed", look)
        self.assertEqual(found["StandardOutputContent"], "first\n")
        self.assertEqual((found["Status"], found["ResponseCode"]), ("InProgress", -1))
        gate.open()
        await_end(client, execution)
        self.assertEqual(daemon.end(), 0)
        moved = os.path.join(self.folder, "moved")
        os.rename(self.data, moved)
        daemon = self.start(data=moved)
        self.assertEqual(self.get(daemon, command)["StandardOutputContent"], "first\nsecond\n")

    def test_what_is_no_command_or_no_node_of_it_is_an_error_of_the_api(self):
        daemon = self.start()
        command, _ = self.ran(daemon, ["true"])
        client = daemon.client()
        get = client.get_command_invocation
        self.assert_error("InvocationDoesNotExist", 400, get, CommandId=command, InstanceId="i-1")
        self.assert_error("InvocationDoesNotExist", 400, get,
                          CommandId="00000000-0000-4000-8000-000000000000", InstanceId="local")
        self.assert_error("InvalidCommandId", 400, get, CommandId="x" * 36, InstanceId="local")
        self.assert_error("InvalidPluginName", 400, get, CommandId=command, InstanceId="local",
                          PluginName="aws:other")
        self.assert_error("InvalidFilterKey", 400, client.list_command_invocations,
                          Filters=[{"key": "ExecutionStage", "value": "Complete"}])

    def test_what_is_older_than_the_option_says_goes_with_its_output(self):
        daemon = self.start()
        command, execution = self.ran(daemon, ["echo old"])
        self.assertEqual(daemon.end(), 0)
        with contextlib.closing(sqlite3.connect(os.path.join(self.data, "lull.db"))) as store:
            two_days = 2 * 24 * 3600 * 1000000
            store.execute("UPDATE executions SET start_at = start_at - ?, "
                          "started_at = started_at - ?, ended_at = ended_at - ?", (two_days,) * 3)
            store.commit()

        def folders():
            return [name for name in os.listdir(os.path.join(self.data, "output")) if name.isdigit()]

        for days in ("3", "0"):
            daemon = self.start("--history-days", days)
            self.assertEqual(self.get(daemon, command)["StandardOutputContent"], "old\n")
            self.assertEqual(daemon.end(), 0)
            self.assertEqual(len(folders()), 1)
        daemon = self.start("--history-days", "1")
        await_that("the output is removed", lambda: not folders())
        client = daemon.client()
        self.assert_error("DoesNotExistException", 400, client.get_maintenance_window_execution,
                          WindowExecutionId=execution)
        self.assertEqual(self.answer(daemon, "list-commands")["Commands"], [])


if __name__ == "__main__":
    cases.main()
