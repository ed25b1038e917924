"""Says what a run of the benchmarks came to. tools/bench calls it.

usage: bench_table.py --around DISK
       bench_table.py --join AROUND.json OWN.json [PEERS.json]
       bench_table.py --table RUN.json
       bench_table.py --compare OLD.json RUN.json

--around prints where a run is about to be measured, --join one run as JSON. --table has exit status 1
when something of the run failed, --compare when something of Lull's got slower beyond the spread of
both runs.
"""

import json
import statistics
import sys

import bench_beside
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
    if "sqlite" in run:
        yield "SQLite %s, protobuf %s, compiler %s" % tuple(
            run.get(key, "?") for key in ("sqlite", "protobuf", "compiler"))
    peers = dict(run.get("peers", {}))
    notes = peers.pop("notes", [])
    for name, version in sorted(peers.items()):
        yield "%s: %s" % (name, version)
    yield from notes
    yield from ("FAILED: %s" % failure for failure in run.get("failures", []))
    rounds = rounds_text(bench_beside.of_lull(run))
    others = rounds_text(bench_beside.of_peers(run))
    apart = ", of peers %s" % others if rounds and others not in ("", rounds) else ""
    yield "Median of %s rounds%s (least..most). c: median of a bare durable one-row commit, F: such" % (
        rounds or others, apart)
    yield "commits a second, R: a raw prepared loop of finish rows; all beside what they are compared with."


def rounds_text(figures):
    """`3`, or `1 to 3`, of these figures; empty when there are none."""
    rounds = [len(figure["values"]) for figure in figures]
    if not rounds:
        return ""
    return "%d" % max(rounds) if min(rounds) == max(rounds) else "%d to %d" % (min(rounds), max(rounds))


def ahead_text(line):
    """`26,000 x`, with the goal and whether it is reached."""
    text = "%s x" % short(line["ahead"]) if "ahead" in line else ""
    if "goal" not in line:
        return text
    reached = bench_beside.reached(line)
    verdict = {True: "reached", False: "NOT REACHED", None: "not measured"}[reached]
    return "%s  goal >= %s x: %s" % (text, short(line["goal"]), verdict)


def line_title(line):
    size = "" if line["n"] is None else ", {:,}".format(line["n"])
    return "%s%s (%s)" % (line["work"], size, line["unit"])


def side_by_side(lines):
    """A column for each system, and how many times the best of the others Lull is ahead."""
    queues = [line for line in lines if line["n"] is not None]
    for part in (queues, [line for line in lines if line["n"] is None]):
        if not part:
            continue
        systems = dict.fromkeys(system for line in part for system in line["values"])
        systems = [bench_beside.LULL] + [system for system in systems if system != bench_beside.LULL]
        yield ""
        yield "%-62s" % "side by side" + "".join("%17s" % system for system in systems) + "   Lull ahead"
        for line in part:
            cells = [short(line["values"][system]) if system in line["values"] else "" for system in systems]
            text = "%-62s" % line_title(line) + "".join("%17s" % cell for cell in cells)
            yield (text + "   " + ahead_text(line)).rstrip()


def settings(figures):
    """Each peer's version is in the header; here how it was set up, once each."""
    for peer in dict.fromkeys(figure["peer"] for figure in figures):
        texts = [figure.get("settings", "") for figure in figures if figure["peer"] == peer]
        parts = dict.fromkeys(part for text in texts for part in text.split("; ") if part)
        yield "%s: %s" % (peer, "; ".join(parts))


def table(run):
    yield from header(run)
    yield ""
    yield "%-74s %30s %36s  %s" % ("what", "ratio", "value", "goal")
    for figure in run["figures"]:
        yield row(figure)
    lines = bench_beside.lines(run)
    yield from side_by_side(lines)
    if lines:
        yield ""
        yield from settings(bench_beside.of_peers(run))
    verdicts = [bench_run.reached(figure) for figure in run["figures"] if figure.get("goal")]
    verdicts += [bench_beside.reached(line) for line in lines if "goal" in line]
    yield ""
    unknown = ", %d not measured" % verdicts.count(None) if None in verdicts else ""
    yield "%d of %d goals reached%s" % (verdicts.count(True), len(verdicts), unknown)


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
            run = bench_run.load(rest[0])
            print("\n".join(table(run)))
            return 1 if run.get("failures") else 0
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
