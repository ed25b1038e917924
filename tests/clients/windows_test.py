"""Windows: the corner cases of CreateMaintenanceWindow, Get, Update and Delete."""

import datetime
import re

from daemon import create_window
from world import UNKNOWN_WINDOW, ClientsCase, corner, token

NTH_SUNDAY = "cron(0 4 ? * SUN#2 *)"
MALFORMED_DATE = (
    "DateTime %s is malformed, format either must contain an offset - e.g. "
    "'2018-01-01T00:00:00-02:00' or '2018-01-01T00:00:00Z'"
)
MALFORMED_ZONE = (
    "%s is a malformed timezone. Please refer to the IANA time zone database for a valid timezones."
)
NO_OFFSET = "An offset can't be added to the specified schedule."
CUTOFF = "Cutoff was %d but must be smaller than %d (Duration  - 1 )"
OPTIONAL = ("Description", "StartDate", "EndDate", "ScheduleTimezone", "ScheduleOffset")


def broken(value, member, rule):
    return "Value %s at '%s' failed to satisfy constraint: Member must %s" % (value, member, rule)


def one_error(value, member, rule):
    return "1 validation error detected: " + broken(value, member, rule)


class CreateTest(ClientsCase):
    @corner(1)
    def test_a_minimal_window_is_enabled_and_has_no_optional_members(self):
        window = self.make_window(Schedule="rate(7 days)")
        self.assertRegex(window, r"^mw-[0-9a-f]{17}$")
        found = self.window(window)
        self.assertEqual(
            set(found) - {"ResponseMetadata"},
            {"WindowId", "Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets",
             "Enabled", "CreatedDate", "ModifiedDate", "NextExecutionTime"},
        )
        self.assertIs(found["Enabled"], True)
        self.assertEqual(found["CreatedDate"], found["ModifiedDate"])

    @corner(2)
    def test_the_cutoff_is_smaller_than_the_duration(self):
        for duration, cutoff in ((2, 1), (2, 0), (1, 0), (24, 23)):
            self.make_window(Duration=duration, Cutoff=cutoff)
        for duration, cutoff in ((2, 2), (1, 1), (1, 2), (3, 23)):
            self.refused_with(
                CUTOFF % (cutoff, duration - 1), self.make_window, Duration=duration, Cutoff=cutoff
            )
        for value, member, rule in (
            (25, "Duration", "have value less than or equal to 24"),
            (0, "Duration", "have value greater than or equal to 1"),
            (24, "Cutoff", "have value less than or equal to 23"),
            (-1, "Cutoff", "have value greater than or equal to 0"),
        ):
            text = one_error("'%d'" % value, member.lower(), rule)
            self.refused_with(text, self.make_window, **{member: value})

    @corner(3)
    def test_names_and_descriptions(self):
        for name in ("abc", "a" * 128, "Patch.window_1-b"):
            self.make_window(name=name)
        for name in ("ab", "a" * 129, "two words", "a/b"):
            self.assertIn("at 'name'", self.refused("ValidationException", self.make_window, name=name))
        self.make_window(Description="d" * 128)
        for description in ("", "secret" * 22):
            text = self.refused("ValidationException", self.make_window, Description=description)
            self.assertTrue(text.startswith("1 validation error detected: Value at 'description' "))
            self.assertNotIn("secret", text)

    @corner(4)
    def test_what_is_required_is_neither_left_out_nor_null(self):
        request = dict(Name="window", Schedule="rate(1 day)", Duration=2, Cutoff=1,
                       AllowUnassociatedTargets=True)
        for member, path in (("Cutoff", "cutoff"), ("AllowUnassociatedTargets", "allowUnassociatedTargets")):
            text = one_error("null", path, "not be null")
            without = {name: value for name, value in request.items() if name != member}
            for body in (without, {**request, member: None}):
                answer = self.wire.call("CreateMaintenanceWindow", body)
                self.assertEqual((answer.type, answer.text), ("ValidationException", text))

    @corner(5)
    def test_a_number_or_a_boolean_as_text_is_not_one(self):
        self.refused("SerializationException", self.make_window, Duration="2")
        self.refused("SerializationException", self.make_window, AllowUnassociatedTargets="true")

    @corner(6)
    def test_two_violations_are_told_together(self):
        self.refused_with(
            "2 validation errors detected: %s; %s" % (
                broken("'25'", "duration", "have value less than or equal to 24"),
                broken("'24'", "cutoff", "have value less than or equal to 23"),
            ),
            self.make_window, Duration=25, Cutoff=24,
        )

    @corner(7)
    def test_a_client_token_makes_one_window(self):
        mine = token()
        first = self.make_window(ClientToken=mine)
        self.assertEqual(self.make_window(ClientToken=mine), first)
        self.refused("IdempotentParameterMismatch", self.make_window, ClientToken=mine, name="other")
        request = dict(Name="bare", Schedule="rate(1 day)", Duration=2, Cutoff=1,
                       AllowUnassociatedTargets=True)
        bare = [self.wire.call("CreateMaintenanceWindow", request).json["WindowId"] for _ in "12"]
        self.world.windows_made.update(bare)
        self.assertNotEqual(*bare)
        self.make_window(ClientToken="t" * 64)
        self.refused("ValidationException", self.make_window, ClientToken="t" * 65)
        self.refused("ValidationException", self.make_window, ClientToken="")

    @corner(7)
    def test_a_token_outlives_its_window(self):
        """Our choice: a retry that comes late must not make a second one."""
        mine = token()
        first = self.make_window(ClientToken=mine)
        self.client.delete_maintenance_window(WindowId=first)
        self.assertEqual(self.make_window(ClientToken=mine), first)
        self.refused("DoesNotExistException", self.window, first)

    @corner(8)
    def test_two_windows_may_have_one_name(self):
        self.assertNotEqual(self.make_window(name="same"), self.make_window(name="same"))

    @corner(9)
    def test_dates_carry_an_offset_and_come_back_as_they_were_given(self):
        for start in ("2030-01-01T00:00:00Z", "2030-01-01T00:00Z", "2030-01-01T00:00:00+09:00",
                      "2030-01-01T00:00:00.123Z", "2030-01-01T00:00:00+0900", "2001-01-01T00:00:00Z"):
            window = self.make_window(StartDate=start)
            self.assertEqual(self.window(window)["StartDate"], start)
        for start in ("2030-01-01T00:00:00", "2030-01-01", "tomorrow"):
            self.refused_with(MALFORMED_DATE % start, self.make_window, StartDate=start)
        self.refused_with(
            one_error("''", "startDate", "have length greater than or equal to 1"),
            self.make_window, StartDate="",
        )

    @corner(9)
    def test_the_start_is_before_the_end_and_an_end_in_the_past_means_no_more_runs(self):
        for end in ("2029-12-31T00:00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00"):
            self.refused_with(
                "Window start date must be before window end date",
                self.make_window, StartDate="2030-01-01T00:00:00Z", EndDate=end,
            )
        found = self.window(self.make_window(EndDate="2020-01-01T00:00:00Z"))
        self.assertNotIn("NextExecutionTime", found)
        self.assertIs(found["Enabled"], True)

    @corner(10)
    def test_time_zones(self):
        for zone in ("America/New_York", "US/Pacific", "EST", "+05:30", "-0800", "UTC", "GMT+0"):
            window = self.make_window(ScheduleTimezone=zone)
            self.assertEqual(self.window(window)["ScheduleTimezone"], zone)
        for zone in ("america/new_york", "Foo/Bar", "+25:00", "Mars"):
            self.refused_with(MALFORMED_ZONE % zone, self.make_window, ScheduleTimezone=zone)
        self.refused("ValidationException", self.make_window, ScheduleTimezone="")

    @corner(11)
    def test_offsets_go_with_the_nth_or_last_day_of_a_week_alone(self):
        for offset in (1, 6):
            for schedule in (NTH_SUNDAY, "cron(0 4 ? * 3L *)"):
                window = self.make_window(Schedule=schedule, ScheduleOffset=offset)
                self.assertEqual(self.window(window)["ScheduleOffset"], offset)
        for offset, rule in ((0, "greater than or equal to 1"), (7, "less than or equal to 6")):
            self.refused_with(
                one_error("'%d'" % offset, "scheduleOffset", "have value " + rule),
                self.make_window, Schedule=NTH_SUNDAY, ScheduleOffset=offset,
            )
        for schedule in ("rate(7 days)", "at(2030-01-01T00:00:00)", "cron(0 4 ? * SUN *)",
                         "cron(0 2 L * ? *)"):
            self.refused_with(NO_OFFSET, self.make_window, Schedule=schedule, ScheduleOffset=2)


