"""What must hold, one function each: from the ledger, the observer's lines and what the API says.

`said` is {execution: {"Status", "StartTime", "EndTime", "tasks": [{"Status", "TaskExecutionId",
"StartTime", "invocations": [...], "progress": {...}}]}}, with the API's own names inside. Each check
yields Violations.
"""

import collections
import dataclasses

FINAL = ("SUCCESS", "FAILED", "TIMED_OUT", "CANCELLED", "SKIPPED_OVERLAPPING")
NEVER_STARTED = "it never started."
NO_SUCH = "DoesNotExistException"
UNKNOWN = "outcome is unknown"
COUNTED = {"Succeeded": "SUCCESS", "Failed": "FAILED", "TimedOut": "TIMED_OUT"}


@dataclasses.dataclass
class Violation:
    rule: str
    text: str
    ids: tuple = ()


@dataclasses.dataclass
class Case:
    ledger: object
    seen: dict  # of the observer, by invocation
    said: dict


def never_started(invocation):
    """Whether the API says of an invocation that nothing of it ran, or will."""
    claimed = "ExecutionId" in invocation
    return not claimed or invocation.get("StatusDetails", "").endswith(NEVER_STARTED)


def invocations_of(case):
    """(execution, task, invocation) of all that the API tells."""
    for execution in case.said.values():
        for task in execution["tasks"]:
            for invocation in task["invocations"]:
                yield execution, task, invocation


def root(ledger, execution):
    """The execution that this one, by resumptions, goes on with."""
    while execution in ledger.executions and ledger.executions[execution].resumed_from:
        execution = ledger.executions[execution].resumed_from
    return execution


def started_once(case):
    """Nothing starts twice: over restarts, adoptions and resumptions."""
    work = collections.defaultdict(list)
    for seen in case.seen.values():
        if len(seen.starts) > 1 or len(seen.ends) > 1:
            yield Violation("started once", "%s" % seen, (seen.invocation,))
        if not seen.starts:
            yield Violation("started once", "an end without a start: %s" % seen, (seen.invocation,))
        key = root(case.ledger, seen.execution), seen.window_task, seen.node
        work[key].append(seen.invocation)
    for key, invocations in work.items():
        if len(invocations) > 1:
            text = "task %s ran on %s in %d invocations of one execution and its resumptions" % (
                key[1], key[2], len(invocations))
            yield Violation("started once", text, tuple(invocations))


def nothing_after_cancel(case):
    """What a cancel's answer, or a read after it, told as never to start has no line."""
    by_execution = collections.defaultdict(list)
    for seen in case.seen.values():
        by_execution[seen.execution].append(seen)
    for execution in case.ledger.executions.values():
        lines = by_execution[execution.id]
        for cancel in execution.cancels:
            for seen in lines:
                if seen.invocation in cancel.never or seen.task in cancel.never_tasks:
                    text = "cancelled (%s) at %.6f, read as never to start, and ran: %s" % (
                        cancel.policy, cancel.answered, seen)
                    yield Violation("nothing after a cancel", text, (execution.id, seen.invocation))
            late = [seen for seen in lines if seen.starts and seen.start > cancel.answered]
            if cancel.in_flight is not None and len(late) > cancel.in_flight:
                text = "%d in flight by the answer at %.6f, %d lines after it: %s" % (
                    cancel.in_flight, cancel.answered, len(late), late)
                yield Violation("nothing after a cancel", text, (execution.id,))


def cancels_hold(case):
    """An acknowledged cancel is there at the end, and no task began after it."""
    for execution in case.ledger.executions.values():
        said = case.said.get(execution.id)
        if said is None:
            continue  # vanished() tells
        for cancel in execution.cancels:
            expected = cancel.final or "CANCELLED"
            if said["Status"] in FINAL and said["Status"] != expected:
                text = "cancelled (%s) at %.6f, expected %s, is %s" % (
                    cancel.policy, cancel.answered, expected, said["Status"])
                yield Violation("a cancel is lost", text, (execution.id,))
            for task in said["tasks"]:
                if task.get("StartTime", 0) > cancel.answered_wall:
                    text = "task %s began at %.3f, after the cancel's answer at %.3f" % (
                        task["TaskExecutionId"], task["StartTime"], cancel.answered_wall)
                    yield Violation("nothing after a cancel", text, (execution.id,))


