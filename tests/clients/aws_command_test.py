"""The aws command, through the tutorials of the service's user guide. Each call takes most of a second."""

import json
import re

from daemon import await_end, open_window
from world import UNKNOWN_WINDOW, ClientsCase, corner

MW = "maintenance-window"


class AwsCommandTest(ClientsCase):
    def aws(self, *arguments):
        status, answer = self.world.daemon.aws(*arguments)
        self.assertEqual(status, 0, answer)
        return answer

    def aws_fails(self, *arguments):
        status, said = self.world.daemon.aws(*arguments)
        self.assertEqual(status, 254, said)
        return said

    def assert_error(self, said, code, operation, text):
        self.assertRegex(
            said, r"An error occurred \(%s\) when calling the %s operation( \(reached max retries: 0\))?: %s"
            % (code, operation, re.escape(text)))

    def create(self, name="My-First-Maintenance-Window", *others):
        window = self.aws("create-" + MW, "--name", name, "--schedule", "rate(7 days)", "--duration",
                          "2", "--cutoff", "1", "--allow-unassociated-targets", *others)["WindowId"]
        self.world.windows_made.add(window)
        return window

    @corner(62)
    def test_create_update_describe_and_delete_a_window(self):
        window = self.create()
        found = self.aws("get-" + MW, "--window-id", window)
        self.assertEqual((found["Name"], found["Enabled"]), ("My-First-Maintenance-Window", True))
        updated = self.aws("update-" + MW, "--window-id", window, "--name", "My-Renamed-MW",
                           "--no-enabled")
        self.assertEqual((updated["Name"], updated["Enabled"]), ("My-Renamed-MW", False))
        listed = self.aws("describe-%ss" % MW, "--filters", "Key=Name,Values=My",
                          "Key=Enabled,Values=false")
        self.assertEqual([row["WindowId"] for row in listed["WindowIdentities"]], [window])
        self.aws("add-tags-to-resource", "--resource-type", "MaintenanceWindow", "--resource-id",
                 window, "--tags", "Key=Env,Value=prod")
        tags = self.aws("list-tags-for-resource", "--resource-type", "MaintenanceWindow",
                        "--resource-id", window)
        self.assertEqual(tags["TagList"], [{"Key": "Env", "Value": "prod"}])
        self.assertEqual(self.aws("delete-" + MW, "--window-id", window), {"WindowId": window})
        self.assert_error(
            self.aws_fails("get-" + MW, "--window-id", window),
            "DoesNotExistException", "GetMaintenanceWindow",
            "Maintenance window %s does not exist" % window)

    @corner(62)
    def test_register_update_and_deregister_targets(self):
        window = self.make_window()
        register = ("register-target-with-" + MW, "--window-id", window, "--resource-type", "INSTANCE",
                    "--targets")
        tagged = self.aws(*register, "Key=tag:Env,Values=prod,test", "--owner-information", "team-a",
                          "--name", "tagged")["WindowTargetId"]
        updated = self.aws("update-%s-target" % MW, "--window-id", window, "--window-target-id", tagged,
                           "--replace", "--targets", "Key=InstanceIds,Values=local")
        self.assertEqual(updated, {
            "WindowId": window, "WindowTargetId": tagged,
            "Targets": [{"Key": "InstanceIds", "Values": ["local"]}]})
        listed = self.aws("describe-%s-targets" % MW, "--window-id", window, "--filters",
                          "Key=Type,Values=INSTANCE")
        self.assertEqual([row["WindowTargetId"] for row in listed["Targets"]], [tagged])
        aimed = self.aws("describe-%ss-for-target" % MW, "--resource-type", "INSTANCE", "--targets",
                         "Key=InstanceIds,Values=local")
        self.assertIn(window, [row["WindowId"] for row in aimed["WindowIdentities"]])
        task = self.make_task(window, Targets=[{"Key": "WindowTargetIds", "Values": [tagged]}])
        deregister = ("deregister-target-from-" + MW, "--window-id", window, "--window-target-id", tagged)
        self.assert_error(
            self.aws_fails(*deregister, "--safe"),
            "TargetInUseException", "DeregisterTargetFromMaintenanceWindow",
            "This Target cannot be deregistered because it is still referenced in Task: " + task)
        self.assertEqual(
            self.aws(*deregister, "--no-safe"), {"WindowId": window, "WindowTargetId": tagged})

    @corner(62)
    def test_register_update_and_deregister_tasks(self):
        window = self.make_window()
        task = self.aws(
            "register-task-with-" + MW, "--window-id", window, "--task-type", "LAMBDA", "--task-arn",
            "arn:aws:lambda:us-east-1:111122223333:function:SSMRestart", "--priority", "1",
            "--cli-binary-format", "raw-in-base64-out", "--task-invocation-parameters",
            '{"Lambda":{"Payload":"{}"}}')["WindowTaskId"]
        found = self.aws("get-%s-task" % MW, "--window-id", window, "--window-task-id", task)
        self.assertEqual(found["TaskInvocationParameters"], {"Lambda": {"Payload": "e30="}})
        updated = self.aws("update-%s-task" % MW, "--window-id", window, "--window-task-id", task,
                           "--priority", "3", "--name", "restart")
        self.assertEqual((updated["Priority"], updated["Name"]), (3, "restart"))
        listed = self.aws("describe-%s-tasks" % MW, "--window-id", window, "--filters",
                          "Key=Priority,Values=3", "Key=TaskType,Values=LAMBDA")
        self.assertEqual([row["WindowTaskId"] for row in listed["Tasks"]], [task])
        gone = self.aws("deregister-task-from-" + MW, "--window-id", window, "--window-task-id", task)
        self.assertEqual(gone, {"WindowId": window, "WindowTaskId": task})

    @corner(62)
    def test_information_on_an_execution_and_its_cancel(self):
        window = self.make_window()
        self.make_task(window, TaskInvocationParameters={
            "RunCommand": {"Parameters": {"commands": ["df"]}}})
        execution = open_window(self.client, window)
        await_end(self.client, execution)
        rows = self.aws("describe-%s-executions" % MW, "--window-id", window)["WindowExecutions"]
        self.assertEqual([(row["WindowExecutionId"], row["Status"]) for row in rows],
                         [(execution, "SUCCESS")])
        of_execution = ("--window-execution-id", execution)
        task = self.aws("get-%s-execution" % MW, *of_execution)["TaskIds"][0]
        of_task = of_execution + ("--task-id", task)
        self.assertEqual(self.aws("get-%s-execution-task" % MW, *of_task)["TaskExecutionId"], task)
        listed = self.aws("describe-%s-execution-task-invocations" % MW, *of_task)
        row = listed["WindowExecutionTaskInvocationIdentities"][0]
        self.assertEqual(json.loads(row["Parameters"])["parameters"], {"commands": ["df"]})
        self.assertEqual(self.aws("cancel-%s-execution" % MW, *of_execution),
                         {"WindowExecutionId": execution})

    @corner(22, 62)
    def test_pages_are_followed_to_their_end(self):
        for index in range(12):
            self.make_window(name="paged-%d" % index)
        named = ("describe-%ss" % MW, "--filters", "Key=Name,Values=paged-")
        self.assertEqual(len(self.aws(*named, "--page-size", "10")["WindowIdentities"]), 12)
        part = self.aws(*named, "--max-items", "4")
        self.assertEqual(len(part["WindowIdentities"]), 4)
        rest = self.aws(*named, "--starting-token", part["NextToken"])
        self.assertEqual(len(rest["WindowIdentities"]), 8)
        rows = self.aws("describe-%s-schedule" % MW, "--window-id", self.world.window)
        self.assertGreaterEqual(len(rows["ScheduledWindowExecutions"]), 10)
        self.assertNotIn("NextToken", rows)

    @corner(62)
    def test_errors_are_told_with_their_names(self):
        self.assert_error(
            self.aws_fails("create-" + MW, "--name", "My-MW", "--schedule", "rate(1 day)", "--duration",
                           "2", "--cutoff", "2", "--allow-unassociated-targets"),
            "ValidationException", "CreateMaintenanceWindow",
            "Cutoff was 2 but must be smaller than 1 (Duration  - 1 )")
        self.assert_error(
            self.aws_fails("describe-%s-schedule" % MW, "--window-id", UNKNOWN_WINDOW),
            "DoesNotExistException", "DescribeMaintenanceWindowSchedule",
            "Maintenance window %s does not exist" % UNKNOWN_WINDOW)
