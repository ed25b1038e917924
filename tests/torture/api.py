"""Signed requests over one connection, quicker than a whole client, that say when an answer is lost."""

import http.client
import json

import botocore.auth
import botocore.awsrequest
import botocore.credentials

REGION = "us-east-1"
TIMEOUT_SECONDS = 30
TARGET = "AmazonSSM."


class Lost(Exception):
    """No answer came: what was asked for may have happened, or not."""


class Refused(Exception):
    """An answer that is an error of the request; args: its code and its text."""


class Api:
    """One thread's connection to one life of the daemon."""

    def __init__(self, port, pair):
        self._url = "http://127.0.0.1:%d/" % port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        credentials = botocore.credentials.Credentials(*pair)
        self._auth = botocore.auth.SigV4Auth(credentials, "ssm", REGION)

    def call(self, operation, request):
        """The answer. `operation` has a prefix (Lull.) when it is none of AWS's.

        Raises Lost when there is none or it is the daemon's own trouble, Refused otherwise."""
        target = operation if "." in operation else TARGET + operation
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        signed = botocore.awsrequest.AWSRequest("POST", self._url, headers, json.dumps(request))
        self._auth.add_auth(signed)
        try:
            self._connection.request("POST", "/", signed.data, dict(signed.headers.items()))
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Lost(repr(error)) from error
        if response.status >= 500:
            raise Lost("%d %s" % (response.status, text[:200]))
        answer = json.loads(text) if text else {}
        if response.status != 200:
            code = answer.get("__type", "").rpartition("#")[2]
            raise Refused(code, answer.get("message", answer.get("Message", "")))
        return answer

    def close(self):
        self._connection.close()
