"""usage: story.py LULL [--quiet]: the story that tools/demo tells with the binary LULL."""

import datetime
import json
import re
import signal
import sys
import time

from printer import Failed, Printer
from stage import Stage

FINAL = ("SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED")
OPENS_IN_SECONDS = 3  # at least: the command that says so takes one of them


def at(moment):
    return "at(%s)" % moment.strftime("%Y-%m-%dT%H:%M:%S")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class Window:
    """A window whose tasks append to a diary what they do, and with which invocation."""

    def __init__(self, stage, printer, name):
        self._stage, self._printer, self._name = stage, printer, name
        self._gate = stage.path(name + ".go-on")
        self._diary = stage.path(name + ".diary")
        self.tasks = {}
        created = stage.aws(
            "create-maintenance-window", "--name", name, "--duration", "2", "--cutoff", "1",
            "--schedule", at(now() + datetime.timedelta(days=1)),
            "--no-allow-unassociated-targets",
        )
        self.id = created["WindowId"]
        registered = stage.aws(
            "register-target-with-maintenance-window", "--window-id", self.id,
            "--resource-type", "INSTANCE", "--targets", "Key=InstanceIds,Values=local",
        )
        self._target = registered["WindowTargetId"]

    def _write(self, word):
        return "echo %s $LULL_INVOCATION_ID >> %s" % (word, self._diary)

    def add(self, name, priority):
        self._register(name, priority, [self._write(name)])

    def add_long(self, name, priority):
        """A task in two halves: it stays in flight for as long as the story needs."""
        lines = [
            self._write(name + "-begins"),
            "until [ -e %s ]; do sleep 0.1; done" % self._gate,
            self._write(name + "-ends"),
        ]
        self._register(name, priority, lines)

    def _register(self, name, priority, lines):
        parameters = {
            "RunCommand": {"Parameters": {"commands": lines, "executionTimeout": ["60"]}}
        }
        registered = self._stage.aws(
            "register-task-with-maintenance-window", "--window-id", self.id, "--name", name,
            "--task-type", "RUN_COMMAND", "--task-arn", "AWS-RunShellScript",
            "--targets", "Key=WindowTargetIds,Values=" + self._target,
            "--priority", str(priority), "--max-concurrency", "1", "--max-errors", "0",
            "--task-invocation-parameters", json.dumps(parameters),
        )
        self.tasks[name] = registered["WindowTaskId"]

    def open_soon(self):
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
        return executions[0]["WindowExecutionId"]

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

    def await_word(self, word):
        self._stage.await_that("%s is in the diary" % word, lambda: word in self.words())


