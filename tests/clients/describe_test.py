"""Lists: pages, filters, tokens; schedules and windows of a target."""

import datetime

from world import TARGETS, UNKNOWN_ID, UNKNOWN_WINDOW, ClientsCase, corner

PAGED = (
    "describe_maintenance_windows",
    "describe_maintenance_window_targets",
    "describe_maintenance_window_tasks",
    "describe_maintenance_window_executions",
    "describe_maintenance_window_execution_tasks",
    "describe_maintenance_window_execution_task_invocations",
)


def by(key, *values):
    return {"Key": key, "Values": list(values)}


class PagesTest(ClientsCase):
    def windows(self, **parameters):
        return self.client.describe_maintenance_windows(**parameters)

    def arguments(self, operation):
        """What a list of PAGED needs beside filters and pages."""
        world = self.world
        if operation.endswith("windows"):
            return {}
        if "execution_task_invocations" in operation:
            return dict(WindowExecutionId=world.execution, TaskId=world.task_execution)
        if "execution_tasks" in operation:
            return dict(WindowExecutionId=world.execution)
        return dict(WindowId=world.opened_window if "executions" in operation else world.window)

    @corner(17)
    def test_max_results_is_from_10_to_100(self):
        for operation in PAGED:
            call, arguments = getattr(self.client, operation), self.arguments(operation)
            for size in (10, 100):
                call(MaxResults=size, **arguments)
            for size, rule in ((9, "greater than or equal to 10"), (101, "less than or equal to 100")):
                self.refused_with(
                    "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy "
                    "constraint: Member must have value %s" % (size, rule),
                    call, MaxResults=size, **arguments,
                )

    @corner(17)
    def test_25_windows_are_three_pages_without_one_twice(self):
        made = [self.make_window(name="paged-%d" % n) for n in range(25)]
        mine = [by("Name", "paged-")]
        sizes, found, token = [], [], ""
        while not sizes or token:
            page = self.windows(MaxResults=10, Filters=mine, NextToken=token) if token else (
                self.windows(MaxResults=10, Filters=mine))
            sizes.append(len(page["WindowIdentities"]))
            found += [row["WindowId"] for row in page["WindowIdentities"]]
            token = page.get("NextToken", "")
        self.assertEqual((sizes, found), ([10, 10, 5], made))

    @corner(17)
    def test_a_window_deleted_between_pages_shifts_nothing(self):
        made = [self.make_window(name="paged-%d" % n) for n in range(15)]
        first = self.windows(MaxResults=10, Filters=[by("Name", "paged-")])
        self.client.delete_maintenance_window(WindowId=made[3])
        self.client.delete_maintenance_window(WindowId=made[12])
        second = self.windows(
            MaxResults=10, Filters=[by("Name", "paged-")], NextToken=first["NextToken"]
        )
        rows = [row["WindowId"] for row in second["WindowIdentities"]]
        self.assertEqual(rows, made[10:12] + made[13:])

    @corner(17)
    def test_a_token_is_of_its_own_list_alone(self):
        for _ in range(11):
            self.make_window(name="paged")
        token = self.windows(MaxResults=10)["NextToken"]
        for call, arguments in (
            (self.windows, dict(NextToken="garbage")),
            (self.windows, dict(NextToken=token, Filters=[by("Name", "paged")])),
            (self.client.describe_maintenance_window_executions,
             dict(WindowId=self.world.opened_window, NextToken=token)),
        ):
            self.assertIn("NextToken", self.refused("ValidationException", call, **arguments))
        self.assertTrue(self.windows(NextToken="")["WindowIdentities"])

    @corner(17)
    def test_every_paginator_of_the_client_comes_to_its_end(self):
        for operation in PAGED + ("describe_maintenance_window_schedule",
                                  "describe_maintenance_windows_for_target"):
            arguments = {} if "for_target" in operation else self.arguments(operation)
            if "for_target" in operation:
                arguments = dict(Targets=TARGETS, ResourceType="INSTANCE")
            pages = self.client.get_paginator(operation).paginate(**arguments)
            self.assertGreater(sum(1 for _ in pages.search(pages.result_keys[0].expression)), 0)


