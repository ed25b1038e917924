"""What the API says of a request that breaks its description: the whole text, from the model alone.

Where the service's own choice is not known the text is ours, in one place each: TOO_LONG, EMPTY, CUT.
"""

import base64

from unicode_patterns import compiled

# TOO_LONG: a text that is too long is not matched against its pattern as well.
# EMPTY: an empty list or map counts as one that was not sent.
# CUT: of a value its first 256 bytes are told.
CUT_BYTES = 256


def wire_path(name):
    return name[0].lower() + name[1:]


def printed(text):
    head = text.encode()[:CUT_BYTES].decode("utf-8", "ignore")
    return head + ("..." if head != text else "")


def rules_of(shape):
    """All that a shape asks of a text, as it stands in the message about a list's elements."""
    rules = []
    if "max" in shape:
        rules.append("Member must have length less than or equal to %d" % shape["max"])
    if "min" in shape:
        rules.append("Member must have length greater than or equal to %d" % shape["min"])
    if "pattern" in shape:
        rules.append("Member must satisfy regular expression pattern: " + shape["pattern"])
    if "enum" in shape:
        rules.append("Member must satisfy enum value set: [%s]" % ", ".join(shape["enum"]))
    return rules


def broken_by_size(shape, size, what):
    broken = []
    if "max" in shape and size > shape["max"]:
        broken.append("Member must have %s less than or equal to %d" % (what, shape["max"]))
    if "min" in shape and size < shape["min"]:
        broken.append("Member must have %s greater than or equal to %d" % (what, shape["min"]))
    return broken


def broken_by_text(shape, text):
    broken = []
    too_long = len(text) > shape.get("max", len(text))
    if "pattern" in shape and not too_long and not compiled(shape["pattern"]).fullmatch(text):
        broken.append("Member must satisfy regular expression pattern: " + shape["pattern"])
    if "enum" in shape and text not in shape["enum"]:
        broken.append("Member must satisfy enum value set: [%s]" % ", ".join(shape["enum"]))
    return broken + broken_by_size(shape, len(text), "length")


class Oracle:
    def __init__(self, model):
        self._model = model

    def text(self, operation, request):
        """The message for the request, or None if nothing is wrong with it."""
        self._found = []
        self._structure(self._model.input_of(operation), request, "")
        if not self._found:
            return None
        return "%d validation error%s detected: %s" % (
            len(self._found), "" if len(self._found) == 1 else "s", "; ".join(self._found)
        )

    def _report(self, sensitive, value, path, rules):
        shown = "Value" if sensitive else "Value '%s'" % value
        for rule in rules:
            self._found.append("%s at '%s' failed to satisfy constraint: %s" % (shown, path, rule))

    def _structure(self, name, value, path):
        shape = self._model.shape(name)
        for member, reference in shape["members"].items():
            inner = value.get(member)
            inner_path = path + ("." if path else "") + wire_path(member)
            if inner is None or inner == [] or (
                inner == {} and self._model.shape(reference["shape"])["type"] == "map"
            ):
                if member in shape.get("required", ()):
                    self._found.append(
                        "Value null at '%s' failed to satisfy constraint: Member must not be null"
                        % inner_path
                    )
                continue
            self._value(reference["shape"], inner, inner_path)

    def _value(self, name, value, path):
        shape = self._model.shape(name)
        kind, sensitive = shape["type"], shape.get("sensitive", False)
        if kind == "structure":
            self._structure(name, value, path)
        elif kind == "string":
            self._report(sensitive, printed(value), path, broken_by_text(shape, value))
        elif kind == "blob":
            size = len(base64.b64decode(value))
            self._report(sensitive, "", path, broken_by_size(shape, size, "length"))
        elif kind == "integer":
            self._report(sensitive, value, path, broken_by_size(shape, value, "value"))
        elif kind == "list":
            self._list(shape, value, path)
        elif kind == "map":
            self._map(shape, value, path)

    def _list(self, shape, value, path):
        element_name = shape["member"]["shape"]
        element = self._model.shape(element_name)
        broken = broken_by_size(shape, len(value), "length")
        if element["type"] == "string":
            if any(broken_by_text(element, text) for text in value):
                rules = ", ".join(rules_of(element))
                broken.append("Member must satisfy constraint: [%s]" % rules)
            words = [printed(text) for text in value]
        else:
            for index, inner in enumerate(value[: shape.get("max")]):
                self._value(element_name, inner, "%s.%d.member" % (path, index + 1))
            words = [element_name] * len(value)
        sensitive = shape.get("sensitive", False) or element.get("sensitive", False)
        self._report(sensitive, printed("[%s]" % ", ".join(words)), path, broken)

    def _map(self, shape, value, path):
        key_shape = self._model.shape(shape["key"]["shape"])
        broken = broken_by_size(shape, len(value), "length")
        sensitive = shape.get("sensitive", False) or key_shape.get("sensitive", False)
        for key in sorted(value):
            inner = path + ("" if sensitive else "." + printed(key)) + ".member"
            if value[key]:
                self._value(shape["value"]["shape"], value[key], inner)
        if any(broken_by_text(key_shape, key) for key in value):
            broken.append("Member must satisfy constraint: [%s]" % ", ".join(rules_of(key_shape)))
        keys = ", ".join(sorted(map(printed, value)))
        self._report(sensitive, printed("[%s]" % keys), path, broken)
