"""The audit log, with the real command and real clients."""

import configparser
import json
import re
import signal
import subprocess

import botocore.exceptions

import cases
from daemon import LULL, PATIENCE_SECONDS, DaemonCase, add_task, await_that, create_window

SOURCE = re.compile(r"127\.0\.0\.1:\d+")


class AuditTest(DaemonCase):
    def audit(self, *arguments):
        """(exit status, stdout, stderr) of `lull audit`."""
        done = subprocess.run(
            [LULL, "audit", "--data-dir", self.data, *arguments],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout, done.stderr

    def lines(self, *arguments):
        status, out, err = self.audit("--json", *arguments)
        self.assertEqual((status, err), (0, ""))
        return [json.loads(line) for line in out.splitlines()]

    def viewer(self):
        out = subprocess.run(
            [LULL, "keys", "create", "--data-dir", self.data, "--role", "viewer", "--name", "eve"],
            check=True, capture_output=True, text=True,
        ).stdout
        parser = configparser.ConfigParser()
        parser.read_string(out)
        return parser["eve"]["aws_access_key_id"], parser["eve"]["aws_secret_access_key"]

    def test_says_who_changed_what_beside_the_daemon_and_after_a_kill(self):
        daemon = self.start()
        client = daemon.client()
        window = create_window(client, name="nightly")
        add_task(client, window, ["echo hunter2"])
        daemon.end(signal.SIGKILL)  # what was answered is stored
        created, registered = self.lines()
        self.assertEqual(created["Operation"], "CreateMaintenanceWindow")
        self.assertEqual(created["Resources"], window)
        self.assertEqual(created["Principal"], daemon.credentials()[0])
        self.assertRegex(created["Source"], SOURCE)
        self.assertIn('Name="nightly"', created["Summary"])
        self.assertNotIn("Error", created)
        self.assertEqual(registered["Operation"], "RegisterTaskWithMaintenanceWindow")
        self.assertNotIn("hunter2", json.dumps(registered))
        self.start()
        status, table, _ = self.audit()
        self.assertEqual(status, 0)
        self.assertIn("CreateMaintenanceWindow", table)
        self.assertLess(table.index("Create"), table.index("Register"))  # newest last

    def test_keeps_refused_attempts_and_forgets_forged_ones(self):
        daemon = self.start()
        viewer = self.viewer()
        self.assert_error(
            "AccessDeniedException", 400, daemon.client(pair=viewer).delete_maintenance_window,
            WindowId="mw-0123456789abcdef0",
        )
        self.assert_error(
            "DoesNotExistException", 400, daemon.client().update_maintenance_window,
            WindowId="mw-0123456789abcdef0", Name="other",
        )
        with self.assertRaises(botocore.exceptions.ClientError):
            create_window(daemon.client(secret="wrong" * 8))
        denied, failed = await_that(
            "both are kept", lambda: (lambda lines: lines if len(lines) == 2 else None)(self.lines())
        )
        self.assertEqual(denied["Principal"], viewer[0])
        self.assertEqual(denied["Error"], "AccessDeniedException")
        self.assertEqual(failed["Error"], "DoesNotExistException")
        self.assertEqual(failed["Resources"], "mw-0123456789abcdef0")

    def test_an_id_that_was_refused_forges_no_line(self):
        client = self.start().client()
        self.assert_error(
            "ValidationException", 400, client.update_maintenance_window,
            WindowId="mw-1\n2026-11-23T00:00:00Z  AKIAFORGED\x1b[2J\u009b2J", Name="other",
        )
        await_that("it is kept", self.lines)
        table = self.audit()[1]
        self.assertEqual(len(table.split("\n")), 3, table)  # the heading, it, and what ends it
        self.assertNotIn("\x1b", table)
        self.assertNotIn("\x9b", table)

    def test_prints_the_newest_of_a_time(self):
        daemon = self.start()
        for name in ("one", "two", "six"):
            create_window(daemon.client(), name=name)
        lines = self.lines("--limit", "2")
        self.assertEqual([line["Seq"] for line in lines], [2, 3])
        since = self.lines("--since", lines[1]["Time"])
        self.assertEqual(since[-1]["Seq"], 3)
        self.assertEqual(self.lines("--since", "2999-01-01T00:00:00Z"), [])
        self.assertEqual(self.audit("--since", "2999-01-01T00:00:00Z")[1],
                         "The audit log has no such line.\n")

    def test_refuses_what_is_wrong(self):
        self.start()
        for arguments, text in (
            (("--since", "yesterday"), "--since was \"yesterday\""),
            (("--limit", "0"), "--limit was 0"),
            (("--limit", "many"), "--limit"),
        ):
            status, _, err = self.audit(*arguments)
            self.assertEqual(status, 2, err)
            self.assertIn(text, err)


if __name__ == "__main__":
    cases.main()
