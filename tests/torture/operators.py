"""Who asks: each operator has windows of its own, so that what it is told can be held to account."""

import datetime
import threading
import time
import traceback
import uuid

import checks
from api import Api, Lost, Refused
from ledger import CLOSING, Cancel, Execution, Task, Window

NODES = ["local"] + ["n%d" % number for number in range(1, 9)]
WINDOWS = 5
TASKS = 4
RETRY_SECONDS = 0.01
SOON_SECONDS = 1.5
SETTLED_SECONDS = 8  # by then it has opened, however often the daemon was killed meanwhile
GONE = "DoesNotExistException"
ACTIVE = "ExecutionInProgressException"

# What is done next, and how often.
DICE = {
    "start": 30, "cancel": 30, "tag": 8, "untag": 3, "rename": 4, "task": 5, "target": 3,
    "untask": 1, "resume": 8, "schedule": 3, "look": 12, "create": 3, "delete": 1, "wait": 10,
}


class Over(Exception):
    """There is no daemon any more."""


class Operator(threading.Thread):
    def __init__(self, name, lives, ledger, random, observe, after_answer):
        super().__init__(name=name)
        self._lives, self._ledger, self._random = lives, ledger, random
        self._observe = observe
        self._after_answer = after_answer
        self._api, self._life, self._restarted = None, None, False
        self._windows = []
        self._executions = []
        self.stop = threading.Event()
        self.violations = []

    def run(self):
        try:
            self.do_create()
            while not self.stop.is_set():
                kind = self._random.choices(list(DICE), DICE.values())[0]
                getattr(self, "do_" + kind)()
                # Only now: a request whose answer was lost is no longer in doubt.
                if self._restarted:
                    self._restarted = False
                    self.do_look()
        except Over:
            pass
        except Exception:  # pylint: disable=broad-except
            self._wrong("the driver", traceback.format_exc())

    def _wrong(self, rule, text, *ids):
        self.violations.append(checks.Violation(rule, text, ids))

    def call(self, operation, request, accept=()):
        """The answer, of the first life that gives one, or the code of an error of `accept`."""
        for attempt in range(1000000):
            self._connect()
            self._ledger.note("ask", who=self.name, op=operation, request=request, again=attempt)
            try:
                answer = self._api.call(operation, request)
            except Lost as error:
                self._ledger.note("lost", who=self.name, op=operation, why=str(error))
                self._api = None
                time.sleep(RETRY_SECONDS)
                continue
            except Refused as error:
                self._ledger.note("refused", who=self.name, op=operation, why=error.args)
                if error.args[0] in accept:
                    return error.args[0]
                raise
            self._ledger.note("answer", who=self.name, op=operation, answer=answer)
            self._after_answer(operation)
            return answer
        raise AssertionError("no answer")

    def _connect(self):
        up = self._lives.await_up()
        if up is None:
            raise Over()
        if self._api is None or up[0] != self._life:
            self._restarted = self._restarted or self._life not in (None, up[0])
            self._life = up[0]
            self._api = Api(*up[1:])

    def pages(self, operation, member, request):
        found, token = [], {}
        while True:
            answer = self.call(operation, {**request, "MaxResults": 100, **token})
            found += answer.get(member, [])
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def _window(self):
        return self._random.choice(self._windows)

    # Definitions.

    def do_create(self):
        if len(self._windows) >= WINDOWS:
            return
        name = "w-%s" % uuid.uuid4().hex[:8]
        tags = {"made": name}
        answer = self.call("CreateMaintenanceWindow", {
            "Name": name, "Schedule": "at(2099-01-01T00:00:00)", "Duration": 3, "Cutoff": 1,
            "AllowUnassociatedTargets": True, "ClientToken": str(uuid.uuid4()),
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        })
        window = Window(answer["WindowId"], name, tags)
        self._ledger.windows[window.id] = window
        self._windows.append(window)
        for _ in range(self._random.randint(1, 3)):
            self._add_task(window)

    def do_task(self):
        window = self._window()
        if len(window.tasks) < TASKS:
            self._add_task(window)

    def _add_task(self, window):
        nodes = self._random.sample(NODES, self._random.randint(1, len(NODES)))
        task = Task(
            priority=self._random.randint(1, 3),
            concurrency=self._random.randint(1, 4),
            errors=self._random.choice([0, 2, 20]),
        )
        status = self._random.choice([0, 0, 0, 0, 3])
        command = "exec %s {{WINDOW_EXECUTION_ID}} {{TASK_EXECUTION_ID}} {{WINDOW_TASK_ID}} " \
            "{{INVOCATION_ID}} $LULL_NODE %d %d" % (
                self._observe, self._random.choice([0, 5, 20, 50, 100, 300]), status)
        answer = self.call("RegisterTaskWithMaintenanceWindow", {
            "WindowId": window.id, "TaskType": "RUN_COMMAND", "TaskArn": "AWS-RunShellScript",
            "Targets": [{"Key": "InstanceIds", "Values": nodes}], "Priority": task.priority,
            "MaxConcurrency": str(task.concurrency), "MaxErrors": str(task.errors),
            "ClientToken": str(uuid.uuid4()),
            "TaskInvocationParameters": {"RunCommand": {"Parameters": {"commands": [command]}}},
        })
        self._ledger.tasks[answer["WindowTaskId"]] = task
        window.tasks.add(answer["WindowTaskId"])

    def do_untask(self):
        window = self._window()
        if len(window.tasks) > 1:
            task = self._random.choice(sorted(window.tasks))
            self.call("DeregisterTaskFromMaintenanceWindow",
                      {"WindowId": window.id, "WindowTaskId": task}, accept=(GONE,))
            window.tasks.remove(task)

    def do_target(self):
        window = self._window()
        if len(window.targets) < TASKS:
            answer = self.call("RegisterTargetWithMaintenanceWindow", {
                "WindowId": window.id, "ResourceType": "INSTANCE",
                "Targets": [{"Key": "InstanceIds", "Values": [self._random.choice(NODES)]}],
                "ClientToken": str(uuid.uuid4()),
            })
            window.targets.add(answer["WindowTargetId"])

    def do_tag(self):
        window = self._window()
        key, value = "k%d" % self._random.randint(1, 9), uuid.uuid4().hex[:8]
        self.call("AddTagsToResource", {
            "ResourceType": "MaintenanceWindow", "ResourceId": window.id,
            "Tags": [{"Key": key, "Value": value}]})
        window.tags[key] = value

    def do_untag(self):
        window = self._window()
        key = "k%d" % self._random.randint(1, 9)
        self.call("RemoveTagsFromResource", {
            "ResourceType": "MaintenanceWindow", "ResourceId": window.id, "TagKeys": [key]})
        window.tags.pop(key, None)

    def do_rename(self):
        window = self._window()
        name = "w-%s" % uuid.uuid4().hex[:8]
        self.call("UpdateMaintenanceWindow", {"WindowId": window.id, "Name": name})
        window.name = name

    def do_delete(self):
        window = self._window()
        if len(self._windows) > 1 and time.monotonic() > window.busy_until:
            self.call("DeleteMaintenanceWindow", {"WindowId": window.id}, accept=(GONE,))
            window.deleted = True
            self._windows.remove(window)

    # Executions.

    def do_start(self):
        window = self._window()
        before = set(window.executions)
        answer = self.call("Lull.StartMaintenanceWindowExecution",
                           {"WindowId": window.id, "ClientToken": str(uuid.uuid4())},
                           accept=(ACTIVE,))
        if answer != ACTIVE:
            self._is_started(window, answer["WindowExecutionId"])
            for execution in before:
                self._must_be_final(execution)

    def _is_started(self, window, name, resumed_from=None):
        self._ledger.executions[name] = Execution(name, window.id, resumed_from)
        window.executions.add(name)
        self._executions.append(name)
        self._ledger.note("executions")

    def _must_be_final(self, name):
        if name in self._executions[-3:]:
            found = self.call("GetMaintenanceWindowExecution", {"WindowExecutionId": name})
            if found["Status"] not in checks.FINAL:
                self._wrong("one active execution", "%s is active, and another was started" % name,
                            name)

    def do_cancel(self):
        if not self._executions:
            return
        name = self._random.choice(self._executions[-4:])
        execution = self._ledger.executions[name]
        policy = self._random.choice(["TASK", "INVOCATION", "STOP", ""])
        execution.asked.add(policy or "TASK")
        request = {"WindowExecutionId": name, **({"Policy": policy} if policy else {})}
        prefix = "Lull." if policy else ""
        answer = self.call(prefix + "CancelMaintenanceWindowExecution", request)
        answered, wall = time.monotonic(), time.time()
        cancel = Cancel(policy or "TASK", answered, wall)
        self._ledger.note("cancels", execution=name, policy=policy)
        # Of the first cancel: only when none was milder is it of this one's, too.
        if all(asked in CLOSING for asked in execution.asked):
            cancel.in_flight = answer.get("InFlight", 0)
        if policy and "InFlight" not in answer:
            cancel.final = answer["Status"]
        self._look_after_cancel(name, cancel)
        execution.cancels.append(cancel)

    def _look_after_cancel(self, name, cancel):
        found = self.call("GetMaintenanceWindowExecution", {"WindowExecutionId": name})
        if not cancel.final and found["Status"] not in ("CANCELLING", "CANCELLED"):
            if cancel.policy == "TASK" and found["Status"] in checks.FINAL:
                cancel.final = found["Status"]  # the API's own answer doesn't say that it had ended
            else:
                self._wrong("a cancel is lost", "%s was cancelled, is %s" % (name, found), name)
        for task in self.pages("DescribeMaintenanceWindowExecutionTasks",
                               "WindowExecutionTaskIdentities", {"WindowExecutionId": name}):
            if task["Status"] == "PENDING":
                self._wrong("a cancel is lost", "a task is to start after it: %s" % task, name)
            if task["Status"] in checks.FINAL and "StartTime" not in task:
                cancel.never_tasks.add(task["TaskExecutionId"])
            for invocation in self._invocations(name, task["TaskExecutionId"]):
                if invocation["Status"] in checks.FINAL and checks.never_started(invocation):
                    cancel.never.add(invocation["InvocationId"])
                elif cancel.policy in CLOSING and checks.never_started(invocation):
                    self._wrong("a cancel is lost", "to start after it: %s" % invocation, name)

    def _invocations(self, execution, task):
        return self.pages("DescribeMaintenanceWindowExecutionTaskInvocations",
                          "WindowExecutionTaskInvocationIdentities",
                          {"WindowExecutionId": execution, "TaskId": task})

    def do_resume(self):
        if not self._executions:
            return
        name = self._random.choice(self._executions[-8:])
        window = self._ledger.windows[self._ledger.executions[name].window]
        if window.deleted:
            return
        answer = self.call("Lull.ResumeMaintenanceWindowExecution",
                           {"WindowExecutionId": name, "ClientToken": str(uuid.uuid4())},
                           accept=(ACTIVE, "ValidationException"))
        if isinstance(answer, dict):
            self._is_started(window, answer["WindowExecutionId"], resumed_from=name)

    def do_schedule(self):
        window = self._window()
        if time.monotonic() < window.busy_until:
            return
        due = time.time() + SOON_SECONDS
        text = datetime.datetime.utcfromtimestamp(due).strftime("at(%Y-%m-%dT%H:%M:%S)")
        window.busy_until = time.monotonic() + SETTLED_SECONDS
        self.call("UpdateMaintenanceWindow", {"WindowId": window.id, "Schedule": text})
        if time.time() < int(due):
            window.due += 1
        else:
            window.perhaps_due += 1

    def do_wait(self):
        self.stop.wait(self._random.random() * 0.1)

    # What is there.

    def do_look(self):
        window = self._window()
        said = self.read_window(window.id)
        # What is due soon may have opened or not.
        if time.monotonic() > window.busy_until or said is None:
            self.violations += checks.vanished_of(window, said)

    def read_window(self, name):
        """What the API says of a window, for checks.vanished_of; None when there is none."""
        request = {"WindowId": name}
        found = self.call("GetMaintenanceWindow", request, accept=(GONE,))
        if found == GONE:
            return None
        tags = self.call("ListTagsForResource",
                         {"ResourceType": "MaintenanceWindow", "ResourceId": name})["TagList"]
        tasks = self.pages("DescribeMaintenanceWindowTasks", "Tasks", request)
        targets = self.pages("DescribeMaintenanceWindowTargets", "Targets", request)
        executions = self.pages("DescribeMaintenanceWindowExecutions", "WindowExecutions", request)
        return {
            "name": found["Name"],
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
            "tasks": {task["WindowTaskId"] for task in tasks},
            "targets": {target["WindowTargetId"] for target in targets},
            "executions": {execution["WindowExecutionId"] for execution in executions},
        }

    def read_execution(self, name, window):
        """What the API says of an execution, for checks; None when there is none."""
        said = self.call("GetMaintenanceWindowExecution", {"WindowExecutionId": name}, (GONE,))
        if said == GONE:
            return None
        drain = self.call("Lull.DescribeDrain", {"WindowExecutionId": name})
        progress = {task["TaskExecutionId"]: task for task in drain.get("Tasks", [])}
        tasks = self.pages("DescribeMaintenanceWindowExecutionTasks",
                           "WindowExecutionTaskIdentities", {"WindowExecutionId": name})
        for task in tasks:
            task["invocations"] = self._invocations(name, task["TaskExecutionId"])
            task["progress"] = progress[task["TaskExecutionId"]]
        return {**said, "window": window, "tasks": tasks}
