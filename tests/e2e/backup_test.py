"""`lull check`, `lull backup` and `lull restore` beside a daemon that runs, and after one that died."""

import json
import os
import shutil
import signal
import stat
import subprocess

import cases
from daemon import (
    LULL, DaemonCase, Gate, add_task, await_end, create_window, executions_of, invocations_of,
    open_window, schedule_soon,
)

DEATH = signal.SIGKILL


def lull(*arguments):
    """What the command printed and how it ended."""
    return subprocess.run([LULL, *arguments], capture_output=True, text=True, timeout=120)


class BackupCase(DaemonCase):
    def setUp(self):
        super().setUp()
        self.to = os.path.join(self.folder, "backup")
        self.fresh = os.path.join(self.folder, "fresh")

    def lull(self, *arguments, status=0):
        """What was printed by a command that ends with `status`."""
        done = lull(*arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status in (0, 1) else done.stderr

    def check(self, data, status=0):
        return self.lull("check", "--data-dir", data, status=status)

    def backup(self, data=None):
        return self.lull("backup", "--data-dir", data or self.data, "--to", self.to)

    def restore(self, *options):
        return self.lull("restore", "--from", self.to, "--data-dir", self.fresh, *options)

    def files_below(self, folder):
        found = []
        for at, _, names in os.walk(folder):
            found += [os.path.join(at, name) for name in names]
        return found

    def begin(self, daemon, lines=2):
        """A window in progress: its first task in flight, its second queued."""
        client = daemon.client()
        self.gate = Gate(self.folder)
        window = create_window(client)
        add_task(
            client, window, [self.gate.write("begin"), self.gate.wait(), self.gate.write("end")]
        )
        add_task(client, window, [self.gate.write("next")], priority=lines)
        execution = open_window(client, window)
        self.gate.await_word("begin")
        return client, window, execution


class CheckTest(BackupCase):
    def test_a_store_beside_its_daemon_after_its_death_and_after_its_end(self):
        daemon = self.start()
        client, _, execution = self.begin(daemon)
        self.assertIn("Nothing is wrong", self.check(self.data))
        daemon.end(DEATH)
        log = os.path.join(self.data, "lull.db-wal")
        before = open(log, "rb").read()
        self.assertTrue(before)
        self.assertIn("Nothing is wrong", self.check(self.data))
        self.assertEqual(open(log, "rb").read(), before)
        self.gate.open()
        daemon = self.start()
        self.assertEqual(await_end(daemon.client(), execution)["Status"], "SUCCESS")
        self.assertEqual(daemon.end(), 0)
        found = json.loads(self.lull("check", "--data-dir", self.data, "--json"))
        self.assertEqual(found["Findings"], [])
        counts = {looked["At"]: looked["Count"] for looked in found["Looked"]}
        self.assertEqual(counts["rules of executions"], 1)
        self.assertEqual(counts["finishes"], 2)

    def test_what_is_wrong_is_named_with_what_it_means_and_exit_status_1(self):
        daemon = self.start()
        _, _, execution = self.begin(daemon)
        self.gate.open()
        await_end(daemon.client(), execution)
        self.assertEqual(daemon.end(), 0)
        database = os.path.join(self.data, "lull.db")
        subprocess.run(
            ["/usr/bin/python3", "-c",
             "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);c.execute('PRAGMA "
             "ignore_check_constraints=ON');c.execute('UPDATE task_executions SET succeeded=7 "
             "WHERE key=1');c.commit();c.close()", database], check=True)
        os.chmod(os.path.join(self.data, "credentials"), 0o644)
        text = self.check(self.data, status=1)
        self.assertIn("task_executions 1 (", text)
        self.assertIn("it counts 7 SUCCESS and has 1 such rows in finishes", text)
        self.assertIn("means: what the API says of this execution can't be relied on", text)
        self.assertIn("chmod 0600", text)
        self.assertIn("lull restore --from", text)

    def test_what_cannot_be_read_is_exit_status_2(self):
        self.assertIn("There is no data folder", self.check(self.data, status=2))
        os.mkdir(self.data, 0o700)
        self.assertIn("no store here", self.check(self.data, status=2))
        with open(os.path.join(self.data, "lull.db"), "w", encoding="utf-8") as file:
            file.write("not a database at all")
        self.assertIn("lull.db: not a database of SQLite", self.check(self.data, status=2))


class BackupTest(BackupCase):
    def test_a_backup_of_a_running_daemon_is_private_whole_and_never_replaced(self):
        daemon = self.start()
        self.begin(daemon)
        said = self.backup()
        self.assertIn("Backed up %s as of " % self.data, said)
        self.assertEqual(stat.S_IMODE(os.stat(self.to).st_mode), 0o700)
        for path in self.files_below(self.to):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)
        names = set(os.listdir(self.to))
        self.assertEqual(
            names, {"lull.db", "credentials", "callback_key", "output", "manifest"}
        )
        self.assertTrue([p for p in self.files_below(self.to) if p.endswith("0.record")])
        self.assertFalse([p for p in self.files_below(self.to) if p.endswith(".script")])
        refused = self.lull(
            "backup", "--data-dir", self.data, "--to", self.to, status=2
        )
        self.assertIn("is there already, and a backup replaces nothing", refused)
        self.assertEqual([n for n in os.listdir(self.folder) if "partial" in n], [])

    def test_of_a_daemon_that_died_what_was_acknowledged_last_is_in_the_backup(self):
        daemon = self.start()
        client = daemon.client()
        window = create_window(client, name="last")
        daemon.end(DEATH)
        self.assertGreater(os.path.getsize(os.path.join(self.data, "lull.db-wal")), 0)
        self.backup()
        self.restore()
        fresh = self.start(data=self.fresh)
        found = fresh.client().describe_maintenance_windows()["WindowIdentities"]
        self.assertEqual([w["WindowId"] for w in found], [window])

    def test_a_damaged_store_is_not_backed_up(self):
        daemon = self.start()
        create_window(daemon.client())
        self.assertEqual(daemon.end(), 0)
        database = os.path.join(self.data, "lull.db")
        subprocess.run(
            ["/usr/bin/python3", "-c",
             "import sqlite3,sys;c=sqlite3.connect(sys.argv[1]);c.execute('UPDATE engine SET "
             "windows=9');c.commit();c.close()", database], check=True)
        text = self.lull("backup", "--data-dir", self.data, "--to", self.to, status=2)
        self.assertIn("it counts 9 windows, and there are 1", text)
        self.assertEqual(sorted(os.listdir(self.folder)), ["data"])

    def test_backups_while_executions_run_are_each_of_one_state(self):
        daemon = self.start()
        client = daemon.client()
        window = create_window(client)
        for _ in range(8):
            add_task(client, window, ["true"], priority=1)
        execution = open_window(client, window)
        for n in range(4):
            to = "%s-%d" % (self.to, n)
            self.lull("backup", "--data-dir", self.data, "--to", to)
            create_window(client, name="later-%d" % n)
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        for n in range(4):  # each was looked at when it was made; what a restore makes of it, too
            fresh = "%s-%d" % (self.fresh, n)
            self.lull("restore", "--from", "%s-%d" % (self.to, n), "--data-dir", fresh)
            self.check(fresh)


