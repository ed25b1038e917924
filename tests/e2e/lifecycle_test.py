"""Starts and ends of the daemon: asked to, killed, refused."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import cases
from daemon import (
    LULL, DaemonCase, Gate, add_task, await_end, await_that, create_window, invocations_of,
    open_window, statuses_of,
)

LOST = "The engine restarted while this invocation was running; its outcome is unknown."


def is_alive(process):
    """Whether a process, by its id as text, runs: one that nobody reaps does not."""
    try:
        with open("/proc/%s/stat" % process, encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def probe(daemon, path):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(daemon.url + path, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class StartTest(DaemonCase):
    def refused(self, *options, data=None, listen="127.0.0.1:0"):
        """What a start that must fail says."""
        done = subprocess.run(
            [LULL, "serve", "--data-dir", data or self.data, "--listen", listen, *options],
            capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL,
        )
        self.assertEqual(done.returncode, 2, done)
        return done.stderr

    def test_what_is_stored_is_its_users_alone_and_probes_answer(self):
        os.umask(0)
        daemon = self.start()
        self.assertEqual(os.stat(self.data).st_mode & 0o7777, 0o700)
        for name in os.listdir(self.data):
            mode = os.stat(os.path.join(self.data, name)).st_mode & 0o777
            self.assertIn(mode, (0o600, 0o700), name)
        self.assertIn("credentials", os.listdir(self.data))
        self.assertEqual(probe(daemon, "/healthz"), 200)
        self.assertEqual(probe(daemon, "/readyz"), 200)
        self.assertEqual(probe(daemon, "/"), 405)
        secret = daemon.credentials()[1]
        daemon.client().describe_maintenance_windows()
        self.assertEqual(daemon.end(), 0)
        self.assertIn("op=DescribeMaintenanceWindows", daemon.log)
        self.assertNotIn(secret, daemon.log)

    def test_the_key_and_the_windows_are_the_same_after_a_restart(self):
        daemon = self.start()
        window = create_window(daemon.client())
        credentials = daemon.credentials()
        self.assertEqual(daemon.end(), 0)
        daemon = self.start()
        self.assertEqual(daemon.credentials(), credentials)
        found = daemon.client().get_maintenance_window(WindowId=window)
        self.assertEqual(found["WindowId"], window)

    def test_a_second_one_on_the_same_data_is_refused(self):
        daemon = self.start()
        self.assertIn("another engine (process %d)" % daemon.process.pid, self.refused())
        daemon.client().describe_maintenance_windows()

    def test_a_stream_that_is_closed_does_not_become_a_file_of_the_folder(self):
        def closed(stream, *arguments):
            return ["sh", "-c", 'exec "$0" "$@" %s&-' % stream, LULL, *arguments]

        nodes = closed("<", "nodes", "import", "--data-dir", self.data)
        done = subprocess.run(nodes, capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 7, done)
        self.assertIn("can't read the nodes", done.stderr)
        serve = closed("2>", "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0")
        with subprocess.Popen(serve, stdin=subprocess.DEVNULL) as process:
            self.addCleanup(process.kill)
            await_that("it listens", lambda: "address" in os.listdir(self.data))
            process.terminate()
            self.assertEqual(process.wait(20), 0)
        with open(os.path.join(self.data, "lull.db-lock"), encoding="utf-8") as file:
            self.assertEqual(file.read().strip(), str(process.pid))

    def test_a_folder_that_others_can_enter_is_refused(self):
        os.mkdir(self.data)
        os.chmod(self.data, 0o750)
        text = self.refused()
        self.assertIn("has mode 0750", text)
        self.assertIn("chmod 0700", text)

    def test_listening_beyond_loopback_must_be_asked_for(self):
        self.assertIn("--allow-plain-http-beyond-loopback",
                      self.refused(listen="0.0.0.0:0"))

    def test_wrong_options_are_refused(self):
        self.assertIn("127.0.0.1:8750", self.refused(listen="nowhere"))
        self.refused("--log-level", "loud")
        for region in ("", "us east", "US-EAST-1"):
            self.assertIn("as us-east-1", self.refused("--region", region))
        self.refused("--drain-seconds", "-1")
        self.assertIn("in first", self.refused(data=os.path.join(self.data, "a", "b")))

    def test_the_command_explains_itself(self):
        for arguments, text in ((["--help"], "serve"), (["serve", "--help"], "--data-dir"),
                                (["version"], "schema")):
            done = subprocess.run([LULL, *arguments], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 0, done)
            self.assertIn(text, done.stdout)

    def test_an_unknown_command_is_named(self):
        done = subprocess.run([LULL, "bogus"], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn('option: bogus', done.stderr)


class StopTest(DaemonCase):
    def window_in_flight(self, client, gate, queued=1):
        window = create_window(client)
        add_task(client, window, [gate.write("begin"), gate.wait(), gate.write("end")], priority=1)
        for index in range(queued):
            add_task(client, window, [gate.write("queued%d" % index)], priority=2 + index)
        execution = open_window(client, window)
        gate.await_word("begin")
        return execution

    def test_asked_to_stop_it_drains_and_goes_on_with_what_was_queued_when_started_again(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        daemon.send(signal.SIGTERM)
        # Reads are answered while it drains.
        while probe(daemon, "/readyz") == 200:
            self.assertIsNone(daemon.process.poll())
        self.assertEqual(statuses_of(daemon.client(), execution), ["IN_PROGRESS", "PENDING"])
        gate.open()
        self.assertEqual(daemon.await_exit(), 0, daemon.log)
        self.assertEqual(gate.words(), ["begin", "end"])
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "SUCCESS"])
        self.assertEqual(gate.words(), ["begin", "end", "queued0"])

    def test_a_hangup_is_a_stop_when_there_is_nothing_to_read_again(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        daemon.send(signal.SIGHUP)
        while probe(daemon, "/readyz") == 200:
            self.assertIsNone(daemon.process.poll())
        gate.open()
        self.assertEqual(daemon.await_exit(), 0, daemon.log)
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(gate.words(), ["begin", "end", "queued0"])

    def test_a_hangup_that_nohup_keeps_away_is_none(self):
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_IGN))
        daemon = self.start()
        daemon.send(signal.SIGHUP)
        daemon.client().describe_maintenance_windows()
        self.assertEqual(daemon.end(), 0)
        self.assertIn("stopping signal=15", daemon.log)

    def test_what_outlasts_the_drain_is_killed_and_that_is_stored(self):
        daemon = self.start("--drain-seconds", "0")
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        self.assertEqual(daemon.end(), 0, daemon.log)
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "FAILED")
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertNotEqual(invocation["StatusDetails"], LOST)
        self.assertEqual(gate.words(), ["begin", "queued0"])

    def test_a_second_signal_ends_it_at_once(self):
        daemon = self.start()
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        # Two descendants of a command, one of which doesn't heed TERM.
        add_task(client, window, [
            "sleep 1000 & " + gate.write("$!"),
            "(trap '' TERM; while :; do sleep 1000; done) & " + gate.write("$!"),
            "wait",
        ])
        open_window(client, window)
        descendants = await_that("both run", lambda: gate.words() * (len(gate.words()) == 2))
        daemon.send(signal.SIGTERM)
        while probe(daemon, "/readyz") == 200:
            self.assertIsNone(daemon.process.poll())
        self.assertTrue(all(is_alive(process) for process in descendants))
        began = time.monotonic()
        self.assertEqual(daemon.end(signal.SIGINT), 128 + signal.SIGINT)
        self.assertLess(time.monotonic() - began, 5)
        for process in descendants:
            await_that("%s is killed" % process, lambda: not is_alive(process))

    def test_one_that_another_has_taken_over_from_ends(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        os.remove(os.path.join(self.data, "lull.db-lock"))  # an operator's mistake
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "FAILED")
        self.assertEqual(gate.words(), ["begin", "queued0"])
        gate.open()  # what the first one has to report now can't be stored
        self.assertEqual(daemon.await_exit(), 2, daemon.log)
        self.assertIn("another engine has taken over this store: this one stops", daemon.log)
        self.assertEqual(statuses_of(client, execution), ["FAILED", "SUCCESS"])
        self.assertEqual(gate.words(), ["begin", "queued0", "end"])

    def test_killed_and_started_again_nothing_is_lost_and_nothing_runs_twice(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate, queued=3)
        self.assertEqual(daemon.end(signal.SIGKILL), -signal.SIGKILL)
        gate.open()
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "FAILED")
        self.assertEqual(
            statuses_of(client, execution), ["FAILED", "SUCCESS", "SUCCESS", "SUCCESS"]
        )
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["StatusDetails"], LOST)
        self.assertEqual(gate.words(), ["begin", "queued0", "queued1", "queued2"])

    def test_cancelled_and_killed_at_once_it_stays_cancelled(self):
        daemon = self.start()
        gate = Gate(self.folder)
        client = daemon.client()
        execution = self.window_in_flight(client, gate)
        client.cancel_maintenance_window_execution(WindowExecutionId=execution)
        daemon.end(signal.SIGKILL)
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "CANCELLED")
        self.assertEqual(statuses_of(client, execution)[1], "CANCELLED")
        self.assertEqual(gate.words(), ["begin"])


if __name__ == "__main__":
    cases.main()
