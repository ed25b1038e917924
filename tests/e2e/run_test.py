"""`lull run` and `lull watch`, on a terminal and elsewhere."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import textwrap
import time

import cases
from daemon import (
    LULL, PATIENCE_SECONDS, DaemonCase, Gate, add_task, await_end, await_that, create_window,
    statuses_of,
)

CTRL_C = b"\x03"
ESCAPES = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")
EXECUTION = re.compile(r"Execution ([0-9a-f-]{36})")


class Terminal:
    """A command under a terminal of its own."""

    def __init__(self, *arguments, columns=100, environment):
        self.text = ""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
            os.execve(LULL, [LULL, *arguments], environment)
        self.status = None

    def _read(self, seconds):
        """False once all was read."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self._fd, 65536)
        except OSError:  # its other end is closed
            return False
        self.text += piece.decode()
        return bool(piece)

    @property
    def plain(self):
        return ESCAPES.sub("", self.text)

    def await_text(self, pattern, since=0):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not re.search(pattern, self.plain[since:]):
            if time.monotonic() > deadline or not self._read(0.1):
                raise AssertionError("there is no %r in %s" % (pattern, self.plain))

    def press(self, keys):
        os.write(self._fd, keys)

    def await_exit(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read(0.1):
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError("it does not end: " + self.plain)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._fd)
        return self.status

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self._fd)
            self.status = -signal.SIGKILL


