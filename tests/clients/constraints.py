"""Every constraint of every input member, as a last legal and a first illegal value."""

import base64
import copy

# For each pattern: texts that match, and texts of a legal length that don't.
UUID = "01234567-89ab-4cde-8f01-23456789abcd"
PATTERNS = {
    "^mw-[0-9a-f]{17}$": (
        ["mw-0123456789abcdef0"],
        ["mw-0123456789ABCDEF0", "mw_0123456789abcdef0", "mw-0123456789abcdefg"],
    ),
    r"^[0-9a-fA-F]{8}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{12}$": (
        [UUID, UUID.upper()],
        [UUID.replace("-", "_"), "g" + UUID[1:]],
    ),
    r"^[a-zA-Z0-9_\-.]{3,128}$": (["aZ0_-."], ["with space", "sla/sh", "\u00e4\u00f6\u00fc"]),
    "^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$": (
        ["1", "1%", "99%", "100%", "9999999"],
        ["0", "0%", "01", "101%", "10 %", "-1"],
    ),
    "^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$": (
        ["0", "0%", "1", "99%", "100%", "9999999"],
        ["-1", "01", "00", "101%", "10 %"],
    ),
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": (["a Z0_.:/=+-@\u00e4\u4e2d"], ["a!", "tab\t", "a\n"]),
    r"^[\p{L}\p{Z}\p{N}_.:/=\-@]*$|resource-groups:ResourceTypeFilters|resource-groups:Name": (
        ["tag:a Z0_.:/=-@\u00e4", "tag:Patch Group"],
        ["a!", "tag:a+b", "tab\t"],
    ),
    "([$]LATEST|[$]DEFAULT|^[1-9][0-9]*$)": (
        ["$LATEST", "$DEFAULT", "1", "10"],
        ["latest", "0", "-1", "1.0", "$LATEST1"],
    ),
    r"^(?!\s*$).+": (["a", " a "], [" ", " \t "]),
}
# JSON values that are none of the type; each is a SerializationException.
OTHER_TYPES = {
    "string": (1, True, {}, []),
    "integer": ("1", True, 1.5, 3000000000, {}, []),
    "boolean": ("true", 1, {}, []),
    "list": ("x", 1, {}),
    "map": ("x", 1, []),
    "structure": ("x", 1, []),
    "blob": (1, "not base64", {}),
}
ELEMENT, KEY, VALUE = "[]", "{key}", "{value}"
MAP_KEY = "name"


class Member:
    """A member of an input: where it is, what it is."""

    def __init__(self, path, shape_name, required, parents):
        self.path, self.shape_name, self.required = path, shape_name, required
        self.parents = parents  # shape names, the input's first

    @property
    def text(self):
        """Targets[].Key: for readers."""
        return ".".join(self.path).replace("." + ELEMENT, ELEMENT)


def members_of(model, operation):
    """All members, outer ones first, of nested structures, lists and maps too."""

    def visit(name, path, parents):
        shape = model.shape(name)
        parents = parents + (name,)
        if shape["type"] == "structure":
            for member, reference in shape["members"].items():
                required = member in shape.get("required", ())
                yield Member(path + (member,), reference["shape"], required, parents)
                yield from visit(reference["shape"], path + (member,), parents)
        elif shape["type"] == "list":
            inner = shape["member"]["shape"]
            yield Member(path + (ELEMENT,), inner, False, parents)
            yield from visit(inner, path + (ELEMENT,), parents)
        elif shape["type"] == "map":
            yield Member(path + (KEY,), shape["key"]["shape"], False, parents)
            inner = shape["value"]["shape"]
            yield Member(path + (VALUE,), inner, False, parents)
            yield from visit(inner, path + (VALUE,), parents)

    return list(visit(model.input_of(operation), (), ()))


