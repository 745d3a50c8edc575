#!/usr/bin/python3
"""What the counting commands print: groups that add up, the form that balances but for what is incomplete, rules from
files, reports into files that are there whole or not at all."""
import csv
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

YEAR = ("--year", "2024")
FLOWS = ("received", "done", "refused", "withdrawn")
STANDS = ("carried_in", "open", "gap", "incomplete")
OWN_RULE = """[rule]
name = mine
version = 4
source = a test
end = finished
compare = date
withdrawn = compared
stopped = waits
paused = in_time
refused = apart
supplements_max = 0
waiting = counted
"""


def dossier(code, **fields):
    return {"kind": "dossier", "code": code, "changed_at": "2024-07-02T08:00:00+07:00", **fields}


RECORDS = [
    dossier("A-1", status="done", channel="online", domain="Hộ tịch", procedure="1.001193.000.00.00.H06",
            received_at="2024-01-20", due_at="2024-02-20", finished_at="2024-02-10"),
    dossier("A-2", status="returned", channel="counter", domain="Đất đai", procedure="1.001193",
            received_at="2023-12-20", due_at="2024-01-20", finished_at="2024-01-25", returned_at="2024-03-01"),
    dossier("A-3", status="in_progress", received_at="2024-05-14", due_at="2024-05-20"),
    dossier("A-4", status="done", channel="postal", domain="Hộ tịch", received_at="2024-05-15"),
    dossier("A-5", status="accepted"),
]


class Counting(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        agent = self.hub.agent("058")
        agent.run("import", self.write("records.ndjson", RECORDS))
        agent.sync()

    def test_groups_add_up(self):
        whole = self.hub.totals(*YEAR)["total"]
        self.assertEqual([whole[key] for key in FLOWS + STANDS], [3, 2, 0, 0, 1, 1, 1, 2])
        for by in ("unit", "level", "domain", "procedure", "channel", "month", "day"):
            with self.subTest(by=by):
                found = self.hub.totals(*YEAR, "--by", by)
                keys = FLOWS if by in ("month", "day") else FLOWS + STANDS
                self.assertEqual(found["total"], whole)
                self.assertEqual([sum(group[key] for group in found["groups"]) for key in keys],
                                 [whole[key] for key in keys])
        procedures = {group["key"]: group["name"] for group in self.hub.totals(*YEAR, "--by", "procedure")["groups"]}
        self.assertEqual(procedures, {"1.001193": "1.001193", "": "unstated"})

    def test_the_form_balances_but_for_what_is_incomplete(self):
        form = self.hub.hub("report", "form06a", *YEAR, "--json").json()
        total = form["total"]
        self.assertEqual([total[f"col{i}"] for i in range(3, 14)], [4, 1, 2, 1, 2, 1, 0, 1, 1, 0, 1])
        self.assertEqual({check["rule"]: check["gap"] for check in form["checks"]},
                         {"3=4+5+6": 0, "7=8+9+10": 0, "11=12+13": 0, "3=7+11": 1})
        incomplete = self.hub.hub("report", "incomplete", *YEAR, "--json").out.splitlines()
        self.assertEqual({line["code"]: line["reasons"] for line in map(json.loads, incomplete)},
                         {"A-4": ["closed-without-date"], "A-5": ["no-receipt-date"]})
        of_may = self.hub.hub("report", "form06a", "--report-month", "2024-05", "--json").json()
        self.assertEqual((of_may["from"], of_may["to"], of_may["total"]["col3"]), ("2024-04-15", "2024-05-14", 1))

    def test_rules_are_files(self):
        built = self.hub.totals(*YEAR)
        self.assertEqual((built["rule"], built["rule_version"], len(built["rule_hash"])), ("form06", 1, 12))
        folder = os.path.join(self.hub.data, "rules")
        os.mkdir(folder)
        with open(os.path.join(folder, "mine.ini"), "w", encoding="utf-8") as file:
            file.write(OWN_RULE)
        mine = self.hub.totals(*YEAR, "--rule", "mine")
        self.assertEqual((mine["rule"], mine["rule_version"]), ("mine", 4))
        self.assertNotEqual(mine["rule_hash"], built["rule_hash"])
        with open(os.path.join(folder, "mine.ini"), "w", encoding="utf-8") as file:
            file.write(OWN_RULE.replace("end = finished", "end = sometimes"))
        wrong = self.hub.hub("totals", "--rule", "mine", "--lang", "en", exits=(78,))
        self.assertIn("mine.ini", wrong.err)
        self.assertIn("end", wrong.err)
        self.assertEqual(wrong.out, "")
        self.hub.hub("totals", "--rule", "none-such", exits=(2,))

    def test_a_report_becomes_a_file_or_nothing(self):
        path = self.path("form.csv")
        done = self.hub.hub("report", "form06a", *YEAR, "--format", "csv", "--output", path)
        self.assertEqual(done.out, "")
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        self.assertEqual((rows[0][12], rows[-1][2]), ("(13) Quá hạn", "4"))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o644)
        self.assertEqual([name for name in os.listdir(os.path.dirname(path)) if name.endswith(".part")], [])
        self.hub.hub("totals", *YEAR, "--output", self.path("missing/file"), exits=(1, 74))
        self.hub.hub("totals", *YEAR, "--output", self.path(""), exits=(2,))

    def test_a_line_that_asks_for_two_things_is_refused(self):
        for line in (("totals", "--month", "2024-01", "--report-month", "2024-01"),
                     ("report", "form06a", "--by", "month"), ("report", "incomplete", "--by", "unit"),
                     ("totals", "--format", "csv", "--json"), ("totals", "--by", "day", "--from", "2000-01-01")):
            with self.subTest(line=line):
                self.assertEqual(self.hub.hub(*line, exits=(2,)).out, "")


if __name__ == "__main__":
    province.main()