class RunCase(DaemonCase):
    def setUp(self):
        super().setUp()
        self.temp = os.path.join(self.folder, "temp")
        os.mkdir(self.temp)
        self.environment = {
            "PATH": os.environ["PATH"],
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "TMPDIR": self.temp,
        }

    def file(self, text, name="run.yaml"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def tasks(self, *tasks):
        """A file of tasks, each (name, its commands, others)."""
        document = {"tasks": [
            {"name": name, "nodes": ["local"], "commands": commands, **others}
            for name, commands, others in tasks
        ]}
        return self.file(json.dumps(document))  # JSON is YAML

    def lull(self, *arguments, stdin=None):
        """(exit status, stdout, stderr)"""
        done = subprocess.run(
            [LULL, *arguments], env=self.environment, input=stdin, capture_output=True, text=True,
            stdin=None if stdin is not None else subprocess.DEVNULL, timeout=PATIENCE_SECONDS,
        )
        return done.returncode, done.stdout, done.stderr

    def terminal(self, *arguments, **options):
        terminal = Terminal(*arguments, environment=self.environment, **options)
        self.addCleanup(terminal.kill)
        return terminal


class RunTest(RunCase):
    def test_a_success_shows_its_output_and_a_table_and_leaves_nothing(self):
        path = self.tasks(("say-hello", ["echo hi", "echo there >&2"], {}))
        terminal = self.terminal("run", path)
        self.assertEqual(terminal.await_exit(), 0, terminal.plain)
        self.assertIn("\x1b[?7l", terminal.text, "it redraws in place")
        self.assertRegex(terminal.plain, r"\rhi\r\nthere\r\n")
        self.assertRegex(terminal.plain, r"say-hello  SUCCESS +1 +- +- +\d")
        self.assertRegex(terminal.plain, r"SUCCESS after \d")
        self.assertEqual(os.listdir(self.temp), [])

    def test_without_colours_when_it_is_asked_for_none(self):
        self.environment["NO_COLOR"] = "1"
        terminal = self.terminal("run", self.tasks(("say-hello", ["true"], {})))
        self.assertEqual(terminal.await_exit(), 0, terminal.plain)
        self.assertNotIn("m", [found[-1] for found in ESCAPES.findall(terminal.text)])

    def test_elsewhere_than_on_a_terminal_a_line_tells_each_change(self):
        status, out, err = self.lull("run", self.tasks(("say-hello", ["true"], {})))
        self.assertEqual((status, err), (0, ""), out)
        self.assertNotIn("\x1b", out)
        self.assertIn("say-hello: SUCCESS: 1 done\n", out)
        status, out, err = self.lull("run", "--json", self.tasks(("say-hello", ["true"], {})))
        self.assertEqual((status, err), (0, ""), out)
        last = json.loads(out.splitlines()[-1])
        self.assertEqual((last["Status"], last["Tasks"][0]["Succeeded"]), ("SUCCESS", 1))

    def test_a_failing_task_says_where_why_and_what_it_printed_last(self):
        lines = ["seq 1 50 >&2", "exit 3"]
        status, out, _ = self.lull("run", "--no-output", self.tasks(("patch", lines, {})))
        self.assertEqual(status, 10, out)
        self.assertRegex(out, r"patch on local: .*exit status 3\n    41\n(    \d+\n){8}    50\n")
        [kept] = os.listdir(self.temp)
        self.assertIn(os.path.join(self.temp, kept, "output"), out)
        self.assertEqual(os.stat(os.path.join(self.temp, kept)).st_mode & 0o777, 0o700)

    def test_an_invocation_that_takes_too_long_fails_the_run_and_says_so(self):
        path = self.tasks(("sleeper", ["exec sleep 600"], {"timeout_seconds": 1}))
        status, out, _ = self.lull("run", path)
        self.assertEqual(status, 10, out)
        self.assertRegex(out, r"sleeper on local: .*[Tt]ime")

    def test_tasks_run_in_the_order_of_the_file_or_of_their_priorities(self):
        diary = Gate(self.folder)
        path = self.tasks(
            ("late", [diary.write("late")], {"priority": 7}),
            ("last", [diary.write("last")], {}),
            ("early", [diary.write("early")], {"priority": 2}),
        )
        status, out, _ = self.lull("run", path)
        self.assertEqual(status, 0, out)
        self.assertEqual(diary.words(), ["early", "late", "last"])

    def test_ctrl_c_keeps_what_is_queued_from_starting_and_lets_what_is_in_flight_finish(self):
        gate = Gate(self.folder)
        path = self.tasks(
            ("first", [gate.write("begin"), gate.wait(), gate.write("end")], {}),
            ("second", [gate.write("never")], {}),
        )
        terminal = self.terminal("run", path)
        gate.await_word("begin")
        terminal.await_text("Ctrl-C cancels")
        terminal.press(CTRL_C)
        terminal.await_text("Ctrl-C again asks it to stop")
        terminal.await_text("CANCELLING")
        gate.open()
        self.assertEqual(terminal.await_exit(), 12, terminal.plain)
        self.assertEqual(gate.words(), ["begin", "end"])
        self.assertRegex(terminal.plain, r"second  CANCELLED +- +- +1")

    def test_sigterm_is_as_ctrl_c(self):
        gate = Gate(self.folder)
        path = self.tasks(("first", [gate.write("begin"), gate.wait()], {}))
        terminal = self.terminal("run", path)
        gate.await_word("begin")
        terminal.await_text("Ctrl-C cancels")
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.await_text("Ctrl-C again asks it to stop")
        gate.open()
        self.assertEqual(terminal.await_exit(), 12, terminal.plain)

    def test_ctrl_c_twice_stops_what_is_in_flight(self):
        gate = Gate(self.folder)
        path = self.tasks(("first", [gate.write("begin"), gate.wait(), gate.write("end")], {}))
        terminal = self.terminal("run", path)
        gate.await_word("begin")
        terminal.press(CTRL_C)
        terminal.await_text("Ctrl-C again asks it to stop")
        terminal.press(CTRL_C)
        self.assertEqual(terminal.await_exit(), 12, terminal.plain)
        self.assertEqual(gate.words(), ["begin"])

    def test_ctrl_c_three_times_leaves_at_once_and_says_how_to_go_on(self):
        daemon = self.start()
        gate = Gate(self.folder)
        lines = ["trap '' TERM", gate.write("begin"), gate.wait()]
        terminal = self.terminal("run", self.tasks(("first", lines, {})), "--data-dir", self.data)
        gate.await_word("begin")
        terminal.press(CTRL_C)
        terminal.await_text("Ctrl-C again asks it to stop")
        terminal.press(CTRL_C)
        terminal.await_text("Ctrl-C again leaves at once")
        terminal.press(CTRL_C)
        self.assertEqual(terminal.await_exit(), 1, terminal.plain)
        [execution] = re.findall(r"lull watch ([0-9a-f-]{36}) --data-dir", terminal.plain)
        gate.open()
        self.assertEqual(await_end(daemon.client(), execution)["Status"], "CANCELLED")

    def test_a_dry_run_says_what_would_run_where_and_changes_nothing(self):
        inventory = self.file("""\
            nodes:
              - {id: web-1, tags: {role: web}}
              - {id: web-2, tags: {role: web}}
              - {id: db-1, tags: {role: db}}
            """, "inventory.yaml")
        path = self.file("""\
            name: patch-web
            tasks:
              - name: patch
                commands: ['true']
                tags: {role: web}
                max_concurrency: 50%
              - name: report
                commands: ['true']
                nodes: [local, web-9]
            """)
        status, out, err = self.lull("run", path, "--dry-run", "--inventory", inventory)
        self.assertEqual((status, err), (0, ""), out)
        self.assertRegex(out, r"1 +patch +AWS-RunShellScript +2 +1 \(50%\) +0\n")
        self.assertIn("patch: web-1, web-2\n", out)
        self.assertIn("report: local, web-9; not known: web-9\n", out)
        self.assertEqual(os.listdir(self.temp), [])

        daemon = self.start("--inventory", inventory)
        status, other, _ = self.lull("run", path, "--dry-run", "--data-dir", self.data)
        self.assertEqual((status, other), (0, out))
        windows = daemon.client().describe_maintenance_windows()["WindowIdentities"]
        self.assertEqual(windows, [])
        status, out, _ = self.lull("run", path, "--dry-run")
        self.assertIn("patch: the nodes of tag:role=web\n", out)

    def test_a_wrong_file_is_told_with_its_line_and_nothing_runs(self):
        path = self.file("tasks:\n  - name: patch\n    comands: [a]\n")
        status, out, err = self.lull("run", path, "--data-dir", self.data)
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(
            err, "lull: %s: line 3: unknown key \"comands\" in tasks.1; did you mean commands?\n"
            % path)
        self.assertFalse(os.path.exists(self.data))
        status, _, err = self.lull("run", path + ".not")
        self.assertEqual(status, 2, err)

    def test_a_dash_is_standard_input(self):
        status, out, _ = self.lull("run", "-", stdin=json.dumps(
            {"tasks": [{"commands": "echo piped", "nodes": "local"}]}))
        self.assertEqual(status, 0, out)
        self.assertIn("piped\n", out)

    def test_a_running_daemon_runs_it_and_keeps_the_execution_but_not_the_window(self):
        daemon = self.start()
        path = self.tasks(("first", ["echo one"], {}), ("second", ["exit 1"], {}))
        status, out, err = self.lull("run", path, "--data-dir", self.data, "--output")
        self.assertEqual((status, err), (10, ""), out)
        self.assertIn("local first | one\n", out)
        client = daemon.client()
        self.assertEqual(client.describe_maintenance_windows()["WindowIdentities"], [])
        execution = EXECUTION.search(out).group(1)
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "FAILED"])
        self.assertTrue(os.path.isdir(self.data))
        status, _, err = self.lull("run", path, "--data-dir", self.data, "--inventory", path)
        self.assertEqual(status, 2, err)

    def test_without_a_daemon_a_data_folder_has_one_for_as_long_as_the_run_takes(self):
        path = self.tasks(("first", ["exit 1"], {}))
        status, out, err = self.lull("run", path, "--data-dir", self.data)
        self.assertEqual((status, err), (10, ""), out)
        self.assertFalse(os.path.exists(os.path.join(self.data, "address")))
        daemon = self.start()
        execution = EXECUTION.search(out).group(1)
        self.assertEqual(statuses_of(daemon.client(), execution), ["FAILED"])


