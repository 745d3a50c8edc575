#!/usr/bin/python3
"""More changes in one millisecond than any counter behind a stamp could tell apart."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

UNIT = "95801"
EVENTS = 70_000


class Floods(province.Scenario):
    def test_ti_07_seventy_thousand_in_one_millisecond(self):
        """Equal stamps are told apart by their places: of each dossier the last row is the one that counts."""
        things, at = EVENTS // 10, "2024-03-01T08:00:00.123+07:00"
        rows = [{"kind": "dossier", "code": f"E-{number % things}", "changed_at": at, "received_at": "2024-03-01",
                 "status": "accepted", "channel": "online" if number >= EVENTS - things // 2 else "counter",
                 "fee": number} for number in range(EVENTS)]
        hub = self.province()
        agent = hub.agent(UNIT)
        self.assertEqual(agent.take(self.write("flood.ndjson", rows))["queued"], EVENTS)
        agent.sync_until_done()
        total = hub.totals("--year", "2024")["total"]
        self.assertEqual((total["received"], total["received_online"], total["received_counter"]),
                         (things, things // 2, things // 2))
        own = agent.run("totals", "--year", "2024", "--json").json()["total"]
        self.assertEqual(own["received_online"], things // 2)


if __name__ == "__main__":
    province.main()
