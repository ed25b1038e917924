"""The config file: read at a start, and again at a SIGHUP."""

import os
import signal
import subprocess

import cases
from daemon import LULL, PATIENCE_SECONDS, DaemonCase, await_that

GOOD = """
transports:
  jump: {argv: [ssh, -J, jump.example.com, "{user}@{address}", exec /bin/sh -s]}
functions:
  tidy: {command: [/bin/true]}
"""


class Config(DaemonCase):
    def setUp(self):
        super().setUp()
        self.config = os.path.join(self.folder, "lull.yaml")

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def reread(self, daemon, text, word):
        self.write(text)
        before = daemon.log.count(word)
        daemon.send(signal.SIGHUP)
        await_that("the log says " + word, lambda: daemon.log.count(word) > before)

    def test_a_bad_file_is_an_error_at_the_start(self):
        self.write("transports:\n  jump:\n    arvg: [ssh]\n")
        done = subprocess.run(
            [LULL, "serve", "--data-dir", self.data, "--config", self.config],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )
        self.assertEqual(
            (done.returncode, done.stderr),
            (2, "lull: %s: line 3: unknown key \"arvg\" in transports.jump; did you mean argv?\n"
             % self.config))

    def test_a_hangup_reads_it_again_and_a_bad_file_changes_nothing(self):
        self.write(GOOD)
        daemon = self.start("--config", self.config)
        self.reread(daemon, GOOD + "functionz: {}\n", "config read=failed")
        self.assertIn('line 6: unknown key \\"functionz\\"; did you mean functions?', daemon.log)
        self.reread(daemon, GOOD, "config file=")
        self.assertNotIn("config waiting=", daemon.log)
        self.reread(daemon, GOOD.replace("true", "false"), "config waiting=functions")
        daemon.client().describe_maintenance_windows()
        self.assertEqual(daemon.end(), 0)


if __name__ == "__main__":
    cases.main()