class PageTest(RunCase):
    """What docs/run.md shows."""

    def setUp(self):
        super().setUp()
        with open("docs/run.md", encoding="utf-8") as page:
            self.page = page.read()
        self.files = re.findall(r"^```yaml\n(.*?)^```$", self.page, re.MULTILINE | re.DOTALL)

    def test_each_file_of_the_page_is_one_that_can_be_run(self):
        self.assertEqual(len(self.files), 3)
        for text in self.files:
            status, out, err = self.lull("run", "-", "--dry-run", stdin=text)
            self.assertEqual((status, err), (0, ""), text)
            self.assertTrue(out.startswith(re.search(r"name: (\S+)", text).group(1) + ": "))

    def test_the_first_file_runs_and_prints_what_the_page_says(self):
        [shown] = re.findall(r"^\$ lull run hello.yaml\n(.*?)^```$", self.page,
                             re.MULTILINE | re.DOTALL)
        terminal = self.terminal("run", self.file(self.files[0], "hello.yaml"))
        self.assertEqual(terminal.await_exit(), 0, terminal.plain)
        same = re.compile(r"\d\.\ds")
        seen = [same.sub("#", line) for line in terminal.plain.replace("\r", "\n").split("\n")]
        for line in shown.splitlines():
            self.assertIn(same.sub("#", line), seen)

    def test_an_error_is_told_as_the_page_says(self):
        [line] = re.findall(r"^lull: patch.yaml: (.*)$", self.page, re.MULTILINE)
        lines = self.files[1].replace("max_errors: 3  ", "max_errors: 101%")
        self.assertNotEqual(lines, self.files[1])
        status, _, err = self.lull("run", "-", stdin=lines)
        self.assertEqual((status, err), (2, "lull: standard input: %s\n" % line))


