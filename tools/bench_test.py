"""Shows that what tools/bench says of runs is so: spread, goals, what got slower, plots."""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

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

    def test_goals_are_counted(self):
        lines = list(bench_table.table(run(cost(1.5, goal=self.goal), cost(3, goal=self.goal), cost(1))))
        self.assertEqual(lines[-1], "1 of 2 goals reached")


class Runs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, what):
        path = os.path.join(self.folder.name, "run.json")
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
        peers = dict(run(rate(1)), redis="7.0", notes=["no pg_boss"])
        joined = bench_run.put_together({"cpu": "a"}, run(cost(1)), peers)
        self.assertEqual([figure["name"] for figure in joined["figures"]], ["cancel", "drain"])
        self.assertEqual(list(bench_table.header(joined))[3:5], ["redis: 7.0", "no pg_boss"])
        self.assertEqual(joined["cpu"], "a")

    def test_compare_ends_with_status_1_when_something_got_slower(self):
        old, new = self.write(run(cost(1))), os.path.join(self.folder.name, "new.json")
        with open(new, "w") as file:
            json.dump(run(cost(2)), file)
        with open(os.devnull, "w") as sys.stdout:
            told = (bench_table.main(["--compare", old, new]), bench_table.main(["--compare", old, old]))
        sys.stdout = sys.__stdout__
        self.assertEqual(told, (1, 0))


class Plots(unittest.TestCase):
    def test_a_curve_has_median_least_and_most_in_the_order_of_n(self):
        script = bench_plot.PLOTS[0].script(
            run(cost(3, 1, 2, curve="cancel TASK", n=1000), cost(1, curve="cancel TASK", n=10)), "out")
        self.assertIn("10 100 100 100\n1000 200 100 300\nEND", script)
        self.assertIn("out/cancel.svg", script)

    def test_a_peer_is_drawn_beside_in_the_same_unit(self):
        peer = {"name": "x", "unit": "ms", "values": [2], "curve": "pg_boss: cancel", "n": 10}
        script = bench_plot.PLOTS[0].script(run(cost(1, curve="cancel TASK", n=10), peer), "out")
        self.assertIn("10 2000 2000 2000\nEND", script)
        self.assertIn('title "pg_boss: cancel"', script)

    def test_a_run_without_the_curve_has_no_plot(self):
        self.assertIsNone(bench_plot.PLOTS[0].script(run(rate(1)), "out"))


if __name__ == "__main__":
    unittest.main()
