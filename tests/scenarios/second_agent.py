#!/usr/bin/python3
"""Agents that know nothing but PROTOCOL.md bring a province's records to a real hub, by wire and by file, and its
numbers are those of a plain count of what they were given."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import load, province  # noqa: E402
import recount  # noqa: E402
import recount_asked  # noqa: E402
import recount_fold  # noqa: E402
import wire  # noqa: E402
from wire_check import numbered  # noqa: E402

SEED, CHANGES, PARTS = 4_100, 700, 3
PERIODS = [("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31"), ("2024-03-05", "2024-03-05")]
QUESTIONS = [(), ("--by", "unit")]
# Section 8's words, numbered from 1.
WORDS = {"status": recount_fold.STATUS_NAMES, "channel": ["counter", "online", "postal"],
         "paid": ["none", "counter", "online"]}
# 2024-05-22T08:00:00+07:00 and its date
EIGHT, DATE = 1716339600000, 19865
HOUR = 3_600_000


class TwoDesks(load.Load):
    """A ward and the city above it; the ward at times speaks for a unit that is not its own."""

    devices = {"ward": "95801", "city": "058"}
    homes = [("95801", "ward", ["city"]), ("95803", "city", []), ("058", "city", [])]

    def stranger(self, code, time, _):
        self.say("ward", time, code, channel="postal", unit="058")


def on_the_wire(row):
    """A record as files have it -> a change as section 8 has it."""
    change = {"kind": row["kind"], "key": row["code"]}
    for name, value in row.items():
        if name.endswith("_at") and value is not None:
            change[name] = recount_asked.instant(value)
        elif name in WORDS and value is not None:
            change[name] = int(value) if str(value).isdigit() else WORDS[name].index(value) + 1
        elif name not in ("kind", "code"):
            change[name] = int(value) if isinstance(value, bool) else value
    return change


def equipment(key, hours, **fields):
    return {"kind": "equipment", "key": key, "changed_at": EIGHT + hours * HOUR, **fields}


def indicator(unit, value, of):
    return {"kind": "indicator", "key": f"{unit}|2024-Q2|hài lòng", "changed_at": EIGHT, "value": value, "of": of}


OTHERS = {
    "ward": [equipment("Máy quét số 1", 0, unit="95801", type=2, state=5, condition=1, in_use_on=DATE - 400,
                       model="Máy quét tài liệu", serial="SN-000123"),
             equipment("Máy quét số 1", 1, condition=2, serial=None), equipment("Máy quét số 1", 2, condition=3),
             equipment("Máy tính số 1", 0, unit="95801", type=1, state=5, condition=1, warranty_until=DATE + 300),
             indicator("95801", 45, 50)],
    "city": [equipment("Máy in tầng 2", 0, unit="95802", type=3, state=3), indicator("058", 7, 9)],
}


class WireAgent:
    """wire.py on a folder of its own."""

    def __init__(self, unit, folder):
        self.unit, self.folder = unit, folder

    def run(self, *arguments, given=None, exits=0):
        command = [sys.executable, os.path.join(province.TESTS, "wire.py"), "--dir", self.folder, *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=province.DEADLINE_S,
                              check=False)
        if done.returncode != exits:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if exits == 0 else done.stderr

    def add(self, changes):
        self.run("add", given=json.dumps([numbered(change) for change in changes]))

    def sync(self):
        return self.run("sync")


class SecondAgent(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.load = TwoDesks(SEED, CHANGES)
        self.agents = {desk: self.enrolled(desk) for desk in self.load.devices}
        self.files = {desk: [] for desk in self.agents}

    def enrolled(self, desk):
        agent = WireAgent(self.load.devices[desk], self.path(desk))
        code = self.hub.hub("invite", agent.unit, "--url", self.hub.url, "--json").json()["code"]
        answer = agent.run("enroll", code)
        self.assertEqual((answer["state"], answer["unit"]), (2, agent.unit))
        self.assertIn("E-DEVICE-WAITING", agent.run("heartbeat", exits=1))
        self.hub.hub("device", "confirm", answer["fingerprint"])
        return agent

    def give(self, desk, number, rows):
        """Queues records at a desk and keeps them for the count."""
        self.files[desk].append(self.write(f"{desk}-{number}.ndjson", rows))
        self.agents[desk].add([on_the_wire(row) for row in rows])

    def give_all(self, between):
        parts = {desk: self.load.parts(desk, PARTS) for desk in self.agents}
        for number in range(PARTS):
            for desk, agent in self.agents.items():
                self.give(desk, number, parts[desk][number])
                if number == 0:
                    agent.add(OTHERS[desk])
                between(agent)

    def recounted(self):
        units = recount.Units.read(province.UNITS)
        things = recount.Things(units)
        recount.read_agents(things, [f"{agent.unit}@{agent.run('status')['device']}={','.join(self.files[desk])}"
                                     for desk, agent in self.agents.items()], None)
        return units, things

    def assertTotals(self):
        """The hub counts what the desks were given. -> how many records of them it had to refuse"""
        units, things = self.recounted()
        for first, last in PERIODS:
            for question in QUESTIONS:
                with self.subTest(first=first, question=question):
                    found = self.hub.totals("--from", first, "--to", last, *question)
                    wanted = recount.totals(things, units, "06", question[-1] if question else None,
                                            recount.day(first), recount.day(last), recount.day("2026-01-01"))
                    self.assertSameCells(found, wanted)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)
        return things.refused

    def assertCounts(self):
        self.assertVerdicts(self.assertTotals())
        self.assertGreater(self.hub.totals("--year", "2024")["total"]["received"], 50)
        self.assertOthers()

    def assertVerdicts(self, refused):
        """The agents were told of each change the hub refused, all for a unit that is not theirs."""
        reasons = [reason for agent in self.agents.values() for entry in agent.run("status")["refused"]
                   for reason in entry[4::2]]
        self.assertGreater(refused, 0)
        self.assertEqual(reasons, [4] * refused)

    def assertOthers(self):
        """Equipment and indicators came as they were given."""
        faulty = self.hub.report("equipment", "--list", "faulty", "--as-of", "2024-05-23")
        self.assertEqual((faulty["unit"], faulty["asset"], faulty["type"], faulty["state"], faulty["condition"]),
                         ("95801", "Máy quét số 1", "scanner", "in_use", "repair"))
        told = self.hub.report("indicators", "--name", "hài lòng", "--period", "2024-Q2", "--unit", "058")
        self.assertEqual((told["own"], told["children"]), ({"value": 7, "of": 9}, {"value": 45, "of": 50}))

    def test_by_wire(self):
        self.give_all(WireAgent.sync)
        for desk, agent in self.agents.items():
            status = agent.run("heartbeat")
            self.assertGreater(status["sealed"], PARTS * 2)
            self.assertEqual((status["waiting"], status["acknowledged"], status["have"], status["life"]),
                             (0, status["sealed"], status["sealed"], 1), desk)
        self.assertCounts()

    def test_from_an_older_copy(self):
        # What the ward did since the copy is at the hub; it goes on with other numbers.
        ward, copy, parts = self.agents["ward"], self.path("copy"), self.load.parts("ward", PARTS)
        self.give("ward", 0, parts[0])
        ward.sync()
        shutil.copytree(ward.folder, copy)
        self.give("ward", 1, parts[1])
        ward.sync()
        shutil.rmtree(ward.folder)
        shutil.copytree(copy, ward.folder)
        self.give("ward", 2, parts[2])
        status = ward.sync()
        self.assertEqual((status["life"], status["waiting"], status["acknowledged"]), (2, 0, status["sealed"]))
        self.assertEqual(ward.run("heartbeat")["life"], 2)
        self.give("city", 0, self.load.parts("city", PARTS)[0])
        self.agents["city"].sync()
        self.assertTotals()

    def test_nw_15_one_exchange_at_once_and_again(self):
        """Delivered eight times at the same moment, and once more later: the same receipts, one batch each."""
        ward = self.agents["ward"]
        self.give("ward", 0, self.load.parts("ward", PARTS)[0])
        agent = wire.Agent(ward.folder)
        agent.seal()
        body = wire.write([agent.request()[1], *(item for parts in agent.lacking() for _, item in parts)])
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(wire.call, agent.address, agent.hub[5], "/v1/batches", body, wire.ANSWER_LIMIT)
                     for _ in range(8)]
            answers = [wire.read(one.result()) for one in asked]
        answers.append(wire.read(wire.call(agent.address, agent.hub[5], "/v1/batches", body, wire.ANSWER_LIMIT)))
        self.assertEqual(len(answers[0]) - 1, len(agent.lacking()))
        self.assertEqual({tuple(answer[1:]) for answer in answers}, {tuple(answers[0][1:])})
        self.assertEqual(len({answer[0] for answer in answers}), len(answers))  # each head is fresh
        ward.sync()
        self.give("city", 0, self.load.parts("city", PARTS)[0])
        self.agents["city"].sync()
        self.assertTotals()
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_by_file(self):
        self.give_all(self.carry)
        for agent in self.agents.values():
            status = agent.run("status")
            self.assertEqual((status["waiting"], status["acknowledged"]), (0, status["sealed"]))
        self.assertCounts()

    def carry(self, agent):
        """There and back; the file is handed in twice, as sticks are."""
        (file,) = agent.run("export", os.path.join(agent.folder, "to-hub"))
        for _ in range(2):
            self.hub.hub("ingest", file)
        answer = os.path.join(agent.folder, "to-device")
        self.hub.hub("receipts", agent.run("status")["device"], "--output", answer)
        self.assertTrue(agent.run("receive", answer)["whole"])


if __name__ == "__main__":
    province.main()
