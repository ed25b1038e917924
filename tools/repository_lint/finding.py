"""One thing that is wrong, and what to do about it."""

import collections

Finding = collections.namedtuple("Finding", "path line message")


def line_of(text, position):
    return text.count("\n", 0, position) + 1
