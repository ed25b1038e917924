"""Lull and other projects at the same work in one run, side by side: who is ahead, how many times.

A figure of a peer has `peer` and `work`, beside what other figures have; see bench_run.
"""

import dataclasses
import statistics

LULL = "Lull"


@dataclasses.dataclass(frozen=True)
class Work:
    """What Lull and peers both did. Lull's is the figure of `curve` (None: it has none) at the same n, its values times
    `factor` in the peers' unit. Where a peer has several ways (`work, way`), its best one counts. `goal`: how many
    times ahead of the best peer Lull is meant to be, from `goal_from` on."""

    name: str
    curve: str | None
    factor: float = 1.0
    goal: float | None = None
    goal_from: int = 0

    def is_of(self, figure):
        """Whether it is a peer's figure of this work."""
        work = figure.get("work", "")
        is_way = work.startswith(self.name + ", ") and ":" not in work  # after a colon: something else that was seen
        return work == self.name or is_way


CANCEL = Work("cancel", "cancel INVOCATION, one task, median", 1e-3, goal=5000, goal_from=1_000_000)
DRAIN = Work("drain at its best", "drain, concurrency 1000, by targets", goal=10)
IN_FLIGHT = Work("drain, in flight", "drain, one execution")
ENQUEUE = Work("enqueue", "open targets by their tag")
RESTART = Work("restart to the first claim, beyond a bare start", "restart, queued")
MEMORY = Work("memory, both", "memory")
COMMIT = Work("bare durable commit, median (c)", None)
WORKS = (ENQUEUE, DRAIN, CANCEL, RESTART, MEMORY, IN_FLIGHT, COMMIT)


def more_is_better(unit):
    return unit.endswith("/s")


def value_of(figure):
    return statistics.median(figure["values"])


def best(figures):
    """The best of figures with the same unit. None: there are none."""
    if not figures:
        return None
    return (max if more_is_better(figures[0]["unit"]) else min)(figures, key=value_of)


def of_peers(run):
    return [figure for figure in run["figures"] if "peer" in figure]


def of_lull(run):
    return [figure for figure in run["figures"] if "peer" not in figure]


def best_of_peers(run, work, n):
    """{peer: its best figure of the work at n}."""
    found = {}
    for figure in of_peers(run):
        if work.is_of(figure) and figure.get("n") == n:
            found.setdefault(figure["peer"], []).append(figure)
    return {peer: best(figures) for peer, figures in found.items()}


def sizes(run, work):
    """All n of the peers' figures of the work."""
    return sorted({figure["n"] for figure in of_peers(run) if work.is_of(figure)})


def unit_of(run, work):
    return next(figure["unit"] for figure in of_peers(run) if work.is_of(figure))


def line(name, n, unit, values, goal=None):
    """A line of the table: {work, n, unit, values: {system: number}}, with `ahead` when Lull and another are in it, and
    `goal` of that."""
    found = {"work": name, "n": n, "unit": unit, "values": values}
    others = [value for system, value in values.items() if system != LULL]
    # A time beyond another is 0 or less where it is lost in that one's spread: there is no ratio then.
    if LULL in values and others and min(values.values()) > 0:
        found["ahead"] = values[LULL] / max(others) if more_is_better(unit) else min(others) / values[LULL]
    if goal is not None:
        found["goal"] = goal
    return found


def reached(line):
    """Whether Lull is as far ahead as its goal wants it. None: it was not measured. REQUIRES: the line has a goal."""
    return line["ahead"] >= line["goal"] if "ahead" in line else None


def lines(run):
    """All lines of the run's table; none when there were no peers. Where peers were not measured at a size with a
    goal, there is a line that says so."""
    found = []
    for work in WORKS:
        measured = sizes(run, work)
        if measured and work.goal is not None and measured[-1] < work.goal_from:
            measured.append(work.goal_from)
        for n in measured:
            values = {peer: value_of(figure) for peer, figure in best_of_peers(run, work, n).items()}
            for figure in of_lull(run):
                if "curve" in figure and (figure["curve"], figure["n"]) == (work.curve, n):
                    values[LULL] = value_of(figure) * work.factor
            goal = work.goal if work.goal is not None and n >= work.goal_from else None
            found.append(line(work.name, n, unit_of(run, work), values, goal))
    return found + list(without_size(run))


def without_size(run):
    """Lines of the schedulers: Lull's figure has the name of the peers' work."""
    peers = [figure for figure in of_peers(run) if "n" not in figure]
    for name in dict.fromkeys(figure["work"] for figure in peers):
        values = {figure["peer"]: value_of(figure) for figure in peers if figure["work"] == name}
        values.update({LULL: value_of(figure) for figure in of_lull(run) if figure["name"] == name})
        yield line(name, None, "/s", values)
