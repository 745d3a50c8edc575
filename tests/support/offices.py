"""Communes behind bad lines, for the scenarios about the line: one hub for all tests of a class, an agent for each."""
import concurrent.futures
import json
import os
import random
import shutil
import tempfile
import time

from support import fault_line, province

UNITS = [str(number) for number in range(90001, 90401)]
RECEIVED = "2024-03-01T08:00:00+07:00"


class Office(province.Agent):
    """One PC with settings of its own, which name where its line goes and how patient it is."""

    def __init__(self, unit, data, **settings):
        super().__init__(unit, data)
        self.config, self.settings, self.added = data + ".ini", {"lang": "en", "patience_s": 2, **settings}, 0
        self.set()

    def set(self, **settings):
        self.settings |= settings
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("[agent]\n" + "".join(f"{name} = {value}\n" for name, value in self.settings.items()))

    def through(self, line, host="127.0.0.1"):
        self.set(url=f"https://{host}:{line.port}")

    def run(self, *arguments, **options):
        return super().run(*arguments, "--config", self.config, **options)

    def service(self, **options):
        return province.start("motcua-agent", "run", "--data", self.data, "--config", self.config, **options)

    def add(self):
        self.run("add", "dossier", f"code=B-{self.unit}-{self.added:05}", "status=accepted", f"received_at={RECEIVED}")
        self.added += 1

    def take_many(self, count):
        """Changes of some ten bytes each."""
        draw = random.Random(self.added)
        name = f"{self.data}-{self.added}.ndjson"
        with open(name, "w", encoding="utf-8") as file:
            for place in range(count):
                file.write(f'{{"kind": "dossier", "code": "B-{self.unit}-{self.added + place:05}", "status": "accepted",'
                           f' "received_at": "{RECEIVED}", "fee": {draw.randrange(1 << 40)}}}\n')
        self.added += count
        self.take(name)

    def fails(self, code, *more):
        """Syncs in vain: the code and the words it says, and 69 or 75 as exit status. Returns the seconds it took."""
        start = time.monotonic()
        said = self.run("sync", exits=(69, 75))
        took = time.monotonic() - start
        for word in (code, *more):
            if word not in said.err:
                raise AssertionError(f"'{word}' was not said: {said}")
        return took

    def drain(self, deadline_s):
        """Syncs again and again until all is acknowledged; how many attempts that took."""
        end, attempts = time.monotonic() + deadline_s, 0
        while True:
            attempts += 1
            if self.run("sync", exits=(0, 69, 75)).code == 0:
                return attempts
            if time.monotonic() > end:
                raise AssertionError(f"not through after {attempts} attempts: {self.status()}")


class BadLines(province.Scenario):
    """The province serves while the class is at work; each test gets lines, middles and offices that go with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = tempfile.mkdtemp(prefix="motcua-")
        cls.addClassCleanup(shutil.rmtree, cls.home)
        units = os.path.join(cls.home, "units.csv")
        with open(units, "w", encoding="utf-8") as file:
            file.write("code,name,level,parent\n06,Tỉnh Bắc Kạn,province,\n")
            file.writelines(f"{unit},Xã {unit},commune,06\n" for unit in UNITS)
        cls.hub = province.Province(os.path.join(cls.home, "province"), units=units)
        cls.hub.serve()
        cls.addClassCleanup(cls.hub.stop)
        cls.units = iter(UNITS)
        # Another hub, of which only its TLS key is wanted.
        cls.stranger = os.path.join(cls.home, "stranger")
        province.run("motcua-hub", "init", "--province", "01", "--name", "Another", "--data", cls.stranger)

    def office(self, **settings):
        unit = next(self.units)
        office = Office(unit, self.path(f"office-{unit}"), **settings)
        code = self.hub.hub("invite", unit, "--no-confirm", "--url", self.hub.url, "--json").json()["code"]
        office.run("enroll", code)
        office.sync()
        return office

    def together(self, things, do):
        """do(thing) for all of them at once; what they returned."""
        with concurrent.futures.ThreadPoolExecutor(len(things)) as pool:
            return list(pool.map(do, things))

    def line(self, **how):
        line = fault_line.FaultLine(self.hub.port, **how)
        self.addCleanup(line.close)
        return line

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.hub.server.pid}/fd"))

    def assertFewDescriptors(self, before):
        """As few as before, soon."""
        end = time.monotonic() + 10
        while self.descriptors() > before and time.monotonic() < end:
            time.sleep(0.1)
        self.assertLessEqual(self.descriptors(), before)

    def middle(self, act=None, key=None, certificate=None):
        """One that has the hub's own TLS key, or that of another data directory."""
        folder = key or self.hub.data
        middle = fault_line.Middle(self.hub.port, certificate or os.path.join(folder, "tls.crt"),
                                   os.path.join(folder, "tls.key"), act)
        self.addCleanup(middle.close)
        return middle

    def assertArrived(self, office):
        """All of it is there, once."""
        self.assertEqual(office.status()["waiting"], 0)
        self.assertEqual(self.received(office), office.added)

    def received(self, office):
        return self.hub.totals("--year", "2024", "--unit", office.unit)["total"]["received"]

    def assertNothingTwice(self, office):
        """Over a line that works all of it is there, in batches of which the hub has each once."""
        office.through(self.hub)
        office.sync()
        self.assertArrived(office)
        have = {line["device"]: line["have"] for line in self.device_lines()}[office.status()["device"]]
        self.assertEqual(have, office.status()["sealed"])
        self.assertEqual(self.hub.hub("verify").code, 0)

    def device_lines(self):
        return [json.loads(line) for line in self.hub.hub("device", "list", "--json").out.splitlines()]
