#!/usr/bin/python3
"""A province's hub is lost and put back from a backup of the day before: what twenty computers hold makes it what it
was, number for number and time for time."""
import concurrent.futures
import contextlib
import os
import shutil
import signal
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402
import wire  # noqa: E402

DAY_S = 86400
EIGHT = 1707094800000  # 2024-02-05T08:00:00+07:00
AGENTS, REAL = 20, 3
UNITS = ["95801", "95804", "95807", "95810", "95813"]
PERIOD = ("--from", "2024-01-01", "--to", "2024-05-22", "--by", "unit")
PASSPHRASE = "ba cây chụm lại"
KEYS = ("hub.key", "tls.key", "tls.crt", "tls-next.key", "tls-next.crt")


def copy_keys(source, target):
    """A directory with the keys of another and nothing else."""
    os.mkdir(target, 0o700)
    for name in KEYS:
        shutil.copy2(os.path.join(source, name), os.path.join(target, name))


def record(code, **fields):
    return {"kind": "dossier", "code": code, "status": "accepted", "channel": "online",
            "received_at": "2024-02-05T08:00:00+07:00", "changed_at": "2024-02-05T08:00:00+07:00", **fields}


def change(code, at):
    """The same as the second agent queues it, one field of it a unit that the hub refuses now and then."""
    fields = {7: 2, 10: EIGHT, 5: 2}
    if code.endswith("7"):
        fields[0] = "no-such-unit"
    return {"kind": 1, "key": code, "changed_at": at, "fields": fields}


