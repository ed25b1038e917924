"""The checkers of this folder find what is planted: an answer that is wrong, a request that is wrong."""

import json
import unittest

from answers import check_answer, check_value
from model import Model
from oracle import Oracle

WINDOW = "mw-0123456789abcdef0"
HEADERS = {
    "x-amzn-requestid": "01234567-89ab-4cde-8f01-23456789abcd",
    "date": "Tue, 01 Jan 2030 00:00:00 GMT",
    "content-type": "application/x-amz-json-1.1",
}


class AnswersTest(unittest.TestCase):
    def setUp(self):
        self.model = Model()

    def assert_wrong(self, operation, answer):
        with self.assertRaises(AssertionError):
            check_value(self.model, self.model.output_of(operation), answer, operation)

    def check(self, answer, status=200, **headers):
        names = {**HEADERS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        check_answer(self.model, "GetMaintenanceWindow", status, names, json.dumps(answer).encode())

    def test_members_that_are_unknown_missing_or_of_another_type_or_break_a_constraint(self):
        self.check({"WindowId": WINDOW, "Duration": 2, "CreatedDate": 1.5, "Enabled": False})
        for wrong in ({"Window": WINDOW}, {"WindowId": 1}, {"WindowId": "mw-1"}, {"Duration": "2"},
                      {"Duration": True}, {"Duration": 25}, {"Enabled": 1}, {"CreatedDate": "today"},
                      {"WindowId": None}, [], {"Description": ""}):
            self.assert_wrong("GetMaintenanceWindow", wrong)
        self.assert_wrong("ListTagsForResource", {"TagList": [{"Key": "k"}]})
        self.assert_wrong("GetMaintenanceWindowTask", {"TaskType": "SHELL"})
        self.assert_wrong("DescribeMaintenanceWindows", {"WindowIdentities": {}})

    def test_headers_and_errors(self):
        error = {"__type": "DoesNotExistException", "Message": "m"}
        self.check(error, 400)
        for wrong in (lambda: self.check(error, 404),
                      lambda: self.check({**error, "message": "m"}, 400),
                      lambda: self.check({"__type": "ValidationException", "Message": "m"}, 400),
                      lambda: self.check({}, x_amzn_requestid="1"),
                      lambda: self.check({}, content_type="application/json")):
            with self.assertRaises(AssertionError):
                wrong()


class OracleTest(unittest.TestCase):
    """Against texts that are known."""

    def text(self, operation, **request):
        return Oracle(Model()).text(operation, request)

    def test_texts_of_the_api(self):
        self.assertIsNone(self.text("GetMaintenanceWindow", WindowId=WINDOW))
        self.assertEqual(
            self.text("UpdateMaintenanceWindow", WindowId=WINDOW, StartDate=""),
            "1 validation error detected: Value '' at 'startDate' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1")
        self.assertEqual(
            self.text("GetMaintenanceWindow", WindowId="mw-1"),
            "2 validation errors detected: Value 'mw-1' at 'windowId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ^mw-[0-9a-f]{17}$; Value 'mw-1' at "
            "'windowId' failed to satisfy constraint: Member must have length greater than or equal to "
            "20")
        self.assertEqual(
            self.text("GetMaintenanceWindow"),
            "1 validation error detected: Value null at 'windowId' failed to satisfy constraint: Member "
            "must not be null")
        self.assertEqual(
            self.text("UpdateMaintenanceWindow", WindowId=WINDOW, Description=""),
            "1 validation error detected: Value at 'description' failed to satisfy constraint: Member "
            "must have length greater than or equal to 1")
        self.assertEqual(
            self.text("DescribeMaintenanceWindows", Filters=[{"Key": "Name", "Values": ["", "b"]}]),
            "1 validation error detected: Value '[, b]' at 'filters.1.member.values' failed to satisfy "
            "constraint: Member must satisfy constraint: [Member must have length less than or equal to "
            "256, Member must have length greater than or equal to 1]")
