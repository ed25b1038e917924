"""What the commands themselves said: the lines of `observe`, by invocation."""

import dataclasses

NANOSECONDS = 1e9


@dataclasses.dataclass
class Seen:
    """An invocation as the observer saw it. Times are seconds of CLOCK_MONOTONIC."""

    execution: str
    task: str  # the task execution
    window_task: str
    invocation: str
    node: str
    starts: list = dataclasses.field(default_factory=list)
    ends: list = dataclasses.field(default_factory=list)  # (time, status, whether it was stopped)

    @property
    def start(self):
        return self.starts[0] if self.starts else None

    def end(self, killed):
        """When it was over: its own word, or when its shim was killed; None while it runs."""
        times = [time for time, _, _ in self.ends[:1]]
        if self.invocation in killed:
            times.append(killed[self.invocation])
        return min(times, default=None)


class Observer:
    """Reads the file as it grows. Not for several threads."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self.by_invocation = {}
        with open(path, "ab"):
            pass

    def read(self):
        """Takes in the whole lines that have come."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self._offset += whole
        for line in text[:whole].decode().splitlines():
            self.take(line)
        return self.by_invocation

    def take(self, line):
        kind, time, status, execution, task, window_task, invocation, node = line.split()
        seen = self.by_invocation.setdefault(
            invocation, Seen(execution, task, window_task, invocation, node)
        )
        if (seen.execution, seen.task, seen.node) != (execution, task, node):
            raise ValueError("one invocation id for two: %s and %s" % (seen, line))
        if kind == "start":
            seen.starts.append(int(time) / NANOSECONDS)
        else:
            seen.ends.append((int(time) / NANOSECONDS, int(status), kind == "stopped"))
