#!/usr/bin/python3
"""Why two numbers differ: 200 planted dossiers of which the planter knows every cause, lists that say less, rules
against each other, and what an official reads of it in both languages."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import planted, province  # noqa: E402

import recount  # noqa: E402
from recount_asked import Rule, day, instant  # noqa: E402
from recount_fold import Things, Units  # noqa: E402

MAY = ("--month", "2024-05")
ASKED = (*MAY, "--unit", "058")
OWN = "[rule]\nname = {name}\nversion = 1\nsource = a test\nend = returned, finished\ncompare = date\n" \
      "withdrawn = on_time\nstopped = waits\npaused = {paused}\nrefused = {refused}\nsupplements_max = 0\n" \
      "waiting = counted\n"


def causes_of(found):
    """{code: causes} of a document."""
    named = {}
    for dossier in found["dossiers"]:
        named.setdefault(dossier["code"], set()).add(dossier["cause"])
    return named


class Explaining(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()

    def send(self, unit, records):
        agent = self.hub.agent(unit)
        agent.take(self.write(f"records-{unit}.ndjson", records))
        agent.sync()
        return agent

    def explain(self, *options, exits=(1,)):
        return self.hub.hub("explain", *options, "--json", exits=exits).json()

    def send_planted(self):
        p = planted.plant()
        own = self.send("06", p.ours)
        for _ in range(p.uncoded):
            code = own.run("add", "dossier", "unit=95801", "status=accepted", "received_at=2024-05-15").out.strip()
            p.causes[code] = "provisional"
        own.sync()
        for unit, records in p.others.items():
            self.send(unit, records)
        return p

    def assertAddsUp(self, found):
        """The causes of each cell make up its difference, and the dossiers behind them too."""
        by_dossier = {}
        for dossier in found["dossiers"]:
            for cell, more in dossier["cells"].items():
                key = cell, dossier["cause"]
                by_dossier[key] = by_dossier.get(key, 0) + more
        for cell in found["cells"]:
            self.assertEqual(cell["difference"], cell["here"] - cell["there"])
            self.assertEqual(sum(cause["difference"] for cause in cell["causes"]), cell["difference"], cell)
            self.assertEqual(cell["unexplained"], 0, cell)
            for cause in cell["causes"]:
                self.assertEqual(by_dossier.pop((cell["cell"], cause["cause"]), 0), cause["difference"], cell)
                self.assertEqual(cause["more"] - cause["fewer"], cause["difference"])
        self.assertEqual([key for key, more in by_dossier.items() if more != 0], [])

    def counted_there(self, rows):
        """The list's own numbers, by the second opinion: every row a dossier of its own, as it stands."""
        units = Units.read(province.UNITS)
        things = Things(units)
        for place, row in enumerate(rows):
            stated = {name: value for name, value in row.items()
                      if not (isinstance(value, str) and value.startswith("?"))}
            if not units.covers("058", stated["unit"]):
                continue
            since = instant(stated.get("received_at", "2024-05-01"))
            stated["rating"] = int(stated["rating"])
            things.add("00", "06", place, {**stated, "kind": "dossier", "code": f"T-{place}"}, since)
        today = day("2026-01-01")
        return recount.totals(things, units, "058", None, day("2024-05-01"), day("2024-05-31"), today,
                              Rule.read("form06-times"))["total"]

    def test_every_planted_cause_is_found_and_none_wrongly(self):
        p = self.send_planted()
        self.assertEqual(len(p.causes) + len(p.equal), planted.CAUSES_COUNTED)
        path = self.write("list.csv", planted.as_csv(p.theirs))
        found = self.explain(*ASKED, "--against", path, "--against-rule", "form06-times")
        named = causes_of(found)
        self.assertEqual({code: causes for code, causes in named.items() if causes != {p.causes.get(code)}}, {})
        self.assertEqual(set(p.causes) - set(named), set())
        self.assertEqual(found["n_dossiers"], len(p.causes))
        self.assertAddsUp(found)
        here, there = self.hub.totals(*ASKED)["total"], self.counted_there(p.theirs)
        for cell in found["cells"]:
            if cell["cell"] in recount.COUNTED:
                self.assertEqual((cell["cell"], cell["here"]), (cell["cell"], here[cell["cell"]]))
                self.assertEqual((cell["cell"], cell["there"]), (cell["cell"], there[cell["cell"]]))
        self.assertEqual(found["against"]["rows"], len(p.theirs))
        self.assertReads(p, path)

    def assertReads(self, p, path):
        """What people are told: the difference first, causes by size, the codes; nobody's name."""
        for language, words in (("en", ("Here, compared with the list", "only in the list", "hours compared")),
                                ("vi", ("So với danh sách", "chỉ có trong danh sách", "so theo giờ"))):
            said = self.hub.hub("explain", *ASKED, "--against", path, "--against-rule", "form06-times", "--lang",
                                language, "--dossiers", "3", exits=(1,)).out
            for word in words:
                self.assertIn(word, said)
            self.assertIn(words[0], said.splitlines()[0])
            self.assertNotIn("Mật", said)
            self.assertEqual(sum(said.count(code) for code, cause in p.causes.items() if cause == "void"), 3)
        answer = self.hub.hub("explain", *ASKED, "--against", path, "--format", "csv", exits=(1,))
        self.assertTrue(answer.out.startswith("\ufeffcell,here,there,difference,cause"), answer)


if __name__ == "__main__":
    province.main()
