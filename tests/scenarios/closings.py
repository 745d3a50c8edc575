#!/usr/bin/python3
"""A month is closed, and then a thousand late changes come: what was reported stays, and the corrections are exactly
those that a count of its own finds between the two states of the files (tests/recount.py), dossier by dossier, each
for the cause it was planted with."""
import collections
import csv
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402
import recount  # noqa: E402
from recount_asked import Rule, day  # noqa: E402
from recount_fold import Things  # noqa: E402
from recount_units import Units  # noqa: E402

MAY = ("--month", "2024-05")
FIRST, LAST = day("2024-05-01"), day("2024-05-31")
EARLY, LATE = "2024-05-31T08:00:00+07:00", "2024-06-20T08:00:00+07:00"
A, B, DISTRICT = "95801", "95802", "058"
MOVED = "code,name,level,parent\n95805,Phường mẫu 05,commune,901\n"
COUNTS = {"known-since": 150, "status": 150, "date": 150, "void": 120, "due-date": 100, "unit": 90, "channel": 60,
          "procedure": 60, "void-undone": 50, "other-field": 40, "code-replaced": 10, "conflict-decided": 10,
          "units-changed": 10}
OWN_RULE = """[rule]
name = mine
version = 1
source = a test
end = finished, returned
compare = date
withdrawn = compared
stopped = waits
paused = in_time
refused = apart
supplements_max = 0
waiting = counted
"""


def word(code, at, **fields):
    return {"kind": "dossier", "code": code, "changed_at": at, **fields}


def is_open(number):
    """Of the dossiers of May every second one is open at its end; all differ a little."""
    fields = {"received_at": f"2024-05-{number % 20 + 1:02}", "due_at": f"2024-05-{number % 10 + 22:02}",
              "channel": ("online", "counter", "postal")[number % 3], "domain": f"Lĩnh vực {number % 4}",
              "procedure": f"1.00{number % 5:04}.000.00.00.H06", "fee": number % 2 * 5000}
    if number % 2:
        return {**fields, "status": "in_progress"}
    return {**fields, "status": "done", "finished_at": f"2024-05-{number % 9 + 21:02}"}


class Plan:
    """What is planted: (who, row) before and after the closing, and the cause of each dossier."""

    def __init__(self):
        self.early, self.late, self.causes = [], [], {}

    def plant(self, cause, number, who=A):
        code = f"{cause}-{number}"
        fields = is_open(number)
        self.causes[code] = cause
        if cause != "known-since":
            void = {"void": True} if cause == "void-undone" else {}
            # Whose unit is not stated has no say once another one is (fold rule 5).
            unit = {"unit": {"units-changed": "95805", "unit": A}[cause]} if cause.startswith("unit") else {}
            self.early.append((who, word(code, EARLY, **fields, **void, **unit)))
        change = getattr(self, cause.replace("-", "_"), None)
        if change:
            self.late.append(change(code, number, fields))

    def known_since(self, code, _, fields):
        return A, word(code, LATE, **fields)

    def status(self, code, number, fields):
        if number % 2:
            return A, word(code, LATE, status=("done", "withdrawn")[number % 4 == 1], finished_at="2024-05-30")
        return A, word(code, LATE, status=("refused", "need_docs")[number % 4 == 0], status_at="2024-05-31")

    def date(self, code, number, fields):
        if number % 3 == 0:
            return A, word(code, LATE, received_at=("2024-04-20", "2024-06-03")[number % 2])
        if number % 2:
            return A, word(code, LATE, finished_at="2024-05-31")
        return A, word(code, LATE, finished_at="2024-06-01")

    def due_date(self, code, _, fields):
        """What is late or overdue no longer is, and the other way round."""
        late = fields["due_at"] < fields.get("finished_at", "2024-05-31")
        return A, word(code, LATE, due_at="2024-06-10" if late else "2024-05-20")

    def unit(self, code, *_):
        return DISTRICT, word(code, LATE, unit="95803")

    def void(self, code, *_):
        return A, word(code, LATE, void=True)

    def void_undone(self, code, *_):
        return A, word(code, LATE, void=None)

    def channel(self, code, _, fields):
        return A, word(code, LATE, channel="postal" if fields["channel"] != "postal" else "counter")

    def procedure(self, code, number, _):
        return A, word(code, LATE, **({"procedure": "2.000001"} if number % 2 else {"domain": "Đất đai"}))

    def other_field(self, code, *_):
        return A, word(code, LATE, input_digitised=True)

    def plant_all(self):
        for cause, count in COUNTS.items():
            for number in range(count if cause not in ("code-replaced", "conflict-decided") else 0):
                self.plant(cause, number, DISTRICT if cause == "units-changed" else A)
        for number in range(100):  # said later, but nothing of May
            self.early.append((B, word(f"none-{number}", EARLY, **is_open(2 * number + 1))))
            self.late.append((B, word(f"none-{number}", LATE, status="done", finished_at="2024-06-18")))


