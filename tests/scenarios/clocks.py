#!/usr/bin/python3
"""Clocks that are wrong, set, or in another zone: the real programs, a province in which every number still counts.

TI-01 to TI-05 and TI-08 of tests/FAULTS.md. The programs' wall clock is moved by support/clock_shift.c."""
import datetime
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

UNIT = "95801"
PERIOD = ("--from", "1900-01-01", "--to", "9999-12-31")
ZONES = ("Asia/Ho_Chi_Minh", "America/New_York", "EST5EDT,M3.2.0,M11.1.0", "<+14>-14", "<-12>12", ":nonsense")


def until(year, month=1, day=1, hour=3):
    """Seconds from now to a moment of another year."""
    return int(datetime.datetime(year, month, day, hour, tzinfo=datetime.timezone.utc).timestamp() - time.time())


class Clocks(province.Scenario):
    """A hub whose clock can be moved while it serves, and computers with clocks of their own."""

    def setUp(self):
        super().setUp()
        self.computers = 0
        self.dial = self.path("hub-clock")
        self.turn(0)
        with province.clock(self.dial):
            self.hub = self.province()

    def turn(self, shift):
        """Sets the hub's clock, at once and in one step."""
        with open(self.dial + ".new", "w", encoding="ascii") as file:
            file.write(f"{shift}\n")
        os.replace(self.dial + ".new", self.dial)

    def ask_hub(self, *arguments, **options):
        with province.clock(self.dial):
            return self.hub.hub(*arguments, **options)

    def uplink(self, shift):
        """Settings with which the program that talks to the network has the wrong clock as well."""
        path = self.write(f"uplink-{self.computers}.sh",
                          "#!/bin/sh\n"
                          f"MOTCUA_CLOCK_SHIFT={shift}\nLD_PRELOAD={province.program('support/clock_shift.so')}\n"
                          "export MOTCUA_CLOCK_SHIFT LD_PRELOAD\n"
                          f"exec {province.program('motcua-uplink')}\n")
        os.chmod(path, 0o755)
        return self.write(f"agent-{self.computers}.ini", f"[agent]\nuplink = {path}\n")

    def computer(self, shift, unit=UNIT):
        """Enrols one more computer, under its own clock from the first moment on."""
        self.computers += 1
        agent = Elsewhen(unit, self.path(f"computer-{self.computers}"), shift, self.uplink(shift))
        code = self.ask_hub("invite", unit, "--no-confirm", "--url", self.hub.url, "--json").json()["code"]
        agent.run("enroll", code)
        return agent

    def totals(self):
        return self.ask_hub("totals", *PERIOD, "--json").json()["total"]

    def assertSound(self):
        self.assertEqual(self.ask_hub("verify", "--full").code, 0)


class Elsewhen(province.Agent):
    """A PC whose clock is off by so many seconds; it can be put right."""

    def __init__(self, unit, data, shift, config):
        super().__init__(unit, data)
        self.shift, self.config = shift, config

    def run(self, *arguments, **options):
        with province.clock(self.shift):
            return super().run(*arguments, "--config", self.config, **options)

    def add(self, code, *fields):
        self.run("add", "dossier", f"code={code}", *fields)


