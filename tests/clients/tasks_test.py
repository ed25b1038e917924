"""Tasks of windows: what may be registered, what it reads as, changes."""

import base64

from describe_test import by
from targets_test import NODES
from world import TARGETS, TASK_TYPES, UNKNOWN_ID, UNKNOWN_WINDOW, ClientsCase, corner, token

NO_TARGETS = (
    "For Run Command tasks, you must specify at least one resource as the target of the task. You can "
    "specify between 1 and 50 instance IDs, or between 1 and 10 maintenance window target IDs."
)
NO_ERRORS = "Max Errors must be a number of at least 0, or a percentage between 0 and 100"
NO_CONCURRENCY = "Max Concurrency must be a number greater than 0, or a percentage between 1 and 100"
TARGETLESS = "Maintenance window tasks without targets do not support %s values."
OF_ITS_TYPE = (
    "Task Invocation Parameters must contain an entry only for the Task Type specified in the Window "
    "Task."
)
NO_ROLE = "ServiceRoleArn of RunCommandInvocationParameter is required if NotificationConfig is specified"
RUN = {"RunCommand": {"Parameters": {"commands": ["df"]}}}


class TasksCase(ClientsCase):
    def setUp(self):
        super().setUp()
        self.mine = self.make_window()

    def register(self, kind="RUN_COMMAND", **changes):
        return self.make_task(self.mine, kind, **changes)

    def register_bare(self, kind="RUN_COMMAND", **parameters):
        """With what is given and no more."""
        return self.client.register_task_with_maintenance_window(
            WindowId=self.mine, TaskType=kind, TaskArn="AWS-RunShellScript", **parameters
        )["WindowTaskId"]

    def read(self, task):
        found = self.task(self.mine, task)
        found.pop("ResponseMetadata")
        return found

    def update(self, task, **changes):
        answer = self.client.update_maintenance_window_task(
            WindowId=self.mine, WindowTaskId=task, **changes)
        answer.pop("ResponseMetadata")
        return answer


class TargetsTest(TasksCase):
    @corner(27)
    def test_a_command_needs_nodes_or_registered_targets(self):
        self.refused_with(NO_TARGETS, self.register_bare)
        self.refused_with(NO_TARGETS, self.register_bare, Targets=[])
        for key in ("tag:x", "windowtargetids", "resource-groups:Name", "instanceids"):
            self.refused_with(
                "%s is an invalid window task target type, use WindowTargetIds or InstanceIds. %s"
                % (key, NO_TARGETS),
                self.register, Targets=[by(key, "x")],
            )
        self.refused("ValidationException", self.register, Targets=[by("InstanceIds", *NODES)])
        self.register(Targets=[by("InstanceIds", *NODES[:50])])

    @corner(27)
    def test_registered_targets_are_10_at_most_and_the_windows_own(self):
        own = [self.make_target(self.mine) for _ in range(11)]
        self.refused_with("The maximum number of window targets is 10",
                          self.register, Targets=[by("WindowTargetIds", *own)])
        task = self.register(Targets=[by("WindowTargetIds", *own[:10])])
        self.assertEqual(self.read(task)["Targets"], [by("WindowTargetIds", *own[:10])])
        others = self.make_target(self.make_window())
        for target in (others, UNKNOWN_ID):
            self.refused("DoesNotExistException", self.register,
                         Targets=[by("WindowTargetIds", target)])
        self.register(Targets=[by("WindowTargetIds", own[0]), by("InstanceIds", "i-1")])

    @corner(28)
    def test_with_targets_both_limits_are_needed(self):
        for parameters, text in (
            ({}, NO_ERRORS + " " + NO_CONCURRENCY),
            ({"MaxConcurrency": "1"}, NO_ERRORS),
            ({"MaxErrors": "1"}, NO_CONCURRENCY),
        ):
            self.refused_with(text, self.register_bare, Targets=TARGETS, **parameters)

    @corner(29)
    def test_without_targets_limits_are_refused_and_read_as_one(self):
        for kind in ("AUTOMATION", "LAMBDA", "STEP_FUNCTIONS"):
            found = self.read(self.register(kind))
            self.assertEqual(
                (found["MaxConcurrency"], found["MaxErrors"], found["Targets"]), ("1", "1", []))
        for parameters, text in (
            ({"MaxErrors": "1", "MaxConcurrency": "1"},
             TARGETLESS % "MaxErrors" + " " + TARGETLESS % "MaxConcurrency"),
            ({"MaxErrors": "1"}, TARGETLESS % "MaxErrors"),
            ({"MaxConcurrency": "1"}, TARGETLESS % "MaxConcurrency"),
        ):
            self.refused_with(text, self.register, "AUTOMATION", **parameters)

    @corner(30)
    def test_limits_are_numbers_or_percentages(self):
        for concurrency in ("1", "1%", "100%", "9999999"):
            task = self.register(MaxConcurrency=concurrency)
            self.assertEqual(self.read(task)["MaxConcurrency"], concurrency)
        for concurrency in ("0", "0%", "101%", "01", "10 %", "99999999"):
            text = self.refused("ValidationException", self.register, MaxConcurrency=concurrency)
            self.assertIn("Value '%s' at 'maxConcurrency' failed" % concurrency, text)
        for errors in ("0", "0%", "100%"):
            self.assertEqual(self.read(self.register(MaxErrors=errors))["MaxErrors"], errors)
        for errors in ("-1", "101%"):
            self.refused("ValidationException", self.register, MaxErrors=errors)

    @corner(33)
    def test_nodes_that_are_not_registered_may_be_named_all_the_same(self):
        self.client.update_maintenance_window(WindowId=self.mine, AllowUnassociatedTargets=False)
        self.register(Targets=[by("InstanceIds", "i-0123456789abcdef0")])


