"""Clients that nobody wants: slow, broken, wrong or too many. A thread for each kind."""

import collections
import socket
import struct
import threading

SLOW_SECONDS = 1
TIMEOUT_SECONDS = 15
REFUSED_AT_A_TIME = 100  # beyond all others, past the daemon's limit of 256
HELD = 8
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AmazonSSM.CreateMaintenanceWindow\r\n"
PROBE = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
GARBAGE = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 40 + b"\r\n\r\n"
WRONG = (
    HEAD + b"Content-Type: application/x-amz-json-1.1\r\nX-Amz-Date: 20231103T171724Z\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIA2345ABCDEFGHIJKL/20231103/us-east-1/ssm/"
    b"aws4_request, SignedHeaders=host;x-amz-date, Signature=" + b"0" * 64 + b"\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)


def answer_of(client):
    """The status of the answer, or "gone"."""
    try:
        line = client.recv(64).split(b" ")
        return line[1].decode() if len(line) > 1 else "gone"
    except OSError:
        return "gone"


def reset(client):
    """Closes so that the other side is told of a reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class Hostile:
    def __init__(self, port):
        self._port = port
        self._stop = threading.Event()
        self.became = {}
        self._threads = []
        for kind in (self._slow_headers, self._slow_body, self._half_closed, self._resets,
                     self._garbage, self._wrong_signature, self._too_large, self._never_reads,
                     self._too_many):
            counts = self.became[kind.__name__[1:].replace("_", " ")] = collections.Counter()
            thread = threading.Thread(target=self._repeat, args=(kind, counts))
            self._threads.append(thread)
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, kind, counts):
        while not self._stop.is_set():
            try:
                kind(counts)
            except OSError:
                counts["gone"] += 1
            self._stop.wait(0.01)

    def _connect(self):
        return socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)

    def _trickle(self, counts, head, byte):
        """Several at once: a byte a second each, until they are cut off."""
        clients = [self._connect() for _ in range(HELD)]
        for client in clients:
            client.sendall(head)
        while clients and not self._stop.wait(SLOW_SECONDS):
            for client in list(clients):
                try:
                    client.sendall(byte)
                except OSError:
                    clients.remove(client)
                    counts["cut off"] += 1
        for client in clients:
            counts["left"] += 1
            client.close()

    def _slow_headers(self, counts):
        self._trickle(counts, HEAD + b"X-Slow: ", b"a")

    def _slow_body(self, counts):
        self._trickle(counts, HEAD + b"Content-Length: 100000\r\n\r\n", b" ")

    def _half_closed(self, counts):
        with self._connect() as client:
            client.sendall(HEAD + b"Content-Length: 10\r\n\r\n{")
            client.shutdown(socket.SHUT_WR)
            counts[answer_of(client)] += 1

    def _resets(self, counts):
        client = self._connect()
        client.sendall(HEAD + b"Content-Length: 10\r\n\r\n{")
        reset(client)
        counts["reset"] += 1

    def _garbage(self, counts):
        with self._connect() as client:
            client.sendall(GARBAGE)
            counts[answer_of(client)] += 1

    def _wrong_signature(self, counts):
        with self._connect() as client:
            client.sendall(WRONG)
            counts[answer_of(client)] += 1

    def _too_large(self, counts):
        with self._connect() as client:
            client.sendall(HEAD + b"Content-Length: 2000000\r\n\r\n" + b"a" * 100_000)
            counts[answer_of(client)] += 1

    def _never_reads(self, counts):
        """Pipelines probes until nobody takes them any more, and stays."""
        with self._connect() as client:
            client.setblocking(False)
            try:
                while True:
                    client.send(PROBE * 100)
            except BlockingIOError:
                counts["full"] += 1
            except OSError:
                counts["cut off"] += 1
            self._stop.wait(3 * SLOW_SECONDS)
            reset(client)

    def _too_many(self, counts):
        """More than the daemon takes, for a moment: they are told so, or closed."""
        clients = [self._connect() for _ in range(REFUSED_AT_A_TIME)]
        for client in clients:
            client.settimeout(0.01)
            try:
                counts[client.recv(64).split(b" ")[1].decode()] += 1
            except (IndexError, ConnectionError):
                counts["gone"] += 1
            except TimeoutError:
                counts["taken"] += 1
        for client in clients:
            client.close()
        self._stop.wait(SLOW_SECONDS)