def text_of_length(model, name, length):
    """A text of so many characters that is legal otherwise, and means something where it can."""
    if name == "TargetKey" and length > 4:
        return "tag:" + "k" * (length - 4)
    if name == "MaintenanceWindowSchedule" and length > 20 and length % 2 == 0:
        return "cron(10%s 4 ? * SUN *)" % (",0" * ((length - 20) // 2))
    pattern = model.shape(name).get("pattern", "")
    if "a-f" in pattern:
        legal = PATTERNS[pattern][0][0]
        return legal[:length] + "0" * (length - len(legal))
    return ("1" if "100%" in pattern else "a") * length


def sample(model, name, index=0):
    """A legal value of a shape; different ones for different indices where they are many."""
    shape = model.shape(name)
    kind = shape["type"]
    if kind == "structure":
        wanted = shape.get("required", ())
        if name in ("Target", "MaintenanceWindowFilter", "PatchOrchestratorFilter"):
            wanted = ("Key", "Values")
        return {member: sample(model, shape["members"][member]["shape"], index) for member in wanted}
    if kind == "list":
        return [sample(model, shape["member"]["shape"], index)]
    if kind == "map":
        return {MAP_KEY + str(index or ""): sample(model, shape["value"]["shape"])}
    if kind == "integer":
        return shape.get("min", 1)
    if kind == "boolean":
        return True
    if kind == "blob":
        return base64.b64encode(b"{}").decode()
    if "enum" in shape:
        return shape["enum"][index % len(shape["enum"])]
    if name == "TargetKey":
        return "tag:k%d" % index
    if "pattern" in shape and "a-z" not in shape["pattern"] and "{L}" not in shape["pattern"]:
        return PATTERNS[shape["pattern"]][0][0]
    return ("value%d" % index).ljust(shape.get("min", 0), "x")


def put(model, request, member, value):
    """The request with the value at the member's place; what is around it is made up."""
    changed = copy.deepcopy(request)
    _put(model, changed, member.path, member.parents, value)
    return changed


def _put(model, holder, path, parents, value):
    step, rest = path[0], path[1:]
    if step == KEY:
        held = next(iter(holder.values()))
        holder.clear()
        holder[value] = held
        return
    if step == VALUE:
        step = next(iter(holder))
    elif step == ELEMENT:
        step = 0
    if not rest:
        holder[step] = value
        return
    missing = step not in holder if isinstance(holder, dict) else False
    if missing or not holder[step]:
        holder[step] = sample(model, parents[1])
    _put(model, holder[step], rest, parents[1:], value)


def remove(request, path):
    """The request without the member, which is there."""
    changed = copy.deepcopy(request)
    holder = changed
    for step in path[:-1]:
        step = next(iter(holder)) if step in (KEY, VALUE) else 0 if step == ELEMENT else step
        holder = holder[step]
    del holder[path[-1]]
    return changed


class Trial:
    """One constraint of one member: values that are within, and values that are not."""

    def __init__(self, constraint, legal, illegal):
        self.constraint = constraint  # as docs/conformance.md has it
        self.legal, self.illegal = legal, illegal  # (what it is to readers, value)


def trials_of(model, member):
    shape = model.shape(member.shape_name)
    kind = shape["type"]
    if kind in ("string", "blob", "list", "map"):
        yield from _sizes(model, member, shape)
    if kind == "integer":
        yield from _values(shape)
    if "pattern" in shape:
        legal, illegal = PATTERNS[shape["pattern"]]
        yield Trial("pattern `%s`" % shape["pattern"].replace("|", "\\|"), _shown(legal), _shown(illegal))
    if "enum" in shape:
        illegal = ["BOGUS", shape["enum"][0].swapcase()]
        yield Trial("one of %s" % ", ".join(shape["enum"]), _shown(shape["enum"]), _shown(illegal))


def _shown(texts):
    return [("`%s`" % repr(text)[1:-1].replace("|", "\\|"), text) for text in texts]


def _values(shape):
    if "min" in shape:
        yield Trial(">= %d" % shape["min"], _shown_numbers(shape["min"]), _shown_numbers(shape["min"] - 1))
    if "max" in shape:
        yield Trial("<= %d" % shape["max"], _shown_numbers(shape["max"]), _shown_numbers(shape["max"] + 1))
    elif "min" in shape:
        yield Trial("32 bits", _shown_numbers(2**31 - 1), [])


def _shown_numbers(number):
    return [(str(number), number)]


UNITS = {"string": "character", "blob": "byte", "list": "element", "map": "entry"}


def _sizes(model, member, shape):
    """Lengths. What need not have one may be empty."""

    def of(size):
        unit = UNITS[shape["type"]]
        many = unit[:-1] + "ies" if unit.endswith("y") else unit + "s"
        shown = "%d %s" % (size, unit if size == 1 else many)
        return [(shown, _of_size(model, member.shape_name, size))]

    least = shape.get("min", 0)
    if "min" in shape or "max" in shape:
        yield Trial("length >= %d" % least, of(least), of(least - 1) if least > 0 else [])
    if "max" in shape:
        yield Trial("length <= %d" % shape["max"], of(shape["max"]), of(shape["max"] + 1))


def _of_size(model, name, size):
    shape = model.shape(name)
    if shape["type"] == "string":
        return text_of_length(model, name, size)
    if shape["type"] == "blob":
        return base64.b64encode(b"x" * size).decode()
    if shape["type"] == "list":
        return [sample(model, shape["member"]["shape"], index) for index in range(size)]
    return {"k%d" % index: sample(model, shape["value"]["shape"]) for index in range(size)}
