"""The API's regular expressions are Java's; Python's know no \\p{L}."""

import functools
import re
import sys
import unicodedata


@functools.lru_cache(maxsize=None)
def _class_of(category):
    """All characters of a Unicode category, as the inside of a character class."""
    ranges, start, last = [], None, None
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point))[0] != category:
            continue
        if start is None or point != last + 1:
            if start is not None:
                ranges.append((start, last))
            start = point
        last = point
    ranges.append((start, last))
    return "".join("\\U%08x-\\U%08x" % pair for pair in ranges)


@functools.lru_cache(maxsize=None)
def compiled(pattern):
    """The pattern for re.search. Those of the API anchor themselves."""
    return re.compile(re.sub(r"\\p\{([LNZ])\}", lambda match: _class_of(match.group(1)), pattern))
