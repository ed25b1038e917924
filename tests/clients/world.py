"""One `lull serve` for the whole program, and what the cases do with it."""

import shutil
import signal
import tempfile
import unittest
import uuid

import botocore.exceptions
import results
from answers import check_answer
from daemon import REGION, Daemon, add_task, await_end, create_window, invocations_of, open_window, tasks_of
from model import Model
from wire import Wire

UNKNOWN_WINDOW = "mw-00000000000000000"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
TARGETS = [{"Key": "InstanceIds", "Values": ["local"]}]
TASK_TYPES = ("RUN_COMMAND", "AUTOMATION", "LAMBDA", "STEP_FUNCTIONS")


class World:
    """A running daemon, clients of it whose every answer is checked, and what is defined in it: a
    window with a target and with a task of each type, and an execution that has ended."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lull-clients-")
        self.model = Model()
        self.daemon = Daemon(self.folder + "/data").await_ready()
        self.windows_made = set()
        self.client = self.daemon.client()
        self.client.meta.events.register("after-call.ssm", self._check)
        key_id, secret = self.daemon.credentials()
        self.wire = Wire(self.model, self.daemon.port, key_id, secret, REGION)
        self.define()

    def _check(self, http_response, parsed, model, **_):
        names = {name.lower(): value for name, value in http_response.headers.items()}
        status = http_response.status_code
        check_answer(self.model, model.name, status, names, http_response.content)
        results.of(model.name).note_answer(None if status == 200 else parsed["Error"]["Code"])
        if model.name == "CreateMaintenanceWindow" and "WindowId" in parsed:
            self.windows_made.add(parsed["WindowId"])

    def define(self):
        client = self.client
        self.window = create_window(client, "base", Schedule="rate(7 days)")
        self.target = client.register_target_with_maintenance_window(
            WindowId=self.window, ResourceType="INSTANCE", Targets=TARGETS
        )["WindowTargetId"]
        self.tasks = {kind: register_task(client, self.window, kind) for kind in TASK_TYPES}
        opened = create_window(client, "opened")
        add_task(client, opened, ["echo hello"])
        self.opened_window = opened
        self.execution = open_window(client, opened)
        await_end(client, self.execution)
        self.task_execution = tasks_of(client, self.execution)[0]["TaskExecutionId"]
        self.invocation = invocations_of(client, self.execution)[0]["InvocationId"]
        self.kept = {self.window, opened}
        self.windows_made -= self.kept

    def clean(self):
        """Deletes the windows that were made since."""
        for window in self.windows_made:
            self.client.delete_maintenance_window(WindowId=window)
        self.windows_made = set()

    def end(self):
        self.wire.close()
        status = self.daemon.end(signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


_world = None


def the_world():
    """Made when it is first asked for."""
    global _world
    if _world is None:
        _world = World()
    return _world


def end_the_world():
    """The daemon's exit status; 0 if it never was."""
    return _world.end() if _world is not None else 0


def register_task(client, window, kind="RUN_COMMAND", **changes):
    """A task of a type: with targets if it must have them."""
    parameters = dict(WindowId=window, TaskType=kind, TaskArn="AWS-RunShellScript")
    if kind == "RUN_COMMAND":
        parameters.update(Targets=TARGETS, MaxConcurrency="1", MaxErrors="1")
    parameters.update(changes)
    return client.register_task_with_maintenance_window(**parameters)["WindowTaskId"]


def corner(*numbers):
    """Marks a test as one of these corner cases of the specification."""

    def mark(function):
        function.corners = numbers
        return function

    return mark


class ClientsCase(unittest.TestCase):
    """A case in the world; windows that it makes are gone after it."""

    def setUp(self):
        self.world = the_world()
        self.client = self.world.client
        self.wire = self.world.wire
        self.addCleanup(self.world.clean)

    def run(self, result=None):
        """Notes what came of it."""
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        good = len(result.failures) + len(result.errors) == bad
        corners = getattr(getattr(self, self._testMethodName), "corners", ())
        results.note_test(self.id(), good, corners)

    def refused(self, code, call, *arguments, **parameters):
        """The text of the error that the call gets."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(*arguments, **parameters)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        return error.get("Message", "")

    def refused_with(self, text, call, *arguments, **parameters):
        """A ValidationException of that text."""
        self.assertEqual(self.refused("ValidationException", call, *arguments, **parameters), text)

    def make_window(self, **changes):
        return create_window(self.client, **{"Schedule": "rate(7 days)", **changes})

    def make_target(self, window, targets=None, kind="INSTANCE", **changes):
        return self.client.register_target_with_maintenance_window(
            WindowId=window, ResourceType=kind, Targets=targets or TARGETS, **changes
        )["WindowTargetId"]

    def make_task(self, window, kind="RUN_COMMAND", **changes):
        return register_task(self.client, window, kind, **changes)

    def window(self, window):
        return self.client.get_maintenance_window(WindowId=window)

    def task(self, window, task):
        return self.client.get_maintenance_window_task(WindowId=window, WindowTaskId=task)

    def targets(self, window, **parameters):
        return self.client.describe_maintenance_window_targets(WindowId=window, **parameters)["Targets"]

    def tasks(self, window, **parameters):
        return self.client.describe_maintenance_window_tasks(WindowId=window, **parameters)["Tasks"]


def token():
    return str(uuid.uuid4())
