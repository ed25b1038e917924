"""Requests by hand: signed by botocore's signer, and otherwise whatever a test wants to send."""

import datetime
import hashlib
import http.client
import json
import socket
import time
import unittest.mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import results
from answers import check_answer

PATIENCE_SECONDS = 60
JSON_TYPE = "application/x-amz-json-1.1"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = None

    @property
    def type(self):
        """What went wrong, by name; None if nothing did."""
        return None if self.status == 200 else (self.json or {}).get("__type", "?")

    @property
    def text(self):
        return (self.json or {}).get("message", (self.json or {}).get("Message", ""))

    def __repr__(self):
        return "%d %s" % (self.status, self.body.decode("utf-8", "replace"))


class Wire:
    """One connection, made again when the server has closed it. Not for two threads."""

    def __init__(self, model, port, key_id, secret, region):
        self.model, self.port, self.region = model, port, region
        self.credentials = botocore.credentials.Credentials(key_id, secret)
        self._connection = None

    def signed(self, target, body, method="POST", path="/", region=None, service="ssm",
               credentials=None, minutes=0, others=(), content_type=JSON_TYPE):
        """The headers of a request, as botocore signs them. `minutes`: the signer's clock is off."""
        headers = {"Content-Type": content_type, **dict(others)}
        if target is not None:
            headers["X-Amz-Target"] = target
        url = "http://127.0.0.1:%d%s" % (self.port, path)
        request = botocore.awsrequest.AWSRequest(method, url, headers=headers, data=body)
        signer = botocore.auth.SigV4Auth(
            credentials or self.credentials, service, region or self.region
        )
        now = datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)
        with unittest.mock.patch("botocore.auth.datetime.datetime") as clock:
            clock.utcnow.return_value = now
            signer.add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    def exchange(self, headers, body, method="POST", path="/"):
        """What comes back for exactly this."""
        for again in (True, False):
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection(
                        "127.0.0.1", self.port, timeout=PATIENCE_SECONDS
                    )
                self._connection.request(method, path, body, headers)
                response = self._connection.getresponse()
                names = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, names, response.read())
            except (http.client.HTTPException, ConnectionError):
                self.close()
                if not again:
                    raise

    def post(self, target, body, **signing):
        return self.exchange(self.signed(target, body, **signing), body)

    def call(self, operation, request):
        """The checked answer to a JSON value."""
        answer = self.post("AmazonSSM." + operation, json.dumps(request).encode())
        check_answer(self.model, operation, answer.status, answer.headers, answer.body)
        results.of(operation).note_answer(answer.type)
        return answer

    def close(self):
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def exchange_bytes(port, data):
    """All that the server says to these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while True:
            part = connection.recv(65536)
            if not part:
                return said
            said += part


def sha256(body):
    return hashlib.sha256(body).hexdigest()


def elapsed(call):
    """(what it returned, seconds)."""
    started = time.monotonic()
    found = call()
    return found, time.monotonic() - started
