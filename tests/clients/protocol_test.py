"""The wire itself: what is no request gets its error, and the daemon goes on."""

import json

import botocore.credentials
from wire import JSON_TYPE, Wire, elapsed, exchange_bytes, sha256
from world import ClientsCase, corner

LIST = "AmazonSSM.DescribeMaintenanceWindows"
CREATE = "AmazonSSM.CreateMaintenanceWindow"
MEBIBYTE = 1024 * 1024
WINDOW = {"Name": "window", "Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1,
          "AllowUnassociatedTargets": True}


class ProtocolCase(ClientsCase):
    """No answer is waited for longer than wire.PATIENCE_SECONDS; how long the slowest took is printed."""

    slowest_seconds = 0

    @classmethod
    def tearDownClass(cls):
        print("%s: the slowest answer took %.3f s" % (cls.__name__, cls.slowest_seconds))

    def assert_goes_on(self):
        self.assertEqual(self.wire.post(LIST, b"{}").status, 200)

    def assert_answer(self, expected, answer):
        """(status, type); the next call is answered, too."""
        self.assertEqual((answer.status, answer.type), expected, answer)
        self.assertIn("x-amzn-requestid", answer.headers)
        self.assertIn("date", answer.headers)
        self.assert_goes_on()

    def timed(self, call):
        found, seconds = elapsed(call)
        type(self).slowest_seconds = max(self.slowest_seconds, seconds)
        return found

    def post(self, expected, target, body, **signing):
        answer = self.timed(lambda: self.wire.post(target, body, **signing))
        self.assert_answer(expected, answer)
        return answer


