#!/usr/bin/python3
"""After an outage all agents of a province come back in the same moment, over real TLS and by the agent's own
schedule: all finish, none waits more than three times as long as half of them do. MOTCUA_HERD says how many."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

AGENTS = int(os.environ.get("MOTCUA_HERD", "150"))
CHANGES = 20


class Herd(province.Scenario):
    def test_nw_18_all_come_back_at_once(self):
        units = [str(number) for number in range(90001, 90001 + AGENTS)]
        rows = "".join(f"{unit},Xã {unit},commune,06\n" for unit in units)
        path = self.write("units.csv", "code,name,level,parent\n06,Tỉnh Bắc Kạn,province,\n" + rows)
        hub = province.Province(self.folder, units=path)
        hub.serve()
        self.addCleanup(hub.stop)
        listed = self.write("communes.csv", "code,name,level,parent\n" + rows)
        invited = hub.hub("invite", "--file", listed, "--no-confirm", "--url", hub.url, "--json").out
        codes = "".join(json.loads(line)["code"] + "\n" for line in invited.splitlines())
        done = subprocess.run([os.path.join(province.BUILD, "bench", "herd"), self.path(""), str(CHANGES)], input=codes,
                              capture_output=True, text=True, check=False, timeout=600, env=province.environment())
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        print(f"    {figures}")
        self.assertEqual(figures["agents"], AGENTS)
        total = hub.totals("--from", "2000-01-01", "--to", "2199-12-31")["total"]
        self.assertEqual(total["received"], AGENTS * CHANGES)
        self.assertEqual(hub.hub("verify", "--full").code, 0)
        self.assertLess(figures["longest_s"], 3 * figures["median_s"])


if __name__ == "__main__":
    province.main()
