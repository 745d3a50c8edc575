#!/usr/bin/python3
"""The index of Quyết định 766 over dossiers and reported counts: every score can be worked out by hand, what is not
known is null and never zero, and versions of the formulas are not mixed."""
import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

JUNE = ("--month", "2024-06")
DEFINITIONS = os.path.join(os.path.dirname(province.DEMO), "index")


def dossier(code, unit, **fields):
    return {"kind": "dossier", "code": code, "unit": unit, "changed_at": "2024-07-01T08:00:00+07:00",
            "received_at": "2024-06-03", "due_at": "2024-06-20", **fields}


def done(code, unit, day, **fields):
    return dossier(code, unit, status="done", finished_at=f"2024-06-{day:02}", **fields)


def indicator(name, value, of, unit="06", period="2024-06"):
    return {"kind": "indicator", "unit": unit, "name": name, "period": period, "value": value, "of": of,
            "changed_at": "2024-07-01T08:00:00+07:00"}


# Ward 95801: 3 of 4 done in time, 1 of 5 open; 4 online; 2 of 4 results digitised; 3 reused; 1 of 2 paid; 2 rated.
RECORDS = [
    done("A-1", "95801", 10, channel="online", input_digitised=True, result_digitised=True, reused=True, fee=8000,
         paid="online", rating=5),
    done("A-2", "95801", 20, channel="online", input_digitised=True, result_digitised=True, reused=True, rating=2),
    done("A-3", "95801", 19, channel="online", input_digitised=True, reused=True, fee=8000, paid="counter"),
    done("A-4", "95801", 25, channel="online"),
    dossier("A-5", "95801", status="in_progress", channel="counter", due_at="2024-07-20"),
    # Ward 95802: all in time, nobody paid, digitised or rated.
    done("B-1", "95802", 10, channel="counter"),
    indicator("ho-so-dong-bo", 40, 50, unit="95801"),
    indicator("ho-so-dong-bo", 50, 50, unit="95802"),
    indicator("pakn-dung-han", 0, 0, unit="95801"),
    indicator("tthc-cong-bo-dung-han", 11, 10, unit="06"),
    indicator("tthc-cap-nhat-dung-han", 3, 4, unit="06", period="2024-06-30"),
    indicator("tthc-cong-khai-day-du", 3, 4, unit="06", period="2024-05"),
]


def scores(group):
    return {one["component"]: one for one in group["components"]}