class WindowFiltersTest(ClientsCase):
    def setUp(self):
        super().setUp()
        for name in ("MyFirst", "MySecond", "Other"):
            self.make_window(name=name)
        disabled = self.make_window(name="MyThird")
        self.client.update_maintenance_window(WindowId=disabled, Enabled=False)

    def names(self, *filters):
        found = self.client.describe_maintenance_windows(Filters=list(filters))
        return [row["Name"] for row in found["WindowIdentities"]
                if row["Name"] not in ("base", "opened")]

    @corner(18)
    def test_names_are_prefixes_values_are_alternatives_filters_hold_together(self):
        self.assertEqual(self.names(by("Name", "My")), ["MyFirst", "MySecond", "MyThird"])
        self.assertEqual(self.names(by("Name", "my")), [])
        self.assertEqual(self.names(by("Name", "MyF", "Oth")), ["MyFirst", "Other"])
        for word in ("true", "True", "TRUE"):
            self.assertEqual(
                self.names(by("Name", "My"), by("Enabled", word)), ["MyFirst", "MySecond"])
        self.assertEqual(self.names(by("Enabled", "false")), ["MyThird"])

    @corner(18)
    def test_filters_that_mean_nothing_are_refused(self):
        for filters in (
            [by("Colour", "red")], [by("Name")], [by("Enabled", "maybe")], [by("name", "My")],
            [by("Name", "x" * 257)], [by("Name", "")], [by("Name", "x")] * 6, [{"Values": ["x"]}],
        ):
            self.refused("ValidationException", self.names, *filters)


class RegistrationFiltersTest(ClientsCase):
    def setUp(self):
        super().setUp()
        self.mine = self.make_window()

    @corner(19)
    def test_targets_by_type_id_and_owner(self):
        nodes = self.make_target(self.mine, OwnerInformation="team-a", Name="nodes", Description="d")
        group = self.make_target(
            self.mine, [by("resource-groups:Name", "web")], kind="RESOURCE_GROUP",
            OwnerInformation="team-b",
        )
        both = [nodes, group]
        for filters, expected in (
            ([], both),
            ([by("Type", "INSTANCE")], [nodes]),
            ([by("Type", "RESOURCE_GROUP")], [group]),
            ([by("Type", "INSTANCE", "RESOURCE_GROUP")], both),
            ([by("WindowTargetId", group)], [group]),
            ([by("OwnerInformation", "team-a")], [nodes]),
            ([by("OwnerInformation", "team-a"), by("Type", "RESOURCE_GROUP")], []),
            ([by("WindowTargetId", UNKNOWN_ID)], []),
        ):
            rows = self.targets(self.mine, Filters=filters)
            self.assertEqual([row["WindowTargetId"] for row in rows], expected, filters)
        row = self.targets(self.mine, Filters=[by("WindowTargetId", nodes)])[0]
        self.assertEqual(row, {
            "WindowId": self.mine, "WindowTargetId": nodes, "ResourceType": "INSTANCE",
            "Targets": TARGETS, "OwnerInformation": "team-a", "Name": "nodes", "Description": "d",
        })
        self.refused("ValidationException", self.targets, self.mine, Filters=[by("Name", "x")])
        text = self.refused("DoesNotExistException", self.targets, UNKNOWN_WINDOW)
        self.assertEqual(text, "Maintenance window %s does not exist" % UNKNOWN_WINDOW)

    @corner(20)
    def test_tasks_by_arn_priority_type_and_id(self):
        first = self.make_task(self.mine, Priority=3)
        second = self.make_task(self.mine, "AUTOMATION", TaskArn="AWS-RestartEC2Instance", Priority=1)
        both = [first, second]
        for filters, expected in (
            ([], both),
            ([by("TaskArn", "AWS-RestartEC2Instance")], [second]),
            ([by("Priority", "3")], [first]),
            ([by("Priority", "3", "1")], both),
            ([by("TaskType", "RUN_COMMAND")], [first]),
            ([by("WindowTaskId", second)], [second]),
            ([by("Priority", "1"), by("TaskType", "RUN_COMMAND")], []),
        ):
            rows = self.tasks(self.mine, Filters=filters)
            self.assertEqual([row["WindowTaskId"] for row in rows], expected, filters)
        for filters in ([by("Priority", "x")], [by("Colour", "red")]):
            self.refused("ValidationException", self.tasks, self.mine, Filters=filters)
        self.refused("DoesNotExistException", self.tasks, UNKNOWN_WINDOW)


class ExecutionFiltersTest(ClientsCase):
    def executions(self, *filters, window=None):
        return self.client.describe_maintenance_window_executions(
            WindowId=window or self.world.opened_window, Filters=list(filters)
        )["WindowExecutions"]

    @corner(21)
    def test_executions_before_and_after(self):
        start = self.executions()[0]["StartTime"].astimezone(datetime.timezone.utc)

        def text(time):
            return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        millisecond = datetime.timedelta(milliseconds=1)
        for filters, expected in (
            ([by("ExecutedAfter", text(start - millisecond))], 1),
            ([by("ExecutedAfter", text(start))], 0),
            ([by("ExecutedBefore", text(start + millisecond))], 1),
            ([by("ExecutedBefore", text(start))], 0),
            ([by("ExecutedAfter", "2020-01-01T00:00:00Z"), by("ExecutedBefore", "2020-01-02T00:00:00Z")], 0),
        ):
            self.assertEqual(len(self.executions(*filters)), expected, filters)
        for filters in ([by("ExecutedAfter", "yesterday")], [by("Status", "SUCCESS")]):
            self.refused("ValidationException", self.executions, *filters)
        self.assertEqual(self.executions(window=UNKNOWN_WINDOW), [])


