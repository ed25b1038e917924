"""The lives of the daemon: started, killed in several ways, started again."""

import os
import signal
import threading
import time

from daemon import Daemon

SHIM = "lull-shim"
RECORD_FD = 3
WAIT_SECONDS = 60
FIRST_MOMENT_SECONDS = 0.03
PAUSE_SECONDS = 0.3

# How a life ends, and how often.
KINDS = {"kill": 12, "kill at the start": 3, "kill with shims": 2, "term": 2, "kill while stopped": 1}


class Lives:
    """One daemon after the other on one folder. Ended and begun by one thread; any may await."""

    def __init__(self, folder, options, ledger):
        self._data = os.path.join(folder, "data")
        self._options = options
        self._ledger = ledger
        self._log_path = os.path.join(folder, "daemon.log")
        self._changed = threading.Condition()
        self._daemon = None
        self._up = False
        self.number = 0
        self.over = False
        self.wrong = []  # what a life did that it must not

    def begin(self, settle=True):
        """Starts the next one; `settle`: until it is ready."""
        self.number += 1
        self._ledger.note("start", life=self.number)
        self._daemon = Daemon(self._data, *self._options)
        if settle:
            self._daemon.await_ready()
            with self._changed:
                self._up = True
                self._changed.notify_all()

    def await_up(self):
        """(life, port, key pair) of one that is ready. None when there will be no more."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._up or self.over, WAIT_SECONDS):
                raise AssertionError("no daemon was ready for %d s" % WAIT_SECONDS)
            if not self._up:
                return None
            return self.number, self._daemon.port, self._daemon.credentials()

    def end(self, kind):
        """Ends this life in one of the ways of KINDS; the log of it is kept."""
        daemon = self._daemon
        if daemon.process.poll() is not None:
            self.wrong.append("life %d ended by itself: %s" % (self.number, daemon.log[-2000:]))
        with self._changed:
            self._up = False
        self._ledger.note(kind, life=self.number)
        if kind == "kill while stopped":
            daemon.send(signal.SIGSTOP)
            time.sleep(PAUSE_SECONDS)
        status = daemon.end(signal.SIGTERM if kind == "term" else signal.SIGKILL)
        if kind == "kill with shims":
            self._kill_shims()
        if status != (0 if kind == "term" else -signal.SIGKILL):
            self.wrong.append("life %d ended with %s" % (self.number, status))
        with open(self._log_path, "a", encoding="utf-8") as file:
            file.write("--- life %d, %s at %.6f\n%s" % (
                self.number, kind, time.monotonic(), daemon.log))

    def pause(self):
        """A moment in which the daemon does not run."""
        self._ledger.note("pause", life=self.number)
        self._daemon.send(signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        self._daemon.send(signal.SIGCONT)

    def finish(self):
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def abandon(self):
        """Leaves nothing behind, whatever went wrong."""
        self.finish()
        if self._daemon is not None and self._daemon.process.poll() is None:
            self._daemon.end(signal.SIGKILL)

    def _kill_shims(self):
        below = os.path.realpath(self._data) + os.sep
        for process in filter(str.isdigit, os.listdir("/proc")):
            invocation = shims_invocation(process, below)
            if invocation is None:
                continue
            try:
                descriptor = os.pidfd_open(int(process))
            except ProcessLookupError:
                continue
            # Not another process that has got its id since.
            if shims_invocation(process, below) == invocation:
                self._ledger.kill_shim(invocation, time.monotonic())
                try:
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            os.close(descriptor)


def shims_invocation(process, below):
    """The invocation of a process that is a shim with its record below a folder, else None."""
    path = "/proc/%s/fd/%d" % (process, RECORD_FD)
    try:
        with open("/proc/%s/comm" % process, encoding="utf-8") as file:
            if file.read().strip() != SHIM:
                return None
        if not os.readlink(path).startswith(below):
            return None
        with open(path, encoding="utf-8") as file:
            return file.read().split()[5]
    except (OSError, IndexError):
        return None
