"""Keys of several roles, with the real command and real clients."""

import configparser
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest

import botocore.exceptions

import cases
from daemon import (
    AWS, LULL, PATIENCE_SECONDS, DaemonCase, add_task, await_that, create_window, open_window,
)

UNRECOGNIZED = "The security token included in the request is invalid."


def lull(*arguments, environment=None):
    """(exit status, stdout, stderr)"""
    done = subprocess.run(
        [LULL, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    return done.returncode, done.stdout, done.stderr


class KeysCase(DaemonCase):
    def create(self, role, name):
        """(key id, secret) of a new key, whose profile is left in a file of its name."""
        status, out, err = lull("keys", "create", "--data-dir", self.data, "--role", role,
                                "--name", name)
        self.assertEqual((status, err), (0, ""))
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(out)
        os.chmod(path, 0o600)
        parser = configparser.ConfigParser()
        parser.read_string(out)
        return parser[name]["aws_access_key_id"], parser[name]["aws_secret_access_key"]

    def aws_as(self, daemon, name, *arguments):
        """(exit status, output) of the aws command with the profile `name`."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment.update(
            AWS_SHARED_CREDENTIALS_FILE=os.path.join(self.folder, name), AWS_PROFILE=name,
            AWS_EC2_METADATA_DISABLED="true", AWS_MAX_ATTEMPTS="1",
        )
        done = subprocess.run(
            [AWS, "--region", "us-east-1", "--endpoint-url", daemon.url, "--output", "json", "ssm",
             *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )
        return done.returncode, done.stdout + done.stderr


class RolesTest(KeysCase):
    @unittest.skipUnless(os.access(AWS, os.X_OK), "no aws command")
    def test_a_viewer_reads_and_is_denied_the_rest(self):
        daemon = self.start("--account-id", "123456789012")
        self.create("viewer", "grafana")
        status, out = self.aws_as(daemon, "grafana", "describe-maintenance-windows")
        self.assertEqual(status, 0, out)
        self.assertEqual(json.loads(out), {"WindowIdentities": []})
        status, out = self.aws_as(
            daemon, "grafana", "create-maintenance-window", "--name", "nightly",
            "--schedule", "rate(1 day)", "--duration", "2", "--cutoff", "1",
            "--allow-unassociated-targets",
        )
        self.assertNotEqual(status, 0)
        self.assertIn("(AccessDeniedException)", out)
        self.assertIn(
            ": User: arn:aws:iam::123456789012:user/grafana is not authorized to perform: "
            "ssm:CreateMaintenanceWindow on resource: arn:aws:ssm:us-east-1:123456789012:*\n", out,
        )
        status, out, err = lull(
            "skip", "mw-00000000000000000", "--endpoint", daemon.url,
            environment={"AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.folder, "grafana"),
                         "AWS_PROFILE": "grafana"},
        )
        self.assertEqual((status, out), (6, ""), err)
        self.assertIn("perform: lull:SkipNextExecution on", err)

    def test_an_operator_cancels_what_it_may_not_define(self):
        daemon = self.start()
        pair = self.create("operator", "on-call")
        operator = daemon.client(pair=pair)
        window = create_window(daemon.client())
        add_task(daemon.client(), window, ["sleep 30"])
        execution = open_window(daemon.client(), window)
        operator.cancel_maintenance_window_execution(WindowExecutionId=execution)
        found = operator.get_maintenance_window_execution(WindowExecutionId=execution)
        self.assertIn(found["Status"], ("CANCELLING", "CANCELLED"))
        self.assertIn("Cancelled by %s at" % pair[0], found["StatusDetails"])
        self.assert_error("AccessDeniedException", 400, operator.delete_maintenance_window,
                          WindowId=window)

    def test_disabling_takes_effect_at_once_and_outlives_a_restart(self):
        daemon = self.start()
        key_id, secret = self.create("viewer", "grafana")
        first_id, _ = daemon.credentials()
        for pair in ((key_id, secret), daemon.credentials()):
            client = daemon.client(pair=pair)
            client.describe_maintenance_windows()
            self.assertEqual(lull("keys", "disable", pair[0], "--data-dir", self.data)[0], 0)
            text = self.assert_error("UnrecognizedClientException", 400,
                                     client.describe_maintenance_windows)
            self.assertEqual(text, UNRECOGNIZED)
        self.assertEqual(daemon.end(), 0)
        daemon = self.start()
        self.assert_error("UnrecognizedClientException", 400,
                          daemon.client().describe_maintenance_windows)
        self.assertEqual(lull("keys", "enable", first_id, "--data-dir", self.data)[0], 0)
        daemon.client().describe_maintenance_windows()
        status, out, _ = lull("keys", "list", "--data-dir", self.data, "--json")
        self.assertEqual((status, [row["State"] for row in json.loads(out)]),
                         (0, ["enabled", "disabled"]))
        self.assertNotIn(secret, daemon.log + out)

    def test_a_damaged_file_lets_nobody_in_and_the_log_says_why(self):
        daemon = self.start()
        self.create("viewer", "grafana")
        path = os.path.join(self.data, "keys")
        with open(path, "r+", encoding="utf-8") as file:
            whole = file.read()
            file.truncate(len(whole) - 5)
        text = self.assert_error("InternalServerError", 500,
                                 daemon.client().describe_maintenance_windows)
        self.assertNotIn(self.data, text)
        await_that("the log has the cause", lambda: path + " is damaged" in daemon.log)
        with open(path, "w", encoding="utf-8") as file:
            file.write(whole)
        daemon.client().describe_maintenance_windows()
        self.assertEqual(daemon.end(), 0)
        with open(path, "w", encoding="utf-8") as file:
            file.write("x\n")
        status, _, err = lull("serve", "--data-dir", self.data, "--listen", "127.0.0.1:0")
        self.assertEqual(status, 2, err)
        self.assertIn(path + " is damaged: line 1", err)

    def test_a_create_that_is_killed_leaves_a_file_that_can_be_read(self):
        daemon = self.start()
        began = time.monotonic()
        self.create("viewer", "before")
        whole = time.monotonic() - began  # of a create that nobody kills, here and now
        generator = random.Random(20)
        acknowledged = []
        command = [LULL, "keys", "create", "--data-dir", self.data, "--role", "viewer"]
        for _ in range(40):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            try:
                process.wait(generator.uniform(0.001, 1.5 * whole))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            out = process.communicate()[0]
            acknowledged += re.findall(r"^aws_secret_access_key = (\S{40})$", out, re.MULTILINE)
            self.assertEqual(lull("keys", "list", "--data-dir", self.data)[0], 0)
        with open(os.path.join(self.data, "keys"), encoding="utf-8") as file:
            stored = file.read()
        for secret in acknowledged:
            self.assertIn(secret, stored)
        self.create("viewer", "after")
        litter = [name for name in os.listdir(self.data) if name.endswith(".tmp")]
        self.assertEqual(litter, [])
        daemon.client().describe_maintenance_windows()


class ThrottleTest(KeysCase):
    def test_each_key_has_a_rate_of_its_own(self):
        daemon = self.start("--requests-per-second", "1", "--burst", "5")
        pair = self.create("viewer", "grafana")
        client = daemon.client()
        refused = 0
        for _ in range(30):
            try:
                client.describe_maintenance_windows()
            except botocore.exceptions.ClientError as error:
                self.assertEqual(error.response["Error"],
                                 {"Code": "ThrottlingException", "Message": "Rate exceeded"})
                refused += 1
        self.assertGreater(refused, 0)
        daemon.client(pair=pair).describe_maintenance_windows()

    def test_options_that_are_wrong_are_refused(self):
        for options in (("--burst", "5"), ("--requests-per-second", "0"),
                        ("--requests-per-second", "1000001"), ("--account-id", "12345"),
                        ("--account-id", "12345678901x")):
            status, _, err = lull("serve", "--data-dir", self.data, *options)
            self.assertEqual(status, 2, options)
            self.assertIn(options[0], err)
        self.assertFalse(os.path.exists(self.data))


class VerbsTest(KeysCase):
    def test_status_tells_what_is_open_beside_the_daemon_and_without_it(self):
        daemon = self.start()
        status, out, _ = lull("status", "--data-dir", self.data)
        self.assertEqual((status, out),
                         (0, "No window is open.\nnext: nothing opens in the next 366 days\n"))
        window = create_window(daemon.client(), "nightly")
        add_task(daemon.client(), window, ["sleep 30"], nodes=("local", "elsewhere"))
        execution = open_window(daemon.client(), window)

        def look():
            found = json.loads(lull("status", "--data-dir", self.data, "--json")[1])["Open"]
            return found if found and found[0]["Invocations"]["InFlight"] == 1 else None

        row = await_that("it is in flight", look)[0]
        self.assertEqual((row["WindowId"], row["WindowExecutionId"], row["Status"]),
                         (window, execution, "IN_PROGRESS"))
        self.assertEqual(row["Invocations"], {"Done": 0, "Failed": 0, "InFlight": 1, "Queued": 1})
        daemon.end(signal.SIGKILL)
        status, out, _ = lull("status", "--data-dir", self.data)
        self.assertEqual(status, 0)
        self.assertIn("nightly  %s  IN_PROGRESS" % execution, out)

    def test_without_a_daemon_verbs_say_how_to_start_one(self):
        daemon = self.start()
        address = os.path.join(self.data, "address")
        with open(address, encoding="utf-8") as file:
            self.assertEqual(file.read(), daemon.url + " us-east-1\n")
        self.assertEqual(os.stat(address).st_mode & 0o7777, 0o600)
        daemon.end(signal.SIGKILL)
        skip = ("skip", "mw-00000000000000000", "--data-dir", self.data)
        status, out, err = lull(*skip)
        self.assertEqual((status, out), (1, ""))
        self.assertIn(address, err)
        self.assertIn("lull serve --data-dir " + self.data, err)
        self.assertEqual(self.start().end(), 0)
        self.assertFalse(os.path.exists(address))
        status, _, err = lull(*skip)
        self.assertEqual(status, 1)
        self.assertIn("lull serve --data-dir " + self.data, err)

    def test_what_the_server_refuses_has_the_exit_status_of_its_kind(self):
        daemon = self.start()
        status, out, err = lull("cancel", "no-execution", "--data-dir", self.data,
                                "--reason", "x" * 200)
        self.assertNotEqual(status, 0)
        self.assertEqual(out, "")
        self.assertEqual(len(err.splitlines()), 1, err)
        first, _ = daemon.credentials()
        lull("keys", "disable", first, "--data-dir", self.data)
        status, _, err = lull("cancel", "no-execution", "--data-dir", self.data)
        self.assertEqual((status, err), (6, "lull: %s\n" % UNRECOGNIZED))

    def test_help_has_examples(self):
        for verb in ("start", "cancel", "drain", "resume", "skip", "status", "keys"):
            status, out, _ = lull(verb, "--help")
            self.assertEqual(status, 0)
            self.assertIn("Examples:\n  lull " + verb, out)
        status, _, err = lull("start", "mw-00000000000000000")
        self.assertEqual(status, 2)
        self.assertIn("--data-dir", err)


if __name__ == "__main__":
    cases.main()
