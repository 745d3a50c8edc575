#!/usr/bin/python3
"""Figures that contradict each other, from several units: the checks that come with the program, an own report beside
the units below it, and what is wrong with a file of checks."""
import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

JUNE = ("--month", "2024-06")
WARDS = [f"9580{n}" for n in range(1, 9)]


def indicator(unit, name, value, **fields):
    return {"kind": "indicator", "unit": unit, "name": name, "period": "2024-06", "value": value,
            "changed_at": "2024-06-30T08:00:00+07:00", **fields}


def form(unit, **columns):
    """Form II.06a as a unit states it: c3=… to c13=…"""
    return [indicator(unit, f"ii06a-{name[1:]}", value) for name, value in columns.items()]


class Checks(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent("06")

    def give(self, *groups):
        self.agent.run("import", self.write("records.ndjson", [record for group in groups for record in group]))
        self.agent.sync()

    def check(self, *options, exits=(0, 1)):
        answer = self.hub.hub("report", "checks", *JUNE, *options, "--json", exits=exits)
        found = [(one["unit"], one["finding"], one["figure"], one["stated"], one["computed"])
                 for one in answer.json()["findings"]]
        return answer.code, found

    def test_a_stated_form_beside_the_dossiers(self):
        dossiers = [{"kind": "dossier", "code": f"H06-{number}", "unit": unit, "status": "in_progress",
                     "channel": "online", "received_at": "2024-06-03", "due_at": "2024-07-30",
                     "changed_at": "2024-06-29T08:00:00+07:00"} for number, unit in enumerate(WARDS)]
        stated = form("95801", c3=1, c4=1, c5=0, c6=0, c7=0, c8=0, c9=0, c10=0, c11=1, c12=1, c13=0)
        self.give(dossiers, stated)
        self.assertEqual(self.check(), (0, []))
        self.give(form("95801", c3=2, c5=1), form("058", c3=9, c7=1, c11=8))
        self.assertEqual(self.check(), (1, [
            ("058", "total", "ii06a-3", 9, 8), ("058", "total", "ii06a-7", 1, 0),
            ("95801", "total", "ii06a-3", 2, 1), ("95801", "total", "ii06a-3", 2, 1)]))
        self.assertEqual(self.check("--unit", "95802"), (0, []))
        text = self.hub.hub("report", "checks", *JUNE, exits=(1,)).out
        self.assertIn("không bằng tổng các phần", text)
        self.assertIn("mâu thuẫn: 4", text)

    def test_an_own_report_waits_for_all_below(self):
        self.give([indicator("058", "trained", 17, of=20)],
                  [indicator(ward, "trained", 2, of=2) for ward in WARDS[:7]])
        self.assertEqual(self.check(), (0, []))
        self.give([indicator(WARDS[7], "trained", 2, of=2)])
        self.assertEqual(self.check(), (1, [("058", "children", "of trained", 20, 16),
                                            ("058", "children", "trained", 17, 16)]))
        path = self.path("checks.csv")
        self.hub.hub("report", "checks", *JUNE, "--format", "csv", "--output", path, exits=(1,))
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["unit"], row["finding"], row["severity"], row["computed"]) for row in rows],
                         [("058", "children", "contradiction", "16")] * 2)

    def test_a_dossier_closed_without_a_date(self):
        self.give([{"kind": "dossier", "code": "H06-1", "unit": "95803", "status": "done",
                    "received_at": "2024-06-03", "changed_at": "2024-06-29T08:00:00+07:00"}])
        self.assertEqual(self.check(), (1, [("95803", "gap", "dossiers.total_in", 1, 0)]))

    def test_what_is_wrong_with_a_file_is_said(self):
        folder = os.path.join(self.hub.data, "checks")
        os.mkdir(folder)
        with open(os.path.join(folder, "ours.ini"), "w", encoding="utf-8") as file:
            file.write("[rate]\nshare = a / b\n\n[rate]\nshare = a of b\n")
        wrong = self.hub.hub("report", "checks", "--checks", "ours", "--lang", "en", exits=(78,))
        self.assertIn("ours.ini, line 5:", wrong.err)
        self.assertEqual(wrong.out, "")
        for line in (("--checks", "theirs"), ("--checks", "../checks/ours"), ("--month", "June"),
                     ("--format", "csv", "--json")):
            with self.subTest(line=line):
                self.assertEqual(self.hub.hub("report", "checks", *line, exits=(2,)).out, "")


if __name__ == "__main__":
    province.main()
