#!/usr/bin/python3
"""Units that are merged, renamed, divided and transferred: twelve communes written for this, and the move of whole
provinces from three levels to two on 1 July 2025 with the real lists, where they lie beside the repository. Totals
are the same before and after, what cannot be shared out is named, and computers go on writing for what their unit
became."""
import csv
import json
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402
import recount  # noqa: E402
import recount_asked  # noqa: E402

REAL = os.path.join(os.path.dirname(province.TESTS), "..", "shared", "data")
CHANGE = "2025-07-01"
BEFORE = "2025-06-30"
TODAY = recount.day("2026-01-01")
PERIOD = ("2025-01-01", "2025-12-31")
YEAR = ("--year", "2025")
NUMBERS = ("received", "total_in", "done", "open", "refused", "incomplete", "gap")

# Two districts with twelve communes; from 1 July there are no districts.
OLD = [("06", "Tỉnh", "province", "")] + [(code, f"Huyện {code}", "district", "06") for code in ("901", "902")] + [
    (f"9{number:02}01", f"Xã {number}", "commune", "901" if number <= 6 else "902") for number in range(1, 13)]
NEW = [("06", "Tỉnh", "province", "")] + [(code, f"Xã mới {code}", "commune", "06") for code in (
    "90101", "90301", "90501", "90601", "90701", "90801", "91001", "91101", "99901", "99902")]
SUCCESSION = [
    ("90101", "90101", "merge"), ("90201", "90101", "merge"),  # a code lives on for a larger unit
    ("90301", "90301", "rename"),                              # another name under the same code
    ("90401", "99901", "rename"),                              # and under another one
    ("90501", "90501", "split"), ("90501", "99902", "split"),  # divided; a part keeps the code
    ("90601", "90601", "split"), ("90601", "90701", "split"),  # a part goes to a neighbour …
    ("90701", "90701", "merge"),
    ("90801", "90801", "transfer"),                            # moved whole under the province
    ("90901", "91001", "merge"), ("91001", "91001", "merge"),
]  # 91101 goes on under its code without a row; of 91201 nobody says what became of it


def dated(rows, valid_from, valid_to):
    return [[*row, valid_from, valid_to] for row in rows]


class Units(province.Scenario):
    def write_table(self, name, header, rows):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header.split(","), *rows])
        return self.path(name)

    def totals(self, *options):
        return self.hub.totals(*YEAR, "--by", "unit", *options)

    def groups(self, *options):
        return {group["key"]: group for group in self.totals(*options)["groups"] if group["received"]}

    def both(self):
        """The total by the old units and by the new ones: alike in every number."""
        totals = [self.totals("--as-units-of", day)["total"] for day in (BEFORE, CHANGE)]
        self.assertEqual(*[{name: total[name] for name in NUMBERS} for total in totals])
        return totals[0]["received"]


class Told(Units):
    """Computers that say something, and what the second opinion makes of the same rows."""

    def begin(self, units, succession):
        self.units = self.write_table("units.csv", "code,name,level,parent,valid_from,valid_to", units)
        self.succession = self.write_table("succession.csv", "old,new,from,kind", succession)
        self.hub = self.province(units=self.units)
        self.rows = {}
        self.agents = {}

    def send(self, unit, rows):
        """An agent enrolled for a unit, once, says something."""
        if unit not in self.agents:
            self.agents[unit] = self.hub.agent(unit)
        self.rows.setdefault(unit, []).extend(rows)
        self.agents[unit].run("import", self.write("rows.ndjson", rows))
        self.agents[unit].sync()

    def second_opinion(self, by, units_day):
        """What recount.py counts from the same rows."""
        things = recount.Things(recount.Units.read(self.units, self.succession), int(time.time() * 1000))
        for unit, rows in self.rows.items():
            device = self.agents[unit].status()["device"]
            for place, row in enumerate(rows):
                things.add(device, unit, place, row)
        first, last = (recount.day(text) for text in PERIOD)
        return recount.totals(things, things.units, "06", by, first, last, TODAY, None, recount.day(units_day))

    def assert_agrees(self):
        for day in (BEFORE, CHANGE):
            for by in ("unit", "level", "domain"):
                mine = self.hub.totals(*YEAR, "--by", by, "--as-units-of", day)
                theirs = self.second_opinion(by, day)
                found, wanted = ({group["key"]: {name: group[name] for name in NUMBERS} for group in document["groups"]
                                  if group["received"]} for document in (mine, theirs))
                self.assertEqual(found, wanted, (day, by))
                self.assertEqual(*({name: document["total"][name] for name in NUMBERS} for document in (mine, theirs)))


