"""Tags of windows."""

from world import UNKNOWN_WINDOW, ClientsCase, corner


def tag(key, value=""):
    return {"Key": key, "Value": value}


class TagsTest(ClientsCase):
    def setUp(self):
        super().setUp()
        self.mine = self.make_window(Tags=[tag("Env", "prod")])

    def add(self, *tags, resource=None, kind="MaintenanceWindow"):
        answer = self.client.add_tags_to_resource(
            ResourceType=kind, ResourceId=resource or self.mine, Tags=list(tags))
        self.assertEqual(set(answer), {"ResponseMetadata"})

    def remove(self, *keys, resource=None, kind="MaintenanceWindow"):
        answer = self.client.remove_tags_from_resource(
            ResourceType=kind, ResourceId=resource or self.mine, TagKeys=list(keys))
        self.assertEqual(set(answer), {"ResponseMetadata"})

    def tags(self, resource=None, kind="MaintenanceWindow"):
        found = self.client.list_tags_for_resource(
            ResourceType=kind, ResourceId=resource or self.mine)["TagList"]
        return {row["Key"]: row["Value"] for row in found}

    def test_tags_are_added_overwritten_and_removed(self):
        self.add(tag("Role", "db"), tag("Env", "test"), tag("\u00e4 b", "x/y"))
        self.assertEqual(self.tags(), {"Env": "test", "Role": "db", "\u00e4 b": "x/y"})
        self.remove("Role", "absent")
        self.assertEqual(self.tags(), {"Env": "test", "\u00e4 b": "x/y"})
        self.remove("Env", "\u00e4 b")
        self.assertEqual(self.tags(), {})

    @corner(12)
    def test_51_tags_are_too_many(self):
        self.add(*[tag("k%d" % n) for n in range(49)])
        self.refused("TooManyTagsError", self.add, tag("one more"))
        self.add(tag("k0", "again"))
        self.assertEqual(len(self.tags()), 50)

    def test_an_unknown_window_is_no_resource(self):
        for resource in (UNKNOWN_WINDOW, "mw-1", "i-1"):
            self.refused("InvalidResourceId", self.tags, resource)
            self.refused("InvalidResourceId", self.add, tag("a"), resource=resource)
            self.refused("InvalidResourceId", self.remove, "a", resource=resource)

    def test_resources_that_lull_has_not_are_of_no_valid_type(self):
        for kind in ("Document", "Parameter", "PatchBaseline", "CloudConnector"):
            self.refused("InvalidResourceType", self.tags, self.mine, kind)
            self.refused("InvalidResourceType", self.add, tag("a"), kind=kind)
            self.refused("InvalidResourceType", self.remove, "a", kind=kind)
        self.assertIn("at 'resourceType' failed", self.refused(
            "ValidationException", self.tags, self.mine, "Window"))

    def test_tags_of_the_system_are_refused(self):
        self.refused("ValidationException", self.add, tag("aws:cloudformation", "x"))

    def test_tags_go_with_their_window(self):
        self.client.delete_maintenance_window(WindowId=self.mine)
        self.refused("InvalidResourceId", self.tags)
