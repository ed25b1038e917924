"""A copy of the checkout that a tool may spoil, and a Bazel output base beside it."""

import fcntl
import os
import pathlib
import shutil
import subprocess

import count_tests

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Trouble(Exception):
    """What keeps a defect from being tried."""


class Scratch:
    """${XDG_CACHE_HOME:-~/.cache}/lull/NAME, for one process at a time."""

    def __init__(self, name):
        self.folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "lull" / name
        self.tree = self.folder / "tree"
        self._lock = None

    def take(self):
        """Waits for nobody. What it holds is what the checkout holds, but for what Git ignores."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "w", encoding="utf-8")  # until the process ends
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Trouble("another one is at work in %s" % self.folder) from error
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout
        shutil.rmtree(self.tree, ignore_errors=True)
        for name in filter(None, listed.split("\0")):
            if not os.path.lexists(ROOT / name):
                continue  # deleted, and not yet committed
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.tree / name, follow_symlinks=False)

    def bazel(self, command, *arguments):
        """(exit status, events) of a Bazel call; what it printed is in bazel.log."""
        events = self.folder / "events.json"
        events.unlink(missing_ok=True)
        call = ["nice", "-n", "10", "bazel", "--output_base=%s" % (self.folder / "bazel"), command]
        if command != "shutdown":
            call += ["--color=no", "--curses=no", "--noshow_progress", "--build_event_json_file=%s" % events]
        with open(self.folder / "bazel.log", "wb") as log:
            status = subprocess.run(
                call + list(arguments), cwd=self.tree, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ).returncode
        return status, count_tests.read_events(events)

    def build(self, targets):
        """The targets' tests, built."""
        status, _ = self.bazel("build", "--build_tests_only", "--build_tag_filters=-manual", *targets)
        if status != 0:
            raise Trouble("%s does not build; see %s" % (" ".join(targets), self.folder / "bazel.log"))


def record(name, score, header, rows):
    """A table of what was tried, with the score above it, in its place in docs/testing.md."""
    lines = [score + ".", "", "| %s |" % " | ".join(header), "|---" * len(header) + "|"]
    lines += ["| %s |" % " | ".join(row) for row in rows]
    subprocess.run(
        [ROOT / "tools" / "record_figures", name], input="\n".join(lines) + "\n", text=True, check=True
    )
