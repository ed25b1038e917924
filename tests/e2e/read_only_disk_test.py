"""A disk that turns read-only under a daemon, as a kernel does that has met an error: what can't be
stored is refused, reads go on, nothing starts that could not be claimed."""

import os
import signal
import subprocess

import cases
from daemon import Daemon, DaemonCase, Gate, add_task, await_that, create_window, open_window

DISK_BYTES = 24 * 1024 * 1024


def names(client):
    return [w["Name"] for w in client.describe_maintenance_windows()["WindowIdentities"]]


class LoopDisk:
    """A disk of its own, ext4 in a file. Skips a case where none may be mounted."""

    def __init__(self, case):
        image = os.path.join(case.folder, "image")
        self.mount = os.path.join(case.folder, "disk")
        os.mkdir(self.mount)
        with open(image, "wb") as file:
            file.truncate(DISK_BYTES)
        self._need(case, ["/sbin/mkfs.ext4", "-q", "-F", image])
        self._need(case, ["mount", "-o", "loop,errors=remount-ro", image, self.mount])
        case.addCleanup(subprocess.run, ["umount", "-l", self.mount])
        self.data = os.path.join(self.mount, "data")

    def _need(self, case, command):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            case.skipTest("no %s here" % command[0])
        if done.returncode != 0:
            case.skipTest("may not mount a disk here: " + done.stderr.strip())

    def turn_read_only(self, case):
        """As the kernel does when it meets an error: files that are open for writing, too."""
        with open("/proc/mounts", encoding="utf-8") as mounts:
            [device] = [line.split()[0] for line in mounts if " %s " % self.mount in line]
        trigger = "/sys/fs/ext4/%s/trigger_fs_error" % os.path.basename(device)
        try:
            with open(trigger, "w", encoding="utf-8") as file:
                file.write("1")
        except OSError as error:
            case.skipTest("may not make a disk fail here: %s" % error)


class ReadOnlyTest(DaemonCase):
    def test_a_disk_that_turns_read_only_under_a_daemon_refuses_and_still_reads(self):
        disk = LoopDisk(self)
        daemon = self.start(data=disk.data)
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client, name="before")
        add_task(client, window, [gate.write("begin"), gate.wait(), gate.write("end")])
        add_task(client, window, [gate.write("next")], priority=2)
        open_window(client, window)
        gate.await_word("begin")
        disk.turn_read_only(self)
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        self.assertEqual(names(client), ["before"])
        gate.open()
        gate.await_word("end")
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        self.assertEqual(gate.words(), ["begin", "end"])  # nothing starts that can't be claimed
        await_that("it is said", lambda: "can't be recovered yet" in daemon.log)
        self.assertIsNone(daemon.process.poll())
        daemon.end()
        again = Daemon(disk.data)
        self.addCleanup(again.end, signal.SIGKILL)
        self.assertIn(again.await_exit(), (2, 7, 8), again.log)
        self.assertIn("lull.db", again.log)


if __name__ == "__main__":
    cases.main()