class ParametersTest(TasksCase):
    @corner(31)
    def test_parameters_are_of_the_tasks_own_type(self):
        of = {"RUN_COMMAND": "RunCommand", "AUTOMATION": "Automation", "LAMBDA": "Lambda",
              "STEP_FUNCTIONS": "StepFunctions"}
        for kind in TASK_TYPES:
            for other in TASK_TYPES:
                parameters = {of[other]: {}}
                if kind == other:
                    self.register(kind, TaskInvocationParameters=parameters)
                else:
                    self.refused_with(
                        OF_ITS_TYPE, self.register, kind, TaskInvocationParameters=parameters)
        self.refused_with(OF_ITS_TYPE, self.register,
                          TaskInvocationParameters={"RunCommand": {}, "Lambda": {}})
        self.register(TaskInvocationParameters={})

    @corner(31)
    def test_every_parameter_comes_back_as_it_was_given(self):
        every = {
            "RunCommand": {
                "Comment": "", "DocumentHash": "h", "DocumentHashType": "Sha256",
                "DocumentVersion": "$LATEST", "OutputS3BucketName": "bucket", "OutputS3KeyPrefix": "p",
                "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "g", "CloudWatchOutputEnabled": True},
                "NotificationConfig": {"NotificationArn": "arn", "NotificationEvents": ["Failed", "All"],
                                       "NotificationType": "Command"},
                "Parameters": {"commands": ["df", ""], "workingDirectory": [""]},
                "ServiceRoleArn": "role", "TimeoutSeconds": 30,
            },
            "Automation": {"DocumentVersion": "1", "Parameters": {"b": ["1", "2"], "a": ["3"]}},
            "Lambda": {"ClientContext": "e30=", "Qualifier": "$LATEST", "Payload": b"\x00{}\xff"},
            "StepFunctions": {"Input": "{\"a\": \"\u00e4\"}", "Name": "{{WINDOW_ID}}"},
        }
        for kind, member in zip(TASK_TYPES, ("RunCommand", "Automation", "Lambda", "StepFunctions")):
            parameters = {member: every[member]}
            found = self.read(self.register(kind, TaskInvocationParameters=parameters))
            self.assertEqual(found["TaskInvocationParameters"], parameters)

    @corner(31)
    def test_notifications_need_a_role(self):
        config = {"NotificationArn": "arn", "NotificationEvents": ["Failed"]}
        self.refused_with(NO_ROLE, self.register,
                          TaskInvocationParameters={"RunCommand": {"NotificationConfig": config}})
        self.register(TaskInvocationParameters={
            "RunCommand": {"NotificationConfig": config, "ServiceRoleArn": "role"}})

    @corner(31)
    def test_limits_of_parameters(self):
        self.register("LAMBDA", TaskInvocationParameters={"Lambda": {"Payload": b"x" * 4096}})
        text = self.refused("ValidationException", self.register, "LAMBDA",
                            TaskInvocationParameters={"Lambda": {"Payload": b"x" * 4097}})
        self.assertIn("Value at 'taskInvocationParameters.lambda.payload' failed", text)
        request = dict(WindowId=self.mine, TaskType="LAMBDA", TaskArn="x",
                       TaskInvocationParameters={"Lambda": {"Payload": "not base64"}})
        answer = self.wire.call("RegisterTaskWithMaintenanceWindow", request)
        self.assertEqual(answer.type, "SerializationException")
        many = {"k%d" % n: ["v"] for n in range(201)}
        self.refused("ValidationException", self.register, "AUTOMATION",
                     TaskInvocationParameters={"Automation": {"Parameters": many}})
        for seconds in (30, 2592000):
            self.register(TaskInvocationParameters={"RunCommand": {"TimeoutSeconds": seconds}})
        for seconds in (29, 2592001):
            self.refused("ValidationException", self.register,
                         TaskInvocationParameters={"RunCommand": {"TimeoutSeconds": seconds}})
        self.refused("ValidationException", self.register, "STEP_FUNCTIONS",
                     TaskInvocationParameters={"StepFunctions": {"Input": "x" * 4097}})

    @corner(32)
    def test_priorities(self):
        self.assertEqual(self.read(self.register())["Priority"], 0)
        for priority in (0, 2147483647):
            self.assertEqual(self.read(self.register(Priority=priority))["Priority"], priority)
        self.refused("ValidationException", self.register, Priority=-1)
        for priority in (1.5, "1", 2147483648):
            request = dict(WindowId=self.mine, TaskType="LAMBDA", TaskArn="x", Priority=priority)
            answer = self.wire.call("RegisterTaskWithMaintenanceWindow", request)
            self.assertEqual(answer.type, "SerializationException", priority)

    @corner(35)
    def test_deprecated_members_are_kept_and_told(self):
        logging = {"S3BucketName": "bucket", "S3KeyPrefix": "p", "S3Region": "eu-central-1"}
        parameters = {"commands": {"Values": ["df"]}}
        task = self.register(TaskParameters=parameters, LoggingInfo=logging,
                             TaskInvocationParameters=RUN)
        found = self.read(task)
        self.assertEqual((found["TaskParameters"], found["LoggingInfo"]), (parameters, logging))
        self.assertEqual(found["TaskInvocationParameters"], RUN)
        row = self.tasks(self.mine)[0]
        self.assertEqual((row["TaskParameters"], row["LoggingInfo"]), (parameters, logging))

    def test_alarms_and_cutoff_behaviour_are_kept_and_told(self):
        alarm = {"IgnorePollAlarmFailure": True, "Alarms": [{"Name": "cpu"}]}
        task = self.register(AlarmConfiguration=alarm, CutoffBehavior="CANCEL_TASK")
        for found in (self.read(task), self.tasks(self.mine)[0]):
            self.assertEqual(found["AlarmConfiguration"], alarm)
            self.assertEqual(found["CutoffBehavior"], "CANCEL_TASK")
        self.assertNotIn("CutoffBehavior", self.read(self.register()))