class Execution:
    def __init__(self, stage, execution_id):
        self._stage, self.id = stage, execution_id

    def tasks(self):
        """Statuses in the order of priority."""
        found = self._stage.aws(
            "describe-maintenance-window-execution-tasks", "--window-execution-id", self.id,
            "--query", "WindowExecutionTaskIdentities[].{TaskExecutionId: TaskExecutionId, "
            "Status: Status}",
        )
        self.task_ids = [task["TaskExecutionId"] for task in found]
        # They are listed as they were registered, which is by priority here.
        return [task["Status"] for task in found]

    def invocations(self, index):
        return self._stage.aws(
            "describe-maintenance-window-execution-task-invocations",
            "--window-execution-id", self.id, "--task-id", self.task_ids[index],
            "--query", "WindowExecutionTaskInvocationIdentities[].{InvocationId: InvocationId, "
            "Status: Status, StatusDetails: StatusDetails}",
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


def tell_of_cancel(stage, printer):
    printer.title("A window opens, is cancelled half-way, and drains")
    window = Window(stage, printer, "patch-web")
    window.add("drain-traffic", 1)
    window.add_long("patch", 2)
    window.add("reboot", 3)
    window.add("take-traffic", 4)
    printer.say("\nAll is registered. Bring the window forward: it opens in seconds.")
    execution = Execution(stage, window.open_soon())
    window.await_word("patch-begins")
    statuses = execution.tasks()
    printer.expect(
        "priority 1 is done, 2 is in flight, 3 and 4 are queued",
        statuses == ["SUCCESS", "IN_PROGRESS", "PENDING", "PENDING"], statuses,
    )
    [patch] = execution.invocations(1)
    printer.expect("its invocation is running", patch["Status"] == "IN_PROGRESS", patch)

    printer.say("\nStop! Nothing that is queued may start now.")
    answer = execution.cancel()
    printer.expect("the cancel is accepted", answer == {"WindowExecutionId": execution.id}, answer)
    state = execution.get()
    printer.expect("the execution is CANCELLING", state["Status"] == "CANCELLING", state)
    statuses = execution.tasks()
    printer.expect(
        "what was queued is CANCELLED already; what is in flight goes on",
        statuses == ["SUCCESS", "IN_PROGRESS", "CANCELLED", "CANCELLED"], statuses,
    )

    printer.say("\nLet the command in flight finish.")
    window.go_on()
    state = execution.await_end()
    printer.expect("the execution is CANCELLED", state["Status"] == "CANCELLED", state)
    printer.expect(
        "it says who cancelled it, and when",
        re.match(r"Cancelled by AKIA\w+ at \d{4}-\d\d-\d\dT\d\d:\d\d", state["StatusDetails"]), state,
    )
    statuses = execution.tasks()
    printer.expect(
        "what was in flight has drained: SUCCESS. What was queued stays CANCELLED",
        statuses == ["SUCCESS", "SUCCESS", "CANCELLED", "CANCELLED"], statuses,
    )
    window.show_diary()
    printer.expect(
        "the diary agrees: nothing cancelled ever ran",
        window.words() == ["drain-traffic", "patch-begins", "patch-ends"], window.words(),
    )
    printer.expect(
        "the diary has the invocation that the API has",
        window.diary().count(patch["InvocationId"]) == 2, patch["InvocationId"],
    )


def tell_of_crash(stage, printer):
    printer.title("The daemon is killed in the middle of an execution")
    window = Window(stage, printer, "upgrade-db")
    window.add("backup", 1)
    window.add_long("upgrade", 2)
    window.add("verify", 3)
    window.add("report", 4)
    execution = Execution(stage, window.open_soon())
    window.await_word("upgrade-begins")
    statuses = execution.tasks()
    printer.expect(
        "one has run, one is in flight, two are queued",
        statuses == ["SUCCESS", "IN_PROGRESS", "PENDING", "PENDING"], statuses,
    )
    stage.signal(signal.SIGKILL)
    window.go_on()
    window.await_word("upgrade-ends")
    printer.say("\nThe daemon is gone; its command went on. Start it again on the same data.")
    stage.start()
    state = execution.await_end()
    printer.expect("the execution went on, and ended", state["Status"] == "SUCCESS", state)
    statuses = execution.tasks()
    printer.expect(
        "what was in flight has its own outcome, what was queued ran",
        statuses == ["SUCCESS"] * 4, statuses,
    )
    window.show_diary()
    printer.expect(
        "nothing was lost and nothing ran twice: each line is there once",
        window.words() == ["backup", "upgrade-begins", "upgrade-ends", "verify", "report"],
        window.words(),
    )
    names = stage.aws("describe-maintenance-windows", "--query", "WindowIdentities[].Name")
    printer.expect(
        "both windows are still there", sorted(names) == ["patch-web", "upgrade-db"], names
    )


def tell(stage, printer):
    printer.title("A daemon on this machine, and a client that knows nothing of it")
    stage.start()
    printer.say("\nBelow, `aws` means:\n  " + stage.describe_aws())
    tell_of_cancel(stage, printer)
    tell_of_crash(stage, printer)
    printer.title("The daemon is asked to stop")
    status = stage.signal(signal.SIGTERM)
    printer.expect("it exits with status 0", status == 0, status)


def main(arguments):
    started = time.monotonic()
    printer = Printer(quiet="--quiet" in arguments)
    # An exception, so that the stage is cleared.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Stage(arguments[0], printer) as stage:
            tell(stage, printer)
    except Failed as failure:
        print("demo: FAILED: %s" % failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 130
    printer.end(time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
