"""A run of the benchmarks: read, put together, compared with another one.

A run is one JSON object. What measured wrote `figures`; each has a `name`, a `unit`, and of each
round a number in `values`, or a single `value`; where there is a floor, `floor` and `ratios`. A
`goal` is {"side": "at most" or "at least", "of": "ratio" or "value", "limit": number}. `curve` and
`n` make it a point of a plot. Of another project a figure has `peer`, too, its `work` and
`settings`, and is a point by its work.
What was not measured, as it failed, is in `failures`, a list of texts.
"""

import datetime
import json
import os
import statistics
import subprocess
import time

import bench_beside

# How much slower something must be to be told, beside being outside of what was seen before.
LEAST_CHANGE = 1.1
# Units that mean the same on every machine. Other values are compared by their ratios only.
PORTABLE_UNITS = ("bytes", "KiB", "MiB", "times")
# Of the processors' time: what others may use just before a run that means something.
QUIET_SHARE = 0.1
LOOK_SECONDS = 2


def load(path):
    """The run in a file. ValueError, with what is wrong, when there is none."""
    with open(path) as file:
        run = json.load(file)
    if not isinstance(run, dict) or not isinstance(run.get("figures"), list):
        raise ValueError("%s is not a run: it has no list `figures`" % path)
    for figure in run["figures"]:
        if "values" not in figure:
            figure["values"] = [figure.pop("value")]
    return run


def numbers(figure):
    """What the figure is compared by: a number of each round. None: it means nothing elsewhere."""
    if figure.get("ratios"):
        return figure["ratios"]
    return figure["values"] if figure["unit"] in PORTABLE_UNITS else None


def was_quiet(run):
    """Whether next to nothing else ran before. True when it is not known."""
    return run.get("busy_before", 0) <= QUIET_SHARE


def reached(figure):
    """Whether the median is where the goal wants it. None: there is no goal."""
    goal = figure.get("goal")
    if not goal:
        return None
    median = statistics.median(figure["ratios" if goal["of"] == "ratio" else "values"])
    return median <= goal["limit"] if goal["side"] == "at most" else median >= goal["limit"]


def slower(old, new):
    """How many times slower (or bigger) `new` is than `old`, if that is beyond the spread: no round of
    the one is as bad as any of the other. Else None."""
    before, after = numbers(old), numbers(new)
    if before is None or after is None:
        return None
    more = bench_beside.more_is_better(new["unit"])
    if more:
        before, after = [-number for number in before], [-number for number in after]
    if min(after) <= max(before):
        return None
    times = statistics.median(after) / statistics.median(before)
    times = 1 / times if more else times
    return times if times >= LEAST_CHANGE else None


def compare(old, new):
    """Pairs of a figure of `new` and how many times slower it is, of those of Lull's that are."""
    before = {figure["name"]: figure for figure in bench_beside.of_lull(old)}
    for figure in bench_beside.of_lull(new):
        if figure["name"] in before:
            times = slower(before[figure["name"]], figure)
            if times:
                yield figure, times


def first_line(path, start=""):
    """What follows `start` in the file's first line with it; `unknown` when there is none."""
    try:
        with open(path) as file:
            for line in file:
                if line.startswith(start):
                    return line[len(start):].strip(" \t:\n")
    except OSError:
        pass
    return "unknown"


def disk_kind(folder):
    """As the kernel has it: `ext4 on /dev/nvme0n1p2, not rotating`. Of a virtual disk it can't tell."""
    words = subprocess.run(
        ["findmnt", "--noheadings", "--output", "FSTYPE,SOURCE", "--target", folder],
        capture_output=True, text=True, check=False).stdout.split()
    if len(words) < 2:
        return "unknown"
    kind, source = words[-2:]  # of several, the last was mounted over the others
    device = os.path.basename(os.path.realpath("/sys/dev/block/%d:%d" % (
        os.major(os.stat(folder).st_dev), os.minor(os.stat(folder).st_dev))))
    if device.startswith(("vd", "xvd")):
        return "%s on %s, virtual" % (kind, source)
    for queue in ("/sys/class/block/%s/queue" % device, "/sys/class/block/%s/../queue" % device):
        rotates = first_line(queue + "/rotational")
        if rotates != "unknown":
            return "%s on %s, %s" % (kind, source, "rotating" if rotates == "1" else "not rotating")
    return "%s on %s" % (kind, source)


def processor_times():
    """(idle, all) since the boot, in ticks of all processors."""
    ticks = [int(word) for word in first_line("/proc/stat", "cpu ").split()]
    return sum(ticks[3:5]), sum(ticks)


def busy_share():
    """Of the processors' time, what is used while this waits."""
    idle, total = processor_times()
    time.sleep(LOOK_SECONDS)
    idle_later, total_later = processor_times()
    return 1 - (idle_later - idle) / (total_later - total)


def commit():
    """Of this checkout; `-dirty` when there is more than was committed."""
    told = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"],
                          capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def surroundings(disk):
    """What a reader has to know of the machine and of how busy it was."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "cpu": first_line("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": "%s %s" % (os.uname().sysname, os.uname().release),
        "disk": disk_kind(disk),
        "busy_before": round(busy_share(), 3),
    }


def put_together(around, own, peers):
    """One run out of where it was measured and what was measured; `peers` may be None. It has all lines of the table
    side by side, too, for whoever reads it as JSON."""
    run = {**around, **own}
    if peers:
        run["peers"] = {key: value for key, value in peers.items() if key not in ("figures", "failures")}
        run["figures"] = own["figures"] + peers["figures"]
        run["failures"] = own.get("failures", []) + peers.get("failures", [])
        run["side_by_side"] = bench_beside.lines(run)
    return run
