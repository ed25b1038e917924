"""AWS-RunPatchBaseline with the real package managers, each on a private root with a repository of its own.

Nothing of this machine's packages is looked at: apt-get is pointed elsewhere by APT_CONFIG, which it honours
itself; dnf, zypper and rpm are found on a PATH where they are given a root.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import cases
from apt_root import AptRoot, run, write

COMPILE = os.path.abspath("tests/runners/documents/compile_document")
TOOLS = (
    "awk sed sort cat grep mktemp rm mkdir chmod find cp sleep sh date dirname uname id head tail tr ls gzip"
).split()
PATIENCE_SECONDS = 120


def digest(folder, leave_out=()):
    """Of all names and contents in a folder: what has changed in it can be told."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(parent, name)
            if any(part in path for part in leave_out):
                continue
            content = b""
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, folder)] = hashlib.sha256(content).hexdigest()
    return found


class PatchCase(unittest.TestCase):
    """A root, and what the script is run with."""

    leave_out = ()

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.root = os.path.join(self.folder, "root")
        self.repository = os.path.join(self.folder, "repository")
        self.path = os.path.join(self.folder, "path")
        self.temporary = os.path.join(self.folder, "tmp")
        for made in (self.root, self.repository, self.path, self.temporary):
            os.makedirs(made)
        for tool in TOOLS:
            os.symlink(shutil.which(tool), os.path.join(self.path, tool))
        self.restarts = os.path.join(self.folder, "restarts")
        # A restart of this machine is the one thing that a test can't have for real.
        write(self.path + "/shutdown", '#!/bin/sh\necho "$@" >>%s\n' % self.restarts, 0o755)
        self.environment = {"PATH": self.path, "TMPDIR": self.temporary, "HOME": self.folder}

    def patch(self, *parameters, shell="/bin/sh", node="local", status=0):
        """The script's JSON."""
        script = run([COMPILE, "AWS-RunPatchBaseline", *parameters])
        environment = dict(self.environment)
        if node is not None:
            environment["LULL_NODE"] = node
        done = subprocess.run(
            [shell],
            input=script,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            env=environment,
            cwd="/",
        )
        self.stderr = done.stderr
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(os.listdir(self.temporary), [], "temporary files are left")
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), 1, done.stdout)
        return json.loads(lines[0]) if lines else None

    def restarted(self):
        if not os.path.exists(self.restarts):
            return None
        with open(self.restarts) as file:
            return file.read()


