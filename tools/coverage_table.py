"""Prints what gcovr counted as tables in Markdown: a row a folder, and the files that lack most.

usage: coverage_table.py SUMMARY.json

The argument is what `gcovr --json-summary` wrote. Exit status 1 when engine and storage together
have less than the goal.
"""

import collections
import json
import sys

GOAL_FOLDERS = ("engine", "storage")
GOAL_LINES = 95.0
GOAL_BRANCHES = 90.0
WORST_FILES = 12


class Counts:
    """Lines and branches: how many there are, and how many were run."""

    def __init__(self):
        self.lines = self.lines_run = self.branches = self.branches_run = 0

    def add(self, file):
        self.lines += file["line_total"]
        self.lines_run += file["line_covered"]
        self.branches += file["branch_total"]
        self.branches_run += file["branch_covered"]

    def missing(self):
        return self.lines - self.lines_run + self.branches - self.branches_run

    def percent(self):
        return percent(self.lines_run, self.lines), percent(self.branches_run, self.branches)

    def row(self, name):
        lines, branches = self.percent()
        return "| %s | %d | %.1f %% | %d | %.1f %% |" % (name, self.lines, lines, self.branches, branches)


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def counted(files, name_of):
    """The files' counts, added up by the name that `name_of` gives to a path; None is left out."""
    counts = collections.defaultdict(Counts)
    for file in files:
        name = name_of(file["filename"])
        if name is not None:
            counts[name].add(file)
    return counts


def is_of_goal(path):
    return path.split("/")[0] in GOAL_FOLDERS


def table(files):
    """The text, and whether the goal is reached."""
    lines = ["| folder | lines | run | branches | taken |", "|---|---|---|---|---|"]
    folders = counted(files, lambda path: path.rpartition("/")[0])
    lines += [folders[name].row(name) for name in sorted(folders)]
    goal = counted(files, lambda path: "goal" if is_of_goal(path) else None)["goal"]
    lines.append(goal.row("**%s**" % " and ".join(GOAL_FOLDERS)))
    names = counted(files, lambda path: path)
    worst = sorted(names, key=lambda name: (-names[name].missing(), name))[:WORST_FILES]
    lines += ["", "Most is missing in:", "", "| file | lines | run | branches | taken |", "|---|---|---|---|---|"]
    lines += [names[name].row(name) for name in worst if names[name].missing() > 0]
    line_percent, branch_percent = goal.percent()
    return "\n".join(lines), line_percent >= GOAL_LINES and branch_percent >= GOAL_BRANCHES


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 1
    with open(arguments[0], encoding="utf-8") as file:
        text, reached = table(json.load(file)["files"])
    print(text)
    if not reached:
        print("coverage: the goal is %g %% of lines and %g %% of branches" % (GOAL_LINES, GOAL_BRANCHES), file=sys.stderr)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