def contribution(dossier, rule):
    """What one dossier adds, under the names of the hub's corrections."""
    cells, after = recount.Cells("", ""), recount.Cells("", "")
    if dossier is None or dossier.void:
        return {}
    cells.take(dossier, rule, FIRST, LAST)
    after.take(dossier, rule, LAST + 1, LAST + 1)
    found = dict(cells.counts, carried_over=after.counts["carried_in"])
    for name, (part, whole) in cells.rates.items():
        found.update({f"rate_{name}": part, f"rate_{name}_of": whole})
    return {name: value for name, value in found.items() if value}


def add(into, what, sign=1):
    for name, value in what.items():
        into[name] += sign * value


def nonzero(counter):
    return {name: value for name, value in counter.items() if value}


class Count:
    """The second opinion on a state: who said what, under which units."""

    def __init__(self, words, units, units_now=None, split=()):
        things = Things(units)
        for place, (who, row) in enumerate(words):
            code, device = row["code"], who
            if (code, who) in split:
                row = {**row, "code": f"{code}@{split[code, who]}"}
            things.add(device, who, place, row)
        things.units = units_now or units
        self.of = {dossier.code: dossier for dossier in things.dossiers()}

    def total(self, rule):
        sums = collections.Counter()
        for dossier in self.of.values():
            add(sums, contribution(dossier, rule))
        return nonzero(sums)


def differences(then, now, rule):
    """{(code, unit, procedure, domain, channel): what changed}"""
    found = collections.defaultdict(collections.Counter)
    for state, sign in ((then, -1), (now, 1)):
        for code, dossier in state.of.items():
            group = (recount.national_code(dossier.get("procedure") or ""), dossier.get("domain") or "",
                     dossier.get("channel"))
            add(found[code, dossier.unit, *group], contribution(dossier, rule), sign)
    return {key: nonzero(change) for key, change in found.items() if nonzero(change)}