class Apt(PatchCase):
    def setUp(self):
        super().setUp()
        self.apt_root = AptRoot(self.folder)
        self.environment.update(self.apt_root.environment, PATH="/usr/bin:/bin")

    def apt(self, *arguments):
        self.apt_root.apt(*arguments)

    def add(self, *arguments, **options):
        self.apt_root.add(*arguments, **options)

    def versions(self):
        return self.apt_root.versions()

    def with_shutdown(self):
        self.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        self.environment["PATH"] = self.folder + "/only:" + self.environment["PATH"]
        write(self.folder + "/only/shutdown", '#!/bin/sh\necho "$@" >>%s\n' % self.restarts, 0o755)

    def test_scan_lists_what_would_change_and_changes_nothing(self):
        self.add("alpha", "2:2.5~rc1-1")
        self.add("gamma", "3", more="Depends: new-one\n")
        self.add("new-one", "1")
        before = digest(self.root)
        for shell in ("/bin/sh", "/bin/bash"):
            self.assertEqual(
                self.patch("Operation=Scan", shell=shell),
                {
                    "operation": "Scan",
                    "packageManager": "apt",
                    "rebootRequired": False,
                    "pending": [
                        {"name": "alpha", "installed": "1", "available": "2:2.5~rc1-1"},
                        {"name": "new-one", "installed": "", "available": "1"},
                        {"name": "gamma", "installed": "1", "available": "3"},
                    ],
                },
            )
        self.assertEqual(digest(self.root), before)
        self.apt("update")
        self.assertTrue(os.path.exists(self.root + "/hook-ran"), "the hook is one that a Scan leaves out")

    def test_scan_with_nothing_to_do(self):
        self.assertEqual(self.patch("Operation=Scan")["pending"], [])

    def test_scan_says_that_a_reboot_is_required(self):
        write(self.root + "/var/run/reboot-required", "")
        self.assertIs(self.patch("Operation=Scan")["rebootRequired"], True)

    def test_scan_of_sources_that_cannot_be_read_fails(self):
        shutil.rmtree(self.repository)
        self.assertIsNone(self.patch("Operation=Scan", status=1))
        self.assertIn("patch: apt can't tell what would be upgraded", self.stderr)

    def test_install_upgrades_and_counts(self):
        self.add("alpha", "2")
        self.add("beta", "2")
        answer = self.patch("Operation=Install")
        self.assertEqual(
            answer,
            {
                "operation": "Install",
                "packageManager": "apt",
                "installed": 2,
                "failed": 0,
                "rebootRequired": False,
                "rebooting": False,
                "packages": [
                    {"name": "alpha", "from": "1", "to": "2", "state": "installed"},
                    {"name": "beta", "from": "1", "to": "2", "state": "installed"},
                ],
            },
        )
        self.assertEqual(
            self.versions(),
            [("alpha", "2", "installed"), ("beta", "2", "installed"), ("gamma", "1", "installed")],
        )
        self.assertEqual(self.patch("Operation=Install")["installed"], 0)

    def test_install_counts_what_failed(self):
        self.add("alpha", "2")
        self.add("beta", "2", postinst="exit 3")
        answer = self.patch("Operation=Install", status=100)
        self.assertEqual((answer["installed"], answer["failed"]), (1, 1))
        self.assertEqual(
            [(one["name"], one["state"]) for one in answer["packages"]],
            [("alpha", "installed"), ("beta", "failed")],
        )

    def test_install_keeps_what_was_changed_in_a_configuration_file(self):
        self.add("delta", "1", conffile="as it came\n")
        self.apt("update")
        self.apt("install", "-y", "delta=1")
        write(self.root + "/etc/delta.conf", "changed\n")
        self.add("delta", "2", conffile="as it comes now\n")
        self.assertEqual(self.patch("Operation=Install")["installed"], 1)
        with open(self.root + "/etc/delta.conf") as file:
            self.assertEqual(file.read(), "changed\n")

    def test_a_reboot_that_is_needed_comes_after_the_result(self):
        self.with_shutdown()
        self.add("alpha", "2", postinst="mkdir -p %s/var/run; touch %s/var/run/reboot-required" % ((self.root,) * 2))
        answer = self.patch("Operation=Install", node="web-1")
        self.assertEqual((answer["rebootRequired"], answer["rebooting"]), (True, True))
        self.assertTrue(self.restarted().startswith("-r +1 "))

    def test_no_reboot_on_the_local_node_nor_when_it_may_not_nor_after_a_failure_nor_by_a_scan(self):
        self.with_shutdown()
        write(self.root + "/var/run/reboot-required", "")
        for node, option in (("local", "RebootIfNeeded"), (None, "RebootIfNeeded"), ("web-1", "NoReboot")):
            answer = self.patch("Operation=Install", "RebootOption=" + option, node=node)
            self.assertEqual((answer["rebootRequired"], answer["rebooting"]), (True, False))
        self.assertTrue(self.patch("Operation=Scan", node="web-1")["rebootRequired"])
        self.add("beta", "2", postinst="exit 3")
        self.assertFalse(self.patch("Operation=Install", node="web-1", status=100)["rebooting"])
        self.assertIsNone(self.restarted())

    def test_no_reboot_when_none_is_needed(self):
        self.with_shutdown()
        self.add("alpha", "2")
        self.assertFalse(self.patch("Operation=Install", node="web-1")["rebooting"])
        self.assertIsNone(self.restarted())


@unittest.skipUnless(os.geteuid() == 0, "a root of packages is root's to make")
class Rpm:
    """What dnf and zypper have in common."""

    def add(self, name, version, more=""):
        spec = (
            "Name: %s\nVersion: %s\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%s\n"
            "%%description\nx\n%%files\n" % (name, version, more)
        )
        build = os.path.join(self.folder, "build")
        write(build + "/%s.spec" % name, spec)
        run(
            ["rpmbuild", "-bb", "--quiet", "--define", "_topdir " + build]
            + ["--define", "_tmppath " + self.folder, "--define", "_rpmdir " + self.repository]
            + [build + "/%s.spec" % name],
            env={"PATH": "/usr/bin:/bin", "HOME": self.folder},
        )

    def publish(self):
        run(["createrepo_c", "-q", self.repository])

    def wrap(self, command, *arguments):
        """On the script's PATH, `command` is the real one with these arguments."""
        text = "#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
        text += 'exec /usr/bin/%s "$@"\n' % " ".join([command, *arguments])
        write(os.path.join(self.path, command), text, 0o755)

    def installed(self):
        return sorted(run([self.path + "/rpm", "-qa"], env=self.environment).split())

    def make_root(self):
        self.wrap("rpm", "--root", self.root)
        for name in ("alpha", "beta", "gamma"):
            self.add(name, "1")
        self.publish()

    def add_upgrades(self):
        self.add("alpha", "2")
        self.add("alpha", "2.5")
        self.add("beta", "1.1", more="Epoch: 1")
        self.publish()

    def assert_scan_then_install(self):
        scan = {
            "operation": "Scan",
            "packageManager": self.manager,
            "rebootRequired": False,
            "pending": [
                {"name": "alpha.noarch", "installed": "1-1", "available": "2.5-1"},
                {"name": "beta.noarch", "installed": "1-1", "available": "1:1.1-1"},
            ],
        }
        # A root of its own is put before the script's temporary folder too.
        leave_out = self.leave_out + (self.root + self.temporary,)
        before = digest(self.root, leave_out)
        self.assertEqual(self.patch("Operation=Scan"), scan)
        self.maxDiff = None
        self.assertEqual(digest(self.root, leave_out), before)
        answer = self.patch("Operation=Install")
        self.assertEqual((answer["installed"], answer["failed"]), (2, 0))
        self.assertEqual(
            answer["packages"][1],
            {"name": "beta.noarch", "from": "1-1", "to": "1:1.1-1", "state": "installed"},
        )
        self.assertEqual(self.installed(), ["alpha-2.5-1.noarch", "beta-1.1-1.noarch", "gamma-1-1.noarch"])
        self.assertEqual(self.patch("Operation=Scan")["pending"], [])
        self.assertEqual(self.patch("Operation=Install")["packages"], [])

    def assert_failures_count(self):
        self.add("alpha", "2", more="Requires: what-nobody-has")
        self.add("beta", "2", more="%%pre\nexit 3")
        self.publish()
        answer = self.patch("Operation=Install", status=1)
        self.assertEqual(answer["installed"], 0)
        self.assertGreaterEqual(answer["failed"], 1)
        self.assertIn("beta-1-1.noarch", self.installed())

    def assert_scan_without_a_repository_fails(self):
        shutil.rmtree(self.repository)
        self.assertIsNone(self.patch("Operation=Scan", status=1))


