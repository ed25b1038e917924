"""A window of the story, and an execution of it."""

import datetime
import json

FINAL = ("SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED")
OPENS_IN_SECONDS = 7  # at least: the command that says so takes one of them, on a busy machine some


def at(moment):
    return "at(%s)" % moment.strftime("%Y-%m-%dT%H:%M:%S")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class Window:
    """A window whose tasks append to a diary what they do, where, and with which invocation."""

    def __init__(self, stage, printer, name, targets="Key=InstanceIds,Values=local"):
        self._stage, self._printer, self._name = stage, printer, name
        self._gate = stage.path(name + ".go-on")
        self._diary = stage.path(name + ".diary")
        created = stage.aws(
            "create-maintenance-window", "--name", name, "--duration", "2", "--cutoff", "1",
            "--schedule", at(now() + datetime.timedelta(days=1)),
            "--no-allow-unassociated-targets",
        )
        self.id = created["WindowId"]
        registered = stage.aws(
            "register-target-with-maintenance-window", "--window-id", self.id,
            "--resource-type", "INSTANCE", "--targets", targets,
        )
        self._target = registered["WindowTargetId"]

    def _write(self, word):
        return "echo %s $LULL_NODE $LULL_INVOCATION_ID >> %s" % (word, self._diary)

    def add(self, name, priority):
        self.add_commands(name, priority, [self._write(name)])

    def add_long(self, name, priority, concurrency=1):
        """A task in two halves: it stays in flight for as long as the story needs."""
        lines = [
            self._write(name + "-begins"),
            "until [ -e %s ]; do sleep 0.1; done" % self._gate,
            self._write(name + "-ends"),
        ]
        self.add_commands(name, priority, lines, concurrency=concurrency)

    def add_commands(self, name, priority, lines, concurrency=1, errors=0):
        parameters = {"commands": lines, "executionTimeout": ["600"]}
        self.add_document(name, priority, "AWS-RunShellScript", parameters, concurrency, errors)

    def add_document(self, name, priority, document, parameters, concurrency=1, errors=0):
        self._stage.aws(
            "register-task-with-maintenance-window", "--window-id", self.id, "--name", name,
            "--task-type", "RUN_COMMAND", "--task-arn", document,
            "--targets", "Key=WindowTargetIds,Values=" + self._target, "--priority", str(priority),
            "--max-concurrency", str(concurrency), "--max-errors", str(errors),
            "--task-invocation-parameters", json.dumps({"RunCommand": {"Parameters": parameters}}),
        )

    def open_soon(self):
        """By its schedule."""
        self._stage.aws(
            "update-maintenance-window", "--window-id", self.id,
            "--schedule", at(now() + datetime.timedelta(seconds=OPENS_IN_SECONDS + 1)),
            "--query", "{Schedule: Schedule, Enabled: Enabled}",
        )
        executions = self._stage.aws_until(
            "it has opened",
            lambda found: found and found[0]["Status"] == "IN_PROGRESS",
            "describe-maintenance-window-executions", "--window-id", self.id,
            "--query", "WindowExecutions[].{WindowExecutionId: WindowExecutionId, Status: Status}",
        )
        return Execution(self._stage, executions[0]["WindowExecutionId"])

    def start(self):
        """Now, whatever its schedule says."""
        return Execution(self._stage, self._stage.lull("start", self.id)["WindowExecutionId"])

    def go_on(self):
        self._printer.command("touch " + self._gate)
        open(self._gate, "w", encoding="utf-8").close()

    def diary(self):
        return self._stage.read(self._name + ".diary")

    def show_diary(self):
        self._printer.command("cat " + self._diary)
        self._printer.output(self.diary())

    def words(self):
        return [line.split()[0] for line in self.diary().splitlines()]

    def await_words(self, word, count=1):
        self._stage.await_that(
            "%s is in the diary %d times" % (word, count), lambda: self.words().count(word) >= count
        )


class Execution:
    def __init__(self, stage, execution_id):
        self._stage, self.id = stage, execution_id

    def tasks(self):
        """Statuses in the order of priority."""
        found = self._stage.aws(
            "describe-maintenance-window-execution-tasks", "--window-execution-id", self.id,
            "--query", "WindowExecutionTaskIdentities[].{TaskExecutionId: TaskExecutionId, "
            "Status: Status, StatusDetails: StatusDetails}",
        )
        self.task_ids = [task["TaskExecutionId"] for task in found]
        self.details = [task["StatusDetails"] for task in found]
        # They are listed as they were registered, which is by priority here.
        return [task["Status"] for task in found]

    def invocations(self, index):
        return self._stage.aws(
            "describe-maintenance-window-execution-task-invocations",
            "--window-execution-id", self.id, "--task-id", self.task_ids[index],
            "--query", "WindowExecutionTaskInvocationIdentities[].{InvocationId: InvocationId, "
            "Status: Status, StatusDetails: StatusDetails}",
        )

    def output(self, index, node):
        return self._stage.aws(
            "get-command-invocation", "--command-id", self.task_ids[index], "--instance-id", node,
            "--query", "{Status: Status, StandardOutputContent: StandardOutputContent}",
        )

    def get(self):
        return self._stage.aws(
            "get-maintenance-window-execution", "--window-execution-id", self.id,
            "--query", "{Status: Status, StatusDetails: StatusDetails}",
        )

    def await_end(self):
        return self._stage.aws_until(
            "it has ended", lambda found: found["Status"] in FINAL,
            "get-maintenance-window-execution", "--window-execution-id", self.id,
            "--query", "{Status: Status, StatusDetails: StatusDetails}",
        )

    def cancel(self):
        return self._stage.aws(
            "cancel-maintenance-window-execution", "--window-execution-id", self.id
        )

    def cancel_with(self, policy):
        return self._stage.lull("cancel", self.id, "--policy", policy)
