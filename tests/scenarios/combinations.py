#!/usr/bin/python3
"""Any question at random: what the hub counts is what a plain count of the files comes to, and what parts and
neighbours of a period make of each other. MOTCUA_QUESTIONS: how many questions."""
import concurrent.futures
import csv
import datetime
import os
import random
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import load, mixed_load, province  # noqa: E402
import recount  # noqa: E402
import recount_asked  # noqa: E402
import recount_fold  # noqa: E402

SEED = int(os.environ.get("MOTCUA_SEED", "766"))
QUESTIONS = int(os.environ.get("MOTCUA_QUESTIONS", "200"))
CHANGES = 2500
BY = [None, *recount.BY]
RULES = ["form06", "index766-2022", "index766-2026", "index766"]
# What the columns of form II.06a say in the words of the totals.
COLUMNS = {3: "total_in", 4: "received_online", 6: "carried_in", 7: "done", 8: "done_early", 10: "done_late",
           11: "open", 12: "open_in_time", 13: "open_late"}
UNITS = [code for code, _, _ in mixed_load.UNITS]
LISTED_AT = "2024-06-01T10:00:00+07:00"


def today():
    return recount.day(datetime.datetime.now(load.LOCAL).date().isoformat())


def days(first, last):
    return ("--from", recount.day_text(first), "--to", recount.day_text(last))


class Question:
    """A period, a unit, a grouping and a rule."""

    def __init__(self, period, unit, by, rule):
        self.period, self.unit, self.by, self.rule = period, unit, by, rule

    def options(self):
        by = ["--by", self.by] if self.by else []
        return [*self.period, "--unit", self.unit, "--rule", self.rule, *by]

    def days(self):
        if self.period[0] == "--from":
            return recount.day(self.period[1]), recount.day(self.period[3])
        return recount_asked.named_period(self.period[0][2:].replace("-", "_"), self.period[1])


def random_period(luck, by):
    kind = luck.choice(["days", "days", *recount_asked.NAMED_PERIODS])
    year = luck.choice([2023, 2024, 2024, 2024, 2026])
    if by == "day":
        kind = luck.choice(["days", "month", "report_month"])
    if kind == "days":
        first = recount.day("2023-11-01") + luck.randrange(400)
        return days(first, first + luck.randrange(31 if by == "day" else 300))
    text = str(year)
    if kind.endswith("month"):
        text += f"-{luck.randrange(1, 13):02}"
    elif kind.endswith("quarter"):
        text += f"-Q{luck.randrange(1, 5)}"
    elif kind.endswith("half"):
        text += f"-H{luck.randrange(1, 3)}"
    return "--" + kind.replace("_", "-"), text


def random_question(luck):
    by = luck.choice(BY)
    return Question(random_period(luck, by), luck.choice(UNITS), by, luck.choice(RULES))


def without_empty(document):
    """Groups of nothing do not matter, whether or not they are there."""
    groups = [group for group in document["groups"] if any(group[name] for name in recount.COUNTED)]
    return {**document, "groups": groups}


