"""Shows that what tools/bench says of runs is so: spread, goals, what got slower, who is ahead, plots."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bench_beside  # noqa: E402
import bench_plot  # noqa: E402
import bench_run  # noqa: E402
import bench_table  # noqa: E402


def cost(*ratios, name="cancel", **more):
    return dict({"name": name, "unit": "us", "values": [100 * ratio for ratio in ratios],
                 "floor": "c", "ratios": list(ratios)}, **more)


def rate(*ratios):
    return {"name": "drain", "unit": "/s", "values": [1e4 * ratio for ratio in ratios],
            "floor": "F", "ratios": list(ratios)}


def run(*figures):
    return {"figures": list(figures)}


def of_peer(peer, work, n, *values, unit="ms"):
    name = "%s: %s" % (peer, work)
    return {"name": "%s, %d" % (name, n), "peer": peer, "work": work, "unit": unit, "values": list(values),
            "n": n, "settings": "as documented"}


def cancel_of_lull(n, *microseconds):
    return {"name": "cancel, %d" % n, "unit": "us", "values": list(microseconds),
            "curve": "cancel INVOCATION, one task, median", "n": n}


def drain_of_lull(n, *rates):
    return {"name": "drain of %d" % n, "unit": "/s", "values": list(rates),
            "curve": "drain, concurrency 1000, by targets", "n": n}


def ahead(*figures):
    """{(work, n): (times ahead, goal)} of a run's table."""
    return {(line["work"], line["n"]): (line.get("ahead"), line.get("goal"))
            for line in bench_beside.lines(run(*figures))}


def slower(old, new):
    return [(figure["name"], round(times, 2))
            for figure, times in bench_run.compare(run(old), run(new))]


class Compare(unittest.TestCase):
    def test_what_is_beyond_the_spread_is_slower(self):
        self.assertEqual(slower(cost(1.5, 1.6, 1.7), cost(3.0, 3.2, 3.4)), [("cancel", 2.0)])

    def test_rounds_that_overlap_are_not_slower(self):
        self.assertEqual(slower(cost(1.5, 1.6, 3.1), cost(3.0, 3.2, 3.4)), [])

    def test_a_small_change_is_none(self):
        self.assertEqual(slower(cost(1.00, 1.01), cost(1.05, 1.06)), [])

    def test_quicker_is_not_slower(self):
        self.assertEqual(slower(cost(3.0, 3.2), cost(1.5, 1.6)), [])

    def test_of_rates_less_is_slower(self):
        self.assertEqual(slower(rate(30, 32, 34), rate(15, 16, 17)), [("drain", 2.0)])
        self.assertEqual(slower(rate(15, 16, 17), rate(30, 32, 34)), [])

    def test_another_disk_changes_nothing_as_the_ratios_count(self):
        old, new = cost(1.5, 1.6), cost(1.5, 1.6)
        new["values"] = [number * 50 for number in new["values"]]
        self.assertEqual(slower(old, new), [])

    def test_memory_is_compared_as_it_is_and_times_are_not(self):
        old = {"name": "x", "unit": "MiB", "values": [10]}
        self.assertEqual(slower(old, dict(old, values=[20])), [("x", 2.0)])
        old["unit"] = "ms"
        self.assertEqual(slower(old, dict(old, values=[20])), [])

    def test_what_only_one_run_has_is_left_out(self):
        self.assertEqual(slower(cost(1, name="a"), cost(9, name="b")), [])

    def test_a_peer_that_got_slower_is_not_told(self):
        peer = dict(of_peer("pg-boss", "cancel", 10, 1, 1), floor="c", ratios=[1, 1])
        self.assertEqual(slower(peer, dict(peer, ratios=[9, 9])), [])