class TwelveCommunes(Told):
    def setUp(self):
        super().setUp()
        self.begin(dated(OLD, "", BEFORE) + dated(NEW, CHANGE, ""),
                   [(old, new, CHANGE, kind) for old, new, kind in SUCCESSION])

    def test_merged_renamed_divided_transferred(self):
        communes = [row[0] for row in OLD if row[2] == "commune"]
        self.send("06", [row for commune in communes for row in dossiers(commune, 3)])
        self.hub.hub("units", "succession", self.succession)
        self.assertEqual(self.both(), 36)
        self.assertEqual({key: group["received"] for key, group in self.groups("--as-units-of", CHANGE).items()},
                         {"90101": 6, "90301": 3, "99901": 3, "90501@2025-06-30": 3, "90601@2025-06-30": 3, "90701": 3,
                          "90801": 3, "91001": 6, "91101": 3, "91201@2025-06-30": 3})
        self.assertEqual({key: group["received"] for key, group in self.groups("--as-units-of", BEFORE).items()},
                         {"901": 18, "902": 18})
        groups = self.groups()
        self.assertEqual(groups["90501@2025-06-30"]["undivided"], ["90501", "99902"])
        self.assertEqual(groups["91201@2025-06-30"]["undivided"], [])
        self.assertNotIn("undivided", groups["90101"])
        self.assertEqual([self.hub.hub(*report, *YEAR, "--as-units-of", BEFORE, "--json").json().get("as_units_of")
                          for report in (("totals",), ("report", "form06a"))], [BEFORE, BEFORE])
        self.assertNotIn("as_units_of", self.totals())
        for report in (("totals",), ("report", "form06a", "--by", "unit")):
            said = self.hub.hub(*report, *YEAR, "--as-units-of", BEFORE, "--lang", "vi").out
            self.assertIn("theo đơn vị của ngày 2025-06-30", said)
        said = self.hub.hub("totals", *YEAR, "--unit", "90201", "--lang", "en").err
        self.assertIn("90201 Xã 2 is no unit of 2025-12-31; what is counted is 90101", said)
        said = self.hub.hub("totals", *YEAR, "--by", "unit", "--lang", "vi").out
        self.assertIn("Xã 5 (đã chia, chưa rõ về đơn vị nào trong 90501,99902)", said)
        self.assert_agrees()
        # Dossiers that state their new unit are divided; the others stay where they are.
        self.send("06", [{"kind": "dossier", "code": "90501-1", "unit": "99902",
                          "changed_at": "2025-08-01T08:00:00+07:00"}])
        groups = self.groups()
        self.assertEqual((groups["90501@2025-06-30"]["received"], groups["99902"]["received"]), (2, 1))
        self.assertEqual(self.both(), 36)
        self.assertEqual(self.groups("--as-units-of", BEFORE, "--unit", "901")["90501"]["received"], 3)
        self.assertEqual(self.hub.totals(*YEAR, "--unit", "90501@2025-06-30")["total"]["received"], 2)
        self.assert_agrees()
        self.hub.hub("verify", "--full")

    def test_computers_go_on_by_themselves_or_are_assigned(self):
        """Those of merged and renamed units write for what they became; of divided ones once they are assigned."""
        self.hub.hub("units", "succession", self.succession)
        self.send("90201", dossiers("90201", 2) + dossiers("90101", 1, "2025-08-02"))
        self.send("90401", dossiers("99901", 1, "2025-08-02"))
        self.send("90501", dossiers("99902", 2, "2025-08-02") + dossiers("90501", 1))
        self.assertEqual(self.lines("rejected"), 2)
        device = self.agents["90501"].status()["device"]
        self.hub.hub("device", "assign", device, "99902", exits=(2,))
        self.hub.hub("device", "assign", device, "95555", "--from", CHANGE, exits=(2,))
        self.hub.hub("device", "assign", device, "99902", "--from", BEFORE, exits=(2,))
        self.assertIn("99902", self.hub.hub("device", "assign", device, "99902", "--from", CHANGE).err)
        self.hub.hub("device", "assign", device, "99902", "--from", CHANGE, exits=(65,))
        self.hub.hub("rejected", "retry")
        self.assertEqual((self.lines("rejected"), self.lines("conflicts")), (0, 0))
        self.assertEqual({key: group["received"] for key, group in self.groups().items()},
                         {"90101": 3, "99901": 1, "99902": 2, "90501@2025-06-30": 1})
        # Who took over a unit whole finishes what that one had begun.
        self.agents["90101"] = self.hub.agent("90101")
        self.send("90101", [{"kind": "dossier", "code": "90201-1", "status": "done",
                             "finished_at": "2025-08-05T08:00:00+07:00", "changed_at": "2025-08-05T08:00:00+07:00"}])
        self.assertEqual((self.groups()["90101"]["done"], self.lines("conflicts")), (1, 0))
        silent = {line["unit"] for line in self.lines_of("report", "silent")}
        self.assertEqual(silent, {row[0] for row in NEW[1:]} - {"90101", "99901", "99902"})
        self.hub.hub("verify", "--full")

    def lines_of(self, *command):
        return [json.loads(line) for line in self.hub.hub(*command, "--json").out.splitlines()]

    def lines(self, *command):
        return len(self.lines_of(*command))

    def test_faults_are_named_and_nothing_is_taken(self):
        """Row, column, unit and what to do, in both languages; the whole file stays out."""
        entries = self.lines("acts")
        for reason, row in (("not in the list", "90201,95555,2025-07-01,merge"),
                            ("one unit", "99901,99901,2025-09-01,merge"), ("kind", "90201,90101,2025-07-01,swallow"),
                            ("valid_to", "90201,90101,2025-08-01,merge"),
                            ("valid_from", "90201,99901,2025-06-01,split"),
                            ("its valid_to", "90201,90301,2025-06-30,merge"), ("day", "90201,90101,July,merge")):
            path = self.write_table("bad.csv", "old,new,from,kind", [row.split(",")])
            said = self.hub.hub("units", "succession", path, "--lang", "en", exits=(65,)).err
            self.assertIn("bad.csv, row 2, column ", said)
            self.assertIn(reason, said)
        rows = [("90201", "90101", CHANGE, "merge"), ("90201", "90301", CHANGE, "merge")]
        path = self.write_table("bad.csv", "old,new,from,kind", rows)
        self.assertIn("split", self.hub.hub("units", "succession", path, "--lang", "en", exits=(65,)).err)
        path = self.write_table("bad.csv", "code,name,level,parent", [("90101", "Xã", "commune", "06")])
        said = self.hub.hub("units", "import", path, "--lang", "en", exits=(65,)).err
        self.assertIn("bad.csv, row 2, column valid_from, unit 90101", said)
        self.assertEqual(self.lines("acts"), entries)