class RestoreTest(BackupCase):
    def test_what_was_active_in_a_backup_is_ended_and_nothing_runs_again(self):
        daemon = self.start()
        client, window, execution = self.begin(daemon)
        self.backup()
        self.gate.open()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        self.assertEqual(self.gate.words(), ["begin", "end", "next"])
        daemon.end(DEATH)

        said = self.restore()
        self.assertIn("1 execution active then: cancelled", said)
        self.assertIn("1 invocation in flight then: FAILED", said)
        self.assertIn("Nothing is wrong", self.check(self.fresh))
        client = self.start(data=self.fresh).client()
        found = client.get_maintenance_window_execution(WindowExecutionId=execution)
        self.assertEqual(found["Status"], "CANCELLED")
        [invocation] = invocations_of(client, execution)
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertRegex(
            invocation["StatusDetails"],
            r"it was in flight in what was restored from a backup of 20\d\d-",
        )
        self.assertEqual(invocations_of(client, execution, 1)[0]["Status"], "CANCELLED")
        audit = self.lull("audit", "--data-dir", self.fresh)
        self.assertIn("lull restore", audit)
        # It is a store like any other: the window opens again when it is asked to.
        second = open_window(client, window)
        self.assertEqual(await_end(client, second)["Status"], "SUCCESS")
        self.assertEqual(self.gate.words(), ["begin", "end", "next"] + ["begin", "end", "next"])

    def test_resume_active_runs_what_was_queued_and_never_what_had_started(self):
        daemon = self.start()
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        add_task(client, window, [gate.write("begin"), gate.wait()], limits=("1", "5"))
        add_task(client, window, [gate.write("next")], priority=2)
        execution = open_window(client, window)
        gate.await_word("begin")
        self.backup()
        daemon.end(DEATH)
        gate.open()

        said = self.restore("--resume-active")
        self.assertIn("1 execution active then: to go on at the next start", said)
        client = self.start(data=self.fresh).client()
        await_end(client, execution)
        self.assertEqual(invocations_of(client, execution)[0]["Status"], "FAILED")
        self.assertIn(
            "restored from a backup", invocations_of(client, execution)[0]["StatusDetails"]
        )
        self.assertEqual(invocations_of(client, execution, 1)[0]["Status"], "SUCCESS")
        self.assertEqual(gate.words(), ["begin", "next"])

    def test_what_started_while_the_backup_was_made_is_refused_not_started_again(self):
        # The database is copied first: a record without its claim is what a start in between leaves.
        daemon = self.start()
        client, _, execution = self.begin(daemon)
        self.backup()
        self.gate.open()
        self.assertEqual(await_end(client, execution)["Status"], "SUCCESS")
        daemon.end()
        late = os.path.join("output", "2")
        record = os.path.join(late, "0.record")
        os.makedirs(os.path.join(self.to, late), 0o700)
        shutil.copyfile(os.path.join(self.data, record), os.path.join(self.to, record))
        os.chmod(os.path.join(self.to, record), 0o600)
        digest = subprocess.run(
            ["sha256sum", os.path.join(self.to, record)], capture_output=True, text=True, check=True
        ).stdout.split()[0]
        with open(os.path.join(self.to, "manifest"), "a", encoding="utf-8") as file:
            file.write("file %s %s\n" % (digest, record))

        self.restore("--resume-active")
        client = self.start(data=self.fresh).client()
        await_end(client, execution)
        [invocation] = invocations_of(client, execution, 1)
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn("started before", invocation["StatusDetails"])
        self.assertEqual(self.gate.words(), ["begin", "end", "next"])

    def test_a_window_that_came_due_since_is_missed(self):
        daemon = self.start()
        client = daemon.client()
        gate = Gate(self.folder)
        window = create_window(client)
        add_task(client, window, [gate.write("ran")])
        schedule_soon(client, window, seconds=5)
        self.backup()
        gate.await_word("ran")
        daemon.end(DEATH)
        self.assertIn("1 window came due since: recorded as missed", self.restore())
        client = self.start(data=self.fresh).client()
        [missed] = executions_of(client, window)
        self.assertEqual(missed["Status"], "TIMED_OUT")
        self.assertEqual(gate.words(), ["ran"])

    def test_only_a_new_or_empty_folder_is_restored_into(self):
        daemon = self.start()
        self.backup()
        text = self.lull("restore", "--from", self.to, "--data-dir", self.data, status=2)
        self.assertIn("is not empty (", text)
        self.assertIn("Stop the daemon", text)
        daemon.end()
        os.mkdir(self.fresh, 0o700)
        self.restore()
        self.assertEqual(stat.S_IMODE(os.stat(self.fresh).st_mode), 0o700)
        self.assertNotIn(".restoring", os.listdir(self.fresh))
        self.assertEqual(self.start(data=self.fresh).end(), 0)

    def test_a_backup_that_has_changed_is_refused_and_leaves_nothing(self):
        daemon = self.start()
        create_window(daemon.client())
        self.backup()
        daemon.end()
        for name in ("lull.db", "credentials", "manifest"):
            path = os.path.join(self.to, name)
            whole = open(path, "rb").read()
            flipped = bytearray(whole)
            flipped[len(whole) // 2] ^= 1
            with open(path, "wb") as file:
                file.write(flipped)
            text = self.lull("restore", "--from", self.to, "--data-dir", self.fresh, status=2)
            self.assertRegex(text, "has changed since it was made|is missing|or damaged")
            self.assertEqual(
                os.listdir(self.fresh) if os.path.exists(self.fresh) else [], []
            )
            with open(path, "wb") as file:
                file.write(whole)
        os.remove(os.path.join(self.to, "credentials"))
        self.assertIn(
            "credentials is missing",
            self.lull("restore", "--from", self.to, "--data-dir", self.fresh, status=2),
        )
        self.assertIn(
            "There is no backup in",
            self.lull("restore", "--from", self.folder, "--data-dir", self.fresh, status=3),
        )


if __name__ == "__main__":
    cases.main()
