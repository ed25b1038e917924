"""Bad input, over the wire: each gets its error, none changes anything, the daemon goes on."""

import datetime
import hashlib
import hmac
import json
import urllib.error
import urllib.request

import cases
from daemon import PATIENCE_SECONDS, REGION, DaemonCase, create_window

VALID_WINDOW = {
    "Name": "window", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1,
    "AllowUnassociatedTargets": True,
}


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sign(host, operation, body, credentials, at):
    """Headers of Signature Version 4, as its documentation has it."""
    date = at.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": date, "x-amz-target": "AmazonSSM." + operation}
    names = ";".join(sorted(headers))
    canonical = "POST\n/\n\n%s\n%s\n%s" % (
        "".join("%s:%s\n" % item for item in sorted(headers.items())),
        names, hashlib.sha256(body).hexdigest(),
    )
    scope = "%s/%s/ssm/aws4_request" % (date[:8], REGION)
    key = ("AWS4" + credentials[1]).encode()
    for part in (date[:8], REGION, "ssm", "aws4_request"):
        key = _hmac(key, part)
    text = "AWS4-HMAC-SHA256\n%s\n%s\n%s" % (
        date, scope, hashlib.sha256(canonical.encode()).hexdigest()
    )
    headers["authorization"] = (
        "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
        % (credentials[0], scope, names, _hmac(key, text).hex())
    )
    return headers


class ErrorsTest(DaemonCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.start()
        self.client = self.daemon.client()

    def tearDown(self):
        """Nothing of it was stored, and the next request is answered."""
        answer = self.client.describe_maintenance_windows()
        self.assertEqual(answer["WindowIdentities"], [])

    def post(self, operation, body, headers=None, minutes=0):
        """(status, body) of a request; signed, unless `headers` are given."""
        if headers is None:
            at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
            host = "127.0.0.1:%d" % self.daemon.port
            headers = sign(host, operation, body, self.daemon.credentials(), at)
        request = urllib.request.Request(self.daemon.url + "/", body, headers, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE_SECONDS) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def test_what_does_not_exist_is_named(self):
        window = "mw-00000000000000000"
        text = self.assert_error("DoesNotExistException", 400,
                                 self.client.get_maintenance_window, WindowId=window)
        self.assertIn(window, text)
        execution = "00000000-0000-4000-8000-000000000000"
        text = self.assert_error("DoesNotExistException", 400,
                                 self.client.cancel_maintenance_window_execution,
                                 WindowExecutionId=execution)
        self.assertIn(execution, text)

    def test_malformed_ids_and_values_are_told_in_the_apis_words(self):
        text = self.assert_error("ValidationException", 400,
                                 self.client.get_maintenance_window, WindowId="mw-1")
        self.assertEqual(
            text,
            "2 validation errors detected: Value 'mw-1' at 'windowId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ^mw-[0-9a-f]{17}$; Value 'mw-1' at "
            "'windowId' failed to satisfy constraint: Member must have length greater than or equal "
            "to 20",
        )
        text = self.assert_error("ValidationException", 400, create_window, self.client, Duration=25)
        self.assertEqual(
            text,
            "1 validation error detected: Value '25' at 'duration' failed to satisfy constraint: "
            "Member must have value less than or equal to 24",
        )
        self.assert_error("ValidationException", 400,
                          create_window, self.client, Schedule="every day")

    def test_an_unsigned_request_is_not_let_in(self):
        headers = {"X-Amz-Target": "AmazonSSM.CreateMaintenanceWindow"}
        status, answer = self.post("", json.dumps(VALID_WINDOW).encode(), headers)
        self.assertEqual(status, 400)
        self.assertEqual(answer["__type"], "MissingAuthenticationTokenException")

    def test_a_wrong_secret_a_wrong_region_and_a_stale_date_are_not_let_in(self):
        for client in (self.daemon.client(secret="wrong"), self.daemon.client(region="eu-west-1")):
            self.assert_error("InvalidSignatureException", 400, create_window, client)
        for minutes, text in ((-6, "Signature expired"), (6, "Signature not yet current")):
            status, answer = self.post(
                "CreateMaintenanceWindow", json.dumps(VALID_WINDOW).encode(), minutes=minutes
            )
            self.assertEqual((status, answer["__type"]), (400, "InvalidSignatureException"))
            self.assertIn(text, answer["message"])

    def test_what_is_no_json_or_has_wrong_types_is_refused(self):
        for body in (b"", b"{", b"[]", b'{"Name":1}', b'{"Name":"a","Name":"b"}', b'{"Duration":"2"}',
                     b"\xff", b"{}" + b" " * 10 + b"x", b"[" * 10000):
            status, answer = self.post("CreateMaintenanceWindow", body)
            self.assertEqual(status, 400, body[:20])
            self.assertIn(
                answer["__type"], ("SerializationException", "ValidationException"), body[:20]
            )

    def test_an_unknown_operation_is_refused(self):
        status, answer = self.post("DescribeInstances", b"{}")
        self.assertEqual((status, answer["__type"]), (400, "UnknownOperationException"))

    def test_a_body_beyond_the_limit_is_refused(self):
        try:
            status, answer = self.post("CreateMaintenanceWindow", b" " * (1024 * 1024 + 1))
        except (BrokenPipeError, ConnectionResetError, urllib.error.URLError):
            return  # refused before all of it was sent
        self.assertEqual((status, answer["__type"]), (413, "RequestEntityTooLargeException"))


if __name__ == "__main__":
    cases.main()