class AnyHistory(Told):
    """Units that change again and again by chance, and what several computers say of them."""
    DAYS = ("2024-01-01", "2025-07-01", "2026-03-01")

    def history(self, chance):
        """Rows of units and of what succeeded what: each day some go on, some end whole, some are divided."""
        codes = [f"9{number:02}01" for number in range(1, 11)]
        living = {code: "" for code in codes[:8]}
        units, succession = [("06", "Tỉnh", "province", "", "", "")], []
        for day in self.DAYS:
            ended = {code: first for code, first in living.items() if chance.random() < 0.6}
            heirs = chance.sample(codes, 4)
            heirs = [code for code in heirs if code in ended or code not in living] or [min(ended, default=codes[9])]
            eve = recount_asked.day_text(recount.day(day) - 1)
            for code, first in ended.items():
                units.append((code, f"Xã {code} {first}", "commune", "06", first, eve))
                del living[code]
                kind = chance.choice(["merge", "merge", "rename", "split", "transfer", None])
                into = chance.sample(heirs, min(len(heirs), 2)) if kind == "split" else heirs[:1]
                chance.shuffle(heirs)
                succession += [(code, heir, day, kind) for heir in into if kind]
            living.update(dict.fromkeys((code for code in heirs if code not in living), day))
        units += [(code, f"Xã {code} {first}", "commune", "06", first, "") for code, first in living.items()]
        return units, succession

    def setUp(self):
        super().setUp()
        self.chance = random.Random(20250701)
        units, succession = self.history(self.chance)
        self.begin(units, succession)
        self.hub.hub("units", "succession", self.succession)
        self.known = [row[0] for row in units if row[2] == "commune"]

    def test_anything_agrees_with_the_second_opinion(self):
        for device in ["06"] + self.chance.sample(sorted(set(self.known)), 3):
            self.send(device, [self.word(device, number) for number in range(60)])
        for day in ("2023-06-01", "2024-06-01", "2025-09-01", "2026-05-01"):
            mine = self.totals("--as-units-of", day)
            theirs = self.second_opinion("unit", day)
            found, wanted = ({group["key"]: group["received"] for group in document["groups"] if group["received"]}
                             for document in (mine, theirs))
            self.assertEqual(found, wanted, day)
            self.assertGreater(mine["total"]["received"], 50)
        self.hub.hub("verify", "--full")

    def word(self, device, number):
        at = f"{self.chance.choice(['2023', '2024', '2025', '2026'])}-0{self.chance.randint(1, 9)}-1{number % 10}"
        row = {"kind": "dossier", "code": f"X-{self.chance.randint(1, 90)}", "status": "accepted",
               "received_at": "2025-03-04T08:00:00+07:00", "changed_at": f"{at}T09:00:{number:02}+07:00"}
        if self.chance.random() < 0.8:
            row["unit"] = device if device != "06" and self.chance.random() < 0.5 else self.chance.choice(self.known)
        return row


