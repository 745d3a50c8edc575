#!/usr/bin/python3
"""Two roads, one truth: half of the batches by wire, half by stick, delivered twice, out of order, some never; and
computers whose data were put back, copied, or lost."""
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import load, province  # noqa: E402
import recount  # noqa: E402

SEED = int(os.environ.get("MOTCUA_SEED", "4"))
PARTS = 6
FIRST, LAST, AS_OF = (recount.day(text) for text in ("2024-01-01", "2024-05-22", "2026-01-01"))
PERIOD = ("--from", "2024-01-01", "--to", "2024-05-22")


def record(code, **fields):
    return {"kind": "dossier", "code": code, "status": "accepted", "channel": "online", "procedure": "Đăng ký khai sinh",
            "received_at": "2024-02-05T08:00:00+07:00", "changed_at": "2024-02-05T08:00:00+07:00", **fields}


class TwoRoads(province.Scenario):
    """NW-16: courier files overtake the wire and each other; NW-15: everything comes twice."""

    def setUp(self):
        super().setUp()
        self.luck = random.Random(SEED)
        self.load = load.Load(SEED, 3000)
        self.hub = self.province()
        self.agents = {device: self.hub.agent(unit) for device, unit in load.DEVICES.items()}
        self.bag = []  # sticks on their way to the province
        self.sticks = self.lost = 0

    def pack(self, agent):
        self.sticks += 1
        path = self.path(f"stick-{self.sticks}.mcs")
        agent.run("export", path)
        self.bag.append(path)

    def empty_bag(self, share):
        """Delivers some of the sticks, the newest not last, most of them twice; some get lost."""
        self.luck.shuffle(self.bag)
        for _ in range(int(len(self.bag) * share)):
            path = self.bag.pop()
            if self.lost == 0 or self.luck.random() < .2:
                self.lost += 1
                continue
            for _ in range(2):
                self.hub.hub("ingest", path)

    def fetch_receipts(self, agent):
        path = self.path("answer.mcs")
        self.hub.hub("receipts", agent.status()["device"], "--output", path)
        for _ in range(2):
            agent.run("receive", path)

    def move(self, agent):
        way = self.luck.random()
        if way < .5:
            agent.run("sync")
            agent.run("sync")
            return
        self.pack(agent)
        if way < .8:
            self.empty_bag(.6)
        if way < .65:
            self.fetch_receipts(agent)

    def recounted(self, files):
        units = recount.Units.read(province.UNITS)
        things = recount.Things(units)
        recount.read_agents(things, [f"{agent.unit}@{agent.status()['device']}={','.join(files[device])}"
                                     for device, agent in self.agents.items()], None)
        return recount.totals(things, units, "06", "unit", FIRST, LAST, AS_OF)

    def test_nw_16_half_by_wire_half_by_stick(self):
        files = {device: [] for device in self.agents}
        turns = []
        for device in self.agents:
            for number, rows in enumerate(self.load.parts(device, PARTS)):
                turns.append((device, self.write(f"{device}-{number}.ndjson", rows)))
        self.luck.shuffle(turns)
        for device, path in turns:
            self.agents[device].take(path)
            files[device].append(path)
            self.move(self.agents[device])
        for number, agent in enumerate(self.agents.values()):
            if number % 2:
                agent.run("sync")
                continue
            self.pack(agent)
            self.hub.hub("ingest", self.bag.pop())
            self.fetch_receipts(agent)
        for agent in self.agents.values():
            self.assertEqual(agent.status()["waiting"], 0)
        self.assertGreater(self.lost, 0)
        self.assertSameCells(self.hub.totals(*PERIOD, "--by", "unit"), self.recounted(files))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        # What comes late changes nothing.
        before = self.hub.totals(*PERIOD, "--by", "unit")
        for path in self.bag:
            self.hub.hub("ingest", path)
        self.assertEqual(self.hub.totals(*PERIOD, "--by", "unit"), before)
        self.assertEqual({line["state"] for line in self.devices()}, {"unconfirmed"})

    def devices(self):
        out = self.hub.hub("device", "list", "--json").out
        return [province.json.loads(line) for line in out.splitlines()]


