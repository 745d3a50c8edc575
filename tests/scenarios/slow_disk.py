#!/usr/bin/python3
"""Disks that need long for every sync: all is slower, and nothing else."""
import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

SYNC_MS = 400


class SlowDisk(province.Scenario):
    def test_st_19_a_slow_disk(self):
        hub = self.province()
        agents = [hub.agent(unit) for unit in ("95801", "95802")]
        hub.stop()
        with province.loaded("slow_disk", MOTCUA_SYNC_MS=str(SYNC_MS)):
            hub.serve()
            start = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                list(pool.map(self.work, agents))
            print(f"    two computers, one dossier each, {SYNC_MS} ms a sync of a disk: {time.monotonic() - start:.1f} s")
        self.assertEqual(hub.totals("--year", "2024")["total"]["received"], 2)
        self.assertEqual(hub.hub("verify", "--full").code, 0)

    def work(self, agent):
        agent.run("add", "dossier", f"code=D-{agent.unit}", "status=accepted",
                  "received_at=2024-03-01T08:00:00+07:00")
        agent.sync()


if __name__ == "__main__":
    province.main()
