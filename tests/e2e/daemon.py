"""`lull serve` in a folder of its own, and its clients."""

import configparser
import datetime
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import boto3
import botocore.config
import botocore.exceptions

LULL = os.path.abspath("cli/lull")
AWS = "/usr/bin/aws"
REGION = "us-east-1"
PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.01
FINAL = ("SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING")
READY = re.compile(r"is ready on http://([0-9.]+):(\d+),")


def await_that(what, look):
    """What `look` returns once it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(LOOK_SECONDS)
    raise AssertionError("not within %d s: %s" % (PATIENCE_SECONDS, what))


class Daemon:
    """One life of the daemon. Its log is read as it comes: it never waits for a reader."""

    def __init__(self, data, *options, prefix=()):
        command = [*prefix, LULL, "serve", "--data-dir", data, "--listen", "127.0.0.1:0", *options]
        self.data = data
        self.log = ""
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.log += line

    def await_ready(self):
        def look():
            if self.process.poll() is not None:
                raise AssertionError("the daemon ended: " + self.log)
            return READY.search(self.log)

        self.port = int(await_that("the daemon is ready", look).group(2))
        return self

    def await_exit(self):
        status = self.process.wait(PATIENCE_SECONDS)
        self._reader.join()
        self.process.stderr.close()
        return status

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.send(number)
        return self.await_exit()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def credentials(self):
        """(access key id, secret access key), as any AWS client reads them."""
        parser = configparser.ConfigParser()
        parser.read(os.path.join(self.data, "credentials"))
        profile = parser["default"]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"]

    def client(self, secret=None, region=REGION, pair=None):
        key_id, real_secret = pair or self.credentials()
        return boto3.client(
            "ssm",
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret or real_secret,
            config=botocore.config.Config(
                parameter_validation=False, retries={"max_attempts": 0}, proxies={}
            ),
        )

    def aws(self, *arguments):
        """(exit status, its JSON or what it printed as an error) of the aws command."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment.update(
            AWS_SHARED_CREDENTIALS_FILE=os.path.join(self.data, "credentials"),
            AWS_EC2_METADATA_DISABLED="true",
            AWS_MAX_ATTEMPTS="1",
        )
        command = [AWS, "--region", REGION, "--endpoint-url", self.url, "--output", "json", "ssm"]
        done = subprocess.run(
            command + list(arguments),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        if done.returncode != 0:
            return done.returncode, done.stderr.strip()
        return 0, json.loads(done.stdout) if done.stdout.strip() else {}


class Gate:
    """A file that commands wait for, and a diary that they write."""

    def __init__(self, folder, name="gate"):
        self._open = os.path.join(folder, name + ".open")
        self.diary_path = os.path.join(folder, name + ".diary")

    def write(self, word):
        return "echo %s >> %s" % (word, self.diary_path)

    def wait(self):
        return "until [ -e %s ]; do sleep 0.02; done" % self._open

    def open(self):
        with open(self._open, "w", encoding="utf-8"):
            pass

    def words(self):
        try:
            with open(self.diary_path, encoding="utf-8") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def await_word(self, word):
        await_that("%s is in the diary" % word, lambda: word in self.words())


def shims_below(folder):
    """The process ids of the shims that live, of all records below a folder."""
    found = []
    for path in glob.glob(os.path.join(folder, "**", "*.record"), recursive=True):
        try:
            with open(path, encoding="utf-8") as file:
                process = int(file.read().split()[3])
            # Not another process that has got its id since: a shim holds its task's folder open.
            if os.readlink("/proc/%d/fd/4" % process) == os.path.realpath(os.path.dirname(path)):
                found.append(process)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            pass
    return found


class DaemonCase(unittest.TestCase):
    """A case with a folder, and daemons and commands that end with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lull-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.stop_commands)
        self.data = os.path.join(self.folder, "data")

    def stop_commands(self):
        for process in shims_below(self.folder):
            os.kill(process, signal.SIGTERM)
        await_that("all commands have ended", lambda: not shims_below(self.folder))

    def start(self, *options, data=None, prefix=()):
        daemon = Daemon(data or self.data, *options, prefix=prefix)
        self.addCleanup(daemon.end, signal.SIGKILL)
        return daemon.await_ready()

    def assert_error(self, code, status, call, *arguments, **parameters):
        """The text of the error that the call gets."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(*arguments, **parameters)
        response = caught.exception.response
        self.assertEqual(response["Error"]["Code"], code, response)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status, response)
        return response["Error"].get("Message", "")


def create_window(client, name="window", **changes):
    """A window that opens tomorrow."""
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    parameters = dict(
        Name=name,
        Schedule=tomorrow.strftime("at(%Y-%m-%dT%H:%M:%S)"),
        Duration=2,
        Cutoff=1,
        AllowUnassociatedTargets=True,
    )
    return client.create_maintenance_window(**{**parameters, **changes})["WindowId"]


def add_task(client, window, commands, priority=1, nodes=("local",), limits=("1", "0"), **others):
    """A task whose lines are `commands`; `others` are parameters of the document."""
    parameters = {"commands": commands, **others}
    return client.register_task_with_maintenance_window(
        WindowId=window,
        TaskType="RUN_COMMAND",
        TaskArn="AWS-RunShellScript",
        Targets=[{"Key": "InstanceIds", "Values": list(nodes)}],
        Priority=priority,
        MaxConcurrency=limits[0],
        MaxErrors=limits[1],
        TaskInvocationParameters={"RunCommand": {"Parameters": parameters}},
    )["WindowTaskId"]


def executions_of(client, window):
    """Newest first."""
    found = client.describe_maintenance_window_executions(WindowId=window)
    return found["WindowExecutions"]


def schedule_soon(client, window, seconds=2):
    """Lets it open so many seconds from now, or up to one less. Returns how often it had opened."""
    before = len(executions_of(client, window))
    while True:
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        client.update_maintenance_window(
            WindowId=window, Schedule=soon.strftime("at(%Y-%m-%dT%H:%M:%S)")
        )
        # What a busy machine stores after its time never opens.
        found = client.get_maintenance_window(WindowId=window)
        if "NextExecutionTime" in found or len(executions_of(client, window)) > before:
            return before


def open_window(client, window):
    """Lets it open soon. Returns its execution's id, once it has."""
    before = schedule_soon(client, window)

    def look():
        found = executions_of(client, window)
        return found if len(found) > before else None

    return await_that("the window has opened", look)[0]["WindowExecutionId"]


def tasks_of(client, execution):
    answer = client.describe_maintenance_window_execution_tasks(WindowExecutionId=execution)
    return answer["WindowExecutionTaskIdentities"]


def statuses_of(client, execution):
    return [task["Status"] for task in tasks_of(client, execution)]


def invocations_of(client, execution, index=0):
    answer = client.describe_maintenance_window_execution_task_invocations(
        WindowExecutionId=execution,
        TaskId=tasks_of(client, execution)[index]["TaskExecutionId"],
    )
    return answer["WindowExecutionTaskInvocationIdentities"]


def await_end(client, execution):
    """The execution, once its status is final."""

    def look():
        found = client.get_maintenance_window_execution(WindowExecutionId=execution)
        return found if found["Status"] in FINAL else None

    return await_that("the execution has ended", look)