class ReadTest(TasksCase):
    @corner(36)
    def test_a_list_has_type_and_no_invocation_parameters_and_get_has_task_type(self):
        task = self.register(TaskInvocationParameters=RUN, Name="name", Description="d")
        found = self.read(task)
        self.assertEqual(found, {
            "WindowId": self.mine, "WindowTaskId": task, "TaskType": "RUN_COMMAND",
            "TaskArn": "AWS-RunShellScript", "Targets": TARGETS, "TaskParameters": {},
            "TaskInvocationParameters": RUN, "Priority": 0, "MaxConcurrency": "1", "MaxErrors": "1",
            "Name": "name", "Description": "d", "ServiceRoleArn": found["ServiceRoleArn"],
        })
        expected = {key: value for key, value in found.items()
                    if key not in ("TaskType", "TaskInvocationParameters")}
        self.assertEqual(self.tasks(self.mine)[0], {**expected, "Type": "RUN_COMMAND"})

    def test_a_service_role_is_told_where_none_was_given(self):
        self.assertRegex(self.read(self.register())["ServiceRoleArn"],
                         r"^arn:aws:iam::\d{12}:role/aws-service-role/ssm\.amazonaws\.com/"
                         r"AWSServiceRoleForAmazonSSM$")
        self.assertEqual(self.read(self.register(ServiceRoleArn="mine"))["ServiceRoleArn"], "mine")

    @corner(13)
    def test_unknown_ids_do_not_exist(self):
        task = self.register()
        for window, one in ((UNKNOWN_WINDOW, task), (self.mine, UNKNOWN_ID), (self.make_window(), task)):
            ids = dict(WindowId=window, WindowTaskId=one)
            for call in (self.client.get_maintenance_window_task,
                         self.client.update_maintenance_window_task,
                         self.client.deregister_task_from_maintenance_window):
                self.refused("DoesNotExistException", call, **ids)
        self.refused("DoesNotExistException", self.make_task, UNKNOWN_WINDOW)

    def test_deregistered_it_is_gone(self):
        task = self.register()
        answer = self.client.deregister_task_from_maintenance_window(
            WindowId=self.mine, WindowTaskId=task)
        self.assertEqual((answer["WindowId"], answer["WindowTaskId"]), (self.mine, task))
        self.assertEqual(self.tasks(self.mine), [])
        self.refused("DoesNotExistException", self.task, self.mine, task)

    @corner(7)
    def test_a_client_token_makes_one_task_of_its_window(self):
        mine = token()
        first = self.register(ClientToken=mine)
        self.assertEqual(self.register(ClientToken=mine), first)
        self.refused("IdempotentParameterMismatch", self.register, ClientToken=mine, Priority=2)
        self.assertEqual(len(self.tasks(self.mine)), 1)