class WatchTest(RunCase):
    def begin(self, daemon, gate):
        """An execution in flight."""
        client = daemon.client()
        window = create_window(client)
        add_task(client, window, [gate.write("begin"), gate.wait()])
        status, out, err = self.lull("start", window, "--data-dir", self.data, "--json")
        self.assertEqual(status, 0, err)
        gate.await_word("begin")
        return json.loads(out)["WindowExecutionId"]

    def test_watching_ends_with_the_execution_whose_status_is_the_exit_status(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.begin(daemon, gate)
        terminal = self.terminal("watch", execution, "--data-dir", self.data, columns=60)
        terminal.await_text("IN_PROGRESS for")
        gate.open()
        self.assertEqual(terminal.await_exit(), 0, terminal.plain)
        self.assertRegex(terminal.plain, r"AWS-Ru\S* +SUCCESS +1 +- +-")
        for line in terminal.plain.splitlines():
            self.assertLessEqual(len(line), 60)
        status, out, _ = self.lull("watch", execution, "--data-dir", self.data, "--json")
        self.assertEqual((status, json.loads(out)["Status"]), (0, "SUCCESS"))

    def test_ctrl_c_ends_the_display_and_nothing_else(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.begin(daemon, gate)
        terminal = self.terminal("watch", execution, "--data-dir", self.data)
        terminal.await_text("IN_PROGRESS for")
        terminal.press(CTRL_C)
        self.assertEqual(terminal.await_exit(), 1)
        self.assertIn("interrupted; the execution goes on", terminal.plain)
        gate.open()
        self.assertEqual(await_end(daemon.client(), execution)["Status"], "SUCCESS")

    def test_a_daemon_that_is_restarted_meanwhile_is_waited_for(self):
        daemon = self.start()
        gate = Gate(self.folder)
        execution = self.begin(daemon, gate)
        terminal = self.terminal("watch", execution, "--data-dir", self.data)
        terminal.await_text("IN_PROGRESS for")
        daemon.end(signal.SIGKILL)
        terminal.await_text("The daemon does not answer; waiting for it")
        daemon = self.start()
        gate.open()
        status = await_end(daemon.client(), execution)["Status"]
        expected = {"SUCCESS": 0, "FAILED": 10}[status]  # whether the command outlived the daemon
        self.assertEqual(terminal.await_exit(), expected, terminal.plain)

    def test_what_is_no_execution_or_no_daemon_is_told_at_once(self):
        status, _, err = self.lull("watch", "c22ca46b-0573-48bd-b044-fd9700412baa", "--data-dir",
                                   self.folder)
        self.assertEqual(status, 1, err)
        self.start()
        status, _, err = self.lull("watch", "c22ca46b-0573-48bd-b044-fd9700412baa", "--data-dir",
                                   self.data)
        self.assertEqual(status, 3, err)


if __name__ == "__main__":
    cases.main()