class WrongClocks(Clocks):
    def test_ti_01_a_clock_far_ahead(self):
        """It enrols, syncs and counts; its word lasts ten minutes longer than it should, and no longer."""
        ahead = self.computer(until(2200))
        ahead.add("C-1", "status=accepted", "received_at=2024-03-01", "channel=online")
        ahead.sync()
        status = ahead.status()
        self.assertEqual((status["waiting"], status["rejected"]), (0, 0))
        self.assertLess(status["clock_offset_s"], -170 * 365 * 86400)
        self.assertEqual((self.totals()["received"], self.totals()["received_online"]), (1, 1))
        # Others are not drawn along: eleven minutes later the word of a right clock is the later one.
        self.turn(660)
        right = self.computer(660)
        right.add("C-1", "channel=postal")
        right.sync()
        self.assertLess(abs(right.status()["clock_offset_s"]), 120)
        self.assertEqual((self.totals()["received"], self.totals()["received_postal"]), (1, 1))
        # Put right, the first one is heard as well: what it wrote in 2200 stands in nobody's way.
        self.turn(720)
        ahead.shift = 720
        ahead.add("C-1", "channel=counter")
        ahead.sync()
        self.assertEqual((self.totals()["received"], self.totals()["received_counter"]), (1, 1))
        self.assertSound()

    def test_ti_01_a_year_ahead_on_one_computer_of_two(self):
        ahead, right = self.computer(366 * 86400), self.computer(0)
        for number in range(5):
            ahead.add(f"A-{number}", "status=accepted", "received_at=2024-03-01")
            right.add(f"R-{number}", "status=accepted", "received_at=2024-03-01")
        ahead.sync()
        right.sync()
        self.assertEqual(self.totals()["received"], 10)
        self.assertSound()

    def test_ti_02_clocks_far_behind(self):
        """An empty battery: 2010 and 1970. No certificate is too new for them; what is entered counts as of today."""
        for number, year in enumerate((2010, 1970)):
            behind = self.computer(until(year))
            right = self.computer(0)
            right.add(f"B-{year}", "status=accepted", "received_at=2024-03-01", "channel=online")
            right.sync()
            # Later by the hub's clock, decades earlier by its own: the hub's time of its last head is what counts.
            self.turn(60 * (number + 1))
            behind.sync()
            behind.add(f"B-{year}", "channel=counter")
            behind.add(f"O-{year}", "status=accepted", "received_at=2024-03-01")
            behind.sync()
            status = behind.status()
            self.assertEqual((status["waiting"], status["rejected"]), (0, 0))
            self.assertGreater(status["clock_offset_s"], 10 * 365 * 86400)
            self.assertRegex(behind.run("status", "--lang", "en").out, r"Clock: +\+[0-9]{9,} s against the hub")
            total = self.totals()
            self.assertEqual((total["received"], total["received_counter"]), (2 * number + 2, number + 1))
        lines = self.ask_hub("device", "list", "--json").out.splitlines()
        offsets = sorted(province.json.loads(line)["clock_offset_s"] for line in lines)
        self.assertLess(offsets[0], -50 * 365 * 86400)
        self.assertSound()

    def test_ti_02_without_a_line_and_in_2010(self):
        """It never heard what time it is; the dates people stated are what counts."""
        behind = Elsewhen(UNIT, self.path("behind"), until(2010), self.uplink(0))
        identity, out, answer = self.path("hub.identity"), self.path("out.mcs"), self.path("answer.mcs")
        self.ask_hub("identity", "--output", identity)
        code = self.ask_hub("invite", UNIT, "--no-confirm", "--json").json()["code"]
        behind.run("enroll", code, "--identity", identity, "--export", out)
        behind.add("S-1", "status=accepted", "received_at=2024-03-01")
        behind.run("add", "dossier", "status=done", "received_at=2024-03-01", "finished_at=2024-03-05")
        behind.run("export", out)
        self.ask_hub("ingest", out)
        self.ask_hub("receipts", UNIT, "--output", answer)
        behind.run("receive", answer)
        self.assertEqual((behind.status()["unit"], behind.status()["waiting"]), (UNIT, 0))
        total = self.totals()
        self.assertEqual((total["received"], total["done"], total["gap"]), (2, 1, 0))
        self.assertSound()

    def test_ti_01_beyond_every_calendar(self):
        """A clock no office ever had is bounded, not refused."""
        mad = self.computer(until(9999) + 4000 * 365 * 86400)
        mad.add("M-1", "status=accepted", "received_at=2024-03-01")
        mad.sync()
        self.assertEqual((mad.status()["waiting"], self.totals()["received"]), (0, 1))
        self.assertSound()


class FarYears(province.Scenario):
    def test_ti_03_after_2038_2106_and_up_to_9998(self):
        """A whole province beyond the ends of 31 and 32 bits, its keys made there."""
        for year, month, day in ((2038, 1, 20), (2106, 2, 8), (9998, 6, 1)):
            folder = self.path(str(year))
            os.mkdir(folder)
            with province.clock(until(year, month, day)):
                hub = province.Province(folder)
                hub.serve()
                try:
                    agent = hub.agent(UNIT)
                    today = f"{year}-{month:02}-{day:02}"
                    agent.run("add", "dossier", "code=F-1", "status=done", f"received_at={today}", f"due_at={year + 1}-01-01",
                              f"finished_at={today}")
                    agent.run("add", "dossier", "code=F-2", "status=accepted", "received_at=1900-01-01",
                              "due_at=9999-12-31")
                    agent.sync()
                    total = hub.totals("--year", str(year))["total"]
                    self.assertEqual((total["received"], total["done"], total["done_early"], total["open"]), (1, 1, 1, 1))
                    self.assertEqual(agent.status()["waiting"], 0)
                    self.assertLess(abs(agent.status()["clock_offset_s"]), 60)
                    listed = hub.hub("device", "list", "--json").json()
                    self.assertTrue(listed["last_seen"].startswith(today))
                    self.assertEqual(hub.hub("verify", "--full").code, 0)
                finally:
                    hub.stop()