class UpdateTest(TasksCase):
    @corner(34)
    def test_an_update_changes_what_it_names_and_its_answer_has_no_type(self):
        task = self.register(Name="first", Description="d", Priority=3, TaskInvocationParameters=RUN)
        before = self.read(task)
        answer = self.update(task, Name="second")
        expected = {**before, "Name": "second"}
        self.assertEqual(self.read(task), expected)
        expected.pop("TaskType")
        self.assertEqual(answer, expected)
        self.update(task, Targets=[by("InstanceIds", "i-1")])  # the limits it has will do
        self.assertEqual(self.read(task)["MaxConcurrency"], "1")

    @corner(34)
    def test_invocation_parameters_are_replaced_as_a_whole(self):
        task = self.register(TaskInvocationParameters={"RunCommand": {
            "Comment": "c", "TimeoutSeconds": 60, "Parameters": {"commands": ["df"]}}})
        self.update(task, TaskInvocationParameters={"RunCommand": {"Comment": "d"}})
        self.assertEqual(
            self.read(task)["TaskInvocationParameters"], {"RunCommand": {"Comment": "d"}})
        self.refused_with(OF_ITS_TYPE, self.update, task, TaskInvocationParameters={"Lambda": {}})

    @corner(34)
    def test_a_task_type_that_is_sent_is_not_looked_at(self):
        task = self.register()
        request = dict(WindowId=self.mine, WindowTaskId=task, TaskType="LAMBDA", Priority=2)
        self.assertEqual(self.wire.call("UpdateMaintenanceWindowTask", request).status, 200)
        found = self.read(task)
        self.assertEqual((found["TaskType"], found["Priority"]), ("RUN_COMMAND", 2))

    @corner(34)
    def test_replace_needs_what_register_needs_and_clears_the_rest(self):
        task = self.register(Name="name", Description="d", Priority=3, CutoffBehavior="CANCEL_TASK",
                             TaskInvocationParameters=RUN)
        self.refused("ValidationException", self.update, task, Replace=True, Name="name")
        self.update(task, Replace=True, TaskArn="AWS-RunShellScript", Targets=TARGETS,
                    MaxConcurrency="2", MaxErrors="0")
        found = self.read(task)
        for member in ("Name", "Description", "CutoffBehavior", "TaskInvocationParameters"):
            self.assertNotIn(member, found)
        self.assertEqual((found["Priority"], found["MaxConcurrency"]), (0, "2"))

    @corner(34)
    def test_targets_come_and_go_but_for_commands(self):
        automation = self.register("AUTOMATION", Targets=TARGETS, MaxConcurrency="2", MaxErrors="3")
        self.update(automation, Replace=True, TaskArn="x")
        found = self.read(automation)
        self.assertEqual(
            (found["Targets"], found["MaxConcurrency"], found["MaxErrors"]), ([], "1", "1"))
        command = self.register()
        self.refused_with(NO_TARGETS, self.update, command, Replace=True, TaskArn="x")
        self.refused("ValidationException", self.update, automation, MaxErrors="2")
        self.update(automation, Targets=TARGETS, MaxConcurrency="5", MaxErrors="0")
        self.assertEqual(self.read(automation)["MaxConcurrency"], "5")
        self.refused("ValidationException", self.update, command, CutoffBehavior="STOP")

    def test_a_payload_comes_back_in_base64(self):
        task = self.register("LAMBDA", TaskInvocationParameters={"Lambda": {"Payload": b"{}"}})
        answer = self.wire.call(
            "GetMaintenanceWindowTask", dict(WindowId=self.mine, WindowTaskId=task))
        payload = answer.json["TaskInvocationParameters"]["Lambda"]["Payload"]
        self.assertEqual(payload, base64.b64encode(b"{}").decode())
