"""What the demo shows, and what it expects: a tick for each expectation that held."""

import sys

_STYLES = {"title": "1;36", "command": "1", "good": "32", "bad": "1;31", "dim": "2"}


class Failed(Exception):
    """An expectation did not hold."""


class Printer:
    def __init__(self, quiet):
        self._quiet = quiet
        self._colours = sys.stdout.isatty()
        self.held = 0

    def _styled(self, style, text):
        return "\033[%sm%s\033[0m" % (_STYLES[style], text) if self._colours else text

    def _print(self, text=""):
        if not self._quiet:
            print(text, flush=True)

    def title(self, text):
        self._print("\n" + self._styled("title", "== " + text))

    def say(self, text):
        self._print(self._styled("dim", text))

    def command(self, text):
        self._print("\n" + self._styled("command", "$ " + text))

    def output(self, text):
        for line in text.strip().splitlines():
            self._print("  " + line)

    def expect(self, what, condition, found=""):
        """Ends the demo when `condition` is false; `found` is what was there instead."""
        if not condition:
            print(self._styled("bad", "  ✗ %s; found: %s" % (what, found)), file=sys.stderr)
            raise Failed(what)
        self.held += 1
        self._print(self._styled("good", "  ✓ " + what))

    def end(self, seconds):
        print("demo: all %d expectations held (%.0f s)" % (self.held, seconds), flush=True)
