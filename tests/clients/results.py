"""What came of the cases, for docs/conformance.md. Nothing here may differ from run to run."""


class Tally:
    """How many cases there were, and how many came out as they should."""

    def __init__(self):
        self.cases = self.good = 0

    def __str__(self):
        return "ok" if self.good == self.cases else "%d of %d" % (self.good, self.cases)


class Operation:
    """Of one operation."""

    def __init__(self):
        self.constraints = []  # (member, constraint, within, its answers, beyond, Tally)
        self.json_types, self.nulls, self.unknown = Tally(), Tally(), Tally()
        self.answered = False
        self.errors = set()  # those that it gave, by name

    def note_answer(self, error):
        """`error`: its name, or None for a good answer."""
        if error is None:
            self.answered = True
        else:
            self.errors.add(error)

    def tallies(self):
        return [row[-1] for row in self.constraints] + [self.json_types, self.nulls, self.unknown]


_operations = {}
tests = {}  # id -> did it pass
corners = {}  # number -> ids of the tests that show it


def of(operation):
    return _operations.setdefault(operation, Operation())


def note_test(test, good, numbers):
    tests[test] = good
    for number in numbers:
        corners.setdefault(number, []).append(test)