class ScheduleListTest(ClientsCase):
    def rows(self, **parameters):
        return self.client.describe_maintenance_window_schedule(**parameters)["ScheduledWindowExecutions"]

    @corner(22)
    def test_by_window_by_target_by_both_and_by_nothing(self):
        window = self.make_window(name="mine", Schedule="rate(7 days)")
        self.make_target(window, [by("InstanceIds", "i-1")])
        aimed = dict(Targets=[by("InstanceIds", "i-1")], ResourceType="INSTANCE")
        rows = self.rows(WindowId=window)
        self.assertGreaterEqual(len(rows), 10)
        self.assertEqual({row["Name"] for row in rows}, {"mine"})
        self.assertEqual([row["ExecutionTime"] for row in rows],
                         sorted(row["ExecutionTime"] for row in rows))
        self.assertEqual(rows[0]["ExecutionTime"], self.window(window)["NextExecutionTime"])
        self.assertEqual({row["WindowId"] for row in self.rows(**aimed)}, {window})
        self.assertEqual(self.rows(WindowId=window, **aimed), rows)
        self.assertEqual(self.rows(WindowId=self.world.window, **aimed), [])
        self.assertEqual(self.rows(Targets=aimed["Targets"]), rows)
        self.refused("ValidationException", self.rows, ResourceType="INSTANCE")
        self.assertLessEqual({window, self.world.window}, {row["WindowId"] for row in self.rows()})
        text = self.refused("DoesNotExistException", self.rows, WindowId=UNKNOWN_WINDOW)
        self.assertEqual(text, "Maintenance window %s does not exist" % UNKNOWN_WINDOW)

    @corner(22)
    def test_filters_pages_and_windows_that_do_not_open(self):
        window = self.make_window(Schedule="cron(0 4 * * ? *)")
        first = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=10)

        def text(days):
            return (first + datetime.timedelta(days=days)).strftime("%Y-%m-%dT04:00")

        rows = self.rows(WindowId=window, Filters=[
            by("ScheduledAfter", text(0) + ":00Z"), by("ScheduledBefore", text(2) + ":00Z")])
        self.assertEqual([row["ExecutionTime"] for row in rows], [text(1) + "Z"])
        page = self.client.describe_maintenance_window_schedule(WindowId=window, MaxResults=1)
        self.assertEqual(len(page["ScheduledWindowExecutions"]), 1)
        self.assertTrue(page["NextToken"])
        for filters in ([by("ScheduledAfter", "soon")], [by("Name", "x")]):
            self.refused("ValidationException", self.rows, WindowId=window, Filters=filters)
        over = self.make_window(EndDate="2020-01-01T00:00:00Z")
        self.assertEqual(self.rows(WindowId=over), [])

    @corner(23)
    def test_windows_of_a_target_by_target_task_tag_and_group(self):
        by_target = self.make_window(name="by-target")
        self.make_target(by_target, [by("InstanceIds", "i-7", "i-8")])
        by_task = self.make_window(name="by-task")
        self.make_task(by_task, Targets=[by("InstanceIds", "i-7")])
        by_tag = self.make_window(name="by-tag")
        self.make_target(by_tag, [by("tag:Env", "prod", "test")])
        by_group = self.make_window(name="by-group")
        self.make_target(by_group, [by("resource-groups:Name", "web")], kind="RESOURCE_GROUP")

        def found(targets, kind="INSTANCE"):
            answer = self.client.describe_maintenance_windows_for_target(
                Targets=targets, ResourceType=kind)
            return [row["WindowId"] for row in answer["WindowIdentities"]]

        self.assertEqual(found([by("InstanceIds", "i-7")]), [by_target, by_task])
        self.assertEqual(found([by("InstanceIds", "i-8")]), [by_target])
        self.assertEqual(found([by("tag:Env", "prod")]), [by_tag])
        self.assertEqual(found([by("resource-groups:Name", "web")], "RESOURCE_GROUP"), [by_group])
        self.assertEqual(found([by("InstanceIds", "i-9")]), [])
        answer = self.client.describe_maintenance_windows_for_target(
            Targets=[by("InstanceIds", "i-8")], ResourceType="INSTANCE")
        self.assertEqual(
            answer["WindowIdentities"], [{"WindowId": by_target, "Name": "by-target"}])