def outcomes(case):
    """What the API says of an invocation is what the observer saw."""
    told = set()
    for _, task, invocation in invocations_of(case):
        name = invocation["InvocationId"]
        told.add(name)
        ledger = case.ledger.executions.get(task["WindowExecutionId"])
        stop = ledger is not None and "STOP" in ledger.asked
        wrong = wrong_outcome(invocation, case.seen.get(name), name in case.ledger.killed, stop)
        if wrong:
            text = "%s: the API: %s; seen: %s" % (wrong, invocation, case.seen.get(name))
            yield Violation("true outcomes", text, (task["WindowExecutionId"], name))
    for name, seen in case.seen.items():
        if name not in told and seen.execution in case.said:
            yield Violation("true outcomes", "the API has no such invocation: %s" % seen, (name,))


def wrong_outcome(invocation, seen, killed, stop):
    """What is wrong about it, or nothing. `stop`: a stop was asked of its execution."""
    status, details = invocation["Status"], invocation.get("StatusDetails", "")
    if status not in FINAL:
        return "it has not ended"
    if never_started(invocation):
        return "it ran, and is told never to have started" if seen else ""
    if killed:
        return ""  # the true outcome or none: its shim can't tell
    if UNKNOWN in details:
        return "unknown, though its shim was not killed"
    if seen is None:
        return "" if stop and status == "CANCELLED" else "it is told to have run, and did not"
    if not seen.ends:
        return "" if stop and status == "CANCELLED" else "it is told to have ended, and did not"
    _, exit_status, stopped = seen.ends[0]
    if stopped and not stop:
        return "it was asked to stop, and nobody wanted that"
    if stop and status == "CANCELLED":
        return ""
    expected = "CANCELLED" if stopped else "FAILED" if exit_status else "SUCCESS"
    if status != expected:
        return "it should be " + expected
    if expected == "FAILED" and not details.endswith("exit status %d" % exit_status):
        return "it should have failed with exit status %d" % exit_status
    return ""


def counts_add_up(case):
    """Per task: targets = invocations by status, as listed and as counted, and as seen."""
    ran = collections.Counter(seen.task for seen in case.seen.values())
    for name, execution in case.said.items():
        for task in execution["tasks"]:
            counts, listed = task["progress"], collections.Counter()
            claimed = 0
            for invocation in task["invocations"]:
                listed[invocation["Status"]] += 1
                claimed += not never_started(invocation)
            told = sum(counts.get(key, 0) for key in (
                "Queued", "InFlight", "Succeeded", "Failed", "TimedOut", "Cancelled", "NotStarted"))
            problems = []
            if told != counts.get("Targets", 0) or len(task["invocations"]) != told:
                problems.append("%d listed, %d counted" % (len(task["invocations"]), told))
            for key, status in COUNTED.items():
                # What never started reads as failed or timed out, too, where that closed the task.
                sure = sum(1 for invocation in task["invocations"]
                           if invocation["Status"] == status and "ExecutionId" in invocation)
                if counts.get(key, 0) != sure:
                    problems.append("%s %d, listed %d" % (key, counts.get(key, 0), sure))
            if ran[task["TaskExecutionId"]] > claimed:
                problems.append("%d seen, %d claimed" % (ran[task["TaskExecutionId"]], claimed))
            if problems:
                text = "task %s: %s; %s; %s" % (
                    task["TaskExecutionId"], ", ".join(problems), counts, dict(listed))
                yield Violation("counts add up", text, (name, task["TaskExecutionId"]))


def all_ended(case):
    for name, execution in case.said.items():
        statuses = [execution["Status"]] + [task["Status"] for task in execution["tasks"]]
        if not all(status in FINAL for status in statuses):
            yield Violation("executions end", "%s: %s" % (name, statuses), (name,))


def concurrency(case):
    """At no instant more of a task run than its MaxConcurrency."""
    tasks = collections.defaultdict(list)
    for seen in case.seen.values():
        tasks[seen.task].append(seen)
    for task, all_seen in tasks.items():
        limit = case.ledger.tasks[all_seen[0].window_task].concurrency
        most = most_at_once(all_seen, case.ledger.killed)
        if most > limit:
            text = "%d of task %s at once, MaxConcurrency is %d" % (most, task, limit)
            yield Violation("concurrency", text, (all_seen[0].execution, task))


def most_at_once(all_seen, killed):
    moments = []
    for seen in all_seen:
        end = seen.end(killed)
        # What told no end has an unknown one: it counts at its start only.
        moments += [(seen.start, 1), (max(seen.start, end if end is not None else seen.start), -1)]
    most = running = 0
    for _, change in sorted(moments, key=lambda moment: (moment[0], moment[1])):
        running += change
        most = max(most, running)
    return most


