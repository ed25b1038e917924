"""What the driver did and was told, in the order of time: facts that nothing may contradict later."""

import collections
import dataclasses
import json
import threading
import time

CLOSING = ("INVOCATION", "STOP")  # the policies after which nothing unclaimed starts


@dataclasses.dataclass
class Window:
    """A window whose making was acknowledged. Each has one operator: nobody else changes it."""

    id: str
    name: str
    tags: dict
    targets: set = dataclasses.field(default_factory=set)
    tasks: set = dataclasses.field(default_factory=set)
    executions: set = dataclasses.field(default_factory=set)  # acknowledged
    due: int = 0  # at() schedules that were acknowledged in time
    perhaps_due: int = 0  # those that weren't
    busy_until: float = 0  # no other schedule before
    deleted: bool = False


@dataclasses.dataclass
class Task:
    """A registered task: never updated, so what it was is what each execution has."""

    priority: int
    concurrency: int
    errors: int


@dataclasses.dataclass
class Cancel:
    """A cancel whose answer came back, and what was read after it. Times are monotonic seconds."""

    policy: str
    answered: float
    answered_wall: float
    in_flight: int = None  # that the answer told, when no milder cancel had been asked before
    final: str = None  # the status of an execution that had ended without a cancel
    never_tasks: set = dataclasses.field(default_factory=set)  # told: will not start
    never: set = dataclasses.field(default_factory=set)  # invocations, likewise


@dataclasses.dataclass
class Execution:
    id: str
    window: str
    resumed_from: str = None
    asked: set = dataclasses.field(default_factory=set)  # policies, answered or not
    cancels: list = dataclasses.field(default_factory=list)


class Ledger:
    """Facts, and a file of every request, answer and kill. Each window's facts change on its
    operator's thread; what all share is under the lock."""

    def __init__(self, path=None):
        self.windows = {}
        self.tasks = {}
        self.executions = {}
        self.killed = {}  # invocation -> when its shim was killed
        self.counts = collections.Counter()
        self._lock = threading.Lock()
        self._file = open(path, "a", encoding="utf-8") if path else None

    def note(self, kind, **facts):
        """Writes a line down. Returns its instant."""
        now = time.monotonic()
        with self._lock:
            self.counts[kind] += 1
            if self._file:
                line = {"at": round(now, 6), "kind": kind, **facts}
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()
        return now

    def kill_shim(self, invocation, now):
        self.killed.setdefault(invocation, now)
        self.note("shim-killed", invocation=invocation)