def dossiers(unit, count, on="2025-03-04"):
    return [{"kind": "dossier", "code": f"{unit}-{number}" if on < CHANGE else f"{unit}-{on}-{number}", "unit": unit,
             "domain": "Hộ tịch" if number % 2 else "Đất đai", "status": "accepted",
             "received_at": f"{on}T08:00:00+07:00", "changed_at": f"{on}T09:00:00+07:00"}
            for number in range(1, count + 1)]


@unittest.skipUnless(os.path.exists(os.path.join(REAL, "succession-2025.csv")), "the real lists are not here")
class WholeProvinces(Units):
    def setUp(self):
        super().setUp()
        self.hub = self.province(code="19", units=None)
        self.hub.hub("units", "import", self.real("units-2025-06.csv"), "--only", "19,06", "--valid-to", BEFORE)
        self.hub.hub("units", "import", self.real("units-2026.csv"), "--only", "19", "--valid-from", CHANGE)
        self.hub.hub("units", "succession", self.real("succession-2025.csv"), "--known-only")

    @staticmethod
    def real(name):
        return os.path.join(REAL, name)

    def read(self, name):
        with open(self.real(name), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_bac_kan_into_thai_nguyen(self):
        """All communes of both former provinces, 1 to 3 dossiers each: what is merged adds up, what is divided is
        named, and the whole is the same."""
        rows = {row["code"]: row for row in self.read("units-2025-06.csv")}
        communes = [code for code, row in rows.items()
                    if row["level"] == "commune" and rows[row["parent"]]["parent"] in ("06", "19")]
        of_bac_kan = [code for code in communes if rows[rows[code]["parent"]]["parent"] == "06"]
        self.assertEqual(len(of_bac_kan), 108)
        count = {code: 1 + number % 3 for number, code in enumerate(communes)}
        ways = {}
        for row in self.read("succession-2025.csv"):
            ways.setdefault(row["old"], []).append((row["new"], row["kind"]))
        wanted = {}
        for code in communes:
            new, kind = ways.get(code, [(None, None)])[0]
            key = new if kind in ("merge", "rename") else f"{code}@{BEFORE}"
            wanted[key] = wanted.get(key, 0) + count[code]
        self.assertFalse([code for code in of_bac_kan if f"{code}@{BEFORE}" in wanted])
        agent = self.hub.agent("19")
        said = [row for code in communes for row in dossiers(code, count[code])]
        agent.run("import", self.write("rows.ndjson", said))
        agent.sync()
        self.assertEqual(self.hub.hub("rejected", "--json").out, "")
        self.assertEqual(self.both(), sum(count.values()))
        after = self.groups()
        self.assertEqual({key: group["received"] for key, group in after.items()}, wanted)
        for key in wanted:
            self.assertEqual("undivided" in after[key], "@" in key)
        before = self.groups("--as-units-of", BEFORE)
        self.assertEqual(before["06"]["received"], sum(count[code] for code in of_bac_kan))
        self.assertEqual(self.hub.totals(*YEAR, "--unit", "06", "--as-units-of", BEFORE)["total"]["received"],
                         before["06"]["received"])
        # 01843 before and after are two units.
        self.assertEqual(self.hub.totals(*YEAR, "--unit", "01843", "--as-units-of", BEFORE)["total"]["received"],
                         count["01843"])
        self.assertEqual(after["01843"]["received"], sum(count[code] for code in ("01837", "01843", "01852", "01855")))
        self.assertEqual(after["01843"]["name"], "Phường Bắc Kạn")
        self.hub.hub("verify", "--full")


if __name__ == "__main__":
    province.main()
