#!/usr/bin/python3
"""L5: ten thousand changes from five agents, in any order, twice, with syncs killed on the way, come to the numbers
that a plain count of the files comes to."""
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import load, province  # noqa: E402
import recount  # noqa: E402
import recount_asked  # noqa: E402

SEED = 10_000
PARTS = 4
PERIODS = [("--from", "2024-01-01", "--to", "2024-05-22"), ("--month", "2024-03"), ("--year", "2024"),
           ("--from", "2024-02-15", "--to", "2024-02-15"), ("--year", "2023")]
QUESTIONS = [(), ("--by", "unit"), ("--unit", "058", "--by", "unit"), ("--unit", "95801")]


class TenThousand(province.Scenario):
    def setUp(self):
        super().setUp()
        self.luck = random.Random(SEED)
        self.load = load.Load(SEED, 10_000)
        self.hub = self.province()
        self.agents = {device: self.hub.agent(unit) for device, unit in load.DEVICES.items()}

    def files(self):
        """(device, path) of every part twice, in shuffled order."""
        files = []
        for device in self.agents:
            for number, rows in enumerate(self.load.parts(device, PARTS)):
                files.append((device, self.write(f"{device}-{number}.ndjson", rows)))
        second = list(files)
        self.luck.shuffle(files)
        self.luck.shuffle(second)
        return files + second

    def sync_and_kill(self, agent):
        process = agent.start("sync")
        time.sleep(self.luck.random() * 0.25)
        province.stop(process, signal.SIGKILL)

    def recounted(self, files):
        units = recount.Units.read(province.UNITS)
        things = recount.Things(units)
        arguments = []
        for device, agent in self.agents.items():
            own = ",".join(path for name, path in files if name == device)
            arguments.append(f"{agent.unit}@{agent.status()['device']}={own}")
        recount.read_agents(things, arguments, None)
        return units, things

    def wanted(self, units, things, period, question):
        options = dict(zip(period[::2], period[1::2]))
        if "--from" in options:
            first, last = recount.day(options["--from"]), recount.day(options["--to"])
        else:
            first, last = recount_asked.named_period(period[0][2:], period[1])
        asked = question[question.index("--unit") + 1] if "--unit" in question else "06"
        by = "unit" if "--by" in question else None
        return recount.totals(things, units, asked, by, first, last, recount.day("2026-01-01"))

    def assertCounts(self, counted):
        for period in PERIODS:
            for question in QUESTIONS:
                with self.subTest(period=period, question=question):
                    wanted = self.wanted(*counted, period, question)
                    self.assertSameCells(self.hub.totals(*period, *question), wanted)

    def test_any_order_any_repetition(self):
        files = self.files()
        for device, path in files:
            agent = self.agents[device]
            agent.take(path)
            if self.luck.random() < .6:
                self.sync_and_kill(agent)
        for agent in self.agents.values():
            agent.sync_until_done()
            self.assertEqual(agent.status()["waiting"], 0)
        counted = self.recounted(files)
        self.assertGreater(counted[1].refused, 0)
        self.assertCounts(counted)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        self.hub.stop()
        self.hub.hub("rebuild")
        self.assertCounts(counted)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)


if __name__ == "__main__":
    province.main()
