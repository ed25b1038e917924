"""Every constraint of every member of every operation: what is within passes, what is not is told in
the API's words. The cases come out of the API's description; nothing here names a member."""

import contextlib
import re
import unittest

import results
from base_requests import BaseRequests
from constraints import OTHER_TYPES, members_of, put, remove, sample, trials_of
from model import OPERATIONS
from oracle import Oracle
from world import ClientsCase, the_world

CONSTRAINT = "failed to satisfy constraint"
SERIALIZATION = re.compile(
    r"can not be converted to (an String|an Integer|a Boolean|a Blob)|Start of list found where not "
    r"expected|Start of structure or map found where not expected\.|Expected (list|map|structure|list "
    r"or map) or null|Blob is not base64"
)


def told(values):
    return ", ".join(shown for shown, _ in values)


class ConstraintsTest(ClientsCase):
    """One test an operation; each case of it is a subtest, so that all are tried."""

    def setUp(self):
        super().setUp()
        self.model = self.world.model
        self.bases = BaseRequests(self.world)
        self.oracle = Oracle(self.model)

    @contextlib.contextmanager
    def case(self, tally, **words):
        """One case: counted, and counted as good if it raises nothing."""
        tally.cases += 1
        with self.subTest(**words):
            yield
            tally.good += 1

    def ask(self, operation, request):
        answer = self.wire.call(operation, request)
        if operation == "CreateMaintenanceWindow" and answer.status == 200:
            self.world.windows_made.add(answer.json["WindowId"])
        return answer

    def assert_legal(self, operation, request):
        """What the operation makes of it is its business: but it breaks no constraint."""
        self.assertIsNone(self.oracle.text(operation, request), "the case is wrong")
        answer = self.ask(operation, request)
        self.assertNotIn(CONSTRAINT, answer.text)
        self.assertNotIn(answer.type, ("SerializationException", "InternalServerError"), answer)
        return answer.type or "200"

    def assert_illegal(self, operation, request):
        expected = self.oracle.text(operation, request)
        self.assertIsNotNone(expected, "the case is wrong")
        answer = self.ask(operation, request)
        self.assertEqual((answer.type, answer.text), ("ValidationException", expected))

    def check_operation(self, operation):
        page = results.of(operation)
        for member in members_of(self.model, operation):
            if member.required:
                self.check_required(operation, member, page)
            for trial in trials_of(self.model, member):
                self.check_trial(operation, member, trial, page)
            self.check_json_types(operation, member, page.json_types)
            self.check_null(operation, member, page.nulls)
            self.world.clean()
        with self.case(page.unknown, member="Unknown"):
            base = self.bases.make(operation, ("",))
            self.assertEqual(self.ask(operation, {**base, "Unknown": {"a": [1]}}).status, 200)

    def check_required(self, operation, member, page):
        tally = results.Tally()
        whole = self.request(operation, member, sample(self.model, member.shape_name))
        with self.case(tally, member=member.text):
            self.assert_illegal(operation, remove(whole, member.path))
        page.constraints.append((member.text, "required", "there", "", "left out", tally))

    def check_trial(self, operation, member, trial, page):
        tally, answers = results.Tally(), set()
        for shown, value in trial.legal + trial.illegal:
            with self.case(tally, member=member.text, constraint=trial.constraint, value=shown):
                request = self.request(operation, member, value)
                if self.is_legal(member, trial, shown, value):
                    answers.add(self.assert_legal(operation, request))
                else:
                    self.assert_illegal(operation, request)
        page.constraints.append((
            member.text, trial.constraint, told(trial.legal), " or ".join(sorted(answers)),
            told(trial.illegal), tally))

    @staticmethod
    def is_legal(member, trial, shown, value):
        """An empty list or map counts as one that was not sent."""
        if value in ([], {}):
            return not member.required
        return (shown, value) in trial.legal

    def request(self, operation, member, value):
        return put(self.model, self.bases.make(operation, member.path), member, value)

    def check_json_types(self, operation, member, tally):
        if member.path[-1] == "{key}":
            return  # JSON has no other keys
        for value in OTHER_TYPES[self.model.shape(member.shape_name)["type"]]:
            with self.case(tally, member=member.text, json=value):
                answer = self.ask(operation, self.request(operation, member, value))
                self.assertEqual(answer.type, "SerializationException", answer)
                self.assertRegex(answer.text, SERIALIZATION)

    def check_null(self, operation, member, tally):
        """null is as good as absent; in a list there is nothing to be absent from."""
        if member.path[-1] in ("{key}", "{value}"):
            return
        with self.case(tally, member=member.text, json=None):
            request = self.request(operation, member, None)
            if member.path[-1] == "[]":
                answer = self.ask(operation, request)
                self.assertEqual(answer.type, "SerializationException", answer)
            elif member.required:
                self.assert_illegal(operation, request)
            else:
                absent = self.request(operation, member, sample(self.model, member.shape_name))
                absent = self.ask(operation, remove(absent, member.path))
                null = self.ask(operation, request)
                self.assertEqual((null.status, null.type), (absent.status, absent.type))


def _test_of(operation):
    def test(self):
        self.check_operation(operation)

    return test


for _operation in OPERATIONS:
    setattr(ConstraintsTest, "test_" + _operation, _test_of(_operation))


class DescriptionTest(unittest.TestCase):
    def test_botocore_describes_the_operations_and_no_other_of_windows(self):
        model = the_world().model
        of_windows = {name for name in model.operations if "MaintenanceWindow" in name}
        of_tags = {name for name in model.operations if name.endswith("Resource") and "Tags" in name}
        self.assertEqual(set(OPERATIONS), of_windows | of_tags)
        self.assertEqual(len(OPERATIONS), 26)
