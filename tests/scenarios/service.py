#!/usr/bin/python3
"""The agent's service: when it wakes, how it stops, how it begins again."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from manager import UNIT, Services, activity, children  # noqa: E402
from province import main, program, start, stop  # noqa: E402


class Service(Services):
    def test_stopping_ends_an_exchange_at_once_and_loses_nothing(self):
        site = self.province()
        agent = site.agent(UNIT)
        manager = self.manager()
        agent.run("add", "dossier", "code=A", "status=accepted")
        site.server.send_signal(signal.SIGSTOP)  # whoever connects waits
        try:
            service = self.service(agent, manager)
            manager.hear_until("READY=1")
            self.until("no exchange has begun", lambda: children(service.pid))
            uplink = children(service.pid)[0]
            manager.forget()
            self.assertEqual(manager.hear(), "WATCHDOG=1")  # waiting for an answer is work
            before = time.monotonic()
            self.assertEqual(stop(service), 0)
            self.assertLess(time.monotonic() - before, 20)
            self.assertFalse(os.path.exists(f"/proc/{uplink}"))
        finally:
            site.server.send_signal(signal.SIGCONT)
        status = agent.status()
        self.assertEqual((status["waiting"], status["last_error"]), (1, None))
        agent.sync()
        self.assertEqual(agent.status()["waiting"], 0)
        self.assertEqual(site.totals("--year", "2024")["total"]["gap"], 0)

    def test_agent_sees_others_work_and_sends_it(self):
        site = self.province()
        agent = site.agent(UNIT)
        with open(self.settings, "a", encoding="utf-8") as settings:
            settings.write("sync_after = 3\n")
        self.service(agent, self.manager())
        self.until("the first exchange", lambda: agent.status()["last_sync"] is not None
                   and agent.status()["next_attempt"] is not None)
        for code in "ABC":
            agent.run("add", "dossier", f"code={code}", "status=accepted")
        self.until("three changes waited", lambda: agent.status()["waiting"] == 0)
        self.lay_down("D.ndjson", [{"code": f"D{n}", "status": "accepted"} for n in range(3)])
        self.until("a file lay in the spool folder", lambda: agent.status()["waiting"] == 0
                   and not os.path.exists(os.path.join(self.spool, "D.ndjson")))
        listed = agent.run("list", "--json").out.splitlines()
        self.assertEqual(len(listed), 6)

    def test_agent_that_was_cut_short_goes_on_with_its_plan(self):
        site = self.province()
        agent = site.agent(UNIT)
        manager = self.manager()
        service = self.service(agent, manager)
        self.until("the first exchange", lambda: agent.status()["next_attempt"] is not None)
        first = agent.status()
        stop(service, signal.SIGKILL)
        manager.forget()
        service = self.service(agent, manager)
        manager.hear_until("READY=1")
        for _ in range(5):
            self.assertEqual(manager.hear(), "WATCHDOG=1")
        self.assertEqual(agent.status()["last_sync"], first["last_sync"])
        self.assertEqual(agent.status()["next_attempt"], first["next_attempt"])
        self.assertEqual(stop(service), 0)
        self.assertIsNone(agent.status()["next_attempt"])

    def test_rs_10_idle_agent_neither_writes_nor_wakes(self):
        agent = self.province().agent(UNIT)
        service = start("motcua-agent", "run", "--data", agent.data, "--config", self.settings)
        self.addCleanup(stop, service)
        self.until("the first exchange", lambda: agent.status()["next_attempt"] is not None)
        time.sleep(2.5)  # what the look at its status has woken
        before = activity(service.pid)
        time.sleep(4)
        self.assertEqual(activity(service.pid), before)
        with open(program("motcua-agent"), "rb") as file:
            self.assertNotIn(b"libcurl", file.read())


if __name__ == "__main__":
    main()