class Combinations(province.Scenario):
    def setUp(self):
        super().setUp()
        self.load = mixed_load.MixedLoad(SEED, CHANGES)
        with open(self.path("units.csv"), "w", encoding="utf-8", newline="") as file:
            rows = [(code, f"Đơn vị {code}", level, parent) for code, level, parent in mixed_load.UNITS]
            csv.writer(file).writerows([("code", "name", "level", "parent"), *rows])
        self.units = recount.Units.read(self.path("units.csv"))
        self.province = province.Province(self.folder, self.path("units.csv"))
        self.province.serve()
        self.addCleanup(self.province.stop)
        self.things = recount.Things(self.units, lambda device, place: self.accepted[device, place])
        self.accepted = {}

    def entries(self):
        """When the hub took the batches of its log."""
        log = sqlite3.connect(f"file:{self.province.data}/hub.db?mode=ro", uri=True)
        try:
            return [row[0] for row in log.execute("SELECT accepted_at FROM log WHERE type = 1 ORDER BY n")]
        finally:
            log.close()

    def bring(self, agent, device, rows, place, *options):
        """Imports rows and has them taken by the hub, then counts them here; returns the place after the last."""
        if not rows:
            return place
        before = len(self.entries())
        agent.take(self.write("rows.ndjson", rows), *options, exits=(0, 65))
        # A file for a stick is sealed into as few batches as can be; over the line they would be smaller.
        agent.run("export", self.path(f"sealed-{device}-{place}"))
        agent.sync()
        taken = self.entries()[before:]
        self.assertEqual(len(taken), 1)  # one batch, so that the time of each change is known
        for row in rows:
            self.accepted[device, place] = taken[0]
            self.things.add(device, agent.unit, place, row, recount.instant(LISTED_AT) if options else None)
            place += 1
        return place

    def import_all(self):
        for name, unit in mixed_load.DEVICES.items():
            agent = self.province.agent(unit)
            device = agent.status()["device"]
            place = self.bring(agent, device, self.load.rows[name], 0)
            place = self.bring(agent, device, self.load.mad[name], place)
            self.bring(agent, device, self.load.listed[name], place, "--changed-at", LISTED_AT)

    def ask(self, question):
        """(found, wanted); asked again if midnight came between."""
        while True:
            before = today()
            found = self.province.totals(*question.options())
            if today() == before:
                break
        wanted = recount.totals(self.things, self.units, question.unit, question.by, *question.days(), before,
                                recount_asked.Rule.read(question.rule))
        return without_empty(found), without_empty(wanted)

    def ask_all(self, questions):
        with concurrent.futures.ThreadPoolExecutor(2) as askers:
            return list(askers.map(self.ask, questions))

    def test_the_hub_counts_what_a_plain_count_counts(self):
        self.import_all()
        self.assertGreater(self.things.refused, 0)
        luck = random.Random(SEED)
        questions = [random_question(luck) for _ in range(QUESTIONS)]
        for question, (found, wanted) in zip(questions, self.ask_all(questions)):
            with self.subTest(question=question.options()):
                self.assertSameCells(found, wanted)
                self.assertPartsSum(question.by, found)
        self.check_neighbours(luck)
        self.check_forms(luck)

    def assertPartsSum(self, by, found):
        """Groups sum to the total; of months and days the flows do."""
        total, groups = found["total"], found["groups"]
        names = recount.FLOWS if by in ("month", "day") else recount.COUNTED
        self.assertEqual({name: sum(group[name] for group in groups) for name in names},
                         {name: total[name] for name in names})
        for name, pair in total["rates"].items():
            self.assertEqual([sum(group["rates"][name][part] for group in groups) for part in (0, 1)], pair)

    def closed_without_end(self, question):
        rule = recount_asked.Rule.read(question.rule)
        _, last = question.days()
        return sum(not dossier.void and dossier.status in recount_fold.CLOSING and dossier.end(rule) is None
                   and dossier.received_at is not None and recount.day_of(dossier.received_at) <= last
                   and self.units.covers(question.unit, dossier.unit) for dossier in self.things.dossiers())

    def check_neighbours(self, luck):
        """What is open at the end of a period is carried into the next, and so is the gap's part without an end."""
        for _ in range(max(3, QUESTIONS // 20)):
            first = recount.day("2023-12-01") + luck.randrange(200)
            middle = first + luck.randrange(60)
            unit, rule = luck.choice(UNITS), luck.choice(RULES)
            one = Question(days(first, middle), unit, None, rule)
            two = Question(days(middle + 1, middle + 1 + luck.randrange(60)), unit, None, rule)
            (before, _), (after, _) = self.ask_all([one, two])
            with self.subTest(one=one.options(), two=two.options()):
                self.assertEqual(after["total"]["carried_in"],
                                 before["total"]["open"] + self.closed_without_end(one))

    def check_forms(self, luck):
        """The form says what the totals say, balances, and shows what its balances leave over."""
        for _ in range(max(3, QUESTIONS // 20)):
            by = luck.choice(["domain", "unit"])
            question = Question(random_period(luck, by), luck.choice(UNITS), by, "form06")
            form = self.province.report("form06a", *question.options())
            with self.subTest(form=question.options()):
                self.assertForm(form, self.ask(question)[1]["total"])

    def assertForm(self, form, wanted):
        total = {int(name[3:]): value for name, value in form["total"].items() if name.startswith("col")}
        self.assertEqual({column: total[column] for column in COLUMNS},
                         {column: wanted[name] for column, name in COLUMNS.items()})
        self.assertEqual(total[3], total[4] + total[5] + total[6])
        self.assertEqual(total[7], total[8] + total[9] + total[10])
        self.assertEqual(total[11], total[12] + total[13])
        self.assertEqual([check["gap"] for check in form["checks"]], [0, 0, 0, wanted["gap"]])
        self.assertLessEqual(wanted["gap"], wanted["incomplete"])
        for kind in {row["row"] for row in form["rows"]}:
            rows = [row for row in form["rows"] if row["row"] == kind]
            self.assertEqual({column: sum(row[f"col{column}"] for row in rows) for column in total}, total)


if __name__ == "__main__":
    province.main()