class RequestTest(ProtocolCase):
    UNKNOWN = (400, "UnknownOperationException")
    NO_JSON = (400, "SerializationException")

    @corner(58)
    def test_a_target_that_there_is_not(self):
        for target in (None, "", "AmazonSSM", "AmazonSSM.", "AmazonSSM.DescribePatchBaselines",
                       "AmazonSSM.describeMaintenanceWindows", "AmazonEC2.DescribeMaintenanceWindows",
                       "DescribeMaintenanceWindows", LIST + " ", "AmazonSSM." + "x" * 4000):
            answer = self.post(self.UNKNOWN if target != LIST + " " else (200, None), target, b"{}")
            self.assertEqual(answer.text, "")

    @corner(58)
    def test_other_methods_and_paths(self):
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            headers = self.wire.signed(LIST, b"", method=method)
            answer = self.wire.exchange(headers, b"", method=method)
            self.assert_answer((405, "MethodNotAllowedException"), answer)
            self.assertEqual(answer.headers["allow"], "POST")
        for path in ("/ssm", "/?a=b", "//", "/%00", "/../etc/passwd"):
            headers = self.wire.signed(LIST, b"{}", path=path)
            answer = self.wire.exchange(headers, b"{}", path=path)
            self.assert_answer((404, "ResourceNotFoundException"), answer)

    @corner(58)
    def test_names_of_headers_are_of_any_case(self):
        for change in (str.lower, str.upper):
            headers = {change(name): value for name, value in self.wire.signed(LIST, b"{}").items()}
            self.assert_answer((200, None), self.wire.exchange(headers, b"{}"))

    @corner(58)
    def test_an_empty_body_is_as_good_as_an_empty_object(self):
        for body in (b"", b" \n", b"{}", b" { } \r\n"):
            self.post((200, None), LIST, body)

    @corner(58)
    def test_a_body_that_is_no_json_object(self):
        for body in (
            b"[]", b"null", b'"x"', b"1", b"true", b"{", b'{"Name"', b'{"Name":', b'{"Name":"x"',
            b"{}{}", b"{} x", b"{'Name':'x'}", b'{"Name":"x",}', b"{,}", b'{"Name":NaN}',
            b'{"MaxResults":010}', b"// comment\n{}", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00",
            b'{"Name":"\xff"}', b'{"Name":"\xc0\xaf"}', b'{"Name":"\xed\xa0\x80"}', b'{"Name":"a\x00b"}',
            b'{"Name":"a\nb"}', b"\x00", b"[" * 10000, b'{"a":' * 10000, b"{" * 100000,
        ):
            with self.subTest(body=body[:20]):
                self.post(self.NO_JSON, LIST, body)

    @corner(58)
    def test_a_member_that_comes_twice(self):
        for body in (b'{"MaxResults":10,"MaxResults":20}', b'{"Unknown":1,"Unknown":1}',
                     b'{"Filters":[{"Key":"Name","Key":"Enabled"}]}',
                     b'{"MaxResults":10,"\\u004daxResults":20}'):
            self.assertEqual(self.post(self.NO_JSON, LIST, body).text.split(" (at")[0],
                             "Member found twice")

    @corner(58)
    def test_a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not(self):
        good = b"{}" + b" " * (MEBIBYTE - 2)
        self.post((200, None), LIST, good)
        try:
            answer = self.wire.post(LIST, good + b" ")
            self.assertEqual((answer.status, answer.type), (413, "RequestEntityTooLargeException"))
        except ConnectionError:
            pass  # it was refused before all of it was sent
        self.assert_goes_on()

    @corner(58)
    def test_text_that_is_hard_to_read(self):
        for text in ("\u00e4\u4e2d\U0001f600", "\u0000", "a\tb", "\u2028", "\ufeff", "'; DROP TABLE--"):
            filters = {"Filters": [{"Key": "Name", "Values": [text]}]}
            answer = self.post((200, None), LIST, json.dumps(filters).encode())
            self.assertEqual(answer.json["WindowIdentities"], [])
        for escapes in (b"\\ud800", b"\\udc00", b"\\ud800x", b"\\udc00\\ud800"):
            self.post(self.NO_JSON, LIST, b'{"Filters":[{"Key":"Name","Values":["' + escapes + b'"]}]}')

    @corner(59)
    def test_content_types(self):
        for content_type in (JSON_TYPE, "application/json", JSON_TYPE + "; charset=utf-8",
                             "application/x-amz-json-1.0", "text/plain"):
            answer = self.post((200, None), LIST, b"{}", content_type=content_type)
            self.assertEqual(answer.headers["content-type"], JSON_TYPE)

    @corner(61)
    def test_errors_name_their_type_and_their_text_as_the_api_does(self):
        unknown = self.wire.post("AmazonSSM.GetMaintenanceWindow", b'{"WindowId":"mw-00000000000000000"}')
        self.assertEqual(unknown.json, {
            "__type": "DoesNotExistException",
            "Message": "Maintenance window mw-00000000000000000 does not exist"})
        malformed = self.wire.post(LIST, b'{"MaxResults":1}')
        self.assertEqual(set(malformed.json), {"__type", "message"})
        self.assertEqual(self.wire.post("AmazonSSM.X", b"{}").json,
                         {"__type": "UnknownOperationException"})

    @corner(63)
    def test_unknown_members_nulls_and_numbers(self):
        self.post((200, None), LIST, b'{"Unknown":{"deep":[1,{"x":null}]},"Filters":null,"MaxResults":null}')
        for number in (b"10.0", b"1e1", b"10", b"1.0E+1"):
            self.post((200, None), LIST, b'{"MaxResults":' + number + b"}")
        for number in (b"10.5", b"4294967306", b"18446744073709551626", b"1" * 400, b"1e999", b"-1e99"):
            self.post(self.NO_JSON, LIST, b'{"MaxResults":' + number + b"}")

    @corner(58)
    def test_what_is_no_http(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\x00" * 100,
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                     b"POST / HTTP/1.1\r\n" + b"A: " + b"b" * 20000 + b"\r\n\r\n"):
            said = self.timed(lambda: exchange_bytes(self.wire.port, data))
            self.assertNotIn(b" 200 ", said.split(b"\r\n")[0])
            self.assertNotIn(b" 500 ", said.split(b"\r\n")[0])
            self.assert_goes_on()


