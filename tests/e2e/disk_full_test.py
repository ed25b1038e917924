"""A disk that is full: what is acknowledged stays, what can't be stored yet waits, reads go on."""

import os
import resource
import subprocess

import cases
from daemon import (
    DaemonCase, Gate, add_task, await_end, await_that, create_window, invocations_of,
    open_window, statuses_of,
)

# Beyond this no file may be written: less than one page of the store's log with its header.
FILE_LIMIT_BYTES = 4096
DISK_BYTES = 4 * 1024 * 1024
PARALLEL = 6
# A script of more room than that of the command before it gives back.
LONG_COMMENT = "#" + 8192 * "."


class SmallDisk:
    """A disk of a few megabytes with a folder for a daemon's data. Skips a case that may not mount."""

    def __init__(self, case):
        disk = os.path.join(case.folder, "disk")
        os.mkdir(disk)
        mount = ["mount", "-t", "tmpfs", "-o", "size=%d,mode=0700" % DISK_BYTES, "tmpfs", disk]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            case.skipTest("may not mount a small disk here")
        case.addCleanup(subprocess.run, ["umount", "-l", disk])
        self.data = os.path.join(disk, "data")
        self._ballast = os.path.join(disk, "ballast")

    def fill(self):
        with open(self._ballast, "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

    def make_room(self):
        os.remove(self._ballast)


def let_the_log_begin_anew(client, log):
    """Writes until the store's log is written from its start again: then it has room in itself."""

    def salt():
        with open(log, "rb") as file:
            return file.read(24)[16:]

    before = salt()
    count = 0
    while salt() == before:
        create_window(client, name="filler%d" % count, Description="z" * 120)
        count += 1


class DiskFullTest(DaemonCase):
    def tell(self, daemon, fill, make_room):
        """Two tasks in a window, the first one in flight while the disk is full."""
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        add_task(client, window, [gate.write("begin"), gate.wait(), gate.write("end")], priority=1)
        add_task(client, window, [gate.write("next")], priority=2)
        execution = open_window(client, window)
        gate.await_word("begin")

        fill()
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        gate.open()
        gate.await_word("end")
        # The outcome is known and can't be stored; so nothing new starts, and reads go on.
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        self.assertEqual(statuses_of(client, execution), ["IN_PROGRESS", "PENDING"])
        self.assertEqual(len(client.describe_maintenance_windows()["WindowIdentities"]), 1)
        self.assertEqual(gate.words(), ["begin", "end"])

        make_room()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "SUCCESS"])
        self.assertEqual(gate.words(), ["begin", "end", "next"])
        create_window(client, name="accepted")
        self.assertEqual(daemon.end(), 0)
        client = self.start(data=daemon.data).client()
        names = [w["Name"] for w in client.describe_maintenance_windows()["WindowIdentities"]]
        self.assertEqual(sorted(names), ["accepted", "window"])
        self.assertEqual(statuses_of(client, execution), ["SUCCESS", "SUCCESS"])

    def test_files_that_may_not_grow(self):
        daemon = self.start()
        _, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)

        def limit(size):
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, hard))

        self.tell(daemon, lambda: limit(FILE_LIMIT_BYTES), lambda: limit(hard))

    def test_a_disk_without_room(self):
        disk = SmallDisk(self)
        self.tell(self.start(data=disk.data), disk.fill, disk.make_room)

    def test_starts_wait_for_room_and_output_that_is_lost_is_said(self):
        disk = SmallDisk(self)
        daemon = self.start(data=disk.data)
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        output = "head -c 100000 /dev/zero"
        add_task(client, window, [gate.write("begin"), gate.wait(), output], priority=1)
        for _ in range(PARALLEL):
            add_task(client, window, [gate.write("next"), LONG_COMMENT], priority=2)
        let_the_log_begin_anew(client, os.path.join(disk.data, "lull.db-wal"))
        execution = open_window(client, window)
        gate.await_word("begin")

        disk.fill()
        gate.open()
        await_that("commands wait", lambda: "commands wait" in daemon.log)
        # What is in the store's log already has room there: so they are claimed, and not started.
        create_window(client, name="accepted")
        begun = ["SUCCESS"] + ["IN_PROGRESS"] * PARALLEL
        await_that("all are claimed", lambda: statuses_of(client, execution) == begun)
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["Status"], "SUCCESS")
        self.assertEqual(
            invocation["StatusDetails"], "output was lost: No space left on device"
        )
        self.assertEqual(gate.words(), ["begin"])

        disk.make_room()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(gate.words(), ["begin"] + ["next"] * PARALLEL)
        self.assertEqual(daemon.log.count("commands wait"), 1, daemon.log)


if __name__ == "__main__":
    cases.main()
