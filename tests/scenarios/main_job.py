#!/usr/bin/python3
"""The main job: the demo province's files go through real agents into a real hub, and the report comes out."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402
import check_demo  # noqa: E402
import make_demo  # noqa: E402

PERIOD = ("--from", "2024-01-01", "--to", "2024-05-22")


class MainJob(province.Scenario):
    def setUp(self):
        super().setUp()
        make_demo.write(self.folder)
        self.files = self.path("agents")
        self.hub = self.province()
        self.agents = {unit: self.hub.agent(unit) for unit in sorted(os.listdir(self.files))}
        self.imports = {}

    def import_all(self):
        answers = []
        for unit, agent in self.agents.items():
            for name in sorted(os.listdir(os.path.join(self.files, unit))):
                answers.append((name, agent.take(os.path.join(self.files, unit, name))))
        return answers

    def assertDemo(self, name, found):
        self.assertEqual(check_demo.differences(check_demo.expected(name), found), [])

    def assertFigures(self):
        totals = self.hub.totals("--unit", "058", *PERIOD)
        self.assertDemo("totals", totals)
        group = totals["groups"][0]
        self.assertEqual((group["key"], group["name"], len(totals["groups"])), ("058", "Thành phố Bắc Kạn", 1))
        self.assertEqual(group["done_early"] + group["done_on_time"], 1599)
        self.assertEqual(province.cells_of(group), province.cells_of(totals["total"]))

    def test_the_report_comes_out(self):
        for name, answer in self.import_all():
            with self.subTest(file=name):
                self.assertEqual(answer["rejected"], 0)
                listing = name.startswith("ho-so") and name.endswith(".csv")
                self.assertEqual("Chủ hồ sơ" in answer["ignored_columns"], listing)
        for agent in self.agents.values():
            agent.sync()
            self.assertEqual(agent.status()["waiting"], 0)
        self.assertFigures()
        self.check_groups()
        self.check_equipment()
        self.check_indicators()
        self.check_again()
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def check_groups(self):
        document = self.hub.totals("--unit", "058", *PERIOD, "--by", "unit")
        received = {group["key"]: group["received"] for group in document["groups"]}
        self.assertEqual(received, {**make_demo.WARDS, "058": 0})
        self.assertEqual(document["total"]["received"], 1608)
        top = self.hub.totals(*PERIOD, "--by", "unit")
        self.assertEqual({group["key"]: group["received"] for group in top["groups"]}["058"], 1608)
        self.assertEqual(top["total"]["received"], sum(group["received"] for group in top["groups"]))

    def check_equipment(self):
        for as_of in ("2023-08-20", "2024-05-22"):
            found = self.hub.report("equipment", "--as-of", as_of, "--require", "computer=1,scanner=1")
            self.assertDemo(f"equipment-{as_of}", found)
            parts = [found[name] for name in ("complete", "partial", "none", "not_reporting")]
            self.assertEqual(found["units"], sum(parts))

    def check_indicators(self):
        for name in ("digital_signature", "fibre_households"):
            found = self.hub.report("indicators", "--name", name, "--period", "2024-05-22", "--unit", "058")
            self.assertDemo(name, found)

    def check_again(self):
        """The same files once more bring nothing new: what states its time is known, listings repeat themselves."""
        for name, answer in self.import_all():
            if name.endswith(".ndjson") or name.startswith("thiet-bi"):
                with self.subTest(file=name):
                    self.assertEqual((answer["queued"], answer["unchanged"]), (0, answer["read"]))
        for agent in self.agents.values():
            agent.sync()
        self.assertFigures()


if __name__ == "__main__":
    province.main()
