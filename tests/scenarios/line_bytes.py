#!/usr/bin/python3
"""What a sync costs on the line: TCP payload both ways, handshake included (design.md section 7)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(1, os.path.join(HERE, "..", "bench"))
from support import counting_line, province  # noqa: E402
import load  # noqa: E402  (of the benchmarks: days of one counter)

UNIT = "95801"
ONE_SYNC, ONE_SYNC_LIMIT = 150, 3500
SYNCS_A_DAY, CHANGES_A_SYNC, DAY_LIMIT = 30, 5, 66_000


class LineBytes(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.line = counting_line.CountingLine(self.hub.port)
        self.addCleanup(self.line.close)
        self.agent = province.Agent(UNIT, self.path("agent"))
        code = self.hub.hub("invite", UNIT, "--no-confirm", "--json").json()["code"]
        self.agent.run("enroll", code, "--url", f"https://127.0.0.1:{self.line.port}")
        self.agent.sync()
        self.line.take()

    def enter(self, changes):
        self.agent.take(self.write("changes.ndjson", changes))

    def test_one_sync(self):
        self.enter(load.changes(200, unit=UNIT)[:ONE_SYNC])
        self.agent.sync()
        sent, received, connections = self.line.take()
        print(f"one sync of {ONE_SYNC} changes: {sent} bytes sent, {received} received")
        self.assertEqual(connections, 1)
        self.assertEqual(self.agent.status()["waiting"], 0)
        self.assertLessEqual(sent + received, ONE_SYNC_LIMIT)

    def test_one_day(self):
        changes = load.changes(200, unit=UNIT)
        total = 0
        for number in range(SYNCS_A_DAY):
            self.enter(changes[number * CHANGES_A_SYNC:(number + 1) * CHANGES_A_SYNC])
            self.agent.sync()
            total += sum(self.line.take()[:2])
        print(f"a day of {SYNCS_A_DAY} syncs of {CHANGES_A_SYNC} changes: {total} bytes")
        self.assertLessEqual(total, DAY_LIMIT)


if __name__ == "__main__":
    province.main()
