"""200 good clients and many bad ones at once: what the good ones are told, and what the daemon uses.

usage: tools/load [--seconds N] [--record]
  --seconds N   how long windows are made (20)
  --record      put the figures into docs/testing.md

Exit status 1 when a check failed; each is told.
"""

import argparse
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import checks
from daemon import Daemon
from hostile import PROBE, Hostile

LULL_LOAD = os.path.abspath("bench/lull-load")
CONNECTIONS = 200
FIRST_SECONDS = 1  # of the load before the first measure
CONNECT_SECONDS = 1  # for the good clients to have their connections before the bad ones come
WARM_SHARE = 0.3  # of the time: then the memory is measured for the first time
END_SECONDS = 60  # for the last windows to be taken away, whatever else the machine does
FLOOR_PAUSE_SECONDS = 0.05
NEWCOMER_PAUSE_SECONDS = 0.1
LOOK_SECONDS = 0.05


class Floor:
    """Bare durable commits of one row each, beside the daemon's own, on the same disk."""

    def __init__(self, folder):
        self._path = os.path.join(folder, "floor.db")
        self._stop = threading.Event()
        self._ms = []
        self._thread = threading.Thread(target=self._commit)
        self._thread.start()

    def _commit(self):
        database = sqlite3.connect(self._path, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE rows (text TEXT)")
        while not self._stop.wait(FLOOR_PAUSE_SECONDS):
            start = time.monotonic()
            database.execute("INSERT INTO rows VALUES ('a row')")
            self._ms.append((time.monotonic() - start) * 1000)
        database.close()

    def stop(self):
        """Milliseconds: (p50, p99, max)."""
        self._stop.set()
        self._thread.join()
        return quantiles(self._ms)


class Newcomers:
    """Clients that connect for one question each: who comes late is not left waiting outside."""

    def __init__(self, port):
        self._port = port
        self._stop = threading.Event()
        self._ms = []
        self._thread = threading.Thread(target=self._come)
        self._thread.start()

    def _come(self):
        while not self._stop.wait(NEWCOMER_PAUSE_SECONDS):
            start = time.monotonic()
            try:
                with socket.create_connection(("127.0.0.1", self._port), END_SECONDS) as client:
                    client.sendall(PROBE)
                    client.recv(64)  # whatever it is: there may be too many
            except ConnectionError:
                pass  # so it is told, too
            self._ms.append((time.monotonic() - start) * 1000)

    def stop(self):
        """Milliseconds to an answer or a refusal: (p50, p99, max)."""
        self._stop.set()
        self._thread.join()
        return quantiles(self._ms)


def quantiles(times):
    """(p50, p99, max)."""
    times = sorted(times)
    return times[len(times) // 2], times[len(times) * 99 // 100], times[-1]


def resources_of(process):
    with open("/proc/%d/status" % process, encoding="utf-8") as file:
        status = dict(line.split(":", 1) for line in file)
    return checks.Resources(
        int(status["VmRSS"].split()[0]),
        len(os.listdir("/proc/%d/fd" % process)),
        int(status["Threads"]),
    )


def ask(data, query):
    database = sqlite3.connect("file:%s?mode=ro" % os.path.join(data, "lull.db"), uri=True)
    try:
        return database.execute(query).fetchone()[0]
    finally:
        database.close()


def settled(look, good):
    """What `look` returns once it is good, or at last."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if good(found):
            break
        time.sleep(LOOK_SECONDS)
    return found


class Load:
    def __init__(self, folder, seconds):
        self._seconds = seconds
        self._folder = folder
        self.daemon = Daemon(os.path.join(folder, "data"), "--max-windows", "100000",
                             "--history-days", "0")

    def _load(self, seconds):
        return subprocess.Popen(
            [LULL_LOAD, "--endpoint", "127.0.0.1:%d" % self.daemon.port,
             "--credentials", os.path.join(self.daemon.data, "credentials"),
             "--connections", str(CONNECTIONS), "--seconds", str(seconds), "--json"],
            stdout=subprocess.PIPE, text=True)

    def _await_rest(self, good):
        """The daemon's resources once no execution is active, its clients are gone and they are good."""
        process, data = self.daemon.process.pid, self.daemon.data
        active = settled(lambda: ask(data, "SELECT count(*) FROM executions"
                                     " WHERE ended_at IS NULL"), lambda count: count == 0)
        return active, settled(lambda: resources_of(process), good)

    def run(self):
        """(Measured, p50, p99 and max in ms of the floor, and those of newcomers)."""
        daemon = self.daemon.await_ready()
        process = daemon.process.pid
        self._load(FIRST_SECONDS).communicate(timeout=END_SECONDS)  # what is opened once, is open now
        _, idle = self._await_rest(lambda now: now.descriptors < CONNECTIONS)
        floor = Floor(self._folder)
        load = self._load(self._seconds)
        time.sleep(CONNECT_SECONDS)
        hostile = Hostile(daemon.port)
        newcomers = Newcomers(daemon.port)
        time.sleep(self._seconds * WARM_SHARE)
        warm = resources_of(process)
        told, _ = load.communicate(timeout=self._seconds + END_SECONDS)
        newcomers_ms = newcomers.stop()
        hostile.stop()
        floor_ms = floor.stop()
        active, end = self._await_rest(lambda now: now.descriptors <= idle.descriptors
                                       and now.threads <= idle.threads)
        start = time.monotonic()
        status = daemon.end(signal.SIGTERM)
        measured = checks.Measured(
            operations=json.loads(told)["operations"], idle=idle, warm=warm, end=end,
            windows=ask(daemon.data, "SELECT count(*) FROM windows"), active=active,
            broken=hostile.became, newcomers_p50_ms=newcomers_ms[0], end_seconds=time.monotonic() - start, end_status=status)
        return measured, floor_ms, newcomers_ms


def table(operations):
    yield "| operation | requests | p50 ms | p99 ms | max ms |"
    yield "|---|---|---|---|---|"
    for operation, told in sorted(operations.items()):
        yield "| %s | %d | %.1f | %.1f | %.1f |" % (
            operation, told["count"], told["p50"], told["p99"], told["max"])


def story(measured, floor_ms, newcomers_ms, seconds):
    requests = sum(told["count"] for told in measured.operations.values())
    yield "%d connections, %.0f s: %d requests, %.0f/s; beside them:" % (
        CONNECTIONS, seconds, requests, requests / seconds)
    for kind, became in measured.broken.items():
        yield "- %s: %s" % (kind, ", ".join("%d %s" % (n, word) for word, n in became.items()))
    yield ""
    yield from table(measured.operations)
    yield ""
    yield "Bare durable commits on the same disk at the same time: p50 %.1f ms, p99 %.1f, max %.1f." % (
        floor_ms)
    yield "A new connection to its first answer: p50 %.1f ms, p99 %.1f, max %.1f." % newcomers_ms
    for when in ("idle", "warm", "end"):
        now = getattr(measured, when)
        yield "- %s: %.1f MiB resident, %d descriptors, %d threads" % (
            when, now.resident_kib / 1024, now.descriptors, now.threads)
    yield "- %.1f s from SIGTERM to the end" % measured.end_seconds


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lull-load-") as folder:
        load = Load(folder, arguments.seconds)
        try:
            measured, *times = load.run()
        finally:
            load.daemon.end(signal.SIGKILL)
    print("\n".join(story(measured, *times, arguments.seconds)))
    wrong = checks.check(measured)
    for text in wrong:
        print("WRONG: " + text, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
