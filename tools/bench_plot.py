"""Draws what a run of the benchmarks came to, cost against N, with gnuplot. tools/bench calls it.

usage: bench_plot.py RUN.json FOLDER

Writes cancel.svg, drain.svg, memory.svg and restart.svg. A point is the median of the rounds, its
bar from the least to the most; curves of other projects in the run are drawn beside Lull's.
"""

import os
import statistics
import subprocess
import sys

import bench_run

SCRIPT = """
set terminal svg size 860,520 font "sans,13" background "white"
set output "%(output)s"
set title "%(title)s"
set xlabel "%(x)s"
set ylabel "%(y)s"
set logscale x
%(scale)s
set format x "10^{%%T}"
set grid
set key outside bottom center horizontal
%(blocks)s
plot %(curves)s
"""


# A unit of peers' figures -> how many of the picture's it is.
SCALES = {"ms": 1000.0, "us": 1.0}


def points(figures, scale):
    """Lines of N, median, least and most."""
    lines = sorted((one["n"], statistics.median(one["values"]) * scale, min(one["values"]) * scale,
                    max(one["values"]) * scale) for one in figures if one["n"] > 0)
    return "\n".join("%d %g %g %g" % line for line in lines)


class Plot:
    """One picture: the curves whose name begins with `curve`, those of peers' work `peers`, and floors
    as lines across it."""

    def __init__(self, name, title, x, y, curve, peers=None, floors=(), logarithmic=True):
        self.name = name
        self.title = title
        self.x = x
        self.y = y
        self.curve = curve
        self.peers = peers
        self.floors = floors  # figures' names
        self.logarithmic = logarithmic

    def _shows(self, figure):
        curve = figure.get("curve", "")
        return curve.startswith(self.curve) or (self.peers and curve.endswith(": " + self.peers))

    def _scale(self, figure):
        return SCALES.get(figure["unit"], 1) if self.y == "microseconds" else 1

    def script(self, run, folder):
        """For gnuplot. None: the run has none of its curves."""
        curves = {}
        for figure in run["figures"]:
            if self._shows(figure):
                curves.setdefault(figure["curve"], []).append(figure)
        if not curves:
            return None
        blocks, drawn = [], []
        for i, (name, figures) in enumerate(curves.items()):
            blocks.append("$curve%d << END\n%s\nEND" % (i, points(figures, self._scale(figures[0]))))
            drawn.append('$curve%d with yerrorlines title "%s" noenhanced' % (i, name))
        for figure in run["figures"]:
            if figure["name"] in self.floors:
                drawn.append('%g with lines dashtype 2 title "%s" noenhanced' % (
                    statistics.median(figure["values"]), figure["name"]))
        return SCRIPT % {
            "output": os.path.join(folder, self.name + ".svg"), "title": self.title, "x": self.x,
            "y": self.y, "blocks": "\n".join(blocks), "curves": ", \\\n".join(drawn),
            "scale": "set logscale y" if self.logarithmic else "set yrange [0:*]"}


PLOTS = (
    Plot("cancel", "A cancel, by how much is queued", "queued", "microseconds", "cancel ",
         "cancel", ("bare durable one-row commit, median (c)",)),
    Plot("drain", "A drain, by concurrency (one execution) or by executions (one at a time each)",
         "at a time", "invocations a second", "drain",
         floors=("bare durable one-row commits (F)", "bare finish rows, 500 a transaction (R)")),
    Plot("memory", "Resident memory, by how much is queued", "queued", "MiB", "memory",
         "memory, both"),
    Plot("restart", "From a kill -9 to the next claim, beyond a bare process start",
         "queued, or finished behind a straggler", "milliseconds", "restart", logarithmic=False),
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
