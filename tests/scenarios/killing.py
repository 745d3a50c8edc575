#!/usr/bin/python3
"""L1, L2, L5: agent, uplink and hub are killed again and again, in the midst of adding, importing, sealing, syncing,
packing and taking in sticks; what was said yes to is in the totals, and once.

MOTCUA_KILLS says how often (16 unless told).
"""
import contextlib
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

KILLS = int(os.environ.get("MOTCUA_KILLS", "16"))
SEED = 20240522


def children_of(pid):
    """The processes a process has started, as the kernel tells them."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []  # it has ended already


class Killing(province.Scenario):
    """Adds that are left alone are received in 2024, adds that are to be killed in 2023: so both can be counted."""

    def setUp(self):
        super().setUp()
        self.luck = random.Random(SEED)
        self.hub = self.province()
        self.agents = [self.hub.agent("95801"), self.hub.agent("95802")]
        self.kept = []
        self.ended = 0
        self.attempts = self.survivors = 0

    def new_record(self, year):
        code = f"K-{year}-{len(self.kept) + self.attempts:05}"
        day = f"{year}-{self.luck.randrange(1, 13):02}-{self.luck.randrange(1, 29):02}"
        return ["add", "dossier", f"code={code}", "status=accepted", "channel=online",
                f"received_at={day}T08:00:00+07:00"]

    def add(self, agent):
        record = self.new_record(2024)
        agent.run(*record)
        self.kept.append((agent, record))

    def finish_one(self):
        agent, record = self.luck.choice(self.kept[self.ended:])
        place = self.kept.index((agent, record))
        self.kept[self.ended], self.kept[place] = self.kept[place], self.kept[self.ended]
        self.ended += 1
        agent.run("add", "dossier", record[2], "status=done", "finished_at=2024-12-30T08:00:00+07:00")

    def killed(self, agent, *command):
        process = agent.start(*command)
        time.sleep(self.luck.random() * 0.12)
        return province.stop(process, signal.SIGKILL)

    def kill_an_add(self, agent):
        record = self.new_record(2023)
        self.attempts += 1
        self.survivors += self.killed(agent, *record) == 0

    def kill_an_import(self, agent):
        """A file is read again until it was read to its end."""
        rows = []
        for _ in range(40):
            record = dict(part.split("=", 1) for part in self.new_record(2024)[2:])
            self.kept.append((agent, ["add", "dossier", f"code={record['code']}"]))
            rows.append({"kind": "dossier", "changed_at": "2024-12-29T08:00:00+07:00", **record})
        path = self.write("import.ndjson", rows)
        self.killed(agent, "import", path)
        agent.take(path)

    def kill_a_sync(self, agent):
        self.killed(agent, "sync")

    def kill_the_uplink(self, agent):
        """The program that alone speaks to the network dies; its agent says so and nothing counts as sent."""
        process = agent.start("sync")
        time.sleep(self.luck.random() * 0.08)
        for child in children_of(process.pid):
            with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
                os.kill(child, signal.SIGKILL)
        self.assertIn(process.wait(province.DEADLINE_S), (0, 69, 75))

    def kill_an_export(self, agent):
        self.killed(agent, "export", self.path("killed.mcs"))
        agent.run("export", self.path("stick.mcs"))
        self.hub.hub("ingest", self.path("stick.mcs"))

    def kill_an_ingest(self, agent):
        """Beside the serving hub; the stick is there for a second time."""
        stick = self.path("stick.mcs")
        agent.run("export", stick)
        process = province.start("motcua-hub", "ingest", stick, "--data", self.hub.data)
        time.sleep(self.luck.random() * 0.12)
        province.stop(process, signal.SIGKILL)
        if self.luck.random() < .5:
            self.hub.hub("ingest", stick)

    def kill_a_receive(self, agent):
        answer = self.path("answer.mcs")
        self.hub.hub("receipts", agent.status()["device"], "--output", answer)
        self.killed(agent, "receive", answer)
        if self.luck.random() < .5:
            agent.run("receive", answer)

    def kill_the_hub(self, agent):
        process = agent.start("sync")
        time.sleep(self.luck.random() * 0.12)
        self.hub.kill()
        self.assertIn(process.wait(province.DEADLINE_S), (0, 69, 75))
        self.hub.serve()

    def received(self, year):
        return self.hub.totals("--year", str(year))["total"]

    def test_what_was_acknowledged_is_counted_once(self):
        kills = [self.kill_an_add, self.kill_a_sync, self.kill_the_hub, self.kill_an_import, self.kill_the_uplink,
                 self.kill_an_export, self.kill_an_ingest, self.kill_a_receive]
        for number in range(KILLS):
            agent = self.agents[number % 2]
            for _ in range(self.luck.randrange(1, 4)):
                self.add(agent)
            if self.luck.random() < .5:
                self.finish_one()
            kills[number % len(kills)](agent)
        for agent in self.agents:
            agent.sync_until_done()
            self.assertEqual(agent.status()["waiting"], 0)
        self.check()
        self.hub.stop()
        self.hub.hub("rebuild")
        self.check()

    def check(self):
        total = self.received(2024)
        self.assertEqual((total["received"], total["done"]), (len(self.kept), self.ended))
        uncertain = self.received(2023)["received"]
        self.assertTrue(self.survivors <= uncertain <= self.attempts, (self.survivors, uncertain, self.attempts))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)


if __name__ == "__main__":
    province.main()
