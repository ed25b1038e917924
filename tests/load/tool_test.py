"""lull-load against our own daemon and against others' servers: what it asks, and what it tells."""

import http.server
import json
import os
import subprocess
import threading
import unittest

import cases
import function_server
from daemon import PATIENCE_SECONDS, DaemonCase

LULL_LOAD = os.path.abspath("bench/lull-load")
HOLD_SECONDS = 5  # at most
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE22", "AWS_SECRET_ACCESS_KEY": "secret"}


def load(*arguments, **environment):
    """(exit status, what it told as JSON or None, its complaints)."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ended = subprocess.run([LULL_LOAD, "--json", *arguments], env={**clean, **environment},
                           capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    return ended.returncode, json.loads(ended.stdout) if ended.stdout else None, ended.stderr


class AgainstOurs(DaemonCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.start("--max-windows", "1000000")

    def keys(self):
        access, secret = self.daemon.credentials()
        return {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret,
                "AWS_ENDPOINT_URL": self.daemon.url}

    def windows(self):
        return self.daemon.client().get_paginator("describe_maintenance_windows").paginate(
            ).build_full_result()["WindowIdentities"]

    def test_a_body_with_a_number_in_it_makes_as_many_windows_as_it_told(self):
        body = ('{"Name":"w-{n}","Schedule":"rate(1 day)","Duration":2,"Cutoff":1,'
                '"AllowUnassociatedTargets":true}')
        status, told, _ = load("--operation", "CreateMaintenanceWindow", "--body", body,
                               "--connections", "4", "--seconds", "0.3", **self.keys())
        self.assertEqual(status, 0)
        operation = told["operations"]["CreateMaintenanceWindow"]
        self.assertEqual(operation["answers"], {"200": operation["count"]})
        names = {window["Name"] for window in self.windows()}
        self.assertEqual(names, {"w-%d" % i for i in range(operation["count"])})

    def test_requests_of_a_file_are_asked_by_turns(self):
        path = os.path.join(self.folder, "requests")
        with open(path, "w") as file:
            file.write('DescribeMaintenanceWindows {"MaxResults":10}\n\n'
                       'GetMaintenanceWindow {"WindowId":"mw-0123456789abcdef0"}\n')
        _, told, _ = load("--endpoint", self.daemon.url, "--credentials",
                          os.path.join(self.data, "credentials"),
                          "--requests", path, "--connections", "1", "--seconds", "0.2")
        listed, got = (told["operations"][name] for name in
                       ("DescribeMaintenanceWindows", "GetMaintenanceWindow"))
        self.assertLessEqual(abs(listed["count"] - got["count"]), 1)
        self.assertEqual(listed["answers"], {"200": listed["count"]})
        self.assertEqual(got["answers"], {"400 DoesNotExistException": got["count"]})

    def test_a_rate_is_kept_and_all_times_are_written(self):
        path = os.path.join(self.folder, "times")
        status, told, _ = load("--operation", "DescribeMaintenanceWindows", "--rate", "100",
                               "--connections", "2", "--seconds", "0.5", "--distribution", path,
                               **self.keys())
        count = told["operations"]["DescribeMaintenanceWindows"]["count"]
        self.assertEqual((status, told["asked_per_second"], count), (0, 100, 50))
        with open(path) as file:
            self.assertRegex(file.read(), r"1\.000000000000 +%d\n#\[Max +=.*= +%d\]\n$" % (count, count))

    def test_what_is_not_let_in_is_told_by_its_error(self):
        status, told, _ = load("--endpoint", self.daemon.url, "--operation", "DescribeMaintenanceWindows",
                               "--connections", "1", "--seconds", "0.1", **KEYS)
        operation = told["operations"]["DescribeMaintenanceWindows"]
        self.assertEqual((status, operation["answers"]),
                         (0, {"400 UnrecognizedClientException": operation["count"]}))


class AgainstOthers(DaemonCase):
    def test_of_an_open_loop_requests_that_had_to_wait_are_slow(self):
        # The first answer comes once the other connection has had twenty: 0.4 s at least.
        held = threading.Event()
        lock = threading.Lock()
        come = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 4096  # an answer is one packet

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    come.append(self.path)
                    number = len(come)
                if number == 21:
                    held.set()
                if number == 1:
                    held.wait(HOLD_SECONDS)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        status, told, _ = load("--endpoint", "127.0.0.1:%d" % server.server_port, "--operation", "Ask",
                               "--rate", "100", "--connections", "2", "--seconds", "0.6", **KEYS)
        self.assertEqual(status, 0)
        # Its own connection's requests of that time were due, and had to wait: a quarter of all.
        self.assertGreater(told["operations"]["Ask"]["p90"], 100)

    def test_json_with_spaces_in_it_is_understood(self):
        server = function_server.FunctionServer(lambda call: (200, {}, b'{"WindowId": "mw-1"}'))
        self.addCleanup(server.close)
        _, told, _ = load("--endpoint", "127.0.0.1:%d" % server.port, "--connections", "1",
                          "--seconds", "0.2", **KEYS)
        self.assertIn("DeleteMaintenanceWindow", told["operations"])

    def test_over_tls_the_certificate_has_to_be_trusted(self):
        certificate, key = function_server.make_certificate(self.folder)
        server = function_server.FunctionServer(lambda call: (200, {}, b"{}"), (certificate, key))
        self.addCleanup(server.close)
        asked = ("--endpoint", "https://127.0.0.1:%d" % server.port, "--operation", "Ask",
                 "--connections", "1", "--seconds", "0.2")
        status, told, _ = load(*asked, SSL_CERT_FILE=certificate, AWS_SESSION_TOKEN="lent",
                               AWS_REGION="eu-central-1", **KEYS)
        self.assertEqual((status, list(told["operations"]["Ask"]["answers"])), (0, ["200"]))
        headers = server.calls[0].headers
        self.assertEqual(headers["X-Amz-Target"], "AmazonSSM.Ask")
        self.assertEqual(headers["X-Amz-Security-Token"], "lent")
        self.assertIn("/eu-central-1/ssm/aws4_request", headers["Authorization"])
        self.assertIn("x-amz-security-token", headers["Authorization"])
        status, told, wrong = load(*asked, **KEYS)
        self.assertEqual((status, told), (2, None))
        self.assertIn("no certificate for its name that is trusted", wrong)


class Arguments(unittest.TestCase):
    def refused(self, text, *arguments, **environment):
        status, told, wrong = load(*arguments, **environment)
        self.assertEqual((status, told), (2, None))
        self.assertIn(text, wrong)

    def test_what_is_wrong_is_named(self):
        here = ("--endpoint", "127.0.0.1:1")
        self.refused("the endpoint ''", **KEYS)
        self.refused("the endpoint 'http://a/b'", "--endpoint", "http://a/b", **KEYS)
        self.refused("there are no keys", *here)
        self.refused("there is no argument '--rat'", *here, "--rat", "1", **KEYS)
        self.refused("--rate needs a value", *here, "--rate", **KEYS)
        self.refused("--rate '-1' must be a number above 0", *here, "--rate", "-1", **KEYS)
        self.refused("--connections '0' must be", *here, "--connections", "0", **KEYS)
        self.refused("not both", *here, "--operation", "A", "--requests", "b", **KEYS)
        self.refused("b can't be read", *here, "--requests", "b", **KEYS)
        self.refused("127.0.0.1:1 can't be connected to", *here, **KEYS)


if __name__ == "__main__":
    cases.main()
