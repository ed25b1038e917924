"""Webhooks of the real daemon: signatures, kills, certificates."""

import hashlib
import hmac
import os
import signal
import time

import cases
from daemon import (
    Daemon, DaemonCase, add_task, await_end, await_that, create_window, open_window,
)
from function_server import FunctionServer, make_certificate

SECRET = "0123456789abcdef0123456789abcdef"
MOST_SECONDS = 300


class Receiver(FunctionServer):
    """Takes every event."""

    def __init__(self, port=0, certificate=None):
        super().__init__(lambda _: (200, {}, b""), certificate, port)

    def events(self):
        """What was sent, in order, each event once."""
        events = {}
        for call in list(self.calls):
            events.setdefault(call.json["id"], call.json)
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
        return await_end(client, open_window(client, window))

    def test_tells_a_run_in_order_and_signed(self):
        receiver = self.receiver()
        config = self.config(receiver.url, "    invocations: true\n")
        daemon = self.start("--config", config)
        execution = self.run_once(daemon.client())
        expected = ["Execution PENDING", "Execution IN_PROGRESS", "Task IN_PROGRESS", "Task SUCCESS",
                    "Task SUCCESS", "Execution SUCCESS"]
        await_that("all events", lambda: len(receiver.events()) >= len(expected))
        self.assertEqual(receiver.statuses(), expected)
        for call in receiver.calls:
            headers, event = call.headers, call.json
            self.assertEqual(event["detail"]["window-execution-id"], execution["WindowExecutionId"])
            self.assertEqual(headers["X-Lull-Event-Id"], event["id"])
            stamp = headers["X-Lull-Timestamp"]
            self.assertLess(abs(time.time() - int(stamp)), MOST_SECONDS)
            digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + call.body, hashlib.sha256)
            self.assertEqual(headers["X-Lull-Signature"], "v1=" + digest.hexdigest())
        self.assertEqual(receiver.events()[3]["detail"]["instance-id"], "local")

    def test_loses_nothing_when_it_is_killed_before_it_could_send(self):
        receiver = self.receiver()
        receiver.close()  # nobody listens there now
        config = self.config(receiver.url)
        daemon = self.start("--config", config)
        self.run_once(daemon.client())
        daemon.end(signal.SIGKILL)
        receiver = self.receiver(receiver.port)
        self.start("--config", config)
        expected = ["Execution PENDING", "Execution IN_PROGRESS", "Task IN_PROGRESS", "Task SUCCESS",
                    "Execution SUCCESS"]
        await_that("all events", lambda: len(receiver.events()) >= len(expected))
        self.assertEqual(receiver.statuses(), expected)

    def test_trusts_the_certificate_of_the_config_file_only(self):
        receiver = self.receiver(certificate=make_certificate(self.folder))
        url = receiver.url
        daemon = self.start("--config", self.config(url))
        self.run_once(daemon.client())
        await_that("a warning", lambda: "the webhook ops takes no events" in daemon.log)
        self.assertEqual(receiver.calls, [])
        daemon.end()
        self.start("--config", self.config(url, "    ca_file: certificate.pem\n"))
        await_that("all events", lambda: "Execution SUCCESS" in receiver.statuses())

    def test_refuses_a_secret_that_others_may_read(self):
        config = self.config("https://ops.example.com/", mode=0o644)
        daemon = Daemon(self.data, "--config", config)
        self.assertNotEqual(daemon.await_exit(), 0)
        self.assertIn("webhooks.ops.secret_file", daemon.log)
        self.assertIn("has mode 0644", daemon.log)


if __name__ == "__main__":
    cases.main()