def priorities(case):
    """A priority begins when all before it have ended."""
    executions = collections.defaultdict(lambda: collections.defaultdict(list))
    for seen in case.seen.values():
        priority = case.ledger.tasks[seen.window_task].priority
        executions[seen.execution][priority].append(seen)
    for execution, by_priority in executions.items():
        latest = None
        for priority in sorted(by_priority):
            first = min(by_priority[priority], key=lambda seen: seen.start)
            if latest is not None and first.start < latest[0]:
                text = "%s began before %s ended" % (first, latest[1])
                yield Violation("priorities", text, (execution, first.invocation))
            for seen in by_priority[priority]:
                end = seen.end(case.ledger.killed) or seen.start
                if latest is None or end > latest[0]:
                    latest = (end, seen)


def one_active(case):
    """Executions of a window don't overlap: by what was seen, and by what the API says."""
    windows = collections.defaultdict(dict)
    owner = {name: said["window"] for name, said in case.said.items()}
    for seen in case.seen.values():
        if seen.execution in owner:
            begin, end = seen.start, seen.end(case.ledger.killed) or seen.start
            spans = windows[owner[seen.execution]]
            old = spans.get(seen.execution, (begin, end))
            spans[seen.execution] = (min(begin, old[0]), max(end, old[1]))
    for window, spans in windows.items():
        yield from overlaps(window, "seen", spans)
    told = collections.defaultdict(dict)
    for name, said in case.said.items():
        if said["Status"] in FINAL and said["Status"] != "SKIPPED_OVERLAPPING":
            told[said["window"]][name] = (said["StartTime"], said["EndTime"])
    for window, spans in told.items():
        yield from overlaps(window, "told", spans)


def overlaps(window, how, spans):
    ordered = sorted(spans.items(), key=lambda item: item[1])
    for (first, (_, end)), (second, (begin, _)) in zip(ordered, ordered[1:]):
        if begin < end:
            text = "window %s, as %s: %s began at %.6f, %s ended at %.6f" % (
                window, how, second, begin, first, end)
            yield Violation("one active execution", text, (first, second))


def errors_bounded(case):
    """Past MaxErrors nothing starts: at most what was in flight fails beside."""
    failed = collections.Counter()
    task_of = {}
    for seen in case.seen.values():
        task_of[seen.task] = seen
        if seen.ends and seen.ends[0][1] and not seen.ends[0][2]:
            failed[seen.task] += 1
    for task, count in failed.items():
        limits = case.ledger.tasks[task_of[task].window_task]
        if count > limits.errors + limits.concurrency:
            text = "%d of task %s failed: MaxErrors %d, MaxConcurrency %d" % (
                count, task, limits.errors, limits.concurrency)
            yield Violation("max errors", text, (task_of[task].execution, task))


def vanished_of(window, said):
    """What was acknowledged of a window and isn't there; said is None when there is no window."""
    if (said is None) != window.deleted:
        text = "%s is %s, and was%s deleted" % (
            window.id, "gone" if said is None else "there", "" if window.deleted else " not")
        yield Violation("nothing vanishes", text, (window.id,))
    if said is None or window.deleted:
        return
    for what in ("name", "tags", "targets", "tasks"):
        if said[what] != getattr(window, what):
            text = "%s of %s: acknowledged %s, told %s" % (
                what, window.id, getattr(window, what), said[what])
            yield Violation("nothing vanishes", text, (window.id,))
    missing = window.executions - said["executions"]
    others = len(said["executions"] - window.executions)
    if missing:
        yield Violation("nothing vanishes", "executions: %s" % missing, tuple(missing))
    if not window.due <= others <= window.due + window.perhaps_due:
        text = "%s: %d schedules came due (%d more perhaps), %d executions that nobody started" % (
            window.id, window.due, window.perhaps_due, others)
        yield Violation("occurrences", text, (window.id,))


def executions_there(case):
    for name in case.ledger.executions.keys() - case.said.keys():
        yield Violation("nothing vanishes", "no execution %s any more" % name, (name,))
    for seen in case.seen.values():
        if seen.execution not in case.said:
            text = "it ran in an execution that nobody knows: %s" % seen
            yield Violation("nothing vanishes", text, (seen.execution, seen.invocation))


ALL = (
    started_once, nothing_after_cancel, cancels_hold, outcomes, counts_add_up, all_ended,
    concurrency, priorities, one_active, errors_bounded, executions_there,
)


def check(case, checks=ALL):
    return [violation for one in checks for violation in one(case)]
