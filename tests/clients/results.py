"""What came of the cases, for docs/conformance.md. Nothing in it may differ from run to run."""

_rows = {}
_cases = {}


def _of(operation):
    return _rows.setdefault(operation, [])


def _told(values):
    return ", ".join(shown for shown, _ in values) or "-"


def add_constraint(operation, member, trial, answers):
    _of(operation).append((member, trial.constraint, _told(trial.legal), " or ".join(answers), _told(trial.illegal)))


def add_required(operation, member):
    _of(operation).append((member, "required", "given", "200", "left out"))


def add_json_types(operation, member, kind, count):
    pass


def count_cases(operation, cases):
    _cases[operation] = cases


def rows_of(operation):
    return list(_rows.get(operation, ()))


def cases_of(operation):
    return _cases.get(operation, 0)