class LimitsTest(ClientsCase):
    @corner(12)
    def test_51_tags_are_too_many_for_a_new_window(self):
        tags = [{"Key": "k%d" % n, "Value": ""} for n in range(51)]
        found = self.make_window(Tags=tags[:50])
        listed = self.client.list_tags_for_resource(ResourceType="MaintenanceWindow", ResourceId=found)
        self.assertEqual(len(listed["TagList"]), 50)
        self.refused("ResourceLimitExceededException", self.make_window, Tags=tags)

    @corner(12)
    def test_a_21st_task_is_one_too_many(self):
        window = self.make_window()
        for _ in range(20):
            self.make_task(window)
        self.refused("ResourceLimitExceededException", self.make_task, window)
        self.assertEqual(len(self.tasks(window)), 20)

    @corner(12)
    def test_a_101st_target_is_one_too_many(self):
        window = self.make_window()
        for _ in range(100):
            self.make_target(window)
        self.refused("ResourceLimitExceededException", self.make_target, window)

    @corner(12)
    def test_windows_are_limited_and_a_deleted_one_makes_room(self):
        there = len(self.client.describe_maintenance_windows(MaxResults=100)["WindowIdentities"])
        made = [self.make_window() for _ in range(50 - there)]
        self.refused("ResourceLimitExceededException", self.make_window)
        self.client.delete_maintenance_window(WindowId=made[0])
        self.make_window()