class Zones(province.Scenario):
    def test_ti_04_the_machines_zone_changes_nothing(self):
        """The same file in every zone, and the same province read in each: byte for byte one result."""
        rows = "mã hồ sơ,trạng thái,ngày tiếp nhận,ngày hẹn trả,ngày kết thúc xử lý,changed_at\n" + "".join(
            f"Z-{hour},Đã xử lý xong,10/03/2024 {hour:02}:30,{10 + hour % 3}/03/2024,11/03/2024 {hour:02}:30,10/03/2024\n"
            for hour in range(24))
        rows += "Z-24,Được tiếp nhận,2024-03-10T23:30:00-05:00,,,2024-03-10T02:30:00\n"
        path = self.write("zones.csv", rows)
        hub = self.province()
        found = set()
        for number, zone in enumerate(ZONES):
            province.ELSEWHEN["TZ"] = zone
            self.addCleanup(province.ELSEWHEN.pop, "TZ", None)
            agent = hub.agent(f"9580{1 + number % 5}")
            self.assertEqual(agent.take(path)["rejected"], 0)
            own = agent.run("totals", "--month", "2024-03", "--by", "day", "--json").json()
            found.add(province.json.dumps([[group["key"], province.cells_of(group)] for group in own["groups"]]))
            shown = agent.run("show", "Z-24").out
            self.assertIn("2024-03-11", shown)
        self.assertEqual(len(found), 1)
        agent.sync()
        read = set()
        for zone in ZONES:
            province.ELSEWHEN["TZ"] = zone
            read.add(hub.hub("totals", "--month", "2024-03", "--by", "day", "--json").out)
        self.assertEqual(len(read), 1)
        day = next(group for group in province.json.loads(read.pop())["groups"] if group["key"] == "2024-03-10")
        self.assertEqual((day["received"], day["done"]), (24, 0))

    def test_ti_05_a_sixtieth_second(self):
        """23:59:60 is the next day's first second; what is no time at all is refused with its row."""
        rows = ("code,status,received_at,changed_at\n"
                "L-1,accepted,31/12/2016 23:59:60,2017-01-02\n"
                "L-2,accepted,2016-12-31T23:59:60+07:00,2017-01-02\n"
                "L-3,accepted,2016-12-31 23:59:61,2017-01-02\n"
                "L-4,accepted,31/12/2016 24:00:00,2017-01-02\n"
                "L-5,accepted,31/12/2016 23:60:00,2017-01-02\n"
                "L-6,accepted,31/12/2016 23:59:59,2016-12-31T23:59:60+07:00\n")
        hub = self.province()
        agent = hub.agent(UNIT)
        taken = agent.take(self.write("leap.csv", rows), exits=(65,))
        self.assertEqual((taken["queued"], taken["rejected"]), (3, 3))
        said = agent.run("rejected", "--lang", "en").out
        self.assertEqual(re.findall(r"leap\.csv\D*([0-9]+)", said), ["4", "5", "6"])
        agent.sync()
        self.assertEqual(hub.totals("--year", "2016")["total"]["received"], 1)
        self.assertEqual(hub.totals("--year", "2017")["total"]["received"], 2)


class ClocksThatAreSet(Clocks):
    """TI-08: deadlines and waits do not follow the wall clock."""

    def service(self, agent, spool):
        dial = self.path("agent-clock")
        config = self.write("service.ini", f"[agent]\nspool = {spool}\nsync_after = 1\n")
        log = self.path("service.log")
        with province.clock(dial), open(log, "wb") as err:
            process = province.start("motcua-agent", "run", "--data", agent.data, "--config", config, err=err)
        self.addCleanup(province.stop, process)
        return dial, log

    def wait_for(self, what, deadline_s=60):
        end = time.monotonic() + deadline_s
        while not what():
            if time.monotonic() > end:
                raise AssertionError("it did not come about in time")
            time.sleep(0.2)

    def test_ti_08_the_clock_is_set_while_the_service_runs(self):
        """Back and forth by hours and years: each file goes out soon, and nothing is tried over and over."""
        agent = self.hub.agent(UNIT)
        spool = self.path("spool")
        os.mkdir(spool)
        with open(self.path("agent-clock"), "w", encoding="ascii") as file:
            file.write("0")
        dial, log = self.service(agent, spool)
        steps = (0, 366 * 86400, -86400, until(1980), until(2100), -600, 0)
        for number, shift in enumerate(steps):
            with open(dial + ".new", "w", encoding="ascii") as file:
                file.write(str(shift))
            os.replace(dial + ".new", dial)
            record = {"kind": "dossier", "code": f"T-{number}", "status": "accepted", "received_at": "2024-03-01",
                      "changed_at": "2024-03-01T08:00:00+07:00"}
            os.replace(self.write("next.ndjson", [record]), os.path.join(spool, f"{number}.ndjson"))
            self.wait_for(lambda: self.totals()["received"] == number + 1)
        with open(log, encoding="utf-8") as file:
            tried = sum("sync status=" in line for line in file)
        self.assertLessEqual(tried, 3 * len(steps) + 2)
        self.assertSound()

    def test_ti_08_the_hubs_clock_is_set_while_it_serves(self):
        """Deadlines of connections and locks go on; a receipt is not dated before the one before it."""
        agent = self.hub.agent(UNIT)
        for number, shift in enumerate((0, 10 * 366 * 86400, -366 * 86400, until(1990), 0)):
            self.turn(shift)
            agent.run("add", "dossier", f"code=H-{number}", "status=accepted", "received_at=2024-03-01")
            agent.sync()
            self.assertEqual(agent.status()["waiting"], 0)
        self.assertEqual(self.totals()["received"], 5)
        self.assertSound()


if __name__ == "__main__":
    province.main()
