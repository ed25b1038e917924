"""Starts and ends of the daemon: asked to, killed, refused."""

import os
import signal
import subprocess
import urllib.error
import urllib.request

import cases
from daemon import (
    LULL, PATIENCE_SECONDS, DaemonCase, Gate, add_task, await_end, await_that, create_window,
    invocations_of, open_window, shims_below, statuses_of,
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
        with opener.open(daemon.url + path, timeout=PATIENCE_SECONDS) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class StartTest(DaemonCase):
    def refused(self, *options, data=None, listen="127.0.0.1:0"):
        """What a start that must fail says."""
        done = subprocess.run(
            [LULL, "serve", "--data-dir", data or self.data, "--listen", listen, *options],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL,
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
        done = subprocess.run(nodes, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        self.assertEqual(done.returncode, 7, done)
        self.assertIn("can't read the nodes", done.stderr)
        serve = closed("2>", "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0")
        with subprocess.Popen(serve, stdin=subprocess.DEVNULL) as process:
            self.addCleanup(process.kill)
            await_that("it listens", lambda: "address" in os.listdir(self.data))
            process.terminate()
            self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
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
            done = subprocess.run([LULL, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
            self.assertEqual(done.returncode, 0, done)
            self.assertIn(text, done.stdout)

    def test_an_unknown_command_is_named(self):
        done = subprocess.run([LULL, "bogus"], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
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
        daemon = self.start("--drain-seconds", "100")
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
        daemon = self.start("--drain-seconds", "100")
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

    def test_stopped_at_once_what_is_in_flight_goes_on_and_the_next_start_takes_it_over(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        self.assertEqual(daemon.end(), 0, daemon.log)
        self.assertIn("what is in flight goes on", daemon.log)
        client = self.start().client()
        self.assertEqual(statuses_of(client, execution), ["IN_PROGRESS", "PENDING"])
        gate.open()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "SUCCESS"])
        self.assertEqual(gate.words(), ["begin", "end", "queued0"])

    def test_a_second_signal_ends_the_wait_and_not_what_is_waited_for(self):
        daemon = self.start("--drain-seconds", "1000")
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        # Two descendants of a command, one of which doesn't heed TERM.
        add_task(client, window, [
            "sleep 1000 & " + gate.write("$!"),
            "(trap '' TERM; while :; do sleep 1000; done) & " + gate.write("$!"),
            "wait",
        ])
        execution = open_window(client, window)
        descendants = await_that("both run", lambda: gate.words() * (len(gate.words()) == 2))
        daemon.send(signal.SIGTERM)
        while probe(daemon, "/readyz") == 200:
            self.assertIsNone(daemon.process.poll())
        # Long before the thousand seconds have passed: else this gives up.
        self.assertEqual(daemon.end(signal.SIGINT), 128 + signal.SIGINT)
        self.assertTrue(all(is_alive(process) for process in descendants))
        # A stop of what was taken over ends all of it.
        client = self.start().client()
        self.cancel(execution, "stop")
        self.assertEqual(await_end(client, execution)["Status"], "CANCELLED")
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["StatusDetails"], "Stopped on request.")
        self.assertFalse(any(is_alive(process) for process in descendants))

    def cancel(self, execution, policy):
        subprocess.run(
            [LULL, "cancel", execution, "--data-dir", self.data, "--policy", policy],
            check=True, capture_output=True, timeout=PATIENCE_SECONDS,
        )

    def test_one_that_another_has_taken_over_from_ends(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        os.remove(os.path.join(self.data, "lull.db-lock"))  # an operator's mistake
        client = self.start().client()
        gate.open()  # both see it end; what the first one has to report now can't be stored
        self.assertEqual(daemon.await_exit(), 2, daemon.log)
        self.assertIn("another engine has taken over this store: this one stops", daemon.log)
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "SUCCESS"])
        self.assertEqual(gate.words(), ["begin", "end", "queued0"])

    def test_killed_and_started_again_nothing_is_lost_and_nothing_runs_twice(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate, queued=3)
        self.assertEqual(daemon.end(signal.SIGKILL), -signal.SIGKILL)
        self.assertEqual(gate.words(), ["begin"])
        client = self.start().client()
        gate.open()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS"] * 4)
        self.assertEqual(gate.words(), ["begin", "end", "queued0", "queued1", "queued2"])

    def test_what_ends_while_the_daemon_is_down_has_its_outcome_and_output(self):
        daemon = self.start()
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        add_task(client, window, [gate.write("begin"), gate.wait(), "echo patched", "exit 3"])
        execution = open_window(client, window)
        gate.await_word("begin")
        self.assertEqual(daemon.end(signal.SIGKILL), -signal.SIGKILL)
        gate.open()
        await_that("it has ended", lambda: not shims_below(self.folder))
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "FAILED")
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["StatusDetails"], "Failed: exit status 3")
        found = client.get_command_invocation(
            CommandId=invocation["ExecutionId"], InstanceId="local"
        )
        self.assertEqual(found["StandardOutputContent"], "patched\n")
        self.assertEqual(found["ResponseCode"], 3)

    def test_killed_with_fifty_in_flight_and_fifty_queued_each_runs_once(self):
        many = ("--max-tasks-per-window", "200")
        daemon = self.start(*many)
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        for index in range(50):
            add_task(client, window, [gate.write("begin%d" % index), gate.wait()], priority=1)
            add_task(client, window, [gate.write("queued%d" % index)], priority=2)
        execution = open_window(client, window)
        await_that("fifty are in flight", lambda: len(gate.words()) == 50)
        self.assertEqual(daemon.end(signal.SIGKILL), -signal.SIGKILL)
        client = self.start(*many).client()
        gate.open()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        words = ["begin%d" % i for i in range(50)] + ["queued%d" % i for i in range(50)]
        self.assertEqual(sorted(gate.words()), sorted(words))

    def test_when_its_shim_was_killed_too_the_outcome_is_unknown(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.window_in_flight(daemon.client(), gate)
        self.assertEqual(daemon.end(signal.SIGKILL), -signal.SIGKILL)
        [shim] = shims_below(self.folder)
        os.kill(shim, signal.SIGKILL)
        await_that("it is gone", lambda: not is_alive(str(shim)))
        gate.open()
        client = self.start().client()
        self.assertEqual(await_end(client, execution)["Status"], "FAILED")
        self.assertEqual(statuses_of(client, execution), ["FAILED", "SUCCESS"])
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["StatusDetails"], LOST)
        self.assertEqual(gate.words(), ["begin", "queued0"])

    def test_cancelled_and_killed_at_once_it_stays_cancelled(self):
        daemon = self.start()
        gate = Gate(self.folder)
        client = daemon.client()
        execution = self.window_in_flight(client, gate)
        client.cancel_maintenance_window_execution(WindowExecutionId=execution)
        daemon.end(signal.SIGKILL)
        client = self.start().client()
        gate.open()
        self.assertEqual(await_end(client, execution)["Status"], "CANCELLED")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "CANCELLED"])
        self.assertEqual(gate.words(), ["begin", "end"])


if __name__ == "__main__":
    cases.main()