class SignatureTest(ProtocolCase):
    INVALID = (400, "InvalidSignatureException")
    INCOMPLETE = (400, "IncompleteSignatureException")
    MISMATCH = "The request signature we calculated does not match the signature you provided."

    def send(self, expected, headers, body=b"{}"):
        answer = self.wire.exchange(headers, body)
        self.assert_answer(expected, answer)
        return answer.text

    def changed(self, name, change):
        headers = self.wire.signed(LIST, b"{}")
        headers[name] = change(headers[name])
        return headers

    @corner(60)
    def test_a_wrong_secret_an_unknown_key_and_a_session_token(self):
        mine = self.wire.credentials
        wrong = botocore.credentials.Credentials(mine.access_key, "wrong")
        self.assertTrue(self.post(self.INVALID, LIST, b"{}", credentials=wrong).text.startswith(self.MISMATCH))
        unknown = (400, "UnrecognizedClientException")
        for credentials in (
            botocore.credentials.Credentials("AKIAUNKNOWN", mine.secret_key),
            botocore.credentials.Credentials(mine.access_key, mine.secret_key, "session"),
        ):
            answer = self.post(unknown, LIST, b"{}", credentials=credentials)
            self.assertEqual(answer.text, "The security token included in the request is invalid.")

    @corner(60)
    def test_a_clock_that_is_six_minutes_off(self):
        early = self.post(self.INVALID, LIST, b"{}", minutes=-6)
        self.assertRegex(early.text, r"^Signature expired: \d{8}T\d{6}Z is now earlier than "
                                     r"\d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$")
        late = self.post(self.INVALID, LIST, b"{}", minutes=6)
        self.assertRegex(late.text, r"^Signature not yet current: \d{8}T\d{6}Z is still later than "
                                    r"\d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$")
        for minutes in (-4, 4):
            self.post((200, None), LIST, b"{}", minutes=minutes)

    @corner(60)
    def test_another_region_and_another_service(self):
        region = self.post(self.INVALID, LIST, b"{}", region="mars-1")
        self.assertEqual(region.text, "Credential should be scoped to a valid region, not 'mars-1'. ")
        service = self.post(self.INVALID, LIST, b"{}", service="ec2")
        self.assertEqual(service.text, "Credential should be scoped to correct service: 'ssm'. ")

    @corner(60)
    def test_without_a_signature_and_with_half_of_one(self):
        text = self.send((400, "MissingAuthenticationTokenException"), {"X-Amz-Target": LIST})
        self.assertEqual(text, "Missing Authentication Token")
        for change in (
            lambda value: value.replace("Credential=", "Other="),
            lambda value: value.split(", Signature=")[0],
            lambda value: value.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-MD5"),
            lambda value: "Basic dXNlcjpwYXNz",
            lambda value: "",
            lambda value: value + ", Signature=0",
            lambda value: value.replace("/ssm/", "/"),
            lambda value: "AWS4-HMAC-SHA256 " + "," * 1000,
        ):
            self.send(self.INCOMPLETE, self.changed("Authorization", change))
        without = self.wire.signed(LIST, b"{}")
        del without["X-Amz-Date"]
        self.send(self.INCOMPLETE, without)
        self.send(self.INCOMPLETE, self.changed("X-Amz-Date", lambda value: "yesterday"))

    @corner(60)
    def test_what_is_signed_may_not_change(self):
        self.assertTrue(self.send(
            self.INVALID, self.changed("X-Amz-Target", lambda value: CREATE), json.dumps(WINDOW).encode()
        ).startswith(self.MISMATCH))
        self.send(self.INVALID, self.wire.signed(LIST, b"{}"), b'{"MaxResults":10}')
        self.send(self.INVALID, self.changed("Content-Type", lambda value: "text/plain"))
        self.send(self.INVALID, self.changed(
            "Authorization", lambda value: value[:-1] + ("0" if value[-1] != "0" else "1")))
        unsigned = self.changed(
            "Authorization", lambda value: value.replace("x-amz-target", "x-amz-other"))
        self.send(self.INVALID, unsigned)

    @corner(60)
    def test_headers_that_are_not_signed_are_not_looked_at(self):
        headers = self.wire.signed(LIST, b"{}")
        headers.update({"amz-sdk-request": "attempt=1; max=3", "Accept-Encoding": "identity",
                        "User-Agent": "x" * 500, "Cookie": "a=b"})
        self.send((200, None), headers)

    @corner(60)
    def test_blanks_in_signed_headers_are_folded(self):
        headers = self.wire.signed(LIST, b"{}", others={"X-Amz-User-Agent": "a  b   c"})
        self.send((200, None), headers)

    @corner(60)
    def test_the_header_set_of_the_javascript_client(self):
        others = {
            "amz-sdk-invocation-id": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "amz-sdk-request": "attempt=1; max=3", "x-amz-content-sha256": sha256(b"{}"),
            "x-amz-user-agent": "aws-sdk-js/3", "content-length": "2",
        }
        self.send((200, None), self.wire.signed(LIST, b"{}", others=others))

    @corner(60)
    def test_signatures_in_the_query_and_bodies_that_are_not_signed_are_not_offered(self):
        path = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"
        answer = self.wire.exchange({"X-Amz-Target": LIST}, b"{}", path=path)
        self.assert_answer((404, "ResourceNotFoundException"), answer)
        others = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
        headers = self.wire.signed(LIST, b"{}", others=others)
        self.send(self.INVALID, headers, b'{"MaxResults":10}')

    @corner(60)
    def test_a_key_of_another_daemon_is_unknown(self):
        other = Wire(self.world.model, self.wire.port, "AKIA" + "0" * 16, "s" * 40, "us-east-1")
        self.addCleanup(other.close)
        self.assertEqual(other.post(LIST, b"{}").type, "UnrecognizedClientException")
        self.assert_goes_on()