class Dnf(Rpm, PatchCase):
    manager = "dnf"
    leave_out = ("/rpmdb.sqlite-", "/.rpm.lock")

    def setUp(self):
        super().setUp()
        self.make_root()
        write(
            self.folder + "/repos/local.repo",
            "[local]\nname=local\nbaseurl=file://%s\nenabled=1\ngpgcheck=0\nskip_if_unavailable=0\n"
            % self.repository,
        )
        self.wrap(
            "dnf",
            "--installroot=" + self.root,
            "--setopt=reposdir=%s/repos" % self.folder,
            "--setopt=module_platform_id=platform:x",
            "--releasever=1",
        )
        write(self.path + "/needs-restarting", "#!/bin/sh\nexit ${RESTART:-0}\n", 0o755)
        run([self.path + "/dnf", "-y", "-q", "install", "alpha", "beta", "gamma"], env=self.environment)

    def test_scan_changes_nothing_and_install_upgrades(self):
        self.add_upgrades()
        self.assert_scan_then_install()

    def test_what_failed_is_counted(self):
        self.assert_failures_count()

    def test_scan_without_a_repository_fails(self):
        self.assert_scan_without_a_repository_fails()

    def test_whether_a_reboot_is_required_is_what_needs_restarting_says(self):
        for status, required in (("0", False), ("1", True), ("2", None)):
            self.environment["RESTART"] = status
            self.assertIs(self.patch("Operation=Scan")["rebootRequired"], required)
        self.environment["RESTART"] = "1"
        self.assertTrue(self.patch("Operation=Install", node="web-1")["rebooting"])
        self.assertTrue(self.restarted().startswith("-r +1 "))


class Zypper(Rpm, PatchCase):
    manager = "zypper"
    leave_out = ("/.rpmdb/", "/var/log/", "/run/")

    def setUp(self):
        super().setUp()
        self.make_root()
        self.wrap("zypper", "--root", self.root)
        zypper = [self.path + "/zypper", "--non-interactive"]
        environment = {**self.environment, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        run(zypper + ["addrepo", "-G", "file://" + self.repository, "local"], env=environment)
        run(zypper + ["refresh"], env=environment)
        run(zypper + ["install", "alpha", "beta", "gamma"], env=environment)

    def test_scan_changes_nothing_and_install_upgrades(self):
        self.add_upgrades()
        self.assert_scan_then_install()

    def test_scan_without_a_repository_fails(self):
        self.assert_scan_without_a_repository_fails()


class Parameters(unittest.TestCase):
    def refused(self, *parameters):
        done = subprocess.run([COMPILE, "AWS-RunPatchBaseline", *parameters], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        return done.stderr.strip()

    def test_those_that_would_be_ignored_are_refused(self):
        for name in ("InstallOverrideList", "BaselineOverride"):
            self.assertEqual(
                self.refused("Operation=Scan", name + "=s3://bucket/list"),
                "Document AWS-RunPatchBaseline: parameter %s \"s3://bucket/list\" is not allowed; give "
                'one of: "".' % name,
            )
        run([COMPILE, "AWS-RunPatchBaseline", "Operation=Scan", "SnapshotId=x", "AssociationId=y"])

    def test_the_operation_is_required(self):
        self.assertIn("parameter Operation is missing", self.refused())
        self.assertIn('"Patch" is not allowed', self.refused("Operation=Patch"))


if __name__ == "__main__":
    cases.main()