class Copies(province.Scenario):
    """ST-10 to ST-13, ID-03: data that were put back, copied or lost go on, and nothing counts twice."""

    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent("95801")
        self.entered = 0

    def enter(self, agent, count=1):
        for _ in range(count):
            self.entered += 1
            agent.take(self.write("new.ndjson", [record(f"C-{self.entered:03}")]))

    def image(self, name):
        return shutil.copytree(self.agent.data, self.path(name))

    def put_back(self, image, in_place):
        """As a restore of files does it: over the old ones, or instead of them."""
        if in_place:
            shutil.copytree(image, self.agent.data, dirs_exist_ok=True)
            return
        shutil.rmtree(self.agent.data)
        shutil.copytree(image, self.agent.data)

    def device(self):
        return province.json.loads(self.hub.hub("device", "list", "--json").out.splitlines()[0])

    def assertCounted(self):
        total = self.hub.totals("--year", "2024")["total"]
        self.assertEqual((total["received"], total["gap"]), (self.entered, 0))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def assertNamed(self, code):
        status = self.agent.status()
        self.assertIn(code, [notice["code"] for notice in status["notices"]])
        return status

    def restored(self, in_place):
        self.enter(self.agent, 2)
        self.agent.sync()
        image = self.image("image")
        self.enter(self.agent)
        self.agent.sync()
        self.put_back(image, in_place)
        self.enter(self.agent)
        said = self.agent.run("sync", "--lang", "en")
        self.assertIn("DB-ROLLED-BACK", said.err)
        self.assertEqual(self.assertNamed("DB-ROLLED-BACK")["waiting"], 0)
        self.assertCounted()
        self.assertEqual(self.device()["forks"], 0)
        self.assertEqual(self.device()["incarnations"], 2)
        self.enter(self.agent)
        self.assertEqual(self.agent.run("sync", "--json").json()["ignored_receipts"], 0)
        self.assertCounted()

    def test_st_12_put_back_in_place(self):
        self.restored(in_place=True)

    def test_st_12_put_back_as_new_files(self):
        self.restored(in_place=False)

    def test_st_10_an_older_database_beside_a_newer_anchor(self):
        """Somebody copied only the database, and copies it back."""
        self.enter(self.agent)
        self.agent.sync()
        shutil.copy(os.path.join(self.agent.data, "agent.db"), self.path("agent.db"))
        self.enter(self.agent)
        self.agent.sync()
        shutil.copy(self.path("agent.db"), os.path.join(self.agent.data, "agent.db"))
        status = self.agent.status()
        self.assertEqual(status["state"], "DB-ROLLED-BACK")
        self.assertIn("reidentify", status["advice"])
        self.enter(self.agent)
        self.agent.sync()
        self.assertNamed("DB-ROLLED-BACK")
        self.assertCounted()

    def test_st_11_a_lost_database(self):
        self.enter(self.agent, 2)
        self.agent.sync()
        self.hub.stop()
        self.enter(self.agent)
        self.agent.run("sync", exits=(69,))
        self.hub.serve()
        os.remove(os.path.join(self.agent.data, "agent.db"))
        said = self.agent.run("status", "--json", exits=(78,))
        self.assertEqual(said.json()["state"], "DB-LOST")
        self.assertEqual(said.json()["advice"], "motcua-agent reidentify")
        said = self.agent.run("reidentify", "--json").json()
        self.assertEqual(said["reason"], "DB-LOST")
        self.agent.sync()
        self.assertEqual(self.assertNamed("DB-LOST")["lost"], [{"incarnation": 1, "from": 2, "to": 2}])
        self.enter_again(3)
        self.agent.sync()
        self.assertCounted()

    def enter_again(self, count):
        """The files of that time once more: what the province has counts once."""
        for number in range(1, count + 1):
            self.agent.take(self.write("again.ndjson", [record(f"C-{number:03}")]))

    def test_st_13_a_clone_beside_the_first(self):
        """Both go on: the copied files are another database, wherever they lie."""
        self.enter(self.agent, 2)
        self.agent.sync()
        clone = province.Agent("95801", self.image("clone"))
        for _ in range(3):
            self.enter(self.agent)
            self.enter(clone)
            clone.sync()
            self.agent.sync()
        self.assertCounted()
        self.assertEqual(self.device()["forks"], 0)
        self.assertEqual(self.device()["incarnations"], 2)
        self.assertIn("DB-ROLLED-BACK", [notice["code"] for notice in clone.status()["notices"]])
        self.assertEqual(self.agent.status()["notices"], [])
        self.assertRegex(self.hub.hub("device", "list", "--lang", "en").out, "(?i)two computers|cop(y|ied)")

    def test_st_13_a_clone_on_another_machine(self):
        """It asks, and keeps what is entered meanwhile."""
        here, there = (self.write(name, f"[agent]\nmachine_id = {self.write(name + '.id', name)}\n")
                       for name in ("here", "there"))
        self.agent.run("reidentify", "--config", here)
        self.enter(self.agent)
        self.agent.run("sync", "--config", here)
        clone = province.Agent("95801", self.image("clone"))
        self.enter(clone)
        said = clone.run("sync", "--config", there, "--lang", "en", exits=(78,))
        self.assertIn("E-CLONED", said.err)
        self.assertIn("reidentify", said.err)
        clone.run("export", self.path("out.mcs"), "--config", there, exits=(78,))
        self.assertEqual(clone.run("status", "--json", "--config", there).json()["state"], "CLONED")
        self.enter(clone)
        clone.run("reidentify", "--config", there)
        clone.run("sync", "--config", there)
        self.enter(self.agent)
        self.agent.run("sync", "--config", here)
        self.assertCounted()

    def test_id_03_two_batches_under_one_number(self):
        """Without a line nobody could be asked: the fork is kept as evidence and held until the operator says."""
        self.enter(self.agent)
        self.agent.sync()
        image = self.image("image")
        self.enter(self.agent)
        self.agent.sync()
        self.put_back(image, in_place=True)
        self.enter(self.agent)
        stick = self.path("stick.mcs")
        self.agent.run("export", stick)
        self.hub.hub("ingest", stick, exits=(0, 1, 65))
        self.assertEqual((self.device()["state"], self.device()["forks"]), ("held", 1))
        said = self.agent.run("sync", "--lang", "en", exits=(78,))
        self.assertIn("E-FORK", said.err)
        self.hub.hub("device", "release", self.device()["device"])
        self.agent.sync()
        self.assertNamed("DB-ROLLED-BACK")
        self.assertCounted()
        self.enter(self.agent)
        self.agent.sync()
        self.assertCounted()

    def test_st_10_a_hub_without_its_newest_pages(self):
        """At the province: the WAL is gone; what the agents hold receipts for comes again."""
        self.enter(self.agent, 2)
        self.agent.sync()
        self.hub.stop()
        self.hub.serve()
        self.enter(self.agent, 3)
        self.agent.sync()
        self.hub.kill()
        os.remove(os.path.join(self.hub.data, "hub.db-wal"))
        self.hub.serve()
        said = self.agent.run("sync", "--lang", "en")
        self.assertIn("HUB-REGRESSED", said.err)
        self.assertNamed("HUB-REGRESSED")
        self.assertCounted()
        self.assertNotEqual(self.agent.status()["state"], "HUB-REGRESSED")

    def add_by_hand(self, agent):
        """A dossier without a code gets a provisional one."""
        self.entered += 1
        return agent.run("add", "dossier", "status=accepted", "channel=counter",
                         "received_at=2024-02-05T08:00:00+07:00").out.strip()

    def test_no_provisional_code_is_given_out_twice(self):
        """Neither by a PC put back on the same day, nor by two copies that go on beside each other."""
        codes = [self.add_by_hand(self.agent)]
        self.agent.sync()
        image = self.image("image")
        codes.append(self.add_by_hand(self.agent))
        self.agent.sync()
        for in_place in (True, False):
            self.put_back(image, in_place)
            codes.append(self.add_by_hand(self.agent))
            self.agent.sync()
            codes.append(self.add_by_hand(self.agent))
        self.agent.sync()
        clones = [province.Agent("95801", self.image(name)) for name in ("one", "two")]
        for clone in clones:
            codes.append(self.add_by_hand(clone))
            clone.sync()
            codes.append(self.add_by_hand(clone))
            clone.sync()
        self.assertEqual(len(set(codes)), len(codes))
        self.assertTrue(codes[0].endswith("-1"))
        # What was entered and not sent before it was put back is gone with the copy.
        lost = 1
        self.entered -= lost
        self.assertCounted()

    def by_stick(self):
        """There and back; what is said on the way back."""
        stick, answer = self.path("there.mcs"), self.path("back.mcs")
        self.agent.run("export", stick)
        self.hub.hub("ingest", stick)
        self.hub.hub("receipts", self.agent.status()["device"], "--output", answer)
        return self.agent.run("receive", answer, "--lang", "en").err

    def test_a_hub_put_back_is_noticed_by_stick(self):
        """A commune that never has a line sends again what the hub has lost, too."""
        self.enter(self.agent)
        self.by_stick()
        self.hub.stop()
        copy = shutil.copytree(self.hub.data, self.path("hub.old"))
        self.hub.serve()
        self.enter(self.agent)
        self.by_stick()
        self.hub.stop()
        shutil.rmtree(self.hub.data)
        shutil.copytree(copy, self.hub.data)
        self.hub.serve()
        self.enter(self.agent)
        self.assertIn("HUB-REGRESSED", self.by_stick())
        self.by_stick()
        self.assertEqual(self.agent.status()["waiting"], 0)
        self.assertNotEqual(self.agent.status()["state"], "HUB-REGRESSED")
        self.assertCounted()

    def test_nobodys_file_is_written_over(self):
        """A name is easily mistaken on a stick."""
        self.enter(self.agent)
        for command in (("export", self.write("note.txt", "Danh bạ điện thoại")),):
            said = self.agent.run(*command, exits=(78,))
            self.assertIn("E-EXISTS", said.err)
        self.agent.sync()
        said = self.hub.hub("receipts", self.agent.status()["device"], "--output", self.path("note.txt"), exits=(78,))
        self.assertIn("E-EXISTS", said.err)
        with open(self.path("note.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "Danh bạ điện thoại")


if __name__ == "__main__":
    province.main()
