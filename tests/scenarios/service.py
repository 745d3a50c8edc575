#!/usr/bin/python3
"""Both programs as services: what they tell whoever started them, how they stop, and when the agent wakes."""
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from province import Scenario, main, start, stop  # noqa: E402

UNIT = "95801"
SOON_S = 60  # under sanitizers and beside other tests
WATCHDOG_MS = 800


class Manager:
    """What a service manager hears under a socket's name."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def environment(self):
        return {"NOTIFY_SOCKET": self.name, "WATCHDOG_USEC": str(WATCHDOG_MS * 1000)}

    def hear(self, wait_s=SOON_S):
        """The next word, None if none comes in time."""
        self.socket.settimeout(wait_s)
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return None

    def hear_until(self, word):
        """All words up to this one, which must come."""
        heard = []
        while not heard or heard[-1] != word:
            heard.append(self.hear())
            if heard[-1] is None:
                raise AssertionError(f"no {word} after {heard[:-1]}")
        return heard

    def forget(self):
        with contextlib.suppress(BlockingIOError):
            self.socket.setblocking(False)
            while True:
                self.socket.recv(4096)


class Services(Scenario):
    def setUp(self):
        super().setUp()
        self.spool = self.path("spool")
        os.mkdir(self.spool)
        self.settings = self.write("agent.ini", f"[agent]\nlang = en\nspool = {self.spool}\n")

    def manager(self, name=None):
        manager = Manager(name or self.path("notify"))
        self.addCleanup(manager.socket.close)
        return manager

    def managed(self, manager, name, *arguments):
        process = start(name, *arguments, extra=manager.environment())
        self.addCleanup(stop, process)
        return process

    def service(self, agent, manager):
        return self.managed(manager, "motcua-agent", "run", "--data", agent.data, "--config", self.settings)

    def lay_down(self, name, records):
        path = self.write(name + ".part", records)
        os.rename(path, os.path.join(self.spool, name))

    def until(self, what, true):
        end = time.monotonic() + SOON_S
        while not true():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)

    def test_agent_says_when_it_is_ready_at_work_and_stopping(self):
        agent = self.province().agent(UNIT)
        manager = self.manager()
        service = self.service(agent, manager)
        self.assertEqual(manager.hear(), "READY=1")
        for _ in range(3):
            self.assertEqual(manager.hear(), "WATCHDOG=1")
        self.assertEqual(stop(service), 0)
        self.assertLessEqual(set(manager.hear_until("STOPPING=1")), {"WATCHDOG=1", "STOPPING=1"})
        self.assertIsNone(manager.hear(0.1))

    def test_agent_that_cannot_begin_is_never_ready(self):
        agent = self.province().agent(UNIT)
        with open(os.path.join(agent.data, "agent.db"), "r+b") as database:
            database.seek(4096)
            database.write(b"\xff" * 4096)
        manager = self.manager()
        service = self.service(agent, manager)
        self.assertNotEqual(service.wait(SOON_S), 0)
        self.assertIsNone(manager.hear(0.1))

    def test_hub_says_when_it_is_ready_at_work_and_stopping(self):
        self.province().stop()
        manager = self.manager(f"@motcua-{os.getpid()}")
        hub = self.managed(manager, "motcua-hub", "serve", "--data", self.path("hub"), "--listen", "127.0.0.1:0")
        self.assertEqual(manager.hear(), "READY=1")
        for _ in range(3):
            self.assertEqual(manager.hear(), "WATCHDOG=1")
        self.assertEqual(stop(hub), 0)
        self.assertLessEqual(set(manager.hear_until("STOPPING=1")), {"WATCHDOG=1", "STOPPING=1"})
        self.assertIsNone(manager.hear(0.1))

    def test_hub_whose_writer_is_stuck_says_nothing_any_more(self):
        site = self.province()
        agent = site.agent(UNIT)
        agent.run("add", "dossier", "code=A", "status=accepted")
        site.stop()
        manager = self.manager()
        hub = self.managed(manager, "motcua-hub", "serve", "--data", site.data, "--listen",
                           f"127.0.0.1:{site.port}")
        manager.hear_until("WATCHDOG=1")
        with open(os.path.join(site.data, "lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            sync = start("motcua-agent", "sync", "--data", agent.data)
            self.addCleanup(stop, sync)
            self.until("the writer still goes round", lambda: manager.hear(3 * WATCHDOG_MS / 1000) is None)
        manager.hear_until("WATCHDOG=1")
        self.assertEqual(sync.wait(SOON_S), 0)
        self.assertEqual(stop(hub), 0)

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

    def test_idle_agent_neither_writes_nor_wakes(self):
        agent = self.province().agent(UNIT)
        service = start("motcua-agent", "run", "--data", agent.data, "--config", self.settings)
        self.addCleanup(stop, service)
        self.until("the first exchange", lambda: agent.status()["next_attempt"] is not None)
        time.sleep(2.5)  # what the look at its status has woken
        before = switches(service.pid), written(service.pid)
        time.sleep(4)
        self.assertEqual((switches(service.pid), written(service.pid)), before)
        with open(f"/proc/{service.pid}/maps", encoding="utf-8") as maps:
            self.assertNotIn("libcurl", maps.read())


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))


def written(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return dict(line.split(": ") for line in file.read().splitlines())["write_bytes"]


if __name__ == "__main__":
    main()
