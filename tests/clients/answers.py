"""Is an answer what the API's description says? Looked at as it came over the wire."""

import json
import re

import botocore.parsers
from unicode_patterns import compiled

JSON_TYPES = {
    "structure": dict, "map": dict, "list": list, "string": str, "blob": str, "boolean": bool,
    "integer": int, "long": int, "timestamp": (int, float),
}
# Shapes whose constraint an answer need not keep, and why. All are of commands and nodes.
LOOSER = {
    "InstanceId": "a node may have a plain name, like local",
    "DocumentVersion": "empty where none was asked for, as in the service's own samples",
    "S3BucketName": "so is this",
    "StringDateTime": "its pattern refuses milliseconds, which the service's own samples have",
}
REQUEST_ID = re.compile(r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")


def check_value(model, name, value, path):
    """Raises AssertionError: an unknown member, a required one that is missing, a wrong JSON type, a
    value that breaks its shape's constraint."""
    shape = model.shape(name)
    kind = shape["type"]
    if not isinstance(value, JSON_TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        raise AssertionError("%s is no %s: %r" % (path, kind, value))
    if kind == "structure":
        unknown = set(value) - set(shape["members"])
        missing = set(shape.get("required", ())) - set(value)
        if unknown or missing:
            raise AssertionError("%s: unknown %s, missing %s" % (path, unknown, missing))
        for member, inner in value.items():
            check_value(model, shape["members"][member]["shape"], inner, path + "." + member)
    elif kind == "list":
        for inner in value:
            check_value(model, shape["member"]["shape"], inner, path + "[]")
    elif kind == "map":
        for key, inner in value.items():
            check_value(model, shape["key"]["shape"], key, path + " key")
            check_value(model, shape["value"]["shape"], inner, path + "{}")
    if name not in LOOSER:
        check_constraints(shape, value, path)


def check_constraints(shape, value, path):
    size = value if shape["type"] in ("integer", "long") else None
    if shape["type"] in ("string", "list", "map"):
        size = len(value)
    good = size is None or shape.get("min", size) <= size <= shape.get("max", size)
    if "enum" in shape:
        good = good and value in shape["enum"]
    if "pattern" in shape:
        good = good and compiled(shape["pattern"]).search(value) is not None
    if not good:
        raise AssertionError("%s breaks its own constraint: %r" % (path, value))


def check_answer(model, operation, status, headers, body):
    """Of a good answer and of an error. `headers` has lower-case names."""
    if not REQUEST_ID.match(headers.get("x-amzn-requestid", "")):
        raise AssertionError("no request id: %s" % headers)
    if "date" not in headers or headers.get("content-type") != "application/x-amz-json-1.1":
        raise AssertionError("no date or another content type: %s" % headers)
    answer = json.loads(body)
    if status != 200:
        check_error(model, status, answer)
        return answer
    check_value(model, model.output_of(operation), answer, operation)
    shape = model.service.operation_model(operation).output_shape
    response = {"status_code": status, "headers": headers, "body": body}
    parsed = botocore.parsers.create_parser("json").parse(response, shape)
    if set(parsed) - {"ResponseMetadata"} != set(answer):
        raise AssertionError("botocore's parser drops members of %s" % answer)
    return answer


def check_error(model, status, answer):
    """Modelled errors have `Message`, the framework's `message`; an error without one is legal."""
    modelled = model.shapes.get(answer["__type"], {}).get("members", {})
    texts = set(answer) - {"__type"}
    if "Message" in modelled and texts != {"Message"}:
        raise AssertionError("its text is in Message: %s" % answer)
    if answer["__type"] == "ValidationException" and texts != {"message"}:
        raise AssertionError("its text is in message: %s" % answer)
    if status != (500 if answer["__type"] == "InternalServerError" else 400):
        raise AssertionError("status %d of %s" % (status, answer))