class SideBySide(unittest.TestCase):
    def test_ahead_is_by_medians_against_the_best_peer_at_the_same_n(self):
        found = ahead(cancel_of_lull(100, 100, 200, 900), of_peer("pg-boss", "cancel", 100, 7, 8, 90),
                      of_peer("bullmq", "cancel", 100, 4), of_peer("bullmq", "cancel", 1000, 1))
        self.assertEqual(found[("cancel", 100)], (20, None))
        self.assertEqual(found[("cancel", 1000)], (None, None))

    def test_of_rates_more_is_ahead(self):
        found = ahead(drain_of_lull(100, 3000), of_peer("a", "drain at its best", 100, 50, unit="/s"),
                      of_peer("b", "drain at its best", 100, 60, unit="/s"))
        self.assertEqual(found[("drain at its best", 100)], (50, 10))

    def test_the_best_of_a_peers_ways_counts_and_the_wait_of_others_is_none(self):
        lines = bench_beside.lines(run(
            of_peer("pg-boss", "cancel", 10, 9), of_peer("pg-boss", "cancel, by SQL", 10, 5),
            of_peer("pg-boss", "cancel: another client waits", 10, 1),
            of_peer("pg-boss", "cancel, by SQL: another client waits", 10, 1)))
        self.assertEqual(lines[0]["values"], {"pg-boss": 5})

    def test_a_million_cancelled_has_a_goal_and_less_has_none(self):
        million = 1_000_000
        found = ahead(cancel_of_lull(million, 200), of_peer("a", "cancel", million, 2000),
                      cancel_of_lull(10, 200), of_peer("a", "cancel", 10, 2000))
        self.assertEqual(found[("cancel", million)], (10_000, 5000))
        self.assertEqual(found[("cancel", 10)], (10_000, None))

    def test_a_goal_whose_size_was_left_out_is_told_as_not_measured(self):
        text = "\n".join(bench_table.table(run(cancel_of_lull(10, 200), of_peer("a", "cancel", 10, 2))))
        self.assertRegex(text, r"cancel, 1,000,000 \(ms\) +goal >= 5,000 x: not measured")
        self.assertIn("0 of 1 goals reached, 1 not measured", text)

    def test_the_table_says_how_far_ahead_and_whether_that_is_the_goal(self):
        def line(rate):
            figures = drain_of_lull(100, rate), of_peer("a", "drain at its best", 100, 100, unit="/s")
            return next(line for line in bench_table.table(run(*figures)) if line.startswith("drain at its best"))
        self.assertRegex(line(1000), r"1,000 +100 +10 x  goal >= 10 x: reached$")
        self.assertRegex(line(999), r"999 +100 +9.99 x  goal >= 10 x: NOT REACHED$")

    def test_what_is_lost_in_the_spread_has_no_ratio(self):
        work = bench_beside.RESTART
        own = {"name": "restart", "unit": "ms", "values": [2], "curve": work.curve, "n": 10}
        self.assertEqual(ahead(own, of_peer("a", work.name, 10, -1))[(work.name, 10)], (None, None))
        self.assertEqual(ahead(own, of_peer("a", work.name, 10, 100))[(work.name, 10)], (50, None))

    def test_a_floor_of_the_peers_stands_beside_none_of_lulls(self):
        floor = of_peer("a", "bare durable commit, median (c)", 10, 0.2)
        self.assertEqual(ahead(cost(1), floor), {("bare durable commit, median (c)", 10): (None, None)})

    def test_schedulers_are_beside_by_their_name(self):
        croner = {"name": "croner: occurrences", "peer": "croner", "work": "occurrences", "unit": "/s", "values": [10]}
        own = {"name": "occurrences", "unit": "/s", "values": [1000]}
        self.assertEqual(ahead(own, croner), {("occurrences", None): (100, None)})

    def test_without_peers_there_is_nothing_beside(self):
        self.assertEqual(bench_beside.lines(run(cancel_of_lull(1_000_000, 200))), [])

    def test_each_peer_has_its_settings_once(self):
        text = list(bench_table.table(run(of_peer("a", "cancel", 10, 2), of_peer("a", "enqueue", 10, 2, unit="/s"))))
        self.assertEqual(text.count("a: as documented"), 1)


class Table(unittest.TestCase):
    goal = {"side": "at most", "of": "ratio", "limit": 2}

    def test_a_row_has_median_spread_and_goal(self):
        text = bench_table.row(cost(1.5, 1.9, 1.6, goal=self.goal))
        self.assertIn("1.6 (1.5..1.9) c", text)
        self.assertIn("160 (150..190) us", text)
        self.assertIn("<= 2 c", text)
        self.assertNotIn("NOT REACHED", text)

    def test_the_median_is_what_misses_a_goal(self):
        self.assertIn("NOT REACHED", bench_table.row(cost(1.5, 2.1, 2.2, goal=self.goal)))

    def test_a_goal_may_be_of_the_value_and_at_least(self):
        goal = {"side": "at least", "of": "value", "limit": 5e4}
        self.assertTrue(bench_run.reached(dict(rate(5), goal=goal)))
        self.assertFalse(bench_run.reached(dict(rate(4), goal=goal)))

    def test_a_busy_machine_is_told(self):
        busy, quiet = (bench_table.header(dict(run(), busy_before=share)) for share in (0.4, 0.01))
        self.assertIn("NOT QUIET", "\n".join(busy))
        self.assertNotIn("NOT QUIET", "\n".join(quiet))

    def test_rounds_of_peers_are_told_when_they_are_others(self):
        figures = cost(1, 2, 3), of_peer("a", "cancel", 10, 1, 2, 3), of_peer("a", "cancel", 20, 1)
        self.assertIn("Median of 3 rounds, of peers 1 to 3 (least", "\n".join(bench_table.header(run(*figures))))
        self.assertIn("Median of 3 rounds (least", "\n".join(bench_table.header(run(*figures[:2]))))

    def test_what_failed_is_told(self):
        header = bench_table.header(dict(run(cost(1)), failures=["pg-boss, 10: cancel: no answer"]))
        self.assertIn("FAILED: pg-boss, 10: cancel: no answer", header)

    def test_goals_are_counted(self):
        lines = list(bench_table.table(run(cost(1.5, goal=self.goal), cost(3, goal=self.goal), cost(1))))
        self.assertEqual(lines[-1], "1 of 2 goals reached")


