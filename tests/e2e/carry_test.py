"""Scripts that are carried to another machine by OpenSSH itself: whole or not at all, and told apart
what did not begin, what ended and what nobody knows."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import cases
from daemon import PATIENCE_SECONDS, await_that
from sshd import Sshd, make_key

CARRIER = os.path.abspath("cli/lull-carry")
CARRY_TO = os.path.abspath("tests/cli/carry_to")
UNDELIVERED = 255
UNKNOWN = 254


class CarryCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lull-carry-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "LANG": "C.UTF-8"}

    def begin(self, script, config="", node="web-1", address="127.0.0.1", user="", transport="", **others):
        process = subprocess.Popen(
            [CARRY_TO, CARRIER, config, node, address, user, transport],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**self.environment, **others},
        )
        self.addCleanup(self._end, process)
        process.stdin.write(script.encode() if isinstance(script, str) else script)
        process.stdin.close()
        process.stdin = None
        return process

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

    def finish(self, process):
        """(exit status, standard output, standard error)"""
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, out.decode(), err.decode()

    def run_script(self, script, **others):
        return self.finish(self.begin(script, **others))

    def config_of(self, argv, more=""):
        config = self.path("lull.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("transports: {ssh: {argv: [%s]%s}}\n" % (argv, more))
        return config

    def path(self, name):
        return os.path.join(self.folder, name)

    def await_file(self, name):
        await_that(name + " is there", lambda: os.path.exists(self.path(name)))

    def pid_in(self, name):
        def look():
            try:
                with open(self.path(name), encoding="ascii") as file:
                    return file.read().strip()
            except FileNotFoundError:
                return ""

        return int(await_that(name + " has a process id", look))

    def await_gone(self, pid):
        def gone():
            try:
                with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
                    return file.read().rpartition(")")[2].split()[0] == "Z"
            except FileNotFoundError:
                return True

        await_that("process %d has ended" % pid, gone)


class Shells(CarryCase):
    """What holds for every transport, with a shell beside us as one."""

    # As over a network, nothing of our environment is there.
    SHELLS = [["/usr/bin/env", "-i", shell, "-s"] for shell in ("/bin/sh", "/bin/bash")]

    def each(self):
        """A config file for each of the shells."""
        for argv in self.SHELLS:
            yield self.config_of(", ".join(argv))

    def test_a_script_means_what_it_means_in_a_file(self):
        rows = [
            ("echo \"it's\" 'a \"b\"' \\$x `echo y` $((1+2))", 0, "it's a \"b\" $x y 3\n"),
            ("echo grüße\n\n  # a comment\necho 'two\nlines'\n", 0, "grüße\ntwo\nlines\n"),
            ("cat <<'LULL_END'\nof its own\nLULL_END\n", 0, "of its own\n"),
            ("cat <<LULL_END_\n}\nLULL_END_\n", 0, "}\n"),
            ("cat; echo end", 0, "end\n"),
            ("exit 3\necho no", 3, ""),
            ("false", 1, ""),
            ("", 0, ""),
            ("set -e\nfalse\necho no", 1, ""),
            ("kill -9 $$", 137, ""),
            ("exit 255", UNKNOWN, ""),
            ("exit 254", UNKNOWN, ""),
            ("trap 'echo trapped' EXIT\nexit 4", 4, "trapped\n"),
            ("echo first\nif\n", 2, "first\n"),
        ]
        for config in self.each():
            for script, status, output in rows:
                done = self.run_script(script, config=config)
                self.assertEqual(done[:2], (status, output), (script, done))
                self.assertNotIn("lull ready", done[2])

    def test_the_folder_and_the_environment_are_there_before_the_script(self):
        folder = self.path("it's a $HOME folder")
        os.mkdir(folder)
        for config in self.each():
            done = self.run_script(
                'pwd; echo "$QUOTED"; echo "$LULL_NODE $LULL_BAD"', config=config, PLAN_FOLDER=folder,
                PLAN_ENTRY="QUOTED='; id; echo \"$HOME\n`id`", LULL_NODE="web-1", LULL_BAD="$(id)",
            )
            self.assertEqual(
                done[:2], (0, folder + "\n'; id; echo \"$HOME\n`id`\nweb-1 \n"), done)
            done = self.run_script("echo no", config=config, PLAN_FOLDER=self.path("none"))
            self.assertEqual((done[0] == 0, done[1]), (False, ""), done)

    def test_a_megabyte_each_way_arrives(self):
        for config in self.each():
            text = "echo " + "x" * 99 + "\n"
            done = self.run_script(text * 10000, config=config)
            self.assertEqual((done[0], len(done[1]), done[2]), (0, 1000000, ""))

    def test_nothing_of_a_script_begins_that_is_cut_anywhere(self):
        script = "touch '%s'\n" % self.path("began") * 3
        plan = self.path("plan")
        with open(self.path("take"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\ncat > '%s'\n" % plan)
        os.chmod(self.path("take"), 0o700)
        config = self.config_of("'%s'" % self.path("take"))
        # It never says that it is ready, so the carrier would wait: a stop ends that.
        process = self.begin(script, config=config)
        await_that("the plan is written", lambda: os.path.exists(plan) and b"exit \"$lull_status\"\n}\n"
                   in open(plan, "rb").read())
        process.terminate()
        self.assertEqual(self.finish(process)[0], UNDELIVERED)
        with open(plan, "rb") as file:
            whole = file.read()
        for argv in self.SHELLS:
            for size in list(range(0, len(whole) - 2, 7)) + [len(whole) - 3]:
                for tail in (b"", b"\n"):
                    subprocess.run(argv, input=whole[:size] + tail, capture_output=True, timeout=PATIENCE_SECONDS)
                    self.assertFalse(os.path.exists(self.path("began")), size)
            subprocess.run(argv, input=whole, capture_output=True, timeout=PATIENCE_SECONDS)
            self.assertFalse(os.path.exists(self.path("began")), "all of it, but no word to begin")

    def test_what_can_t_be_started_or_is_no_shell_was_not_delivered(self):
        for argv, words in (("/nowhere/ssh", "/nowhere/ssh: No such file or directory"), ("'false'", "")):
            status, _, err = self.run_script("echo hello", config=self.config_of(argv))
            self.assertEqual(status, UNDELIVERED)
            self.assertIn(words, err)

    def test_a_transport_may_have_another_status_for_its_own_failures(self):
        config = self.config_of("/usr/bin/env, -i, /bin/sh, -s", ", undeliverable_status: 7")
        self.assertEqual(self.run_script("exit 7", config=config)[0], UNKNOWN)
        self.assertEqual(self.run_script("exit 255", config=config)[0], UNKNOWN)
        self.assertEqual(self.run_script("exit 8", config=config)[0], 8)

    def test_a_stop_ends_all_that_the_script_started(self):
        script = (
            "trap 'echo cleaned; exit 7' TERM\n(sleep 1000 & echo $! > '%s'; wait) & wait"
            % self.path("pid"))
        for config in self.each():
            process = self.begin(script, config=config)
            pid = self.pid_in("pid")
            process.terminate()
            self.assertEqual(self.finish(process)[:2], (7, "cleaned\n"))
            self.await_gone(pid)
            os.remove(self.path("pid"))

    def test_a_script_that_ignores_a_stop_is_killed(self):
        for config in self.each():
            process = self.begin("trap '' TERM\necho $$ > '%s'\nsleep 1000" % self.path("pid"), config=config)
            pid = self.pid_in("pid")
            process.terminate()
            self.assertEqual(self.finish(process)[0], 137)
            self.await_gone(pid)
            os.remove(self.path("pid"))


class OverSsh(CarryCase):
    """OpenSSH on both sides; the built-in transport, whose `ssh` finds a configuration of its own."""

    def setUp(self):
        super().setUp()
        self.sshd = Sshd(self.path("sshd"))
        self.addCleanup(self.sshd.stop)
        os.mkdir(self.path("bin"))
        with open(self.path("bin/ssh"), "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n' % self.sshd.config)
        os.chmod(self.path("bin/ssh"), 0o700)
        self.environment["PATH"] = self.path("bin") + ":" + self.environment["PATH"]

    def test_a_script_runs_there_and_its_exit_status_comes_back(self):
        done = self.run_script("echo \"it's $(id -u) in $HOME\"; echo grüße >&2; exit 3")
        self.assertEqual(done, (3, "it's 1000 in %s\n" % self.sshd.home, "grüße\n"))
        self.assertEqual(self.run_script("exit 255")[0], UNKNOWN)
        self.assertEqual(self.run_script("kill -15 $$")[0], 143)

    def test_a_megabyte_each_way_arrives(self):
        done = self.run_script("# " + "x" * 1000000 + "\nhead -c 1000000 /dev/zero | tr '\\0' y")
        self.assertEqual((done[0], len(done[1])), (0, 1000000), done[2])

    def test_a_configured_transport_and_another_user_work_too(self):
        config = self.path("lull.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                "transports:\n  mine:\n    user: lull\n    argv: [/usr/bin/ssh, -F, %s, -l, '{user}', "
                "'{address}', exec /bin/sh -s]\n" % self.sshd.config)
        done = self.run_script("echo $USER", config=config, transport="mine")
        self.assertEqual(done[:2], (0, "lull\n"), done)
        done = self.run_script("echo $USER", config=config, transport="mine", user="root")
        self.assertEqual(done[:2], (0, "root\n"), done)

    def test_a_port_where_nobody_listens_is_no_delivery(self):
        self.sshd.stop()
        status, out, err = self.run_script("echo hello")
        self.assertEqual((status, out), (UNDELIVERED, ""))
        self.assertIn("Connection refused", err)

    def test_another_host_key_is_no_delivery_and_nothing_runs(self):
        self.sshd.write("known_hosts", "[127.0.0.1]:%d %s\n" % (
            self.sshd.port, make_key(self.path("other"))))
        status, _, err = self.run_script("touch '%s'" % self.path("began"))
        self.assertEqual(status, UNDELIVERED)
        self.assertIn("REMOTE HOST IDENTIFICATION HAS CHANGED", err)
        self.assertFalse(os.path.exists(self.path("began")))

    def test_an_unknown_host_and_a_refused_key_are_no_delivery(self):
        self.sshd.write("known_hosts", "")
        status, _, err = self.run_script("echo hello")
        self.assertEqual(status, UNDELIVERED)
        self.assertIn("Host key verification failed", err)
        self.sshd.configure("StrictHostKeyChecking no")
        self.sshd.write("authorized_keys", "")
        status, _, err = self.run_script("echo hello")
        self.assertEqual(status, UNDELIVERED)
        self.assertIn("Permission denied (publickey)", err)

    def test_an_account_that_may_not_log_in_is_no_delivery(self):
        self.sshd.write("authorized_keys", 'command="echo go away >&2; exit 1" ' + open(
            self.sshd.path("key.pub"), encoding="ascii").read())
        status, _, err = self.run_script("echo hello")
        self.assertEqual((status, err), (UNDELIVERED, "go away\n"))

    def test_a_connection_that_breaks_in_the_middle_is_not_told_as_undelivered(self):
        process = self.begin(
            "echo $$ > '%s'\nuntil [ -e '%s' ]; do sleep 0.02; done\ntouch '%s'"
            % (self.path("pid"), self.path("gate"), self.path("end")))
        self.pid_in("pid")
        self.sshd.cut()
        status, _, err = self.finish(process)
        self.assertEqual(status, UNKNOWN)
        self.assertIn("the connection ended before the script did", err)
        open(self.path("gate"), "w", encoding="ascii").close()
        self.await_file("end")  # a cut stops nothing: half a patch is worse

    def test_a_stop_ends_the_work_there_and_says_how(self):
        process = self.begin("echo $$ > '%s'\nsleep 1000" % self.path("pid"))
        pid = self.pid_in("pid")
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid), encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGTERM)  # as the shim does: ssh gets it too
        process.terminate()
        self.assertEqual(self.finish(process)[0], 143)
        self.await_gone(pid)

    def test_a_carrier_that_is_killed_takes_its_ssh_along(self):
        process = self.begin("echo $$ > '%s'\nsleep 1000" % self.path("pid"))
        pid = self.pid_in("pid")
        process.kill()
        process.wait()
        await_that("the connection has ended", lambda: not self.sshd.connections())
        os.kill(pid, 0)  # nobody said stop
        os.kill(pid, signal.SIGKILL)

    def test_two_nodes_at_once_do_not_wait_for_each_other(self):
        waits = self.begin("until [ -e '%s' ]; do sleep 0.02; done; echo a" % self.path("gate"))
        opens = self.begin("touch '%s'; echo b" % self.path("gate"), node="web-2")
        self.assertEqual(self.finish(opens)[:2], (0, "b\n"))
        self.assertEqual(self.finish(waits)[:2], (0, "a\n"))

    def test_a_node_without_an_address_or_with_a_shell_s_letters_in_it_is_not_tried(self):
        for address, words in (("", "has no address"), ("127.0.0.1;id", "can't be reached: its address"),
                               ("-oProxyCommand=id", "can't be reached: its address")):
            status, _, err = self.run_script("echo hello", address=address)
            self.assertEqual(status, 100)
            self.assertIn(words, err)


if __name__ == "__main__":
    cases.main()
