#!/usr/bin/python3
"""What an operator looks through: who is silent, what was taken back, who did what, what was refused and why, and
records that are taken after all once the province's list of units knows their unit; equipment on a day, and targets."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

LATER = "code,name,level,parent\n95899,Xã mới,commune,058\n"


def dossier(code, **fields):
    return {"kind": "dossier", "code": code, "changed_at": "2024-05-02T08:00:00+07:00", "status": "accepted",
            "received_at": "2024-05-02T08:00:00+07:00", **fields}


class Lists(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent("058")

    def lines(self, *command):
        return [json.loads(line) for line in self.hub.hub(*command, "--json").out.splitlines()]

    def send(self, *records):
        self.agent.run("import", self.write("records.ndjson", list(records)))
        self.agent.sync()

    def test_refused_records_are_taken_when_their_unit_is_known(self):
        self.send(dossier("A-1"), dossier("A-2", unit="95899"), dossier("A-3", unit="95899"))
        refused = self.lines("rejected", "list")
        self.assertEqual([(line["reason"], line["kind"], "key" in line) for line in refused],
                         [("unknown-unit", "dossier", False)] * 2)
        self.assertEqual({line["key"] for line in self.lines("rejected", "--keys")}, {"A-2", "A-3"})
        self.assertEqual(self.hub.hub("rejected", "retry", "--json").json(), {"judged": 2, "taken": 0})
        self.hub.hub("units", "import", self.write("later.csv", LATER))
        self.assertEqual(self.hub.hub("rejected", "retry", "--json").json(), {"judged": 2, "taken": 2})
        self.assertEqual(self.hub.hub("rejected", "retry", "--json").json(), {"judged": 0, "taken": 0})
        self.assertEqual(self.lines("rejected"), [])
        self.assertEqual(self.received("058"), 3)
        self.assertEqual(self.received("95899"), 2)
        self.hub.hub("verify", "--full")
        self.hub.hub("rebuild")
        self.hub.hub("verify", "--full")
        self.assertEqual(self.received("95899"), 2)
        self.assertEqual([(act["type"], act["count"]) for act in self.lines("acts")][-2:], [("units", 1), ("retry", 2)])

    def received(self, unit):
        return self.hub.totals("--unit", unit, "--month", "2024-05")["total"]["received"]

    def test_acts_are_told_with_who_and_what(self):
        acts = self.lines("acts")
        self.assertEqual([act["type"] for act in acts], ["init", "units", "invite", "enrol"])
        self.assertEqual([act["unit"] for act in acts], ["06", None, "058", "058"])
        self.assertTrue(acts[1]["who"] and acts[3]["device"])
        self.assertEqual(self.lines("acts", "--to", "2020-01-01"), [])
        self.assertEqual(self.hub.hub("acts", "--from", "x", exits=(2,)).out, "")
        self.assertEqual(len(self.hub.hub("acts").out.splitlines()), 2 + len(acts))

    def test_what_was_taken_back_counts_nowhere_and_is_listed(self):
        self.send(dossier("A-1"), dossier("A-2"))
        self.agent.run("void", "dossier", "A-2")
        self.agent.sync()
        self.assertEqual(self.received("058"), 1)
        taken_back = self.lines("report", "void")
        self.assertEqual([(line["kind"], line["key"], line["unit"], line["what"]) for line in taken_back],
                         [("dossier", "A-2", "058", "void")])
        self.assertEqual(taken_back[0]["device"], self.agent.status()["device"])
        self.assertEqual(self.lines("report", "void", "--unit", "95801"), [])
        self.assertIn("A-2", self.hub.hub("report", "void").out)

    def test_silent_units_are_listed_until_they_are_heard_of(self):
        silent = {line["unit"]: line for line in self.lines("report", "silent")}
        self.assertIn("95801", silent)
        self.assertNotIn("058", silent)
        self.assertEqual((silent["95801"]["last_heard"], silent["95801"]["device"]), (None, None))
        ward = self.hub.agent("95801")
        waiting = {line["unit"]: line for line in self.lines("report", "silent")}["95801"]
        self.assertEqual((waiting["last_heard"], waiting["device"]), (None, ward.status()["device"]))
        ward.run("import", self.write("ward.ndjson", [dossier("W-1")]))
        ward.sync()
        unheard = {line["unit"] for line in self.lines("report", "silent")}
        self.assertEqual(set(silent) - unheard, {"95801"})
        self.assertIn("95802", self.hub.hub("report", "silent", "--unit", "058").out)

    def test_equipment_is_listed_as_it_stood_on_a_day(self):
        def asset(at, **fields):
            return {"kind": "equipment", "asset": "PC-1", "unit": "95801", "changed_at": f"{at}T08:00:00+07:00",
                    **fields}

        self.send(asset("2024-01-10", type="computer", state="in_use", condition="ok", warranty_until="2024-12-31"),
                  asset("2024-03-01", condition="faulty"), asset("2024-05-01", state="retired"))
        report = ("report", "equipment", "--unit", "95801", "--as-of")
        self.assertEqual(self.lines(*report, "2024-02-01", "--list", "all"),
                         [{"unit": "95801", "asset": "PC-1", "type": "computer", "state": "in_use", "condition": "ok",
                           "warranty_until": "2024-12-31"}])
        self.assertEqual(self.lines(*report, "2024-02-01", "--list", "faulty"), [])
        self.assertEqual([line["condition"] for line in self.lines(*report, "2024-03-01", "--list", "faulty")],
                         ["faulty"])
        self.assertEqual(len(self.lines(*report, "2024-02-01", "--warranty-until", "2025-01-01")), 1)
        self.assertEqual(self.lines(*report, "2024-05-01", "--list", "all"), [])
        self.assertEqual(self.lines(*report, "2024-02-01", "--list", "missing"),
                         [{"unit": "95801", "type": "scanner", "required": 1, "present": 0}])

    def test_targets_are_met_or_not(self):
        self.send({"kind": "indicator", "unit": "95801", "name": "fibre", "period": "2024-Q1", "value": 19, "of": 20,
                   "changed_at": "2024-04-02T08:00:00+07:00"})
        report = ("report", "indicators", "--name", "fibre", "--period", "2024-Q1", "--unit", "058", "--targets")
        for target, met in (("95", True), ("95.01", False)):
            targets = self.write("targets.csv", f"name,period,target\nfibre,2024-Q1,{target}\n")
            document = self.hub.hub(*report, targets, "--json").json()
            self.assertEqual(document["met"], met)
            self.assertEqual({unit["unit"]: unit["met"] for unit in document["units"]}["95801"], met)
        self.hub.hub(*report, self.write("wrong.csv", "name,period,target\nfibre,2024-Q1,much\n"), exits=(65,))


if __name__ == "__main__":
    province.main()
