"""What must hold after a load, one function each. Each yields what is wrong, as text."""

import dataclasses

MAX_P99_MS = 5000  # generous: a busy machine is no defect
MAX_NEWCOMER_MS = 5000
MIN_SAMPLES = 100  # below, a p99 is the slowest one
# Allocators keep what they had at the most. In 20 s a leak of some 2 KB a request is more than this; in ten
# minutes one of 60 bytes.
MAX_GROWTH_KIB = 32 * 1024
MAX_END_SECONDS = 15
CREATE, DELETE = "CreateMaintenanceWindow", "DeleteMaintenanceWindow"
CANCEL = "CancelMaintenanceWindowExecution"


@dataclasses.dataclass
class Resources:
    """Of the daemon's process, at one moment."""

    resident_kib: int
    descriptors: int
    threads: int


@dataclasses.dataclass
class Measured:
    operations: dict  # of lull-load: {operation: {"count", "p50", ..., "answers": {answer: count}}}
    idle: Resources  # before the load
    warm: Resources  # some time into it
    end: Resources  # after it, when all clients have gone
    windows: int  # that are there in the end
    active: int  # executions that have not ended
    broken: dict  # of hostile clients: {kind: {what became of it: count}}
    newcomers_p50_ms: float  # of those who connect for one question each
    end_seconds: float  # from SIGTERM to the exit
    end_status: int


def every_request_is_answered(measured):
    for operation, told in measured.operations.items():
        for answer, count in told["answers"].items():
            if answer != "200":
                yield "%s: %d x %s" % (operation, count, answer)
        if sum(told["answers"].values()) != told["count"]:
            yield "%s: %d requests and %s" % (operation, told["count"], told["answers"])


def all_operations_are_tried(measured):
    for operation in (CREATE, DELETE, CANCEL):
        if not measured.operations.get(operation, {}).get("count"):
            yield "%s was not tried" % operation


def answers_are_quick(measured):
    for operation, told in measured.operations.items():
        if told["count"] >= MIN_SAMPLES and told["p99"] > MAX_P99_MS:
            yield "%s: p99 %.0f ms, above %d" % (operation, told["p99"], MAX_P99_MS)


def memory_is_flat(measured):
    grown = measured.end.resident_kib - measured.warm.resident_kib
    if grown > MAX_GROWTH_KIB:
        yield "resident memory grew by %d KiB since the warm-up" % grown


def nothing_is_kept_open(measured):
    for what in ("descriptors", "threads"):
        before, after = getattr(measured.idle, what), getattr(measured.end, what)
        if after > before:
            yield "%d %s before, %d after" % (before, what, after)


def newcomers_are_let_in(measured):
    if measured.newcomers_p50_ms > MAX_NEWCOMER_MS:
        yield "half of all new connections wait for %.0f ms" % measured.newcomers_p50_ms


def acknowledged(measured, operation):
    return measured.operations.get(operation, {"answers": {}})["answers"].get("200", 0)


def windows_add_up(measured):
    left = acknowledged(measured, CREATE) - acknowledged(measured, DELETE)
    if measured.windows != left:
        yield "%d windows, but creates less deletes are %d" % (measured.windows, left)


def executions_end(measured):
    if measured.active:
        yield "%d executions have not ended" % measured.active


def broken_clients_are_handled(measured):
    """Each kind was there, and none was given what only good ones get."""
    for kind, became in measured.broken.items():
        if not sum(became.values()):
            yield "no client of the kind '%s' was there" % kind
        if "200" in became:
            yield "a client of the kind '%s' was answered 200" % kind


def it_ends_promptly(measured):
    if measured.end_status != 0 or measured.end_seconds > MAX_END_SECONDS:
        yield "SIGTERM: exit status %d after %.1f s" % (measured.end_status, measured.end_seconds)


CHECKS = (
    every_request_is_answered,
    all_operations_are_tried,
    answers_are_quick,
    memory_is_flat,
    nothing_is_kept_open,
    newcomers_are_let_in,
    windows_add_up,
    executions_end,
    broken_clients_are_handled,
    it_ends_promptly,
)


def check(measured):
    return ["%s: %s" % (one.__name__.replace("_", " "), text)
            for one in CHECKS for text in one(measured)]
