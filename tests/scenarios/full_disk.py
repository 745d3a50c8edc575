#!/usr/bin/python3
"""Disks that are full or can only be read, for real: small file systems in memory, in a mount namespace of our own.
What is here already leaves all the same; nothing new is taken that could not be kept; afterwards all goes on by itself.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

OWN = "MOTCUA_OWN_MOUNTS"
MIB = 1 << 20


def mount(folder, *options):
    subprocess.run(["mount", *options, "none", folder], check=True)


class Disks(province.Scenario):
    def small_disk(self, name, mib):
        folder = self.path(name)
        os.mkdir(folder)
        mount(folder, "-t", "tmpfs", "-o", f"size={mib}m,mode=0700")
        self.addCleanup(subprocess.run, ["umount", "--lazy", folder], check=False)
        return folder

    def fill(self, folder):
        """Somebody's film takes what is left."""
        path = os.path.join(folder, "film")
        with open(path, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65536))
            except OSError:
                pass
        return path

    def add(self, agent, code, exits=(0,)):
        return agent.run("add", "dossier", f"code={code}", "status=accepted",
                         "received_at=2024-03-01T08:00:00+07:00", exits=exits)

    def agent_on(self, hub, folder):
        agent = province.Agent("95801", os.path.join(folder, "agent"))
        code = hub.hub("invite", "95801", "--no-confirm", "--url", hub.url, "--json").json()["code"]
        agent.run("enroll", code)
        return agent

    def received(self, hub):
        return hub.totals("--year", "2024")["total"]["received"]

    def test_st_06_a_full_disk(self):
        """Entering is refused with what to do; sending, a stick and receipts work on the room kept for them."""
        hub, folder = self.province(), self.small_disk("pc", 16)
        agent = self.agent_on(hub, folder)
        for number in range(5):
            self.add(agent, f"F-{number}")
        film = self.fill(folder)
        self.assertIn("E-DISK-FULL", self.add(agent, "F-5", exits=(74,)).err)
        listing = self.write("more.ndjson", [{"kind": "dossier", "code": "F-6", "status": "accepted"}])
        self.assertIn("E-DISK-FULL", agent.run("import", listing, exits=(74,)).err)
        self.assertEqual(agent.status()["waiting"], 5)
        agent.sync()
        self.assertEqual((self.received(hub), agent.status()["waiting"]), (5, 0))
        # The room is used up now; what it was kept for goes on, nothing new is taken.
        self.assertIn("E-DISK-FULL", self.add(agent, "F-5", exits=(74,)).err)
        agent.sync()
        os.remove(film)
        self.add(agent, "F-5")
        agent.sync()
        self.assertEqual((self.received(hub), agent.status()["waiting"]), (6, 0))
        self.assertEqual(os.stat(os.path.join(agent.data, "reserve")).st_blocks * 512, 4 * MIB)

    def test_st_06_a_full_disk_and_no_line(self):
        """The same by stick: export and receive."""
        hub, folder = self.province(), self.small_disk("pc", 16)
        agent = self.agent_on(hub, folder)
        self.add(agent, "S-1")
        self.fill(folder)
        agent.run("export", self.path("there"))
        hub.hub("ingest", self.path("there"))
        hub.hub("receipts", agent.status()["device"], "--output", self.path("back"))
        agent.run("receive", self.path("back"))
        self.assertEqual((self.received(hub), agent.status()["waiting"]), (1, 0))

    def test_st_07_a_disk_that_can_only_be_read(self):
        """It is named, and what is there is shown; once it can be written, all goes on."""
        hub, folder = self.province(), self.small_disk("pc", 16)
        agent = self.agent_on(hub, folder)
        self.add(agent, "R-1")
        mount(folder, "-o", "remount,ro")
        self.assertIn("E-DISK-RO", self.add(agent, "R-2", exits=(74,)).err)
        self.assertIn("E-DISK-RO", agent.run("sync", exits=(74,)).err)
        self.assertEqual(agent.status()["waiting"], 1)
        for command in (("list",), ("show", "R-1"), ("rejected",), ("totals", "--year", "2024")):
            agent.run(*command)
        # The service leaves it to whoever starts services to try again.
        self.assertIn("E-DISK-RO", agent.run("run", exits=(74,)).err)
        mount(folder, "-o", "remount,rw")
        service = agent.start("run")
        end = time.monotonic() + 60
        while self.received(hub) == 0 and time.monotonic() < end:
            time.sleep(0.2)
        self.assertEqual(province.stop(service), 0)
        self.assertEqual(self.received(hub), 1)

    def test_hb_09_a_full_disk_at_the_hub(self):
        """Agents are asked to come later, numbers are told meanwhile, and nothing is half there."""
        folder = self.small_disk("server", 16)
        # What the room that batches leave is for stands in restore.py; here the disk is full to its last byte.
        settings = ("trusted = 127.0.0.1", "disk_reserve_mib = 0")
        hub = province.Province(os.path.join(folder, "province"), settings=settings)
        hub.serve()
        self.addCleanup(hub.stop)
        agent = province.Agent("95801", self.path("agent"))
        code = hub.hub("invite", "95801", "--no-confirm", "--url", hub.url, "--json").json()["code"]
        agent.run("enroll", code)
        self.add(agent, "H-1")
        agent.sync()
        film = self.fill(folder)
        for number in range(2, 6):
            self.add(agent, f"H-{number}")
        self.assertIn("E-", agent.run("sync", exits=(69, 75)).err)
        self.assertEqual(agent.status()["waiting"], 4)
        self.assertEqual(self.received(hub), 1)
        os.remove(film)
        agent.sync_until_done()
        self.assertEqual(self.received(hub), 5)
        self.assertEqual(hub.hub("verify", "--full").code, 0)
        self.assertIsNone(hub.server.poll())

    def test_st_06_a_report_on_a_full_disk(self):
        """The file that was there stays, whether its own disk is full or the one a spreadsheet is made on."""
        hub = self.province()
        for kind in ("xlsx", "html", "csv"):
            with self.subTest(kind=kind):
                folder, work = self.small_disk(f"reports-{kind}", 1), self.small_disk(f"work-{kind}", 1)
                path = os.path.join(folder, f"report.{kind}")
                with open(path, "w", encoding="utf-8") as file:
                    file.write("the old one")
                self.fill(folder)
                command = ("totals", "--year", "2024", "--by", "unit", "--format", kind, "--output")
                self.assertIn("E-DISK-FULL", hub.hub(*command, path, exits=(74,)).err)
                with open(path, encoding="utf-8") as file:
                    self.assertEqual(file.read(), "the old one")
                self.assertEqual(sorted(os.listdir(folder)), ["film", f"report.{kind}"])
                self.fill(work)
                province.ELSEWHEN["TMPDIR"] = work
                self.addCleanup(province.ELSEWHEN.pop, "TMPDIR", None)
                whole = self.path(f"whole.{kind}")
                done = hub.hub(*command, whole, exits=(74,) if kind == "xlsx" else (0,))
                del province.ELSEWHEN["TMPDIR"]
                self.assertEqual("E-DISK-FULL" in done.err, kind == "xlsx")
                self.assertEqual(os.path.exists(whole), kind != "xlsx")
                self.assertEqual(os.listdir(work), ["film"])


def in_own_mounts():
    """Runs this file anew where it may mount, or tells why not."""
    tried = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        print(f"no mount namespace here: {tried.stderr.strip()}")
        return province.SKIPPED_EXIT
    return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv],
                          env=os.environ | {OWN: "1"}, check=False).returncode


if __name__ == "__main__":
    if OWN not in os.environ:
        sys.exit(in_own_mounts())
    province.main()