class UpdateTest(ClientsCase):
    def update(self, window, **changes):
        return self.client.update_maintenance_window(WindowId=window, **changes)

    @corner(13)
    def test_an_unknown_id_does_not_exist_but_deleting_it_succeeds(self):
        text = "Maintenance window %s does not exist" % UNKNOWN_WINDOW
        self.assertEqual(self.refused("DoesNotExistException", self.window, UNKNOWN_WINDOW), text)
        self.assertEqual(self.refused("DoesNotExistException", self.update, UNKNOWN_WINDOW), text)
        window = self.make_window()
        for one in (UNKNOWN_WINDOW, window, window):
            answer = self.client.delete_maintenance_window(WindowId=one)
            self.assertEqual(answer["WindowId"], one)
        self.refused("DoesNotExistException", self.window, window)

    @corner(13)
    def test_a_malformed_id_is_no_id(self):
        operations = (self.client.get_maintenance_window, self.client.update_maintenance_window,
                      self.client.delete_maintenance_window)
        for window in ("mw-0123456789ABCDEF0", "mw-0123456789abcdef", "mw-0123456789abcdef01",
                       "mw_0123456789abcdef0", "", "' OR 1=1 --"):
            for operation in operations:
                text = self.refused("ValidationException", operation, WindowId=window)
                self.assertIn("Value '%s' at 'windowId' failed" % window, text)

    @corner(14, 15)
    def test_an_update_changes_what_it_names_and_its_answer_has_no_dates(self):
        window = self.make_window(Description="first", Duration=4, Cutoff=2)
        before = self.window(window)
        answer = self.update(window)
        self.assertEqual(
            set(answer) - {"ResponseMetadata"},
            {"WindowId", "Name", "Description", "Schedule", "Duration", "Cutoff",
             "AllowUnassociatedTargets", "Enabled"},
        )
        self.update(window, Description="second")
        after = self.window(window)
        self.assertEqual((after["Description"], after["Duration"]), ("second", 4))
        self.assertEqual(after["CreatedDate"], before["CreatedDate"])
        self.assertGreater(after["ModifiedDate"], before["ModifiedDate"])

    @corner(14)
    def test_rules_over_several_members_hold_for_what_comes_of_the_update(self):
        window = self.make_window(Duration=4, Cutoff=2)
        self.refused_with(CUTOFF % (2, 1), self.update, window, Duration=2)
        self.refused_with(NO_OFFSET, self.update, window, ScheduleOffset=2)
        self.update(window, StartDate="2030-01-01T00:00:00Z")
        self.refused("ValidationException", self.update, window, EndDate="2029-01-01T00:00:00Z")
        self.assertEqual(self.window(window)["Duration"], 4)

    @corner(14)
    def test_replace_clears_what_it_leaves_out_and_keeps_enabled(self):
        whole = dict(Name="window", Schedule=NTH_SUNDAY, Duration=4, Cutoff=2,
                     AllowUnassociatedTargets=True)
        window = self.make_window(
            **{key: value for key, value in whole.items() if key != "Name"}, Description="d",
            StartDate="2030-01-01T00:00:00Z", EndDate="2031-01-01T00:00:00Z",
            ScheduleTimezone="Asia/Tokyo", ScheduleOffset=2,
        )
        self.assertEqual({key for key in OPTIONAL if key in self.window(window)}, set(OPTIONAL))
        for missing, value in whole.items():
            without = {key: value for key, value in whole.items() if key != missing}
            text = self.refused("ValidationException", self.update, window, Replace=True, **without)
            self.assertEqual(text, one_error("null", missing[0].lower() + missing[1:], "not be null"))
        self.update(window, Enabled=False)
        answer = self.update(window, Replace=True, **whole)
        self.assertEqual({key for key in OPTIONAL if key in answer}, set())
        self.assertEqual({key for key in OPTIONAL if key in self.window(window)}, set())
        self.assertIs(self.window(window)["Enabled"], False)

    @corner(16)
    def test_disabled_it_has_no_next_execution_until_it_is_enabled_again(self):
        window = self.make_window(name="pause")
        for enabled in (False, True):
            self.update(window, Enabled=enabled)
            row = self.client.describe_maintenance_windows(
                Filters=[{"Key": "Name", "Values": ["pause"]}])["WindowIdentities"][0]
            schedule = self.client.describe_maintenance_window_schedule(WindowId=window)
            self.assertEqual("NextExecutionTime" in self.window(window), enabled)
            self.assertEqual("NextExecutionTime" in row, enabled)
            self.assertEqual(bool(schedule["ScheduledWindowExecutions"]), enabled)
            self.assertIs(row["Enabled"], enabled)


