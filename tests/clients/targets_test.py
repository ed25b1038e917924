"""Targets of windows: the forms that there are, changes, and taking them away."""

from describe_test import by
from world import TARGETS, UNKNOWN_ID, UNKNOWN_WINDOW, ClientsCase, corner, token

FORMS = (
    'Targets must be specified in one of the following formats: 1) 1 target with "Key=InstanceIds" and '
    '"Values=" a list of up to 50 instance IDs, or 2) Up to 5 targets, each of which can be either '
    '"Key=tag:<key>,Values=<tag_values>" or "Key=tag-key,Values=<tag_keys>", and each with up to 5 '
    "unique tag keys/values."
)
MISMATCH = "Target Type does not match with the provided target."
NODES = ["i-%017x" % n for n in range(51)]


class RegisterTest(ClientsCase):
    def setUp(self):
        super().setUp()
        self.mine = self.make_window()

    @corner(24)
    def test_forms_that_there_are(self):
        for targets in (
            [by("InstanceIds", *NODES[:50])],
            [by("InstanceIds", "mi-0123456789abcdef0")],
            [by("tag:Env", "a", "b", "c", "d", "e")],
            [by("tag:Env", "a", "a")],
            [by("tag-key", "Env", "Role")],
            [by("tag:k%d" % n, "v") for n in range(5)],
            [by("tag:Env", "prod"), by("tag-key", "Role")],
        ):
            self.make_target(self.mine, targets)
        for targets in (
            [by("resource-groups:Name", "web")],
            [by("resource-groups:Name", "web"),
             by("resource-groups:ResourceTypeFilters", "AWS::EC2::Instance")],
        ):
            self.make_target(self.mine, targets, kind="RESOURCE_GROUP")
        self.assertEqual(len(self.targets(self.mine)), 9)

    @corner(24)
    def test_forms_that_there_are_not(self):
        for targets in (
            [by("instanceids", "i-1")],
            [by("tag:", "x")],
            [by("InstanceIds", "i-1"), by("tag:Env", "prod")],
            [by("InstanceIds", "i-1"), by("InstanceIds", "i-2")],
            [by("tag:Env", "a", "b", "c", "d", "e", "f")],
        ):
            with self.subTest(targets=targets):
                self.refused_with(FORMS, self.make_target, self.mine, targets)
        self.refused_with(
            "Please specify at least one target.  Filter values can't be null and tag:Patch Group is.",
            self.make_target, self.mine, [by("tag:Patch Group")],
        )
        for targets, kind in (
            ([by("resource-groups:Name", "web")], "INSTANCE"),
            (TARGETS, "RESOURCE_GROUP"),
        ):
            self.refused_with(MISMATCH, self.make_target, self.mine, targets, kind=kind)
        for targets in (
            [by("resource-groups:Name", "web", "db")],
            [by("resource-groups:ResourceTypeFilters", "AWS::EC2::Instance")],
            [by("resource-groups:Name", "web"),
             by("resource-groups:ResourceTypeFilters", *["AWS::A::B%d" % n for n in range(6)])],
        ):
            self.refused("ValidationException", self.make_target, self.mine, targets,
                         kind="RESOURCE_GROUP")
        self.refused("ValidationException", self.make_target, self.mine, [by("InstanceIds", *NODES)])
        six = [by("tag:k%d" % n, "v") for n in range(6)]
        self.assertIn("at 'targets' failed", self.refused(
            "ValidationException", self.make_target, self.mine, six))
        self.assertEqual(self.targets(self.mine), [])

    @corner(7)
    def test_a_client_token_makes_one_target_of_its_window(self):
        mine = token()
        first = self.make_target(self.mine, ClientToken=mine)
        self.assertEqual(self.make_target(self.mine, ClientToken=mine), first)
        self.refused("IdempotentParameterMismatch", self.make_target, self.mine, ClientToken=mine,
                     Name="other")
        self.assertNotEqual(self.make_target(self.make_window(), ClientToken=mine), first)

    @corner(13)
    def test_an_unknown_window_does_not_exist(self):
        self.refused("DoesNotExistException", self.make_target, UNKNOWN_WINDOW)