class Runs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, what, name="run.json"):
        path = os.path.join(self.folder.name, name)
        with open(path, "w") as file:
            json.dump(what, file)
        return path

    def test_a_single_value_is_one_round(self):
        loaded = bench_run.load(self.write(run({"name": "x", "unit": "ms", "value": 3})))
        self.assertEqual(loaded["figures"][0]["values"], [3])

    def test_what_is_no_run_is_told(self):
        with self.assertRaisesRegex(ValueError, "no list `figures`"):
            bench_run.load(self.write({"name": "x"}))

    def test_peers_come_after_and_keep_their_versions(self):
        peers = dict(run(of_peer("a", "cancel", 10, 1)), redis="7.0", notes=["no pg_boss"], failures=["a: b"])
        joined = bench_run.put_together({"cpu": "a"}, dict(run(cancel_of_lull(10, 100)), failures=["c: d"]), peers)
        self.assertEqual([figure["name"] for figure in joined["figures"]], ["cancel, 10", "a: cancel, 10"])
        self.assertEqual(list(bench_table.header(joined))[2:6],
                         ["redis: 7.0", "no pg_boss", "FAILED: c: d", "FAILED: a: b"])
        self.assertEqual(joined["cpu"], "a")
        self.assertEqual(joined["side_by_side"], bench_beside.lines(joined))

    def told(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()):
            return bench_table.main(list(arguments))

    def test_compare_ends_with_status_1_when_something_got_slower(self):
        old, new = self.write(run(cost(1))), self.write(run(cost(2)), "new.json")
        self.assertEqual((self.told("--compare", old, new), self.told("--compare", old, old)), (1, 0))

    def test_a_table_of_a_run_with_failures_ends_with_status_1(self):
        whole, failed = self.write(run(cost(1))), self.write(dict(run(cost(1)), failures=["x"]), "failed.json")
        self.assertEqual((self.told("--table", whole), self.told("--table", failed)), (0, 1))


class Plots(unittest.TestCase):
    def test_a_curve_has_median_least_and_most_in_the_order_of_n(self):
        curve = "cancel TASK, 20 tasks, median"
        script = bench_plot.PLOTS[0].script(
            run(cost(3, 1, 2, curve=curve, n=1000), cost(1, curve=curve, n=10)), "out")
        self.assertIn("10 100 100 100\n1000 200 100 300\nEND", script)
        self.assertIn("out/cancel.svg", script)

    def test_a_peer_is_drawn_beside_in_the_same_unit_a_line_in_its_best_way(self):
        peer = [of_peer("pg-boss", "cancel", 10, 9), of_peer("pg-boss", "cancel, by SQL", 10, 2),
                of_peer("pg-boss", "cancel", 100, 3)]
        script = bench_plot.PLOTS[0].script(run(cost(1, curve="cancel TASK, 20 tasks, median", n=10), *peer), "out")
        self.assertIn("10 2000 2000 2000\n100 3000 3000 3000\nEND", script)
        self.assertIn('title "pg-boss"', script)
        self.assertIn('title "Lull: cancel TASK, 20 tasks, median"', script)

    def test_every_picture_has_the_peers(self):
        for plot in bench_plot.PLOTS:
            script = plot.script(run(of_peer("a", plot.work.name, 10, 1)), "out")
            self.assertIn('title "a"', script, plot.name)

    def test_what_logarithmic_axes_cannot_show_is_left_out(self):
        script = bench_plot.PLOTS[-1].script(run(
            of_peer("a", "restart to the first claim, beyond a bare start", 10, -1),
            of_peer("b", "restart to the first claim, beyond a bare start", 10, 1)), "out")
        self.assertIn('title "b"', script)
        self.assertNotIn('title "a"', script)

    def test_a_run_without_the_curve_has_no_plot(self):
        self.assertIsNone(bench_plot.PLOTS[0].script(run(rate(1)), "out"))


if __name__ == "__main__":
    unittest.main()
