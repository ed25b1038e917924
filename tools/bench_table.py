"""Says what a run of the benchmarks came to. tools/bench calls it.

usage: bench_table.py --around DISK
       bench_table.py --join AROUND.json OWN.json [PEERS.json]
       bench_table.py --table RUN.json
       bench_table.py --compare OLD.json RUN.json

--around prints where a run is about to be measured, --join one run as JSON. --compare has exit
status 1 when something got slower beyond the spread of both runs.
"""

import json
import statistics
import sys

import bench_run


def short(number):
    return "%.3g" % number if abs(number) < 1000 else "{:,.0f}".format(number)


def spread(values, unit):
    """`1.5 (1.4..1.7) c`; without the spread when there was one round."""
    text = short(statistics.median(values))
    if len(values) > 1:
        text += " (%s..%s)" % (short(min(values)), short(max(values)))
    return "%s %s" % (text, unit)


def goal_text(figure):
    goal = figure.get("goal")
    if not goal:
        return ""
    unit = figure["floor"] if goal["of"] == "ratio" else figure["unit"]
    sign = "<=" if goal["side"] == "at most" else ">="
    return "%s %s %s %s" % (sign, short(goal["limit"]), unit,
                            "" if bench_run.reached(figure) else " NOT REACHED")


def row(figure):
    ratio = spread(figure["ratios"], figure["floor"]) if figure.get("ratios") else ""
    return "%-74s %30s %36s  %s" % (
        figure["name"], ratio, spread(figure["values"], figure["unit"]), goal_text(figure).strip())


def header(run):
    """What was measured, and where."""
    yield "Lull %s, %s" % (run.get("commit", "?"), run.get("date", "?"))
    yield "%s, %s cores; %s; %s" % tuple(
        run.get(key, "?") for key in ("cpu", "cores", "kernel", "disk"))
    if not bench_run.was_quiet(run):
        yield "NOT QUIET: others used %.0f %% of the processors just before; times and rates say little" % (
            100 * run["busy_before"])
    yield "SQLite %s, protobuf %s, compiler %s" % tuple(
        run.get(key, "?") for key in ("sqlite", "protobuf", "compiler"))
    peers = dict(run.get("peers", {}))
    notes = peers.pop("notes", [])
    for name, version in sorted(peers.items()):
        yield "%s: %s" % (name, version)
    yield from notes
    rounds = max((len(figure["values"]) for figure in run["figures"]), default=0)
    yield "Median of %d rounds (least..most). c: median of a bare durable one-row commit, F: such" % rounds
    yield "commits a second, R: a raw prepared loop of finish rows; all beside what they are compared with."


def table(run):
    yield from header(run)
    yield ""
    yield "%-74s %30s %36s  %s" % ("what", "ratio", "value", "goal")
    for figure in run["figures"]:
        yield row(figure)
    goals = [figure for figure in run["figures"] if figure.get("goal")]
    yield ""
    yield "%d of %d goals reached" % (sum(map(bench_run.reached, goals)), len(goals))


def comparison(old, new):
    for figure, times in bench_run.compare(old, new):
        before = next(one for one in old["figures"] if one["name"] == figure["name"])
        unit = figure.get("floor") or figure["unit"]
        yield "SLOWER %.2f times: %s: %s, was %s" % (
            times, figure["name"], spread(bench_run.numbers(figure), unit),
            spread(bench_run.numbers(before), unit))


def main(arguments):
    command, *rest = arguments or [""]
    try:
        if command == "--around" and len(rest) == 1:
            print(json.dumps(bench_run.surroundings(rest[0])))
        elif command == "--join" and len(rest) in (2, 3):
            with open(rest[0]) as file:
                around = json.load(file)
            run = bench_run.put_together(around, *map(bench_run.load, rest[1:]), *[None] * (3 - len(rest)))
            print(json.dumps(run, indent=1))
        elif command == "--table" and len(rest) == 1:
            print("\n".join(table(bench_run.load(rest[0]))))
        elif command == "--compare" and len(rest) == 2:
            wrong = list(comparison(*map(bench_run.load, rest)))
            print("\n".join(wrong or ["nothing got slower beyond the spread"]))
            return 1 if wrong else 0
        else:
            print(__doc__.strip(), file=sys.stderr)
            return 2
    except (OSError, ValueError, KeyError) as error:
        print("tools/bench: %s" % error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