class Restored(province.Scenario):
    def setUp(self):
        super().setUp()
        self.backups = self.path("backups")
        os.mkdir(self.backups)
        self.backup = os.path.join(self.backups, "by-hand.backup")
        self.made = 0

    def units(self):
        out = self.hub.hub("units", "list", "--json").out.splitlines()
        rows = [province.json.loads(line) for line in out]
        return [row["code"] for row in rows if row["level"] == "commune"]

    def second_agent(self, unit):
        """A computer in this process, which is quick to start."""
        self.made += 1
        agent = wire.Agent(self.path(f"wire-{self.made}"))
        code = self.hub.hub("invite", unit, "--no-confirm", "--url", self.hub.url, "--json").json()["code"]
        agent.enroll(code)
        return agent

    def enter(self, agents, part):
        """A few records at each, new ones and later words on old ones; sent at the same time."""
        def work(numbered):
            number, agent = numbered
            if isinstance(agent, province.Agent):
                rows = [record(f"R{number}-{part}-{i}") for i in range(8)]
                at = f"2024-02-0{6 + part}T08:00:00+07:00"
                rows.append(record(f"R{number}-0-0", status="in_progress", changed_at=at))
                agent.take(self.write(f"in-{number}.ndjson", rows))
                agent.sync()
            else:
                agent.add([change(f"W{number}-{part}-{i}", EIGHT + i) for i in range(8)])
                agent.add([change(f"W{number}-0-0", EIGHT + part * 3600000)])
                agent.sync()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(work, enumerate(agents)))

    def sync_all(self, agents):
        for agent in agents:
            agent.sync()

    def rows(self, folder, query):
        with contextlib.closing(sqlite3.connect(f"file:{folder}/hub.db?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def said(self, folder):
        """What was said of each batch: its hash, when it was accepted, its verdicts."""
        return sorted(self.rows(folder, "SELECT hash, l.accepted_at, verdicts FROM batch JOIN log l ON l.n = entry"))

    def totals_of(self, folder):
        return province.run("motcua-hub", "totals", *PERIOD, "--json", "--data", folder).json()

    def lose_and_restore(self, *options):
        """The machine is gone; what is left is the backup, acts.log beside it, and the keys."""
        self.hub.kill()
        lost = self.path("hub.lost")
        os.rename(self.hub.data, lost)
        out = self.hub.hub("restore", self.backup, "--json", *options).json()
        return lost, out

    def a_day_later(self):
        """The hub and its backup of yesterday; every agent has sent its first part before it."""
        with province.clock(-DAY_S):
            self.hub = self.province("trusted = 127.0.0.1", f"backup = {self.backups}", "backup_keep = 2")
            units = self.units()
            agents = [self.hub.agent(units[i]) if i < REAL else self.second_agent(units[i]) for i in range(AGENTS)]
            self.enter(agents, 0)
            said = self.hub.hub("backup", self.backup, "--json").json()
            self.assertEqual(said["entries"], self.rows(self.hub.data, "SELECT count(*) FROM log")[0][0])
            self.enter(agents[:4], 3)  # right after it
            self.assertEqual(self.hub.stop(), 0)
        # By itself, as soon as it served: into the same folder, whose acts.log is one for all.
        self.assertEqual(len([name for name in os.listdir(self.backups) if name.startswith("hub-")]), 1)
        self.hub.serve()
        return agents, units

    def test_hb_04_a_day_old_backup_and_twenty_agents(self):
        agents, units = self.a_day_later()
        passphrase, keys = self.write("passphrase", PASSPHRASE + "\n"), self.path("keys")
        os.chmod(passphrase, 0o600)
        self.hub.hub("keys", "export", keys, "--passphrase-file", passphrase)
        # The second day: all send, two more enrol, one is suspended, a unit's name changes.
        self.enter(agents, 1)
        late = [self.hub.agent(units[-1]), self.second_agent(units[-2])]
        self.enter(late, 1)
        suspended = late.pop()
        self.hub.hub("device", "suspend", suspended.status()["device"])
        lost, out = self.lose_and_restore("--keys", keys, "--passphrase-file", passphrase)
        self.assertEqual((out["epoch"], out["acts_log"], out["acts_gap"], out["devices"], out["left_out"]),
                         (2, True, False, 2, 0))
        # Before anybody has sent it is what it was a day ago, and the operator's acts of today.
        self.assertLess(len(self.said(self.hub.data)), len(self.said(lost)))
        self.hub.serve()
        heard = agents[0].run("sync", "--lang", "en")
        self.assertIn("HUB-REGRESSED", heard.err)
        self.sync_all(agents[1:] + late)
        with self.assertRaisesRegex(wire.Refused, "E-DEVICE-SUSPENDED"):
            suspended.sync()
        # All but what only the suspended one has: it is let in, and sends.
        self.hub.hub("device", "resume", suspended.status()["device"])
        suspended.sync()
        self.assertEqual(self.said(self.hub.data), self.said(lost))
        self.assertEqual(self.totals_of(self.hub.data), self.totals_of(lost))
        self.assertGreater(self.totals_of(lost)["total"]["received"], 8 * AGENTS)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        self.assertEqual(agents[0].status()["waiting"], 0)
        self.assertNotEqual(agents[0].status()["state"], "HUB-REGRESSED")
        # It goes on as one hub: what is new is taken once, and the next backup makes it safe.
        before = self.hub.totals(*PERIOD)["total"]["received"]
        self.enter(agents[:4], 2)
        self.assertGreater(self.hub.totals(*PERIOD)["total"]["received"], before)
        self.hub.hub("backup", self.backup)
        agents[0].sync()
        agents[0].run("sync")
        status = agents[0].status()
        self.assertEqual((status["safe"], status["acknowledged"]), (status["sealed"], status["sealed"]))

    def test_hb_04_receipts_that_never_arrived(self):
        """Where the hub's word did not reach the agent, the batch is new to the hub: and all follows from its log."""
        self.hub = self.province()
        units = self.units()
        agents = [self.second_agent(unit) for unit in units[:6]]
        self.enter(agents, 0)
        self.hub.hub("backup", self.backup)
        for number, agent in enumerate(agents):
            for part in (1, 2):
                agent.add([change(f"X{number}-{part}", EIGHT)])
                agent.seal()
                # The answer to the first, or to the second, is lost on the way.
                if (number + part) % 2:
                    agent.exchange("/v1/batches", agent.lacking())
                else:
                    before = vars(agent).copy()
                    body = wire.write([agent.request()[1], *(item for pair in agent.lacking() for _, item in pair)])
                    wire.call(agent.address, agent.hub[5], "/v1/batches", body, wire.ANSWER_LIMIT)
                    vars(agent).update(before)
        self.hub.kill()
        lost = self.path("hub.lost")
        os.rename(self.hub.data, lost)
        copy_keys(lost, self.hub.data)
        self.hub.hub("restore", self.backup)
        self.hub.serve()
        self.sync_all(agents)
        found, wanted = self.said(self.hub.data), self.said(lost)
        self.assertEqual([row[0] for row in found], [row[0] for row in wanted])
        self.assertEqual([row[2] for row in found], [row[2] for row in wanted])
        same = sum(one == two for one, two in zip(found, wanted))
        self.assertGreater(same, len(wanted) // 2)
        self.assertLess(same, len(wanted))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        self.assertEqual(self.totals_of(self.hub.data)["total"]["received"], self.totals_of(lost)["total"]["received"])


    def test_hb_05_a_backup_in_the_place_of_the_database(self):
        """Somebody copies it there and starts the hub: it is told what to do, and nothing is written."""
        self.hub = self.province()
        self.hub.hub("backup", self.backup)
        self.hub.stop()
        again = self.path("again")
        copy_keys(self.hub.data, again)
        shutil.copy2(self.backup, os.path.join(again, "hub.db"))
        said = province.run("motcua-hub", "serve", "--data", again, "--lang", "en", exits=(78,))
        self.assertIn("motcua-hub restore FILE", said.err)
        self.assertEqual(sorted(os.listdir(again)), sorted([*KEYS, "hub.db", "lock"]))
        os.remove(os.path.join(again, "hub.db"))
        province.run("motcua-hub", "restore", self.backup, "--data", again)
        province.run("motcua-hub", "verify", "--full", "--data", again)

    def test_hb_04_without_the_acts_a_computer_returns_by_one_step(self):
        """Enrolled since the backup, and nobody but the computer itself knows it any more."""
        self.hub = self.province()
        units = self.units()
        self.hub.hub("backup", self.backup)
        agent = province.Agent(units[0], self.path("late"))
        code = self.hub.hub("invite", units[0], "--url", self.hub.url, "--json").json()["code"]
        fingerprint = agent.run("enroll", code, "--url", self.hub.url, "--json").json()["fingerprint"]
        self.hub.hub("device", "confirm", fingerprint)
        agent.take(self.write("in.ndjson", [record(f"L-{i}") for i in range(20)]))
        agent.sync()
        os.remove(os.path.join(self.backups, "acts.log"))
        self.hub.kill()
        lost = self.path("hub.lost")
        os.rename(self.hub.data, lost)
        copy_keys(lost, self.hub.data)
        said = self.hub.hub("restore", self.backup, "--lang", "en")
        self.assertIn("device confirm FINGERPRINT", said.err)
        self.hub.serve()
        self.assertIn("E-DEVICE-WAITING", agent.run("sync", "--lang", "en", exits=(75,)).err)
        agent.run("sync", exits=(75,))  # asking twice changes nothing
        self.assertEqual(agent.status()["state"], "waiting")
        devices = [province.json.loads(line) for line in self.hub.hub("device", "list", "--json").out.splitlines()]
        self.assertEqual([(one["unit"], one["state"]) for one in devices], [(units[0], "waiting")])
        self.hub.hub("device", "confirm", fingerprint)
        agent.sync()
        self.assertEqual(self.said(self.hub.data), self.said(lost))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        self.assertEqual((agent.status()["state"], agent.status()["waiting"]), ("active", 0))


class FullDisk(province.Scenario):
    def test_hb_09_a_disk_without_room_refuses_and_goes_on_later(self):
        """The agent keeps what it has and is told to come again; the operator is told why."""
        self.hub = self.province()
        agent = self.hub.agent("95801")
        agent.take(self.write("in.ndjson", [record(f"F-{i}") for i in range(5)]))
        config = self.hub.config
        self.hub.config = self.write("full.ini", "[hub]\ntrusted = 127.0.0.1\ndisk_reserve_mib = 1048576\n")
        self.hub.stop()
        self.hub.serve()
        agent.run("sync", exits=(75,))
        self.assertEqual(agent.status()["waiting"], 5)
        with open(self.hub.log, encoding="utf-8") as file:
            self.assertIn("event=disk-low", file.read())
        self.assertIn("batches are refused", self.hub.hub("status", "--config", self.hub.config, "--lang", "en").out)
        self.hub.hub("invite", "95804", "--config", self.hub.config)
        self.assertEqual(self.hub.stop(), 0)
        self.hub.config = config
        self.hub.serve()
        agent.sync()
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 5)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)


class Killed(province.Scenario):
    """ST-03: whoever is killed while a backup or a restore is made leaves nothing half done under its name."""

    def setUp(self):
        super().setUp()
        self.hub = self.province()
        agent = self.hub.agent("95801")
        agent.take(self.write("in.ndjson", [record(f"K-{i}") for i in range(3000)]))
        agent.sync()
        self.backup = self.path("hub.backup")

    def killed_after(self, seconds, *command):
        process = province.start("motcua-hub", *command)
        threading.Timer(seconds, process.kill).start()
        return process.wait()

    def test_st_03_killed_while_backing_up(self):
        start = time.monotonic()
        self.hub.hub("backup", self.backup)
        whole_s = time.monotonic() - start
        self.hub.hub("invite", "95804")
        broken = 0
        for i in range(4):
            # From soon after the start to shortly before the end, as long as it takes here.
            end = self.killed_after(whole_s * (1 + i) / 6, "backup", self.backup, "--data", self.hub.data)
            broken += end == -signal.SIGKILL
            again = self.path(f"again-{i}")
            copy_keys(self.hub.data, again)
            end = self.killed_after(whole_s * (1 + 2 * i) / 6, "restore", self.backup, "--data", again)
            self.assertIn(end, (0, -signal.SIGKILL))
            if not os.path.exists(os.path.join(again, "hub.db")):
                province.run("motcua-hub", "restore", self.backup, "--data", again)
            province.run("motcua-hub", "verify", "--full", "--data", again)
        self.assertGreater(broken, 0)
        self.hub.hub("backup", self.backup)
        self.assertEqual([name for name in os.listdir(self.folder) if ".part" in name], [])
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)


if __name__ == "__main__":
    province.main()
