"""A disk that is full: what is acknowledged stays, what can't be stored yet waits, reads go on."""

import os
import resource
import subprocess

import cases
from daemon import (
    DaemonCase, Gate, add_task, await_end, create_window, open_window, statuses_of,
)

# Beyond this no file may be written: less than one page of the store's log with its header.
FILE_LIMIT_BYTES = 4096
DISK_BYTES = 4 * 1024 * 1024


class DiskFullTest(DaemonCase):
    """Each case has two tasks in a window, the first one in flight while the disk is full."""

    def tell(self, daemon, fill, make_room):
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
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        mount = ["mount", "-t", "tmpfs", "-o", "size=%d,mode=0700" % DISK_BYTES, "tmpfs", disk]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("may not mount a small disk here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk])
        ballast = os.path.join(disk, "ballast")

        def fill():
            with open(ballast, "wb", buffering=0) as file:
                try:
                    while file.write(b"\0" * 4096):
                        pass
                except OSError:
                    pass

        self.tell(
            self.start(data=os.path.join(disk, "data")), fill, lambda: os.remove(ballast)
        )


if __name__ == "__main__":
    cases.main()
