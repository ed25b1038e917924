"""Draws what a run of the benchmarks came to, cost against N, with gnuplot. tools/bench calls it.

usage: bench_plot.py RUN.json FOLDER

Writes cancel.svg, drain.svg, drain_in_flight.svg, memory.svg and restart.svg. A point is the median of the
rounds, its bar from the least to the most. Beside Lull's curves stands one of each peer in the run, in its best way
at each N.
"""

import dataclasses
import os
import statistics
import subprocess
import sys

import bench_beside
import bench_run

SCRIPT = """
set terminal svg size 860,520 font "sans,13" background "white"
set output "%(output)s"
set title "%(title)s"
set xlabel "%(x)s"
set ylabel "%(y)s"
set logscale xy
set format x "10^{%%T}"
set grid
set key outside bottom center horizontal
%(blocks)s
plot %(curves)s
"""


def points(figures, factor):
    """Lines of N, median, least and most, of those that logarithmic axes can show."""
    lines = sorted((one["n"], statistics.median(one["values"]) * factor, min(one["values"]) * factor,
                    max(one["values"]) * factor) for one in figures)
    return "\n".join("%d %g %g %g" % line for line in lines if line[0] > 0 and line[1] > 0)


@dataclasses.dataclass(frozen=True)
class Plot:
    """One picture, with both axes logarithmic: Lull's curves whose name begins with `curve` (of several, one); a line
    for each peer that did the same `work`, whose values times `factor` are in the unit of `y`; and `floors`, names of
    figures, across it."""

    name: str
    title: str
    x: str
    y: str
    curve: str
    work: bench_beside.Work | None = None
    factor: float = 1.0
    floors: tuple = ()

    def _curves(self, run):
        """{name: points}."""
        own, others = {}, {}
        for figure in bench_beside.of_lull(run):
            if figure.get("curve", "").startswith(self.curve):
                own.setdefault(figure["curve"], []).append(figure)
        for n in bench_beside.sizes(run, self.work) if self.work else ():
            for peer, figure in bench_beside.best_of_peers(run, self.work, n).items():
                others.setdefault(peer, []).append(figure)
        curves = {"Lull: " + name if others else name: points(figures, 1) for name, figures in own.items()}
        curves.update({peer: points(figures, self.factor) for peer, figures in others.items()})
        return {name: lines for name, lines in curves.items() if lines}

    def script(self, run, folder):
        """For gnuplot. None: the run has none of its curves."""
        curves = self._curves(run)
        if not curves:
            return None
        blocks, drawn = [], []
        for i, (name, lines) in enumerate(curves.items()):
            blocks.append("$curve%d << END\n%s\nEND" % (i, lines))
            drawn.append('$curve%d with yerrorlines title "%s" noenhanced' % (i, name))
        for figure in bench_beside.of_lull(run):
            if figure["name"] in self.floors:
                drawn.append('%g with lines dashtype 2 title "%s" noenhanced' % (
                    statistics.median(figure["values"]), figure["name"]))
        return SCRIPT % {
            "output": os.path.join(folder, self.name + ".svg"), "title": self.title, "x": self.x,
            "y": self.y, "blocks": "\n".join(blocks), "curves": ", \\\n".join(drawn)}


F = "bare durable one-row commits (F)"
R = "bare finish rows, 500 a transaction (R)"
PLOTS = (
    Plot("cancel", "Cancel everything that is queued", "queued", "microseconds",
         ("cancel TASK, 20 tasks, median", "cancel INVOCATION, one task"),
         bench_beside.CANCEL, 1e3, ("bare durable one-row commit, median (c)",)),
    Plot("drain", "A drain of N, each at its best", "N", "jobs a second", bench_beside.DRAIN.curve,
         bench_beside.DRAIN, floors=(F, R)),
    Plot("drain_in_flight", "A drain, by what may be in flight", "in flight (of many executions: one each)",
         "jobs a second", ("drain, one execution", "drain, concurrency 1 each"),
         bench_beside.IN_FLIGHT, floors=(F, R)),
    Plot("memory", "Resident memory, by how much is queued (of peers: the server's, too)", "queued", "MiB", "memory",
         bench_beside.MEMORY),
    Plot("restart", "From a kill -9 to the next claim, beyond a bare process start",
         "queued, or finished behind a straggler", "milliseconds", "restart", bench_beside.RESTART),
)


def main(arguments):
    if len(arguments) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        run = bench_run.load(arguments[0])
        os.makedirs(arguments[1], exist_ok=True)
    except (OSError, ValueError) as error:
        print("tools/bench: %s" % error, file=sys.stderr)
        return 2
    for plot in PLOTS:
        script = plot.script(run, arguments[1])
        if script is None:
            print("no %s.svg: the run has nothing of it" % plot.name, file=sys.stderr)
            continue
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
