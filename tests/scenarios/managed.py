#!/usr/bin/python3
"""Both programs under a service manager: what they tell it, and what of them the rest of the machine may see."""
import fcntl
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from manager import UNIT, WATCHDOG_MS, SOON_S, Services, limit_of_core, sanitized, status_of  # noqa: E402
from province import main, run, start, stop  # noqa: E402


class Managed(Services):
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

    def test_id_21_an_open_key_stops_both_programs_with_the_remedy(self):
        site = self.province()
        agent = site.agent(UNIT)
        site.stop()
        for key, command in ((os.path.join(agent.data, "device.key"), ("motcua-agent", "run", "--data", agent.data)),
                             (os.path.join(site.data, "hub.key"), ("motcua-hub", "serve", "--data", site.data)),
                             (os.path.join(site.data, "tls.key"), ("motcua-hub", "serve", "--data", site.data,
                                                                   "--listen", "127.0.0.1:0"))):
            with self.subTest(key=key):
                self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
                os.chmod(key, 0o644)
                said = run(*command, "--lang", "en", exits=(77,)).err
                self.assertEqual(said.splitlines()[-2:], [f"E-PERMISSION: Others can read the key {key}.",
                                                          f"  Run: chmod 600 {key}"])
                os.chmod(key, 0o600)

    def test_id_22_both_programs_keep_their_keys_to_themselves(self):
        site = self.province()
        agent = site.agent(UNIT)
        manager = self.manager()
        service = self.service(agent, manager)
        manager.hear_until("READY=1")
        for pid in (site.server.pid, service.pid):
            self.assertEqual(limit_of_core(pid), ["0", "0"])
            if not sanitized():  # sanitizers leave mlock out
                self.assertGreater(status_of(pid, "VmLck"), 0)
            if os.geteuid() != 0:  # root may look at everything
                with self.assertRaises(PermissionError):
                    open(f"/proc/{pid}/environ", "rb").close()


if __name__ == "__main__":
    main()