class ScheduleTest(ClientsCase):
    """Which expressions there are. What they mean is shown by tests/engine/schedule."""

    GRAMMAR = (
        "Schedule expressions must have the following syntax: rate(<number>\\s?(minutes?|hours?|"
        "days?)), cron(<cron_expression>) or at(yyyy-MM-dd'T'HH:mm:ss)."
    )

    @corner(37)
    def test_expressions_that_there_are(self):
        for schedule in (
            "rate(1 minute)", "rate(1 minutes)", "Rate(2 days)", "RATE(2 days)", "rate(5 hour)", "rate(2days)",
            "cron(30 09 ? * * *)", "cron(24 30 09 ? * * *)", "cron(0 2 ? * THU#3 *)",
            "cron(15 10 ? * MON-FRI *)", "cron(0 2 L * ? *)", "cron(15 10 ? * 6L *)",
            "cron(0 3 3W * ? *)", "cron(0 3 LW * ? *)", "cron(0 3 L-2 * ? *)", "cron(1/10 * * * ? *)",
            "cron(0 */30 * * * ? *)", "cron(0 3 ? * L *)", "cron(0 3 29 2 ? *)",
            "cron(0 22 ? * FRI-MON *)", "cron(0 9 1 1 ? 2027-2029)", "cron(0 0 31 2 ? *)",
            "CRON(0 9 ? * mon *)", "at(2030-01-01T00:00:00)", "at(2030-01-01T00:00)",
            "at(2001-01-01T00:00:00)",
        ):
            with self.subTest(schedule):
                self.make_window(Schedule=schedule)
                self.world.clean()

    @corner(37)
    def test_expressions_that_there_are_not(self):
        cases = {
            self.GRAMMAR: ("rate(-1 day)", "rate( 1 day)", "every day", "rate(1 week)",
                           "cron 0 0", "rate(1 day) "),
            "Invalid schedule frequency": ("rate(0 days)",),
            "Invalid schedule at DateTime expression": (
                "at(2030-01-01T00:00:00Z)", "at(2030-02-30T00:00:00)"),
            "Invalid CRON expression: error at position 0, details: Specifying both a day-of-week AND "
            "a day-of-month parameter is not supported.": (
                "cron(0 4 1 * 1 *)", "cron(0 0 1 * 1 *)", "cron(* * * * * *)"),
            "Invalid CRON expression": (
                "cron(0 0 ? * ? *)", "cron(0 0 ? * 0 *)", "cron(0 0 ? * 8 *)", "cron(0 0 ? * MON#6 *)",
                "cron(60 0 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)",
                "cron(0 0 1 13 ? *)", "cron(0 0 1 1 ? 1969)", "cron(0 0 1 1 ? 2200)", "cron(0 0 * * ?)",
                "cron(0 15 10 ? * MON-FRI)"),
        }
        for text, schedules in cases.items():
            for schedule in schedules:
                with self.subTest(schedule):
                    found = self.refused("ValidationException", self.make_window, Schedule=schedule)
                    self.assertTrue(found == text or found.startswith(text + ":"), found)
        self.refused_with(
            one_error("'%s...'" % ("x" * 256), "schedule", "have length less than or equal to 256"),
            self.make_window, Schedule="x" * 257,
        )

    @corner(38, 41, 42)
    def test_next_execution_times_are_in_the_windows_zone_and_as_short_as_can_be(self):
        for schedule, zone, expected in (
            ("at(2030-01-15T16:00:00)", None, "2030-01-15T16:00Z"),
            ("at(2030-01-15T16:00:30)", None, "2030-01-15T16:00:30Z"),
            ("at(2030-01-15T09:00)", "America/Chicago", "2030-01-15T09:00-06:00"),
            ("at(2030-07-15T09:00)", "America/Chicago", "2030-07-15T09:00-05:00"),
            ("at(2030-01-15T09:00)", "Europe/London", "2030-01-15T09:00Z"),
            ("at(2030-07-15T09:00)", "Europe/London", "2030-07-15T09:00+01:00"),
            ("at(2030-01-15T09:00)", "Asia/Tokyo", "2030-01-15T09:00+09:00"),
            ("at(2030-03-10T02:30)", "America/New_York", "2030-03-10T03:30-04:00"),  # in the gap
            ("at(2030-11-03T01:30)", "America/New_York", "2030-11-03T01:30-04:00"),  # the earlier one
            ("at(2030-10-06T02:15)", "Australia/Lord_Howe", "2030-10-06T02:45+11:00"),
        ):
            zoned = {"ScheduleTimezone": zone} if zone else {}
            window = self.make_window(Schedule=schedule, **zoned)
            self.assertEqual(self.window(window)["NextExecutionTime"], expected)

    @corner(39)
    def test_a_rate_counts_from_the_creation_or_from_a_start_that_is_to_come(self):
        window = self.make_window(Schedule="rate(5 minutes)")
        found = self.window(window)
        expected = found["CreatedDate"] + datetime.timedelta(minutes=5)
        self.assertRegex(found["NextExecutionTime"], r"Z$")
        following = datetime.datetime.fromisoformat(found["NextExecutionTime"].replace("Z", "+00:00"))
        self.assertEqual(following, expected)
        later = self.make_window(Schedule="rate(7 days)", StartDate="2030-01-01T00:03:15+09:00",
                                 ScheduleTimezone="Asia/Tokyo")
        self.assertEqual(self.window(later)["NextExecutionTime"], "2030-01-01T00:03:15+09:00")

    @corner(40)
    def test_an_offset_is_days_after_the_base_in_local_time(self):
        window = self.make_window(
            Schedule=NTH_SUNDAY, ScheduleOffset=2, ScheduleTimezone="Asia/Tokyo",
            StartDate="2030-01-01T00:00:00+09:00", EndDate="2031-01-01T00:00:00+09:00",
            Duration=4, Cutoff=1,
        )
        self.assertEqual(self.window(window)["NextExecutionTime"], "2030-01-15T04:00+09:00")
        third = create_window(
            self.client, Schedule="cron(0 30 23 ? * TUE#3 *)", ScheduleOffset=2,
            StartDate="2030-01-16T00:00:00Z",  # the base is the day before: next month's counts
        )
        self.assertTrue(re.match("2030-02-21T23:30Z", self.window(third)["NextExecutionTime"]))