class Closings(province.Scenario):
    def setUp(self):
        super().setUp()
        self.backups = self.path("backups")
        os.mkdir(self.backups)
        self.hub = self.province("trusted = 127.0.0.1", f"backup = {self.backups}")
        self.agents = {unit: self.hub.agent(unit) for unit in (A, B, DISTRICT)}
        self.said = []

    def send(self, words):
        self.said += words
        for who, agent in self.agents.items():
            rows = [row for unit, row in words if unit == who]
            if rows:
                self.assertEqual(agent.take(self.write("rows.ndjson", rows))["rejected"], 0)
                agent.sync()

    def periods(self, *options):
        return [province.json.loads(line) for line in
                self.hub.hub("periods", *options, "--json").out.splitlines()]

    def period(self, *options):
        found = self.periods(*options)
        self.assertEqual(len(found), 1)
        return found[0]

    def units(self, text=""):
        with open(province.UNITS, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file)) + list(csv.DictReader(text.splitlines()))
        return Units({row["code"]: row for row in rows}.values())

    def replace_codes(self, count):
        """Dossiers without an official code, as the counter enters them."""
        self.provisional = []
        for number in range(count):
            row = {"status": "accepted", "received_at": f"2024-05-{number + 1:02}", "changed_at": EARLY}
            code = self.agents[A].run("add", "dossier", *(f"{key}={value}" for key, value in row.items())).out.split()
            self.provisional.append(code[-1])
            self.said.append((A, {"kind": "dossier", "code": code[-1], **row}))
        self.agents[A].sync()

    def assertCorrections(self, found, wanted, causes):
        seen = collections.defaultdict(collections.Counter)
        why = collections.defaultdict(set)
        for part in found["dossiers"]:
            group = tuple(part[key] for key in ("code", "unit", "procedure", "domain", "channel"))
            add(seen[group], part["change"])
            why[part["code"]].add(part["cause"])
        self.assertEqual({key: nonzero(change) for key, change in seen.items() if nonzero(change)}, wanted)
        if causes is not None:
            self.assertEqual({code: why[code] for code in why if why[code] != {causes[code]}}, {})
        self.assertEqual(found["unexplained"], {})
        self.assertTrue(found["complete"])
        sums = collections.Counter()
        for cause in found["corrections"]:
            add(sums, cause["change"])
            self.assertEqual(cause["dossiers"], sum(cause["cause"] in causes_of for causes_of in why.values()))
        add(sums, found["reported"])
        self.assertEqual(nonzero(sums), found["now"])

    def check_reports(self, reported, found):
        """The month itself says what was reported, the one after it what it carries in of it, and why."""
        for by in ("unit", "level", "domain", "procedure", "channel"):
            for shown in (self.hub.totals(*MAY, "--by", by), self.hub.report("form06a", *MAY)):
                closed = shown["closed"]
                self.assertEqual({**closed["total"]["reported"], "carried_over": reported["carried_over"]}, reported)
                sums = collections.Counter()
                for group in closed["groups"]:
                    add(sums, group["change"])
                self.assertEqual(nonzero(sums), closed["total"]["change"])
                self.assertEqual(closed["closed_at"], found["closed_at"])
        june = self.hub.totals("--month", "2024-06", "--by", "unit")
        carried, total = june["carried"], june["total"]["carried_in"]
        self.assertEqual((carried["from"], carried["to"], carried["open"]),
                         ("2024-05-01", "2024-05-31", reported["open"]))
        self.assertEqual((carried["carried_over"], carried["carried_over"] + carried["corrections"]),
                         (reported["carried_over"], total))
        self.assertEqual(sum(group["corrections"] for group in carried["groups"]), carried["corrections"])
        self.assertNotEqual(carried["corrections"], 0)
        self.assertIsNone(carried["causes"])
        form = self.hub.report("form06a", "--month", "2024-06")
        self.assertEqual((form["total"]["col6"], form["carried"]["corrections"]), (total, carried["corrections"]))
        causes = {cause["cause"]: cause["corrections"] for cause in form["carried"]["causes"]}
        self.assertEqual(causes, {cause["cause"]: cause["change"]["carried_over"] for cause in found["corrections"]
                                  if "carried_over" in cause["change"]})
        self.assertEqual(sum(causes.values()), carried["corrections"])
        self.assertIsNone(june["closed"])
        self.assertIsNone(self.hub.totals("--month", "2024-07")["carried"])

    def test_a_thousand_late_changes(self):
        plan, rule, units = Plan(), Rule.read("form06"), self.units()
        plan.plant_all()
        self.replace_codes(COUNTS["code-replaced"])
        for number in range(COUNTS["conflict-decided"]):
            plan.early.append((A, word(f"two-{number}", EARLY, status="accepted", received_at="2024-05-10")))
        self.send(plan.early)
        then = Count(self.said, units)
        closed = self.hub.hub("close", *MAY, "--json").json()
        self.assertEqual(closed["reported"], then.total(rule))
        before = self.period()
        self.assertEqual((before["reported"], before["now"], before["dossiers"]),
                         (then.total(rule), then.total(rule), []))
        self.assertEqual(self.hub.totals(*MAY, "--by", "unit")["closed"]["groups"], [])

        for number, code in enumerate(self.provisional):
            plan.late.append((A, word(f"official-{number}", LATE, replaces=code)))
            plan.causes.update({code: "code-replaced", f"official-{number}": "code-replaced"})
        device, split = self.agents[B].status()["device"], {}
        for number in range(COUNTS["conflict-decided"]):
            code = f"two-{number}"
            plan.late.append((B, word(code, EARLY, status="in_progress", received_at="2024-05-12", unit=B)))
            split[code, B] = device
            plan.causes[f"{code}@{device}"] = "conflict-decided"
        self.send(plan.late)
        # Nobody has decided anything yet: only what was said since is looked at.
        wanted = differences(then, Count(self.said, units), rule)
        self.assertCorrections(self.period(), wanted, None)
        for code, _ in split:
            self.hub.hub("conflicts", "split", code, "--device", device)
        self.hub.hub("units", "import", self.write("moved.csv", MOVED))
        now = Count(self.said, units, self.units(MOVED), split)
        wanted = differences(then, now, rule)
        changed = collections.Counter(plan.causes[code] for code in {group[0] for group in wanted})
        self.assertEqual(changed - collections.Counter({"code-replaced": 10}), collections.Counter(COUNTS))
        after = self.period("--lang", "en")
        self.assertCorrections(after, wanted, plan.causes)
        self.assertEqual((after["reported"], after["now"]), (before["reported"], now.total(rule)))
        self.assertEqual({key: after[key] for key in ("closed_at", "who", "revision", "rule_hash", "silent")},
                         {key: before[key] for key in ("closed_at", "who", "revision", "rule_hash", "silent")})
        self.check_reports(before["reported"], after)
        one = self.period("--unit", "95803")
        self.assertEqual([cause["cause"] for cause in one["corrections"]], ["unit"])
        self.assertEqual(one["reported"], {})
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        self.hub.hub("rebuild")
        self.assertEqual(self.period(), after)

    def some(self, *codes, at=EARLY, **fields):
        return [(A, word(code, at, **{"status": "accepted", "received_at": "2024-05-10", **fields})) for code in codes]

    def test_closings_outlive_the_hub(self):
        """Closed after the last backup: acts.log has the closing, the agents what it counted."""
        backup = os.path.join(self.backups, "by-hand.backup")
        self.send(self.some("A-1", "A-2"))
        self.hub.hub("backup", backup)
        self.send([(DISTRICT, word("D-1", EARLY, status="accepted", received_at="2024-05-03", unit=B))])
        self.send(self.some("A-3"))
        self.hub.hub("close", *MAY, "--rule", "form06,index766")
        self.send(self.some("A-4", at=LATE) + self.some("A-1", at=LATE, status="refused"))
        before = self.periods()
        self.assertEqual([found["rule"] for found in before], ["form06", "index766-2026"])
        self.assertEqual(self.period("--rule", "index766"), before[1])
        self.hub.kill()
        lost = self.path("hub.lost")
        os.rename(self.hub.data, lost)
        os.mkdir(self.hub.data, 0o700)
        for name in ("hub.key", "tls.key", "tls.crt", "tls-next.key", "tls-next.crt"):
            shutil.copy2(os.path.join(lost, name), os.path.join(self.hub.data, name))
        self.assertTrue(self.hub.hub("restore", backup, "--json").json()["acts_log"])
        self.hub.serve()
        for found, wanted in zip(self.periods(), before):
            self.assertEqual(found["reported"], wanted["reported"])
            self.assertEqual((found["complete"], found["missing"]["batches"]), (False, 2))
            self.assertNotEqual(found["unexplained"], {})
        said = self.hub.hub("periods", "--lang", "en").out
        self.assertIn("2 of the batches behind it have not come back yet", said)
        self.assertEqual(self.hub.hub("verify", "--full", "--json").json()["closings_waiting"], 2)
        for agent in self.agents.values():
            agent.sync()
        self.assertEqual([{**found, "missing": None} for found in self.periods()],
                         [{**found, "missing": None} for found in before])
        self.assertEqual(self.hub.hub("verify", "--full", "--json").json()["closings_waiting"], 0)

    def test_a_rule_that_changes_is_a_cause(self):
        folder = os.path.join(self.hub.data, "rules")
        os.mkdir(folder)
        with open(os.path.join(folder, "mine.ini"), "w", encoding="utf-8") as file:
            file.write(OWN_RULE)
        self.send(self.some("A-1", status="done", returned_at="2024-05-20") + self.some("A-2"))
        self.hub.hub("close", *MAY, "--rule", "mine")
        self.assertEqual(self.period()["dossiers"], [])
        with open(os.path.join(folder, "mine.ini"), "w", encoding="utf-8") as file:
            file.write(OWN_RULE.replace("end = finished, returned", "end = finished"))
        self.send(self.some("A-2", at=LATE, void=True))
        found = self.period("--rule", "mine")
        self.assertEqual([(part["code"], part["cause"]) for part in found["dossiers"]],
                         [("A-1", "rule"), ("A-2", "void")])
        self.assertEqual((found["reported"]["done"], found["now"].get("done"), found["unexplained"]), (1, None, {}))
        os.remove(os.path.join(folder, "mine.ini"))
        found = self.period()
        self.assertEqual([part["code"] for part in found["dossiers"]], ["A-2"])
        self.assertTrue(found["rule_gone"])
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_what_can_be_closed_and_how_often(self):
        self.assertEqual(self.hub.hub("periods").out, "")
        self.assertEqual(self.hub.hub("close", exits=(2,)).out, "")
        self.assertIn("E-USAGE", self.hub.hub("close", "--month", "2999-05", exits=(2,)).err)
        self.assertIn("E-USAGE", self.hub.hub("close", *MAY, "--rule", "form06,none-such", exits=(2,)).err)
        self.send(self.some("A-1", received_at="2024-05-14") + self.some("A-2", received_at="2024-05-15"))
        closed = self.hub.hub("close", "--report-month", "2024-05", "--json").json()
        self.assertEqual((closed["from"], closed["to"], closed["reported"]["received"]),
                         ("2024-04-15", "2024-05-14", 1))
        said = self.hub.hub("close", "--report-month", "2024-05", "--lang", "en", exits=(78,))
        self.assertIn("--again", said.err)
        self.send(self.some("A-3", at=LATE, received_at="2024-05-02"))
        carried = self.hub.totals("--report-month", "2024-06")["carried"]
        self.assertEqual((carried["carried_over"], carried["corrections"]), (1, 1))
        again = self.hub.hub("close", "--report-month", "2024-05", "--again", "--json").json()
        self.assertEqual((again["revision"], again["reported"]["received"]), (2, 2))
        self.assertEqual(self.hub.totals("--report-month", "2024-06")["carried"]["corrections"], 0)
        found = self.period()
        self.assertEqual((found["revision"], found["dossiers"]), (2, []))
        text = self.hub.hub("totals", "--report-month", "2024-05", "--lang", "en").out
        self.assertIn("The numbers above are those that were reported.", text)
        self.hub.hub("periods", "--unit", "none-such", exits=(2,))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_as_known_before_a_closing_there_is_none(self):
        self.send(self.some("A-1"))
        self.assertIsNotNone(self.hub.hub("close", *MAY, "--json").json())
        self.assertIsNotNone(self.hub.totals(*MAY)["closed"])
        early = self.hub.hub("totals", *MAY, "--as-known-at", "2020-01-01", exits=(1,))
        self.assertEqual(early.out, "")
        form = self.hub.report("form06a", "--month", "2024-06", "--as-known-at", "2999-01-01")
        self.assertEqual((form["carried"]["corrections"], form["carried"]["causes"]), (0, None))


if __name__ == "__main__":
    province.main()