class Index766(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        agent = self.hub.agent("06")
        agent.run("import", self.write("records.ndjson", RECORDS))
        agent.sync()

    def index(self, *options):
        return self.hub.hub("report", "index766", *JUNE, *options, "--json").json()

    def test_each_component_of_a_ward(self):
        found = self.index("--unit", "95801")
        self.assertEqual((found["index"], found["rule"], found["confirmed"], len(found["index_hash"])),
                         ("index766-2022", "index766-2022", False, 12))
        ward = scores(found["total"])
        rates = {name: (one["numerator"], one["denominator"], one["score"], one["max"])
                 for name, one in ward.items() if one["state"] == "scored"}
        self.assertEqual(rates, {
            "synced": (40, 50, 4.8, 6), "progress": (3, 4, 15, 20), "online": (4, 5, 9.6, 12),
            "e_result": (2, 4, 3, 6), "digitised": (3, 5, 2.4, 4), "reused": (3, 5, 1.2, 2),
            "satisfied": (1, 2, 3, 6), "paid": (1, 2, 5, 10)})
        self.assertEqual({name: (one["state"], one["score"]) for name, one in ward.items() if name not in rates}, {
            "published": ("not-applicable", 6), "updated": ("not-applicable", 4), "complete": ("not-applicable", 2),
            "e_copy": ("not-reported", None), "shared": ("not-reported", None),
            "population_checked": ("not-reported", None), "population_filled": ("not-reported", None),
            "petitions": ("nothing-to-count-full", 6), "petitions_satisfied": ("not-reported", None)})
        self.assertEqual((found["total"]["score"], found["total"]["available_max"], found["total"]["max"]),
                         (62, 84, 100))
        self.assertAlmostEqual(found["total"]["share"], 62 / 84, places=6)
        self.assertEqual(found["total"]["band"], "fair")

    def test_the_formulas_of_2026_count_otherwise(self):
        ward = scores(self.index("--unit", "95801", "--definition", "index766-2026")["total"])
        found = {name: (ward[name]["numerator"], ward[name]["denominator"], ward[name]["score"])
                 for name in ("progress", "online", "digitised", "reused", "satisfied", "paid")}
        self.assertEqual(found, {
            "progress": (4, 5, 16), "online": (4, 5, 12),  # 4/5 by 40/50 is above 50 %
            "digitised": (2, 4, 2.5), "reused": (3, 5, 1.5), "satisfied": (2, 4, 3.3333), "paid": (1, 2, 3)})
        self.assertEqual(ward["online"]["ratio"], 0.64)
        other = scores(self.index("--unit", "95803", "--definition", "index766-2026")["total"])
        self.assertEqual({one["state"] for one in other.values()}, {"not-applicable", "not-reported"})

    def test_what_is_not_known_is_null(self):
        province_ = scores(self.index()["total"])
        self.assertEqual((province_["published"]["state"], province_["published"]["score"]), ("numerator-above", None))
        self.assertEqual((province_["updated"]["score"], province_["updated"]["numerator"]), (3, 3))
        self.assertEqual((province_["complete"]["state"], province_["complete"]["score"]), ("not-reported", None))
        self.assertEqual(province_["synced"]["score"], 5.4)  # 90 of 100: counts are merged, then divided
        second = scores(self.index("--unit", "95802")["total"])
        self.assertEqual((second["paid"]["state"], second["paid"]["denominator"], second["paid"]["score"]),
                         ("nothing-to-count", 0, None))
        self.assertEqual(second["satisfied"]["score"], None)
        self.assertEqual(second["online"]["score"], 0)  # counted, and none was online
        # Not a word of digitising or reuse in this ward's records: that is no zero.
        self.assertEqual({(second[name]["state"], second[name]["score"]) for name in
                          ("e_result", "digitised", "reused")}, {("not-reported", None)})
        silent = self.index("--unit", "95803")["total"]
        # What everybody gets is no score of a unit that nothing is known of.
        self.assertEqual((silent["available_max"], silent["score"], silent["band"]), (0, None, None))

    def test_units_are_ranked(self):
        found = self.index("--by", "unit", "--unit", "058")
        ranked = [(one["key"], one["rank"], one["score"], one["available_max"]) for one in found["groups"]]
        self.assertEqual(len(ranked), 8)
        self.assertEqual(ranked[:3], [("95802", 1, 38, 50), ("95801", 2, 62, 84), ("95803", None, None, 0)])
        self.assertEqual({one[1] for one in ranked[2:]}, {None})
        self.assertFalse(found["alike"])
        text = self.hub.hub("report", "index766", *JUNE, "--by", "unit", "--unit", "058", "--lang", "en").out
        self.assertIn("Not the same components", text)
        self.assertIn("not confirmed", text)

    def test_all_units_of_a_level_are_ranked(self):
        found = self.index("--level", "commune")
        self.assertEqual([(one["key"], one["rank"]) for one in found["groups"][:2]], [("95802", 1), ("95801", 2)])
        self.assertEqual((len(found["groups"]), {one["level"] for one in found["groups"]}), (108, {"commune"}))
        self.assertEqual([one["key"] for one in self.index("--level", "district", "--unit", "058")["groups"]], ["058"])
        self.hub.hub("report", "index766", *JUNE, "--level", "village", exits=(2,))

    def test_an_earlier_period_is_compared_where_the_same_was_scored(self):
        agent = self.hub.agent("058")
        agent.run("import", self.write("may.ndjson", [
            indicator("ho-so-dong-bo", 9, 10, unit="95803", period="2024-05"),
            indicator("ho-so-dong-bo", 5, 10, unit="95804", period="2024-05"),
            indicator("ho-so-dong-bo", 4, 10, unit="95803"),
            indicator("ho-so-dong-bo", 6, 10, unit="95804"),
            indicator("ho-so-dong-bo", 6, 10, unit="95802", period="2024-05")]))
        agent.sync()
        found = self.index("--by", "unit", "--unit", "058", "--against", "2024-05")
        self.assertEqual((found["against_from"], found["against_to"]), ("2024-05-01", "2024-05-31"))
        rows = {one["key"]: one for one in found["groups"]}
        self.assertEqual((rows["95803"]["score"], rows["95803"]["before"]["score"], rows["95803"]["before"]["rank"],
                          rows["95803"]["before"]["alike"]), (14.4, 17.4, 1, True))
        self.assertEqual((rows["95802"]["before"]["rank"], rows["95802"]["before"]["alike"]), (2, False))
        self.assertEqual((rows["95801"]["before"]["score"], rows["95801"]["before"]["rank"]), (None, None))
        text = self.hub.hub("report", "index766", *JUNE, "--by", "unit", "--unit", "058", "--against", "2024-05").out
        line = {row.split()[1]: row.split()[-1] for row in text.splitlines() if " 9580" in row}
        self.assertEqual((line["95803"], line["95804"]), (f"{1 - rows['95803']['rank']:+}",
                                                         f"{3 - rows['95804']['rank']:+}"))
        self.assertEqual(line["95802"], "2")  # no change: not the same was scored

    def test_a_province_may_decide_otherwise(self):
        folder = os.path.join(self.hub.data, "index")
        os.mkdir(folder)
        with open(os.path.join(DEFINITIONS, "index766-2022.ini"), encoding="utf-8") as file:
            text = file.read()
        path = os.path.join(folder, "index766-2022.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("not_applicable = max", "not_applicable = left_out"))
        before = self.index("--unit", "95803")
        self.assertEqual((before["total"]["available_max"], before["total"]["max"], before["total"]["score"],
                          before["total"]["band"]), (0, 88, None, None))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("whole = dossiers.done\n", "whole = dossiers.finished\n", 1))
        wrong = self.hub.hub("report", "index766", *JUNE, "--lang", "en", exits=(78,))
        line = text[:text.index("whole = dossiers.done\n")].count("\n") + 1
        self.assertIn(f"index766-2022.ini, line {line}", wrong.err)
        self.assertEqual(wrong.out, "")

    def test_versions_are_not_mixed(self):
        mixed = self.hub.hub("report", "index766", "--from", "2025-12-01", "--to", "2026-01-31", "--lang", "en",
                             exits=(2,))
        self.assertIn("changed within the days asked for", mixed.err)
        self.assertEqual(self.hub.hub("report", "index766", "--month", "2026-01", "--json").json()["index"],
                         "index766-2026")
        self.hub.hub("report", "index766", *JUNE, "--against", "2026-01", exits=(2,))
        self.index("--against", "2026-01", "--definition", "index766-2026")
        self.hub.hub("report", "index766", *JUNE, "--against", "May", exits=(2,))
        self.hub.hub("report", "index766", *JUNE, "--definition", "index766-2024", exits=(2,))
        self.hub.hub("report", "index766", *JUNE, "--by", "month", exits=(2,))

    def test_for_people_and_for_spreadsheets(self):
        text = self.hub.hub("report", "index766", *JUNE, "--unit", "95801").out
        for words in ("Hồ sơ giải quyết trước hạn, đúng hạn", "75,00", "15,00", "không có số liệu", "62,00", "84,00",
                      "chưa được đối chiếu"):
            self.assertIn(words, text)
        path = self.path("index.csv")
        self.hub.hub("report", "index766", *JUNE, "--unit", "95801", "--format", "csv", "--output", path)
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 17)
        progress = next(row for row in rows if row["component"] == "progress")
        self.assertEqual((progress["numerator"], progress["denominator"], progress["score"]), ("3", "4", "15.0000"))
        self.assertEqual(next(row for row in rows if row["component"] == "shared")["score"], "")


if __name__ == "__main__":
    province.main()
