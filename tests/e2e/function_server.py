"""Functions and webhooks as other people write them: HTTP servers that a daemon calls."""

import http.server
import json
import os
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

from daemon import PATIENCE_SECONDS, await_that


def make_certificate(folder, address="127.0.0.1"):
    """(certificate, key): the files of one that has signed itself."""
    certificate = os.path.join(folder, "certificate.pem")
    key = os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", "/CN=lull", "-addext", "subjectAltName=IP:" + address,
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=PATIENCE_SECONDS,
    )
    return certificate, key


class Call:
    """One request that came."""

    def __init__(self, handler):
        self.path = handler.path
        self.headers = handler.headers
        size = int(handler.headers.get("Content-Length", 0))
        self.body = handler.rfile.read(size)
        self.json = json.loads(self.body)


class FunctionServer:
    """Answers each POST with what `answer` makes of the Call: (status, headers, body); nothing: it
    never answers while the server lives."""

    def __init__(self, answer, certificate=None, port=0):
        self.calls = []
        self._gone = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                call = Call(self)
                outer.calls.append(call)
                answered = answer(call)
                if answered is None:
                    outer._gone.wait()
                    return
                status, headers, body = answered
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._server.handle_error = lambda *_: None  # who goes away is what some cases are about
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def port(self):
        return self._server.server_port

    @property
    def url(self):
        return "%s://127.0.0.1:%d/function" % (self._scheme, self.port)

    def await_call(self, count=1):
        """The JSON of the call of this number, counted from 1."""
        await_that("call %d has come" % count, lambda: len(self.calls) >= count)
        return self.calls[count - 1].json

    def close(self):
        self._gone.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def result(**members):
    return 200, {"Content-Type": "application/json"}, json.dumps(members).encode()


def accepted(_):
    return 202, {}, b""


def call_back(url, body, method="POST"):
    """(HTTP status, text) of a request."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE_SECONDS) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
