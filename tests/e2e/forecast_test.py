"""What will open: over the wire with real clients, and told by `lull next` and `lull forecast`."""

import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import unittest

import cases
from daemon import AWS, LULL, PATIENCE_SECONDS, DaemonCase, add_task, create_window

OCCURRENCES_A_WINDOW = 100


def lull(*arguments):
    """(exit status, stdout, stderr)"""
    done = subprocess.run(
        [LULL, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout, done.stderr


class WireTest(DaemonCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.start()
        self.client = self.daemon.client()

    def pages(self, operation, key, **parameters):
        """All rows that the client's own paginator finds; and how many pages it took."""
        pages = list(self.client.get_paginator(operation).paginate(**parameters))
        return [row for page in pages for row in page[key]], len(pages)

    def schedule(self, **parameters):
        return self.pages(
            "describe_maintenance_window_schedule", "ScheduledWindowExecutions", **parameters
        )

    def test_auto_pagination_of_schedules_without_an_end_ends(self):
        windows = [create_window(self.client, "often%d" % i, Schedule="rate(5 minutes)")
                   for i in range(3)]
        rows, pages = self.schedule(PaginationConfig={"PageSize": 7})
        self.assertEqual(len(rows), 3 * OCCURRENCES_A_WINDOW)
        self.assertEqual(pages, 43)
        keys = {(row["ExecutionTime"], row["WindowId"]) for row in rows}
        self.assertEqual(len(keys), len(rows))
        self.assertEqual({row["WindowId"] for row in rows}, set(windows))
        whole, _ = self.schedule(PaginationConfig={"PageSize": 1000})
        self.assertEqual(whole, rows)
        rows, pages = self.schedule(WindowId=windows[0])
        self.assertEqual((len(rows), pages), (OCCURRENCES_A_WINDOW, 2))

    def test_it_agrees_with_the_windows_next_execution_time(self):
        window = create_window(self.client, Schedule="rate(1 day)", ScheduleTimezone="Asia/Tokyo")
        rows, _ = self.schedule(WindowId=window, PaginationConfig={"MaxItems": 1})
        found = self.client.get_maintenance_window(WindowId=window)
        self.assertEqual(rows, [{"WindowId": window, "Name": "window",
                                 "ExecutionTime": found["NextExecutionTime"]}])

    def test_filters_targets_and_unknown_windows(self):
        window = create_window(self.client, Schedule="rate(1 hour)")
        add_task(self.client, window, ["true"])
        create_window(self.client, "other", Schedule="rate(1 hour)")
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
        before = {"Key": "ScheduledBefore", "Values": [until.isoformat()]}
        local = {"Key": "InstanceIds", "Values": ["local"]}
        rows, _ = self.schedule(Filters=[before], Targets=[local], ResourceType="INSTANCE")
        self.assertEqual([row["Name"] for row in rows], ["window"] * len(rows))
        self.assertIn(len(rows), (2, 3))
        found, _ = self.pages("describe_maintenance_windows_for_target", "WindowIdentities",
                              Targets=[local], ResourceType="INSTANCE")
        self.assertEqual(found, [{"WindowId": window, "Name": "window"}])
        nobody = {"Key": "InstanceIds", "Values": ["i-nobody"]}
        found, _ = self.pages("describe_maintenance_windows_for_target", "WindowIdentities",
                              Targets=[nobody], ResourceType="INSTANCE")
        self.assertEqual(found, [])
        self.assert_error("DoesNotExistException", 400,
                          self.client.describe_maintenance_window_schedule,
                          WindowId="mw-00000000000000000")
        text = self.assert_error("ValidationException", 400,
                                 self.client.describe_maintenance_window_schedule, MaxResults=0)
        self.assertIn("Member must have value greater than or equal to 1", text)

    def test_the_windows_for_a_target_come_page_by_page(self):
        expected = []
        for index in range(12):
            window = create_window(self.client, "window%d" % index)
            self.client.register_target_with_maintenance_window(
                WindowId=window, ResourceType="INSTANCE",
                Targets=[{"Key": "tag:role", "Values": ["web"]}],
            )
            expected.append(window)
        found, pages = self.pages(
            "describe_maintenance_windows_for_target", "WindowIdentities",
            Targets=[{"Key": "tag:role", "Values": ["web"]}], ResourceType="INSTANCE",
            PaginationConfig={"PageSize": 5},
        )
        self.assertEqual([row["WindowId"] for row in found], expected)
        self.assertEqual(pages, 3)

    @unittest.skipUnless(os.access(AWS, os.X_OK), "no aws command")
    def test_the_aws_command_follows_the_pages_to_their_end(self):
        window = create_window(self.client, Schedule="rate(5 minutes)")
        status, answer = self.daemon.aws("describe-maintenance-window-schedule",
                                         "--window-id", window, "--page-size", "30")
        self.assertEqual(status, 0, answer)
        self.assertEqual(len(answer["ScheduledWindowExecutions"]), OCCURRENCES_A_WINDOW)
        status, answer = self.daemon.aws("describe-maintenance-windows-for-target",
                                         "--resource-type", "INSTANCE",
                                         "--targets", "Key=InstanceIds,Values=local")
        self.assertEqual((status, answer["WindowIdentities"]), (0, []))

    def test_lull_forecast_says_what_the_running_daemon_will_open(self):
        window = create_window(self.client, "nightly", Schedule="rate(1 day)",
                               ScheduleTimezone="Europe/Berlin", Duration=3)
        status, out, err = lull("forecast", "--data-dir", self.data)
        self.assertEqual((status, err), (0, ""))
        lines = out.splitlines()
        self.assertEqual(lines[0].split(), ["START", "WINDOW", "NAME", "DURATION"])
        self.assertEqual(len(lines), 1 + 7)
        self.assertEqual(lines[1].split()[1:], [window, "nightly", "3", "h"])
        status, out, _ = lull("forecast", "--data-dir", self.data, "--days", "31", "--json")
        rows = json.loads(out)
        self.assertEqual((status, len(rows)), (0, 31))
        self.assertEqual((rows[0]["WindowId"], rows[0]["Duration"]), (window, 3))
        at = datetime.datetime.fromisoformat(rows[0]["ExecutionTime"])
        self.assertIn(at.utcoffset(), (datetime.timedelta(hours=1), datetime.timedelta(hours=2)))
        again = create_window(self.client, "and-it-goes-on", Schedule="rate(1 day)")
        self.assertTrue(again)
        self.assertEqual(self.daemon.end(), 0)
        status, out, _ = lull("forecast", "--data-dir", self.data, "--days", "1")
        self.assertIn("and-it-goes-on", out)


class CommandTest(DaemonCase):
    def test_next_prints_times_to_stdout_and_a_sentence_to_stderr(self):
        status, out, err = lull("next", "--schedule", "rate(1 day)", "--timezone", "Asia/Kolkata",
                                "--after", "2030-01-01T00:00:00Z", "--count", "2")
        self.assertEqual(status, 0, err)
        self.assertEqual(out, "2030-01-02T05:30:00+05:30\n2030-01-03T05:30:00+05:30\n")
        self.assertEqual(len(err.splitlines()), 1)
        status, out, _ = lull("next", "--schedule", "rate(1 day)", "--json")
        self.assertEqual((status, len(json.loads(out))), (0, 10))

    def test_next_says_what_a_cron_expression_means(self):
        status, out, err = lull("next", "--schedule", "cron(0 2 ? * THU#3 *)", "--offset", "2",
                                "--timezone", "America/New_York", "--count", "2",
                                "--after", "2030-01-01T00:00:00Z")
        self.assertEqual(status, 0, err)
        self.assertEqual(out, "2030-01-19T02:00:00-05:00\n2030-02-23T02:00:00-05:00\n")
        self.assertEqual(err, "at 02:00, 2 days after the third Thursday of every month, "
                              "America/New_York\n")
        status, out, err = lull("next", "--schedule", "cron(0 0 31 2 ? *)")
        self.assertEqual((status, out), (0, ""))
        self.assertIn("never", err)
        status, _, err = lull("next", "--schedule", "cron(0 0 1 * 1 *)")
        self.assertEqual(status, 2)
        self.assertIn("Specifying both a day-of-week AND a day-of-month", err)

    def test_next_of_a_schedule_that_has_ended_is_no_error(self):
        status, out, err = lull("next", "--schedule", "at(2020-01-01T00:00:00)")
        self.assertEqual((status, out), (0, ""))
        self.assertIn("never", err)

    def test_next_tells_bad_input_in_the_apis_words(self):
        for arguments, text in (
            (("--schedule", "rate(1 day)", "--timezone", "Foo/Bar"), "Foo/Bar is a malformed timezone."),
            (("--schedule", "rate(1 day)", "--offset", "1"), "An offset can't be added"),
            (("--schedule", "rate(1 day)", "--after", "now"), "DateTime now is malformed"),
            (("--schedule", ""), "at 'schedule' failed to satisfy constraint"),
            (("--schedule", "rate(1 day)", "--count", "0"), "--count"),
            ((), "--schedule"),
        ):
            status, out, err = lull("next", *arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertIn(text, err)

    def test_forecast_refuses_what_is_no_store_of_this_version(self):
        status, _, err = lull("forecast", "--data-dir", self.data)
        self.assertEqual(status, 3, err)
        self.assertIn(self.data, err)
        self.assertFalse(os.path.exists(self.data))
        daemon = self.start()
        self.assertEqual(daemon.end(), 0)
        status, out, err = lull("forecast", "--data-dir", self.data)
        self.assertEqual((status, out), (0, ""))
        self.assertIn("Nothing opens", err)
        path = os.path.join(self.data, "lull.db")
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 1000")
        connection.close()
        status, _, err = lull("forecast", "--data-dir", self.data)
        self.assertEqual(status, 2, err)
        self.assertIn("newer version", err)
        shutil.rmtree(self.data)
        os.mkdir(self.data, 0o700)
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE notes (text)")
        connection.close()
        status, _, err = lull("forecast", "--data-dir", self.data)
        self.assertEqual(status, 2, err)
        self.assertIn("another program", err)

    def test_help_says_what_there_is(self):
        self.assertIn("forecast", lull("--help")[1])
        self.assertIn("--count N=10", lull("next", "--help")[1])
        self.assertIn("--days N=7", lull("forecast", "--help")[1])


if __name__ == "__main__":
    cases.main()
