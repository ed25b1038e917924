"""Verifies a webhook's request, as docs/webhooks.md says it: arguments are the file of the secret and
the two headers, standard input is the body. Exit status 0: it is genuine."""

import hashlib
import hmac
import sys

secret_file, timestamp, signature = sys.argv[1:]
with open(secret_file, "rb") as file:
    secret = file.read().rstrip(b"\r\n")
body = sys.stdin.buffer.read()
expected = "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
sys.exit(0 if hmac.compare_digest(expected, signature) else 1)
