#!/usr/bin/python3
"""What the scenarios lean on: the load keeps its promises, and a difference between two totals is seen."""
import copy
import json
import unittest

import recount
import recount_asked
import recount_fold
from support import load, mixed_load, province


class LoadKeepsItsPromises(unittest.TestCase):
    def setUp(self):
        self.load = load.Load(7, 3000)

    def test_same_seed_same_changes(self):
        self.assertEqual(self.load.rows, load.Load(7, 3000).rows)
        self.assertNotEqual(self.load.rows, load.Load(8, 3000).rows)

    def test_size(self):
        count = sum(len(rows) for rows in self.load.rows.values())
        self.assertTrue(3000 <= count < 3010, count)
        self.assertTrue(all(self.load.rows.values()))

    def test_no_device_contradicts_itself_at_one_time(self):
        for rows in self.load.rows.values():
            said = {}
            for row in rows:
                for name, value in row.items():
                    if name not in ("kind", "code", "changed_at"):
                        key = (row["code"], name, row["changed_at"])
                        self.assertEqual(said.setdefault(key, value), value)

    def test_devices_do_contradict_each_other(self):
        said = {}
        for rows in self.load.rows.values():
            for row in rows:
                if "channel" in row:
                    said.setdefault((row["code"], row["changed_at"]), set()).add(row["channel"])
        self.assertTrue(any(len(values) > 1 for values in said.values()))

    def test_parts_hold_everything(self):
        rows = self.load.rows["city"]
        parts = self.load.parts("city", 5)
        self.assertEqual(len(parts), 5)
        together = [json.dumps(row, sort_keys=True) for part in parts for row in part]
        self.assertEqual(set(together), {json.dumps(row, sort_keys=True) for row in rows})
        self.assertGreater(len(together), len(rows))

    def test_every_cell_is_exercised(self):
        units = recount.Units.read(province.UNITS)
        things = recount.Things(units)
        for device, unit in load.DEVICES.items():
            for place, row in enumerate(self.load.rows[device]):
                things.add(device, unit, place, row)
        first, last = recount.day("2024-01-01"), recount.day("2024-05-22")
        total = recount.totals(things, units, "06", None, first, last, last)["total"]
        self.assertEqual([name for name in recount.COUNTED if total[name] == 0], [])
        self.assertEqual([name for name, pair in total["rates"].items() if not 0 < pair[0] < pair[1]], [])
        self.assertGreater(things.refused, 0)


class MixedLoadIsMixed(unittest.TestCase):
    def setUp(self):
        self.load = mixed_load.MixedLoad(7, 2500)
        self.things = recount.Things(recount.Units([{"code": code, "name": code, "level": level, "parent": parent}
                                                    for code, level, parent in mixed_load.UNITS]))
        for name, unit in mixed_load.DEVICES.items():
            for place, row in enumerate(self.load.rows[name]):
                self.things.add(name, unit, place, row)

    def test_same_seed_same_changes(self):
        other = mixed_load.MixedLoad(7, 2500)
        self.assertEqual([self.load.rows, self.load.mad, self.load.listed], [other.rows, other.mad, other.listed])

    def test_every_device_has_all_three(self):
        for kept in (self.load.rows, self.load.mad, self.load.listed):
            self.assertEqual([name for name in mixed_load.DEVICES if not kept[name]], [])

    def test_codes_are_joined_and_the_void_of_one_is_not_the_others(self):
        joined = [code for code in self.things.writes if code.startswith("L-")
                  and recount_fold.winner(self.things.writes[code], "replaced_by") is not None]
        known = {dossier.code for dossier in self.things.dossiers()}
        self.assertGreater(len(joined), 10)
        self.assertGreater(len([code for code in joined if code not in known]), 10)
        self.assertGreater(len([code for code in known if code.startswith("L-")]), 3)

    def test_every_cell_is_exercised_by_every_rule(self):
        first, last = recount.day("2024-01-01"), recount.day("2024-08-22")
        for name in ("form06", "index766-2022", "index766-2026"):
            rule = recount_asked.Rule.read(name)
            total = recount.totals(self.things, self.things.units, "06", None, first, last, last, rule)["total"]
            self.assertEqual([cell for cell in recount.COUNTED if total[cell] == 0], [], name)
        self.assertGreater(self.things.refused, 0)


class DifferencesAreSeen(unittest.TestCase):
    def setUp(self):
        cells = {"key": "058", "name": "x", "received": 3, "rates": {"online": [1, 3]}, "units_expected": None}
        self.one = {"as_of": "2024-05-22", "groups": [cells], "total": dict(cells, key=None)}
        self.other = copy.deepcopy(self.one)

    def test_equal_but_for_names_and_reporting(self):
        self.other["groups"][0].update(name="y", units_expected=8)
        self.assertEqual(province.cell_differences(self.one, self.other), [])

    def test_a_number(self):
        self.other["groups"][0]["received"] = 4
        self.assertEqual(province.cell_differences(self.one, self.other), [("058", "received", 3, 4)])

    def test_a_rate(self):
        self.other["total"]["rates"] = {"online": [1, 4]}
        self.assertEqual(len(province.cell_differences(self.one, self.other)), 1)

    def test_a_missing_and_a_foreign_group(self):
        self.other["groups"][0]["key"] = "060"
        self.assertEqual({line[0] for line in province.cell_differences(self.one, self.other)}, {"058", "060"})


if __name__ == "__main__":
    unittest.main()
