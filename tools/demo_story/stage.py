"""The daemon and the aws command, in a temporary folder."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from printer import Failed

AWS = "/usr/bin/aws"
REGION = "us-east-1"
PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.05
READY = re.compile(r"is ready on http://(\S+),")


class Stage:
    """Use it in a `with`: nothing is left behind."""

    def __init__(self, lull, printer):
        self._lull = os.path.abspath(lull)
        self._printer = printer
        self._daemon = None
        self._listen = "127.0.0.1:0"
        self._starts = 0
        self.options = []  # of the daemon, beyond where it keeps its data and listens

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="lull-demo-")
        self.data = os.path.join(self.folder, "data")
        return self

    def __exit__(self, *_):
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
        # What a command was in the middle of may still write for a moment.
        for _ in range(100):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not os.path.exists(self.folder):
                break
            time.sleep(LOOK_SECONDS)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def await_that(self, what, look):
        """What `look` returns once it is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(LOOK_SECONDS)
        self._printer.expect(what, False, "not within %d s" % PATIENCE_SECONDS)
        return None

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        self._printer.command("cat " + self.path(name))
        self._printer.output(text)
        return self.path(name)

    def start(self):
        """Starts the daemon, again on the port that it had."""
        command = [self._lull, "serve", "--data-dir", self.data, "--listen", self._listen]
        command += self.options
        self._printer.command("lull " + shlex.join(command[1:]) + " &")
        self._starts += 1
        log = "log-%d" % self._starts
        with open(self.path(log), "wb") as file:
            # In a session of its own: Ctrl-C is for the demo, which ends the daemon by itself.
            self._daemon = subprocess.Popen(
                command, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True
            )

        def ready():
            if self._daemon.poll() is not None:
                raise Failed("the daemon ended: " + self.read(log))
            return READY.search(self.read(log))

        self._listen = self.await_that("the daemon is ready", ready).group(1)
        self._printer.output(self.read(log).splitlines()[0])

    def signal(self, number):
        self._printer.command("kill -%s %d" % (signal.Signals(number).name[3:], self._daemon.pid))
        self._daemon.send_signal(number)
        return self._daemon.wait(PATIENCE_SECONDS)

    def environment(self):
        """Nothing of the user's own AWS settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return dict(
            kept,
            AWS_SHARED_CREDENTIALS_FILE=os.path.join(self.data, "credentials"),
            AWS_CONFIG_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
            AWS_PAGER="",
            NO_PROXY="127.0.0.1",
        )

    def describe_aws(self):
        return "AWS_SHARED_CREDENTIALS_FILE=%s %s --region %s --endpoint-url http://%s" % (
            self.environment()["AWS_SHARED_CREDENTIALS_FILE"],
            AWS,
            REGION,
            self._listen,
        )

    def ask(self, *arguments):
        """(what it answered, as text) of `aws ssm ...`, without showing it."""
        command = [AWS, "--region", REGION, "--output", "json"]
        command += ["--endpoint-url", "http://" + self._listen, "ssm", *arguments]
        done = subprocess.run(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            start_new_session=True,
        )
        if done.returncode != 0:
            raise Failed("aws ssm %s: %s" % (shlex.join(arguments), done.stderr.strip()))
        return done.stdout

    def aws(self, *arguments):
        """The same, shown and parsed."""
        self._printer.command("aws ssm " + shlex.join(arguments))
        text = self.ask(*arguments)
        self._printer.output(text)
        return json.loads(text) if text.strip() else {}

    def lull(self, *arguments):
        """`lull ... --json` beside the daemon, shown and parsed."""
        command = [self._lull, *arguments, "--data-dir", self.data, "--json"]
        self._printer.command("lull " + shlex.join(command[1:]))
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )
        if done.returncode != 0:
            raise Failed("lull %s: %s" % (shlex.join(arguments), done.stderr.strip()))
        self._printer.output(done.stdout)
        return json.loads(done.stdout)

    def aws_until(self, what, condition, *arguments):
        """Asks until `condition` holds of the answer, and shows the last one."""
        self._printer.command("aws ssm %s   # until %s" % (shlex.join(arguments), what))
        last = []

        def look():
            last[:] = [self.ask(*arguments)]
            return condition(json.loads(last[0]))

        self.await_that(what, look)
        self._printer.output(last[0])
        return json.loads(last[0])
