"""The fleet: an inventory read and read again, imported nodes, tags, and tasks on what they select."""

import json
import os
import signal
import subprocess
import unittest

import cases
from daemon import (
    LULL, PATIENCE_SECONDS, DaemonCase, Gate, await_end, await_that, create_window, open_window,
)

FLEET = """
nodes:
  - id: mi-0123456789abcdef0
    name: web-1
    platform: Linux
    address: 10.0.0.7
    tags: {role: web}
  - id: i-2
    tags: {role: db}
groups:
  web-group:
    tags: {role: web}
"""


class Nodes(DaemonCase):
    def setUp(self):
        super().setUp()
        self.inventory = os.path.join(self.folder, "fleet.yaml")

    def write(self, text):
        with open(self.inventory, "w", encoding="utf-8") as file:
            file.write(text)

    def serve(self, text):
        self.write(text)
        daemon = self.start("--inventory", self.inventory)
        return daemon, daemon.client()

    def reread(self, daemon, text, word):
        """Lets the daemon read `text`, until its log says `word` once more."""
        self.write(text)
        before = daemon.log.count(word)
        daemon.send(signal.SIGHUP)
        await_that("the log says " + word, lambda: daemon.log.count(word) > before)

    @staticmethod
    def ids(client, **filters):
        found = [{"Key": key, "Values": values} for key, values in filters.pop("by", {}).items()]
        pages = client.get_paginator("describe_instance_information").paginate(
            Filters=found, PaginationConfig={"PageSize": 50}
        )
        return sorted(n["InstanceId"] for p in pages for n in p["InstanceInformationList"])

    @staticmethod
    def tags(client, node):
        answer = client.list_tags_for_resource(ResourceType="ManagedInstance", ResourceId=node)
        return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}

    def lull(self, *arguments, text=""):
        return subprocess.run(
            [LULL, *arguments], input=text, capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )

    def test_an_inventory_is_shown_and_filtered_and_this_node_is_always_there(self):
        daemon, client = self.serve(FLEET)
        self.assertEqual(self.ids(client), ["i-2", "local", "mi-0123456789abcdef0"])
        self.assertEqual(self.ids(client, by={"tag:role": ["web"]}), ["mi-0123456789abcdef0"])
        self.assertEqual(self.ids(client, by={"PingStatus": ["Online"]}), ["local"])
        status, answer = daemon.aws(
            "describe-instance-information", "--filters", "Key=tag:role,Values=web"
        )
        self.assertEqual(status, 0, answer)
        node = answer["InstanceInformationList"][0]
        self.assertEqual((node["Name"], node["IPAddress"]), ("web-1", "10.0.0.7"))
        self.assert_error(
            "InvalidFilterKey", 400, client.describe_instance_information,
            Filters=[{"Key": "x", "Values": ["y"]}],
        )

    def test_without_an_inventory_this_node_is_the_fleet(self):
        self.assertEqual(self.ids(self.start().client()), ["local"])

    def test_a_hangup_reads_the_file_again_and_keeps_the_tags_of_the_api(self):
        daemon, client = self.serve(FLEET)
        client.add_tags_to_resource(
            ResourceType="ManagedInstance", ResourceId="i-2", Tags=[{"Key": "own", "Value": "x"}]
        )
        self.reread(daemon, "nodes: [{id: i-2, tags: {role: cache}}, {id: i-3}]", "inventory file=")
        self.assertEqual(self.ids(client), ["i-2", "i-3", "local"])
        self.assertEqual(self.tags(client, "i-2"), {"own": "x", "role": "cache"})
        self.assertEqual(self.ids(client, by={"tag:role": ["web", "db"]}), [])

    def test_a_bad_file_keeps_the_old_nodes_and_the_log_names_the_line(self):
        daemon, client = self.serve(FLEET)
        self.reread(daemon, "nodes:\n- id: i-9\n  hostname: x\n", "inventory read=failed")
        self.assertIn('line 3: unknown key \\"hostname\\"', daemon.log)
        self.assertEqual(self.ids(client), ["i-2", "local", "mi-0123456789abcdef0"])
        self.reread(daemon, FLEET, "inventory file=")

    def test_a_bad_file_at_the_start_is_an_error_of_its_own(self):
        for text in ("nodes: 1\n", None):
            if text:
                self.write(text)
            else:
                os.remove(self.inventory)
            done = self.lull("serve", "--data-dir", self.data, "--inventory", self.inventory)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(self.inventory, done.stderr)

    def test_killed_in_the_middle_of_a_load_the_next_start_has_all_of_it(self):
        fleet = "nodes:\n" + "".join(
            "- {id: n%05d, tags: {role: web, half: '%d'}}\n" % (i, i % 2) for i in range(20000)
        )
        daemon, _ = self.serve("nodes: [{id: old}]")
        self.write(fleet)
        daemon.send(signal.SIGHUP)
        client = daemon.client()

        def some():
            page = client.describe_instance_information(
                Filters=[{"Key": "tag:role", "Values": ["web"]}], MaxResults=5
            )
            return page["InstanceInformationList"]

        await_that("some nodes are stored", some)
        if "nodes=20000" in daemon.log:
            self.skipTest("all of it was stored before a look saw some")
        daemon.end(signal.SIGKILL)
        client = self.start("--inventory", self.inventory).client()
        self.assertEqual(len(self.ids(client, by={"tag:half": ["1"]})), 10000)
        self.assertEqual(self.ids(client, by={"InstanceIds": ["old"]}), [])

    def test_a_task_runs_on_the_nodes_that_a_tag_selects_when_its_window_opens(self):
        daemon, client = self.serve(FLEET)
        client.add_tags_to_resource(
            ResourceType="ManagedInstance", ResourceId="local",
            Tags=[{"Key": "role", "Value": "here"}],
        )
        window = create_window(client)
        target = client.register_target_with_maintenance_window(
            WindowId=window, ResourceType="INSTANCE",
            Targets=[{"Key": "tag:role", "Values": ["here"]}],
        )["WindowTargetId"]
        gate = Gate(self.folder)
        client.register_task_with_maintenance_window(
            WindowId=window, TaskType="RUN_COMMAND", TaskArn="AWS-RunShellScript",
            Targets=[{"Key": "WindowTargetIds", "Values": [target]}],
            MaxConcurrency="10", MaxErrors="0",
            TaskInvocationParameters={"RunCommand": {"Parameters": {"commands": [gate.write("ran")]}}},
        )
        found = client.describe_maintenance_windows_for_target(
            ResourceType="INSTANCE", Targets=[{"Key": "InstanceIds", "Values": ["local"]}]
        )
        self.assertEqual([w["WindowId"] for w in found["WindowIdentities"]], [window])
        execution = await_end(client, open_window(client, window))
        self.assertEqual(execution["Status"], "SUCCESS")
        self.assertEqual(gate.words(), ["ran"])

    def test_tags_of_windows_and_nodes_have_the_apis_errors(self):
        daemon, client = self.serve(FLEET)
        window = create_window(client, Tags=[{"Key": "team", "Value": "db"}])
        status, answer = daemon.aws(
            "add-tags-to-resource", "--resource-type", "MaintenanceWindow", "--resource-id", window,
            "--tags", "Key=stage,Value=prod",
        )
        self.assertEqual(status, 0, answer)
        listed = client.list_tags_for_resource(ResourceType="MaintenanceWindow", ResourceId=window)
        self.assertEqual([t["Key"] for t in listed["TagList"]], ["stage", "team"])
        many = [{"Key": "k%d" % i, "Value": ""} for i in range(51)]
        for code, type_, id_, tags in (
            ("TooManyTagsError", "MaintenanceWindow", window, many),
            ("InvalidResourceId", "ManagedInstance", "i-none", many[:1]),
            ("InvalidResourceType", "Document", "d", many[:1]),
            ("ValidationException", "Nonsense", "d", many[:1]),
        ):
            self.assert_error(
                code, 400, client.add_tags_to_resource,
                ResourceType=type_, ResourceId=id_, Tags=tags,
            )

    def test_nodes_are_imported_while_no_daemon_runs(self):
        lines = "".join(json.dumps({"id": "n%d" % i, "tags": {"role": "web"}}) + "\n" for i in range(9))
        done = self.lull("nodes", "import", "--data-dir", self.data, text=lines)
        self.assertEqual((done.returncode, done.stderr),
                         (0, "lull: 9 nodes of origin import stored, 0 removed\n"))
        daemon, client = self.serve(FLEET)
        self.assertEqual(len(self.ids(client)), 9 + 3)
        done = self.lull("nodes", "import", "--data-dir", self.data, text=lines)
        self.assertEqual(done.returncode, 2)
        self.assertIn("stop `lull serve` first", done.stderr)
        done = self.lull("nodes", "import", "--data-dir", self.folder + "/new", text="{\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("line 1: this is no JSON", done.stderr)


if __name__ == "__main__":
    cases.main()