class UpdateTest(ClientsCase):
    def setUp(self):
        super().setUp()
        self.mine = self.make_window()
        self.target = self.make_target(
            self.mine, Name="nodes", Description="d", OwnerInformation="team-a")

    def update(self, target=None, **changes):
        answer = self.client.update_maintenance_window_target(
            WindowId=self.mine, WindowTargetId=target or self.target, **changes)
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def kind(self):
        return self.targets(self.mine)[0]["ResourceType"]

    @corner(26)
    def test_an_update_changes_what_it_names_and_replace_clears_the_rest(self):
        whole = {"WindowId": self.mine, "WindowTargetId": self.target, "Targets": TARGETS,
                 "Name": "nodes", "Description": "d", "OwnerInformation": "team-a"}
        self.assertEqual(self.update(), whole)
        self.assertEqual(self.update(Name="other"), {**whole, "Name": "other"})
        self.refused("ValidationException", self.update, Replace=True, Name="other")
        replaced = self.update(Replace=True, Targets=TARGETS, OwnerInformation="team-b")
        self.assertEqual(
            replaced,
            {"WindowId": self.mine, "WindowTargetId": self.target, "Targets": TARGETS,
             "OwnerInformation": "team-b"},
        )
        row = self.targets(self.mine)[0]
        self.assertEqual({**replaced, "ResourceType": "INSTANCE"}, row)

    @corner(26)
    def test_nodes_tags_and_groups_may_take_each_others_place(self):
        for targets, kind in (
            ([by("tag:Env", "prod")], "INSTANCE"),
            ([by("resource-groups:Name", "web")], "RESOURCE_GROUP"),
            (TARGETS, "INSTANCE"),
        ):
            self.assertEqual(self.update(Targets=targets)["Targets"], targets)
            self.assertEqual(self.kind(), kind)
        self.refused_with(FORMS, self.update, Targets=[by("instanceids", "i-1")])

    @corner(13, 26)
    def test_an_unknown_target_and_that_of_another_window_do_not_exist(self):
        self.refused("DoesNotExistException", self.update, UNKNOWN_ID)
        others = self.make_target(self.make_window())
        self.refused("DoesNotExistException", self.update, others)


class DeregisterTest(ClientsCase):
    def setUp(self):
        super().setUp()
        self.mine = self.make_window()
        self.target = self.make_target(self.mine)

    def deregister(self, target=None, window=None, **parameters):
        return self.client.deregister_target_from_maintenance_window(
            WindowId=window or self.mine, WindowTargetId=target or self.target, **parameters)

    @corner(25)
    def test_safe_keeps_what_a_task_refers_to(self):
        task = self.make_task(self.mine, Targets=[by("WindowTargetIds", self.target)])
        text = self.refused("TargetInUseException", self.deregister, Safe=True)
        self.assertEqual(
            text,
            "This Target cannot be deregistered because it is still referenced in Task: " + task)
        self.assertEqual(len(self.targets(self.mine)), 1)
        answer = self.deregister()
        self.assertEqual((answer["WindowId"], answer["WindowTargetId"]), (self.mine, self.target))
        self.assertEqual(self.targets(self.mine), [])
        self.assertEqual(
            self.task(self.mine, task)["Targets"], [by("WindowTargetIds", self.target)])

    @corner(25)
    def test_safe_takes_away_what_nothing_refers_to(self):
        self.deregister(Safe=True)
        self.assertEqual(self.targets(self.mine), [])

    @corner(25)
    def test_an_unknown_target_and_that_of_another_window_do_not_exist(self):
        self.refused("DoesNotExistException", self.deregister, UNKNOWN_ID)
        self.refused("DoesNotExistException", self.deregister, window=UNKNOWN_WINDOW)
        self.refused("DoesNotExistException", self.deregister, window=self.make_window())
        self.deregister()
        self.refused("DoesNotExistException", self.deregister)
