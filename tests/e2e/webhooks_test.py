"""Webhooks of the real daemon: signatures, kills, certificates."""

import hashlib
import hmac
import http.server
import json
import os
import signal
import ssl
import subprocess
import threading
import time

import cases
from daemon import FINAL, Daemon, DaemonCase, add_task, await_that, create_window

SECRET = "0123456789abcdef0123456789abcdef"
MOST_SECONDS = 300


class Receiver:
    """Listens on loopback, keeps what it is sent, and answers `status`."""

    def __init__(self, port=0, certificate=None):
        self.requests = []
        self.status = 200
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def events(self):
        """What was sent, in order, each event once."""
        events = {}
        for _, body in list(self.requests):
            event = json.loads(body)
            events.setdefault(event["id"], event)
        return list(events.values())

    def statuses(self):
        return ["%s %s" % (event["detail-type"].split()[2], event["detail"]["status"])
                for event in self.events()]


class WebhooksTest(DaemonCase):
    def receiver(self, port=0, certificate=None):
        receiver = Receiver(port, certificate)
        self.addCleanup(receiver.close)
        return receiver

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def config(self, url, more="", mode=0o600):
        self.write("ops.secret", SECRET + "\n", mode)
        return self.write(
            "lull.yaml",
            "webhooks:\n  ops:\n    url: %s\n    secret_file: ops.secret\n%s" % (url, more),
        )

    def run_once(self, client):
        """Runs one task on one node, and waits for its end."""
        window = create_window(client)
        add_task(client, window, ["true"])
        when = time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime(time.time() + 1))
        client.update_maintenance_window(WindowId=window, Schedule=when)

        def ended():
            rows = client.describe_maintenance_window_executions(WindowId=window)
            rows = rows["WindowExecutions"]
            return rows and rows[0]["Status"] in FINAL and rows[0]

        return await_that("the execution has ended", ended)

    def test_tells_a_run_in_order_and_signed(self):
        receiver = self.receiver()
        config = self.config("http://127.0.0.1:%d/hook" % receiver.port, "    invocations: true\n")
        daemon = self.start("--config", config)
        execution = self.run_once(daemon.client())
        expected = ["Execution PENDING", "Execution IN_PROGRESS", "Task IN_PROGRESS", "Task SUCCESS",
                    "Task SUCCESS", "Execution SUCCESS"]
        await_that("all events", lambda: len(receiver.events()) >= len(expected))
        self.assertEqual(receiver.statuses(), expected)
        for headers, body in receiver.requests:
            event = json.loads(body)
            self.assertEqual(event["detail"]["window-execution-id"], execution["WindowExecutionId"])
            self.assertEqual(headers["X-Lull-Event-Id"], event["id"])
            stamp = headers["X-Lull-Timestamp"]
            self.assertLess(abs(time.time() - int(stamp)), MOST_SECONDS)
            digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256)
            self.assertEqual(headers["X-Lull-Signature"], "v1=" + digest.hexdigest())
        self.assertEqual(receiver.events()[3]["detail"]["instance-id"], "local")

    def test_loses_nothing_when_it_is_killed_before_it_could_send(self):
        receiver = self.receiver()
        port = receiver.port
        receiver.close()  # nobody listens there now
        config = self.config("http://127.0.0.1:%d/hook" % port)
        daemon = self.start("--config", config)
        self.run_once(daemon.client())
        daemon.end(signal.SIGKILL)
        receiver = self.receiver(port)
        self.start("--config", config)
        expected = ["Execution PENDING", "Execution IN_PROGRESS", "Task IN_PROGRESS", "Task SUCCESS",
                    "Execution SUCCESS"]
        await_that("all events", lambda: len(receiver.events()) >= len(expected))
        self.assertEqual(receiver.statuses(), expected)

    def test_trusts_the_certificate_of_the_config_file_only(self):
        key, certificate = (os.path.join(self.folder, name) for name in ("key.pem", "cert.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
             certificate],
            check=True, capture_output=True,
        )
        receiver = self.receiver(certificate=(certificate, key))
        url = "https://127.0.0.1:%d/hook" % receiver.port
        daemon = self.start("--config", self.config(url))
        self.run_once(daemon.client())
        await_that("a warning", lambda: "the webhook ops takes no events" in daemon.log)
        self.assertEqual(receiver.requests, [])
        daemon.end()
        self.start("--config", self.config(url, "    ca_file: cert.pem\n"))
        await_that("all events", lambda: "Execution SUCCESS" in receiver.statuses())

    def test_refuses_a_secret_that_others_may_read(self):
        config = self.config("https://ops.example.com/", mode=0o644)
        daemon = Daemon(self.data, "--config", config)
        self.assertNotEqual(daemon.await_exit(), 0)
        self.assertIn("webhooks.ops.secret_file", daemon.log)
        self.assertIn("has mode 0644", daemon.log)


if __name__ == "__main__":
    cases.main()
