"""docs/fleet.md as a test: a fleet behind OpenSSH is patched in a window, and its troubles are told apart."""

import json
import os
import subprocess

import cases
from apt_root import AptRoot
from daemon import (
    LULL, PATIENCE_SECONDS, DaemonCase, await_end, await_that, create_window, open_window, statuses_of,
    tasks_of,
)
from sshd import Sshd, free_port

NODE = "  - {id: %s, name: %s, platform: Linux, address: %s, tags: {role: web%s}%s}\n"
CONFIG = """
transports:
  ssh:
    argv: [ssh, -F, %(config)s, -o, BatchMode=yes, -o, ConnectTimeout=10, --, "{user}@{address}", exec /bin/sh -s]
  away:
    argv: [ssh, -F, %(config)s, -p, "%(port)d", -o, BatchMode=yes, --, "{user}@{address}", exec /bin/sh -s]
  with-packages:
    argv: [ssh, -F, %(config)s, -o, BatchMode=yes, --, "{user}@{address}", "exec env %(apt)s /bin/sh -s"]
"""
# A node's packages are a private root's and none of this machine's.
APT = "APT_CONFIG=%(folder)s/{node}/apt.conf DPKG_ADMINDIR=%(folder)s/{node}/root/var/lib/dpkg"


class Fleet(DaemonCase):
    def setUp(self):
        super().setUp()
        self.sshd = Sshd(os.path.join(self.folder, "sshd"))
        self.addCleanup(self.sshd.stop)

    def serve(self, nodes):
        config = os.path.join(self.folder, "lull.yaml")
        with open(config, "w", encoding="utf-8") as file:
            apt = APT % {"folder": self.folder}
            file.write(CONFIG % {"config": self.sshd.config, "port": free_port(), "apt": apt})
        inventory = os.path.join(self.folder, "fleet.yaml")
        with open(inventory, "w", encoding="utf-8") as file:
            file.write("nodes:\n" + nodes)
        self.daemon = self.start("--config", config, "--inventory", inventory)
        return self.daemon.client()

    @staticmethod
    def three():
        return "".join(NODE % (id_, id_, "127.0.0.1", "", "") for id_ in ("web-1", "web-2", "web-3"))

    def run_on(self, client, commands, limits=("10", "0"), key="tag:role", values=("web",), **others):
        """(the execution, its task's invocations by node)"""
        execution = self.begin_on(client, commands, limits, key, values, **others)
        await_end(client, execution)
        return execution, self.by_node(client, execution)

    @staticmethod
    def begin_on(client, commands, limits=("10", "0"), key="tag:role", values=("web",), **others):
        window = create_window(client)
        target = client.register_target_with_maintenance_window(
            WindowId=window, ResourceType="INSTANCE",
            Targets=[{"Key": key, "Values": list(values)}],
        )["WindowTargetId"]
        parameters = {"TaskArn": "AWS-RunShellScript", "Parameters": {"commands": commands}, **others}
        client.register_task_with_maintenance_window(
            WindowId=window, TaskType="RUN_COMMAND", TaskArn=parameters["TaskArn"],
            Targets=[{"Key": "WindowTargetIds", "Values": [target]}],
            MaxConcurrency=limits[0], MaxErrors=limits[1],
            TaskInvocationParameters={"RunCommand": {"Parameters": parameters["Parameters"]}},
        )
        return open_window(client, window)

    @staticmethod
    def commands_of(client, execution):
        task = tasks_of(client, execution)[0]["TaskExecutionId"]
        command = client.describe_maintenance_window_execution_task_invocations(
            WindowExecutionId=execution, TaskId=task
        )["WindowExecutionTaskInvocationIdentities"][0]["ExecutionId"]
        found = client.list_command_invocations(CommandId=command)["CommandInvocations"]
        return command, {one["InstanceId"]: one for one in found}

    def by_node(self, client, execution):
        """node -> (status, its details, standard output)"""
        command, nodes = self.commands_of(client, execution)
        answers = {}
        for node in nodes:
            one = client.get_command_invocation(CommandId=command, InstanceId=node)
            answers[node] = (one["Status"], one["StatusDetails"], one["StandardOutputContent"],
                             one["StandardErrorContent"])
        return answers

    def test_a_script_reaches_every_node_that_a_tag_selects(self):
        client = self.serve(self.three())
        _, nodes = self.run_on(client, ["echo \"it's $LULL_NODE: grüße\"", "cat", "echo 'as' $(id -u)"])
        self.assertEqual(
            {node: answer[:1] + answer[2:] for node, answer in nodes.items()},
            {node: ("Success", "it's %s: grüße\nas 1000\n" % node, "") for node in
             ("web-1", "web-2", "web-3")})

    def test_each_node_has_its_own_exit_status(self):
        client = self.serve(self.three())
        execution, nodes = self.run_on(
            client, ['case $LULL_NODE in web-2) exit 3;; web-3) exit 255;; esac'], limits=("1", "1"))
        self.assertEqual({node: answer[0] for node, answer in nodes.items()},
                         {"web-1": "Success", "web-2": "Failed", "web-3": "Failed"})
        self.assertEqual(statuses_of(client, execution), ["FAILED"])

    def patch(self, client, operation):
        """(the execution, what each node reports)"""
        execution, nodes = self.run_on(
            client, [], limits=("10%", "1"), TaskArn="AWS-RunPatchBaseline",
            Parameters={"Operation": [operation], "RebootOption": ["NoReboot"]},
        )
        return execution, {node: (answer[0], json.loads(answer[2])) for node, answer in nodes.items()}

    def test_a_fleet_is_scanned_and_then_patched(self):
        names = ("web-1", "web-2", "web-3")
        roots = {name: AptRoot(os.path.join(self.folder, name), ("alpha", "beta")) for name in names}
        for root in roots.values():
            root.add("alpha", "2")
        roots["web-2"].add("beta", "2", postinst="exit 1")
        client = self.serve("".join(
            NODE % (name, name, "127.0.0.1", "", ", transport: with-packages") for name in names))

        execution, reports = self.patch(client, "Scan")
        self.assertEqual(statuses_of(client, execution), ["SUCCESS"])
        self.assertEqual(
            {node: [one["name"] for one in report["pending"]] for node, (_, report) in reports.items()},
            {"web-1": ["alpha"], "web-2": ["alpha", "beta"], "web-3": ["alpha"]})
        for root in roots.values():
            self.assertEqual([version for _, version, _ in root.versions()], ["1", "1"])

        execution, reports = self.patch(client, "Install")
        self.assertEqual({node: status for node, (status, _) in reports.items()},
                         {"web-1": "Success", "web-2": "Failed", "web-3": "Success"})
        self.assertEqual([reports[node][1]["installed"] for node in names], [1, 1, 1])
        self.assertEqual([reports[node][1]["failed"] for node in names], [0, 1, 0])
        self.assertEqual(roots["web-3"].versions(),
                         [("alpha", "2", "installed"), ("beta", "1", "installed")])

    def test_what_can_t_be_reached_is_told_in_ssh_s_words_and_is_no_error_of_the_work(self):
        client = self.serve(
            NODE % ("web-1", "a", "127.0.0.1", "", ", transport: away")
            + NODE % ("web-2", "b", "127.0.0.1;id", "", "")
            + "  - {id: web-3, tags: {role: web}}\n"
            + NODE % ("web-4", "d", "127.0.0.1", "", ""))
        _, nodes = self.run_on(client, ["echo ran"], limits=("1", "0"))
        self.assertIn("Connection refused", " ".join(nodes["web-1"]))
        self.assertIn("can't be reached: its address is", " ".join(nodes["web-2"]))
        self.assertIn("has no address", " ".join(nodes["web-3"]))
        self.assertEqual([nodes["web-%d" % i][0] for i in (1, 2, 3)], ["Failed"] * 3)
        self.assertEqual(nodes["web-4"][2], "ran\n", "no error was counted before it")

    def test_a_stop_ends_the_work_on_the_other_machine(self):
        client = self.serve(self.three())
        marks = os.path.join(self.folder, "pid-")
        execution = self.begin_on(client, ["echo $$ > '%s'$LULL_NODE" % marks, "sleep 1000"])
        paths = [marks + node for node in ("web-1", "web-2", "web-3")]
        await_that("all run", lambda: all(os.path.exists(p) and open(p).read().strip() for p in paths))
        pids = [int(open(path).read()) for path in paths]
        done = subprocess.run(
            [LULL, "cancel", execution, "--policy", "stop", "--data-dir", self.data],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(await_end(client, execution)["Status"], "CANCELLED")
        for pid in pids:
            await_that("%d has ended" % pid, lambda: not os.path.exists("/proc/%d" % pid))


if __name__ == "__main__":
    cases.main()
