"""Kills a real daemon at random instants while it works, and shows that it kept its word.

usage: tools/torture [--seconds N] [--seed N] [--record]
  --seconds N   how long it is killed for (60); healing and the last check come after that
  --seed N      of the choices (printed; timing is real, so a run is not replayed by its seed)
  --record      put the figures into docs/testing.md

Exit status 1 when a promise was broken: each is told with what the observer saw, what the API said
and the daemon's log, and the folder is kept.
"""

import argparse
import collections
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import checks
from daemon import LULL
from ledger import Ledger
from lives import FIRST_MOMENT_SECONDS, KINDS, Lives
from observer import Observer
from operators import NODES, Operator

OPERATORS = 4
LIFE_SECONDS = 0.25  # a mean
REPORT_SECONDS = 2
HEAL_SECONDS = 240
LOOK_SECONDS = 0.05
LOG_LINES = 8
STORIES = 3  # of each rule
CHECKED = 0.02  # of the lives, after their end
CHECK_SECONDS = 120
KILL_AT_ANSWER = 0.02  # of the answers to what starts or cancels
OBSERVE = os.path.abspath("tests/torture/observe")


class Torture:
    def __init__(self, folder, seed):
        self.folder = folder
        self.dice = random.Random(seed)
        self.ledger = Ledger(os.path.join(folder, "ledger.jsonl"))
        seen = os.path.join(folder, "seen")
        self.observer = Observer(seen)
        self.lives = Lives(folder, self._options(), self.ledger)
        self._now = threading.Event()  # an answer came that a kill is to follow
        self.violations = []
        self._reported = 0
        self.operators = [
            Operator("operator-%d" % number, self.lives, self.ledger,
                     random.Random(self.dice.random()), "%s %s" % (OBSERVE, seen), self._answered)
            for number in range(OPERATORS)
        ]

    def _options(self):
        fleet = os.path.join(self.folder, "fleet.yaml")
        config = os.path.join(self.folder, "lull.yaml")
        with open(fleet, "w", encoding="utf-8") as file:
            file.write("nodes:\n" + "".join(
                "  - {id: %s, address: 127.0.0.1, transport: here}\n" % node for node in NODES[1:]))
        with open(config, "w", encoding="utf-8") as file:
            file.write("transports:\n  here:\n    argv: [/bin/sh, -s]\n")
        return ("--inventory", fleet, "--config", config, "--history-days", "0",
                "--max-windows", "1000")

    def _answered(self, operation):
        if "Start" in operation or "Cancel" in operation:
            if random.random() < KILL_AT_ANSWER:
                self._now.set()

    def run(self, seconds):
        self.lives.begin()
        for operator in self.operators:
            operator.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._wrong():
            self._now.wait(self.dice.expovariate(1 / LIFE_SECONDS))
            self._now.clear()
            self._end_and_begin()
            if self._report():
                self.violations += checks.check(self._case({}), (checks.started_once,))
        self._finish()

    def _report(self, stage=""):
        """Tells the figures, unless that is not long ago. Returns whether it did."""
        if time.monotonic() < self._reported + REPORT_SECONDS:
            return False
        self._reported = time.monotonic()
        self.observer.read()
        print(stage + self.figures(), flush=True)
        return True

    def _end_and_begin(self):
        kind = self.dice.choices(list(KINDS), KINDS.values())[0]
        if self.dice.random() < 0.05:
            self.lives.pause()
        self.lives.end("kill" if kind == "kill at the start" else kind)
        while kind == "kill at the start":
            self.lives.begin(settle=False)
            time.sleep(self.dice.random() * FIRST_MOMENT_SECONDS)
            self.lives.end(kind)
            kind = self.dice.choice([kind, ""])
        if self.dice.random() < CHECKED:
            self._check_store()
        self.lives.begin()

    def _wrong(self):
        return self.lives.wrong or self.violations or any(o.violations for o in self.operators)

    def _finish(self):
        """Heals: no more kills, and everything that was begun comes to its end."""
        for operator in self.operators:
            operator.stop.set()
        for operator in self.operators:
            operator.join(HEAL_SECONDS)
            if operator.is_alive():
                self.violations.append(checks.Violation("the driver", operator.name + " hangs"))
        reader = self.operators[0]
        deadline = time.monotonic() + HEAL_SECONDS
        self._await_due()
        for name in list(self.ledger.executions):
            self._await_end(reader, name, deadline)
        self._check_all(reader, deadline)
        self.lives.finish()
        self.lives.end("term")
        self._check_store()
        for operator in self.operators:
            self.violations += operator.violations
        self.violations += [checks.Violation("the daemon's life", text) for text in self.lives.wrong]

    def _await_due(self):
        due = max([window.busy_until for window in self.ledger.windows.values()], default=0)
        while time.monotonic() < due:
            self._report("healing: ")
            time.sleep(LOOK_SECONDS)

    def _await_end(self, reader, name, deadline):
        """Until it is final, or gone, or too late: the checks tell which."""
        while time.monotonic() < deadline:
            self._report("healing: ")
            found = reader.call("GetMaintenanceWindowExecution", {"WindowExecutionId": name},
                                (checks.NO_SUCH,))
            if found == checks.NO_SUCH or found["Status"] in checks.FINAL:
                return
            time.sleep(LOOK_SECONDS)

    def _check_all(self, reader, deadline):
        said = {}
        names = {name: execution.window for name, execution in self.ledger.executions.items()}
        for window in self.ledger.windows.values():
            found = reader.read_window(window.id)
            self.violations += checks.vanished_of(window, found)
            for name in (found or {}).get("executions", ()):
                names[name] = window.id
        for seen in self.observer.read().values():
            names.setdefault(seen.execution, "a deleted one, of " + seen.execution)
        for name, window in names.items():
            self._await_end(reader, name, deadline)
            found = reader.read_execution(name, window)
            if found is not None:
                said[name] = found
        self.observer.read()
        self.violations += checks.check(self._case(said))

    def _check_store(self):
        """As the life that has just ended left it, whatever killed it."""
        self.ledger.note("check", life=self.lives.number)
        command = [LULL, "check", "--data-dir", os.path.join(self.folder, "data")]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=CHECK_SECONDS, check=False)
        if done.returncode != 0:
            text = "lull check, exit status %d: %s" % (
                done.returncode, (done.stdout + done.stderr)[-2000:])
            self.violations.append(checks.Violation("the store is whole", text))

    def _case(self, said):
        return checks.Case(self.ledger, self.observer.by_invocation, said)

    def figures(self):
        counts = self.ledger.counts
        kinds = ", ".join("%d %s" % (counts[kind], kind) for kind in (*KINDS, "pause"))
        return ("%d restarts (%s), %d commands run, %d executions, %d cancels acknowledged, "
                "%d requests, %d answers lost, %d checks of the store" % (
                    self.lives.number - 1, kinds, len(self.observer.by_invocation),
                    counts["executions"], counts["cancels"], counts["ask"], counts["lost"],
                    counts["check"]))

    def story(self, violation):
        """A violation, with the lines of the ledger and of the daemon that name what it is about."""
        lines = ["'%s': %s" % (violation.rule, violation.text)]
        for name in ("ledger.jsonl", "daemon.log"):
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                about = [line.rstrip()[:400] for line in file
                         if any(one and one in line for one in violation.ids)]
            lines += ["  %s: %s" % (name, line) for line in about[-LOG_LINES:]]
        return "\n".join(lines)

    def stories(self):
        """How many violations there are of each rule, and the first of each."""
        by_rule = collections.defaultdict(list)
        for violation in self.violations:
            by_rule[violation.rule].append(violation)
        for rule, violations in by_rule.items():
            yield "%d VIOLATIONS of '%s'" % (len(violations), rule)
            yield from map(self.story, violations[:STORIES])


def main():
    parser = argparse.ArgumentParser(prog="tools/torture")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="lull-torture-")
    print("seed %d (of the choices; the timing is real), folder %s" % (arguments.seed, folder))
    torture = Torture(folder, arguments.seed)
    try:
        torture.run(arguments.seconds)
    finally:
        torture.lives.abandon()
    for text in torture.stories():
        print(text)
    print("%d s of seed %d: %s, %d violations" % (
        arguments.seconds, arguments.seed, torture.figures(), len(torture.violations)))
    if torture.violations:
        print("kept: %s" % folder)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
