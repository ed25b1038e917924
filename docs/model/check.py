"""Runs Spin over the model of this folder; see README.md.

usage: tools/model [--record] [--trail NAME] [--list] [NAME...]
  NAME...       these checks only; all when none is named
  --list        names them
  --trail NAME  replays the counterexample of a check that failed, or of a planted defect, as a story
  --record      puts the figures into docs/testing.md

Each check is the model in one shape (-D flags). Exit status 1 when Spin finds a violation, when it does
not find one that is planted, when the search was cut off, or when something that the model must be able
to do was never seen.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
MEGABYTES = 1000  # of memory, at most, for each search
DEPTH = 100000
# Rows of the table and situations are numbered where they stand; nothing may be left out.
SITUATIONS = {
    0: "a cancel is asked for again",
    1: "claims are taken back",
    2: "a cancel returns",
    3: "a duplicate report is dropped",
    4: "what an earlier life claimed never starts",
    5: "a hand-over finds its lease gone",
    6: "a commit meets its guards",
    7: "a commit's outcome is unknown",
    8: "a fenced replica forgets",
    9: "adopted: never started",
    10: "adopted: running",
    11: "adopted: finished",
    12: "adopted: unknown",
    13: "a cancel arrives elsewhere",
    14: "it is answered by the lease's end",
    15: "it is acknowledged by the owner",
    16: "an occurrence is passed by",
    17: "an opening meets a conflict",
}


class Check:
    def __init__(self, name, flags, tries, model="lull.pml", claim=None, planted=False):
        self.name, self.flags, self.tries = name, flags.split(), tries
        self.model, self.claim, self.planted = model, claim, planted


CRASH = "-DASKS=2 -DREPEATS=1 -DCRASHES=1 -DSMALL"
LEASE = "-DLEASES -DASKS=1 -DEXPIRIES=1 -DSMALL"
CHECKS = [
    Check("cancel", "-DASKS=2 -DCUTOFF -DREPEATS=1 -DTIMES_OUT", "two cancels, a cutoff, a report made twice"),
    Check("limits", "-DWIDE -DASKS=1 -DCUTOFF", "concurrency 2, one error allowed"),
    Check("store", "-DASKS=1 -DCUTOFF -DFAULTS=1", "a commit refused, or its outcome unknown"),
    Check("crash", "-DASKS=1 -DCUTOFF -DCRASHES=1 -DREPEATS=1", "a crash at any point, and adoption"),
    Check("crash_twice", "-DASKS=2 -DCRASHES=2 -DFAULTS=1 -DSMALL", "two crashes, a store fault, two cancels"),
    Check("refused", "-DREFUSES -DASKS=1 -DSMALL", "an execution that is refused"),
    Check("lease", LEASE, "two replicas: a lease ends, a cancel arrives at either"),
    Check("lease_crash", "-DLEASES -DASKS=1 -DCRASHES=1 -DSMALL", "two replicas, one dies"),
    Check("overlap", "", "occurrences of one window, two engines", model="overlap.pml"),
    Check("ends", "-DLIVENESS -DASKS=1 -DCRASHES=1 -DSMALL", "every execution ends", claim="every_execution_ends"),
    Check("ends_cancelled", "-DLIVENESS -DASKS=1 -DCRASHES=1 -DSMALL", "a cancelled one becomes CANCELLED",
          claim="what_is_cancelled_becomes_cancelled"),
]
PLANTED = [
    Check("no_epoch_guard", LEASE, "R11: the epoch guard is dropped"),
    Check("start_before_commit", CRASH, "R4: a start before its commit"),
    Check("cursor_stays", CRASH, "R1: INVOCATION leaves `next` where it was"),
    Check("lease_ignored", LEASE, "R1: a start without a lease"),
    Check("no_freeze", CRASH, "R1: the hand-over goes on while its task is being closed"),
    Check("no_wait_for_start", CRASH, "R1: a cancel answered while a Start is being entered"),
    Check("unstarted_starts", CRASH, "R1: what a new life finds unstarted starts after a cancel"),
    Check("unknown_runs_again", CRASH, "R4: what nobody knows is run again"),
    Check("no_deduplication", CRASH, "R2: a report made twice is recorded twice"),
    Check("write_skew", LEASE, "R3: a commit overlooks a cancel stored meanwhile"),
    Check("fact_unread", LEASE, "R1: a new owner hands over before it decides a stored cancel"),
    Check("answered_by_the_row", LEASE, "R1: a cancel elsewhere answered by the row, not by the owner"),
    Check("late_adoption", LEASE + " -DCRASHES=1", "R4: a runner adopted without a lease"),
]
for check in PLANTED:
    check.planted = True
    check.flags.append("-DPLANT_" + check.name.upper())


class Result:
    def __init__(self, output, seconds):
        number = lambda pattern: int(re.search(pattern, output).group(1)) if re.search(pattern, output) else -1
        self.errors = number(r"errors: (\d+)")
        self.states = number(r"(\d+) states, stored")
        self.depth = number(r"depth reached (\d+)")
        self.cut_off = bool(re.search(r"MEMLIM|max search depth too small|interrupted", output))
        self.what = re.findall(r"^pan:\d+: (.*)$", output, re.MULTILINE)
        self.rows = {int(n) for n in re.findall(r"^row (\d+) seen$", output, re.MULTILINE)}
        self.situations = {int(n) for n in re.findall(r"^situation (\d+) seen$", output, re.MULTILINE)}
        self.output, self.seconds = output, seconds


def run(arguments, folder):
    done = subprocess.run(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def must(arguments, folder):
    status, output = run(arguments, folder)
    if status != 0:
        raise SystemExit("model: `%s` failed:\n%s" % (" ".join(arguments), output[-2000:]))
    return output


def build(check, folder, flags):
    for path in FOLDER.glob("*.pml"):
        (folder / path.name).write_text(path.read_text())
    must(["spin", "-a", *flags, check.model], folder)
    options = ["-DCOLLAPSE", "-DVECTORSZ=2048", "-DMEMLIM=%d" % MEGABYTES]
    if not check.claim:
        options += ["-DSAFETY", "-DNOCLAIM"]
    # A planted defect is found long before a compiler's effort would pay.
    must(["gcc", "-O0" if check.planted else "-O1", "-w", *options, "-o", "pan", "pan.c"], folder)


def search(check, folder):
    """One search, with its coverage counted; a planted defect ends it at the first violation."""
    build(check, folder, check.flags + ([] if check.planted else ["-DCOVERAGE"]))
    began = time.monotonic()
    claim = ["-a", "-N", check.claim] if check.claim else []
    _, output = run(["./pan", "-m%d" % DEPTH, "-w22", *claim], folder)
    return Result(output, time.monotonic() - began)


def verdict(check, result):
    """What is wrong, or nothing."""
    if result.errors < 0:
        return "the search did not come to its end: " + result.output[-300:]
    if check.planted:
        return None if result.errors > 0 else "the planted defect was not found"
    if result.errors > 0:
        return "violated: %s (tools/model --trail %s tells how)" % ("; ".join(result.what), check.name)
    return "the search was cut off; it shows nothing" if result.cut_off else None


def unseen(results):
    """What the model must be able to do and never did, in any of the checks."""
    rows = set().union(*(r.rows for r in results))
    situations = set().union(*(r.situations for r in results))
    count = int(re.search(r"#define ROWS (\d+)", (FOLDER / "transitions.pml").read_text()).group(1))
    missing = ["row %d of the table" % n for n in range(count) if n not in rows]
    return missing + [text for n, text in SITUATIONS.items() if n not in situations]


def trail(name):
    check = next((c for c in CHECKS + PLANTED if c.name == name), None)
    if check is None:
        raise SystemExit("model: no check is called %s; try --list" % name)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        build(check, folder, check.flags)
        claim = ["-a", "-N", check.claim] if check.claim else []
        run(["./pan", "-m%d" % DEPTH, "-w22", *claim], folder)
        if not (folder / (check.model + ".trail")).exists():
            print("%s: nothing to tell, no violation was found" % name)
            return
        story = must(["spin", "-t", *check.flags, check.model], folder)
        print("\n".join(line.strip() for line in story.split("#processes")[0].splitlines()))


def table(rows):
    lines = ["| check | what it tries | states | depth | seconds |", "|---|---|---|---|---|"]
    for check, result in rows:
        if not check.planted:
            lines.append("| %s | %s | %s | %d | %.1f |" % (
                check.name, check.tries, format(result.states, ","), result.depth, result.seconds))
    planted = [check for check, _ in rows if check.planted]
    lines.append("")
    lines.append("Planted in the model and found: %d of %d (%s)." % (
        len(planted), len(PLANTED), ", ".join(check.name for check in planted)))
    return "\n".join(lines)


def in_parallel(checks):
    """(check, result) of each, in their order, one search a processor at a time."""

    def one(check):
        with tempfile.TemporaryDirectory() as scratch:
            return search(check, pathlib.Path(scratch))

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(checks, pool.map(one, checks))


def main(arguments):
    if "--help" in arguments or "-h" in arguments:
        print(__doc__.strip())
        return 0
    if "--list" in arguments:
        for check in CHECKS + PLANTED:
            print("%-20s %s%s" % (check.name, "planted: " if check.planted else "", check.tries))
        return 0
    if arguments[:1] == ["--trail"]:
        trail(arguments[1])
        return 0
    record = "--record" in arguments
    names = [a for a in arguments if a != "--record"]
    unknown = set(names) - {c.name for c in CHECKS + PLANTED}
    if unknown:
        raise SystemExit("model: no check is called %s; try --list" % ", ".join(sorted(unknown)))
    rows, failures = [], 0
    wanted = [check for check in CHECKS + PLANTED if not names or check.name in names]
    for check, result in in_parallel(wanted):
        wrong = verdict(check, result)
        failures += wrong is not None
        print("%-20s %9d states, depth %4d, %5.1f s: %s" % (
            check.name, result.states, result.depth, result.seconds,
            "FAILED: " + wrong if wrong else "found" if check.planted else "holds"), flush=True)
        rows.append((check, result))
    if not names:
        for text in unseen([result for _, result in rows]):
            print("FAILED: never seen: %s" % text)
            failures += 1
    if failures == 0 and record and not names:
        subprocess.run([str(FOLDER.parent.parent / "tools/record_figures"), "model"], input=table(rows),
                       text=True, check=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
