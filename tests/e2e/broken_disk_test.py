"""Files that are deleted, cut short, flipped or exchanged: a clear error that names the file and
the fix, no crash, and what was acknowledged is there or an error."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess

import botocore.exceptions
import cases
from daemon import LULL, Daemon, DaemonCase, await_that, create_window

FLIPS = 12
SEED = random.SystemRandom().randrange(1 << 32)
WORDS = "restore a backup"


class BrokenDiskCase(DaemonCase):
    def path(self, name, data=None):
        return os.path.join(data or self.data, name)

    def names(self, client):
        found = client.describe_maintenance_windows()["WindowIdentities"]
        return sorted(w["Name"] for w in found)

    def assert_refused(self, *words, data=None):
        """A start ends by itself with status 2 or 8, not by a signal; its text has the words."""
        daemon = Daemon(data or self.data)
        self.addCleanup(daemon.end, signal.SIGKILL)
        self.assertIn(daemon.await_exit(), (2, 7, 8), daemon.log)
        for word in words:
            self.assertIn(word, daemon.log)
        return daemon.log

    def check(self, status):
        done = subprocess.run(
            [LULL, "check", "--data-dir", self.data], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def stored_and_killed(self, names=("one", "two", "three")):
        daemon = self.start()
        client = daemon.client()
        for name in names:
            create_window(client, name=name)
        daemon.end(signal.SIGKILL)

    def keep(self):
        """Puts the folder back as it is now, each time that it is called."""
        whole = os.path.join(self.folder, "whole")
        shutil.copytree(self.data, whole, symlinks=True)

        def put_back():
            shutil.rmtree(self.data)
            shutil.copytree(whole, self.data, symlinks=True)

        return put_back


class DeletedTest(BrokenDiskCase):
    def test_a_log_deleted_under_a_daemon_loses_nothing_and_stores_no_more(self):
        daemon = self.start()
        client = daemon.client()
        create_window(client, name="before")
        os.remove(self.path("lull.db-wal"))
        create_window(client, name="finds-it-out")
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        self.assertEqual(self.names(client), ["before", "finds-it-out"])
        await_that("it is said", lambda: "lull.db-wal: was deleted" in daemon.log)
        self.assertEqual(daemon.end(), 0)
        daemon = self.start()
        self.assertEqual(self.names(daemon.client()), ["before", "finds-it-out"])
        create_window(daemon.client(), name="after")

    def test_a_database_deleted_under_a_daemon_is_an_error_and_not_a_new_store(self):
        daemon = self.start()
        client = daemon.client()
        create_window(client, name="before")
        os.remove(self.path("lull.db"))
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        self.assert_error("InternalServerError", 500, create_window, client, name="refused")
        await_that("it is said", lambda: "lull.db: was deleted, moved or replaced" in daemon.log)
        self.assertIn("before", self.names(client))
        self.assertIsNone(daemon.process.poll())
        self.assertFalse(os.path.exists(self.path("lull.db")))
        daemon.end()
        self.assert_refused("lull.db: is missing", WORDS)
        self.assertFalse(os.path.exists(self.path("lull.db")))

    def test_a_log_deleted_after_a_crash_is_refused(self):
        self.stored_and_killed()
        os.remove(self.path("lull.db-wal"))
        log = self.assert_refused("lull.db-wal: it is missing", WORDS, "lull.db-witness")
        self.assertNotIn("is ready", log)

    def test_a_log_of_another_database_is_refused(self):
        other = os.path.join(self.folder, "other")
        daemon = self.start(data=other)
        create_window(daemon.client(), name="other")
        daemon.end(signal.SIGKILL)
        self.stored_and_killed()
        shutil.copyfile(self.path("lull.db-wal", other), self.path("lull.db-wal"))
        self.assert_refused("lull.db-wal: it is the log of another database", WORDS)

    def test_a_database_of_another_program_is_refused_and_stays_as_it_was(self):
        os.mkdir(self.data, 0o700)
        connection = sqlite3.connect(self.path("lull.db"))
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()
        connection.close()
        with open(self.path("lull.db"), "rb") as file:
            before = file.read()
        self.assert_refused("lull.db: this database belongs to another program")
        self.check(2)
        with open(self.path("lull.db"), "rb") as file:
            self.assertEqual(file.read(), before)


class CutShortTest(BrokenDiskCase):
    def test_a_log_cut_short_after_a_crash_is_refused_at_each_length(self):
        self.stored_and_killed()
        put_back = self.keep()
        log = self.path("lull.db-wal")
        size = os.path.getsize(log)
        for length in (0, 16, 32, 32 + 24, 32 + 4120, size // 2, size - 4120, size - 1):
            put_back()
            os.truncate(log, length)
            with self.subTest(length=length):
                self.assert_refused("lull.db-wal: it is damaged or cut short", WORDS)

    def test_a_database_cut_short_is_refused_or_read_as_it_was(self):
        daemon = self.start()
        for name in ("one", "two", "three"):
            create_window(daemon.client(), name=name)
        self.assertEqual(daemon.end(), 0)
        put_back = self.keep()
        size = os.path.getsize(self.path("lull.db"))
        for length in (0, 1, 99, 100, 4095, 4096, size // 2, size - 4096, size - 1):
            put_back()
            os.truncate(self.path("lull.db"), length)
            with self.subTest(length=length):
                self.assert_refused("lull.db")


class FlippedTest(BrokenDiskCase):
    def test_flipped_bytes_are_refused_found_or_do_no_harm(self):
        print("seed", SEED, flush=True)
        rng = random.Random(SEED)
        names = ["window-%02d" % n for n in range(20)]
        daemon = self.start()
        for name in names:
            create_window(daemon.client(), name=name)
        self.assertEqual(daemon.end(), 0)
        put_back = self.keep()
        database = self.path("lull.db")
        size = os.path.getsize(database)
        outcomes = []
        for n in range(FLIPS):
            put_back()
            at = rng.randrange(100) if n < 2 else rng.randrange(size)
            with open(database, "r+b") as file:
                file.seek(at)
                byte = file.read(1)[0] ^ (1 << rng.randrange(8))
                file.seek(at)
                file.write(bytes([byte]))
            checked = subprocess.run(
                [LULL, "check", "--data-dir", self.data], capture_output=True, text=True, timeout=60
            )
            self.assertIn(checked.returncode, (0, 1, 2), checked.stderr)
            outcomes.append((at, checked.returncode, self.read_all(names, checked.returncode)))
        print("offset, what the check says, what the daemon does:", *outcomes, sep="\n  ")

    def test_a_check_shows_damaged_text_and_obeys_none_of_it(self):
        daemon = self.start()
        create_window(daemon.client())
        self.assertEqual(daemon.end(), 0)
        with contextlib.closing(sqlite3.connect(self.path("lull.db"))) as database, database:
            database.execute("PRAGMA writable_schema = ON")
            database.execute(
                "UPDATE sqlite_schema SET sql = replace(sql, 'TABLE', ?) "
                "WHERE name = 'windows'",
                ("TABLE /*\x1b[2J*/",),
            )
        checked = subprocess.run(
            [LULL, "check", "--data-dir", self.data], capture_output=True, timeout=60
        )
        self.assertEqual(checked.returncode, 1, checked.stderr)
        self.assertNotIn(b"\x1b", checked.stdout)
        self.assertIn("\ufffd", checked.stdout.decode())

    def read_all(self, names, checked):
        """What a daemon on the damaged file does."""
        daemon = Daemon(self.data)
        self.addCleanup(daemon.end, signal.SIGKILL)
        await_that(
            "it is ready or has ended",
            lambda: daemon.process.poll() is not None or "is ready" in daemon.log,
        )
        if daemon.process.poll() is not None:
            self.assertIn(daemon.await_exit(), (2, 7, 8), daemon.log)
            self.assertIn("lull.db", daemon.log)
            return "refused"
        daemon.await_ready()
        try:
            found = self.names(daemon.client())
        except botocore.exceptions.ClientError as error:
            self.assertEqual(error.response["Error"]["Code"], "InternalServerError")
            found = None
        self.assertIn(daemon.end(), (0, 2), daemon.log)
        if found is None:
            return "an error"
        if found == names:
            return "as it was"
        # SQLite has no checksums of pages: a byte inside a value is that value. But no row is gone.
        if checked == 0:
            self.assertEqual(len(found), len(names))
        return "another value"


class SmallDiskTest(BrokenDiskCase):
    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.folder, "disk")
        os.mkdir(self.disk)
        mount = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", self.disk]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            self.skipTest("may not mount a small disk here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk])
        self.ballast = os.path.join(self.disk, "ballast")

    def fill(self):
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

    def test_a_start_on_a_full_disk_is_refused_and_leaves_a_folder_that_a_later_one_takes(self):
        data = os.path.join(self.disk, "data")
        self.fill()
        self.assert_refused("lull: ", data=data)
        os.remove(self.ballast)
        create_window(self.start(data=data).client(), name="after")

    def test_on_a_disk_that_is_read_only_a_start_is_refused_and_a_check_and_a_backup_work(self):
        data = os.path.join(self.disk, "data")
        daemon = self.start(data=data)
        create_window(daemon.client(), name="one")
        self.assertEqual(daemon.end(), 0)
        done = subprocess.run(
            ["mount", "-o", "remount,ro", self.disk], capture_output=True, text=True
        )
        if done.returncode != 0:
            self.skipTest("may not remount here: " + done.stderr)
        self.assert_refused("lull.db", "Read-only file system", data=data)
        for command in (
            ["check", "--data-dir", data],
            ["backup", "--data-dir", data, "--to", os.path.join(self.folder, "b")],
        ):
            done = subprocess.run([LULL, *command], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_backup_to_a_full_disk_leaves_nothing_and_harms_nothing(self):
        daemon = self.start()
        create_window(daemon.client(), name="one")
        self.fill()
        command = [LULL, "backup", "--data-dir", self.data, "--to", os.path.join(self.disk, "b")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("free some space", done.stderr)
        self.assertEqual(os.listdir(self.disk), ["ballast"])
        create_window(daemon.client(), name="two")
        os.remove(self.ballast)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    cases.main()
