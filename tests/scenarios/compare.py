#!/usr/bin/python3
"""Does the province have what the counter entered? Over the line, by stick and by phone: equal where all is equal, and
where somebody has changed a single record, that one is named and nothing else."""
import contextlib
import os
import shutil
import sqlite3
import sys
from datetime import datetime

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from support import counting_line, province  # noqa: E402
import wire  # noqa: E402
import wire_compare  # noqa: E402
from wire_check import numbered  # noqa: E402

UNIT, ABOVE, MONTH = "95801", "058", ("--month", "2024-05")
HOUR = "T09:00:00+07:00"
RECORDS_OF_A_MONTH, BYTES_OF_A_MONTH = 2000, 8000  # and what comparing them may cost on the line, handshakes included


def dossier(number, day, **fields):
    at = f"2024-05-{day:02}{HOUR}"
    return {"kind": "dossier", "code": f"H06-{number:04}", "status": "accepted", "channel": "counter",
            "procedure": "AAAA", "received_at": at, "changed_at": at, **fields}


def month(count):
    """Dossiers on weekdays, some of them done the same day, a scanner, and a figure of the month."""
    days = [day for day in range(2, 32) if day % 7 not in (4, 5)]
    records = [dossier(number, days[number % len(days)]) for number in range(count)]
    records += [{"kind": "dossier", "code": f"H06-{number:04}", "status": "done",
                 "changed_at": "2024-05-31T16:00:00+07:00",
                 "finished_at": f"2024-05-31T{number % 8 + 8:02}:00:00+07:00"} for number in range(0, count, 3)]
    records.append({"kind": "equipment", "asset": "M-1", "type": "scanner", "in_use_on": "2024-05-07",
                    "changed_at": "2024-05-08" + HOUR})
    records.append({"kind": "indicator", "unit": UNIT, "name": "visits", "period": "2024-05", "value": 312,
                    "changed_at": "2024-06-01" + HOUR})
    return records


class Compare(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent(UNIT)
        self.device = self.agent.status()["device"]

    def enter(self, records, agent=None):
        (agent or self.agent).take(self.write("records.ndjson", records))

    def compare(self, *options, exits=(0, 1)):
        answer = self.agent.run("compare", *MONTH, *options, "--json", exits=exits)
        found = answer.json()
        if found["agrees"] is not None:
            self.assertEqual(found["agrees"], answer.code == 0, answer)
        return found

    def at_hub(self, *options, exits=(0,)):
        return self.hub.hub("compare", self.device, *MONTH, *options, "--json", exits=exits).json()

    def assertAgree(self):
        """By line, and by what each side prints for the phone."""
        found, there = self.compare(), self.at_hub()
        self.assertTrue(found["agrees"], found)
        self.assertEqual(found["differences"], [])
        self.assertEqual((found["code"], found["hub_code"]), (there["code"], there["code"]))
        self.assertEqual([day["code"] for day in found["days"]], [day["code"] for day in there["days"]])
        return found

    @contextlib.contextmanager
    def edited(self):
        """The hub's database in an insider's hands; what was there comes back afterwards."""
        self.hub.stop()
        kept = shutil.copytree(self.hub.data, self.path("kept"))
        with contextlib.closing(sqlite3.connect(os.path.join(self.hub.data, "hub.db"))) as db:
            yield db
            db.commit()
        self.hub.serve()
        self.addCleanup(shutil.rmtree, kept, True)

    def undo(self):
        self.hub.stop()
        shutil.rmtree(self.hub.data)
        shutil.move(self.path("kept"), self.hub.data)
        self.hub.serve()

    def by_stick(self):
        there, back = self.path("there.mcs"), self.path("back.mcs")
        self.agent.run("export", there)
        self.hub.hub("ingest", there)
        self.hub.hub("receipts", self.device, "--output", back)
        return self.agent.run("receive", back, "--json").json()


class Equal(Compare):
    def test_line_phone_and_second_opinion(self):
        self.enter(month(60))
        self.agent.sync()
        found = self.assertAgree()
        self.assertEqual(sum(day["here"] for day in found["days"]), 62)
        alone = self.compare("--phone")
        self.assertEqual((alone["code"], alone["as_of"]), (found["code"], found["as_of"]))
        self.assertEqual(found["unsent"], 0)
        self.assertIsNotNone(self.compare()["agreed_at"])
        # The same from the protocol's document alone; and from the proof, with the hub's public key.
        first, last = 19844, 19874
        changes = [numbered(self.as_sent(record)) for record in month(60)]
        sums = wire_compare.sums_of(changes, first, last)
        self.assertEqual(wire_compare.code_of(bytes.fromhex(self.device), first, last, sums), found["code"])
        self.compare("--proof", self.path("proof"))
        with open(self.path("proof"), "rb") as file, open(os.path.join(self.agent.data, "hub.identity"), "rb") as hub:
            identity = wire.unseal(hub.read(), "identity")
            proof = wire.unseal(file.read(), "compared", identity[2], identity[3])
        self.assertEqual(proof[9], sums)

    @staticmethod
    def as_sent(record):
        words = {"status": {"accepted": 2, "done": 9}, "channel": {"counter": 1}, "type": {"scanner": 2}}

        def value(name, given):
            if name.endswith("_at"):
                return int(datetime.fromisoformat(given).timestamp() * 1000)
            if name == "in_use_on":
                return datetime.fromisoformat(given).toordinal() - 719163
            return words.get(name, {}).get(given, given)
        keys = ("code", "asset", "unit", "name", "period") if record["kind"] == "indicator" else ("code", "asset")
        key = "|".join(record[name] for name in ("unit", "period", "name")) if record["kind"] == "indicator" else (
            record.get("code") or record["asset"])
        return {name: value(name, given) for name, given in record.items() if name not in keys} | {"key": key}

    def test_what_is_not_sent_is_no_difference(self):
        self.enter(month(30))
        self.agent.sync()
        before = self.assertAgree()
        self.enter([dossier(500, 6), dossier(1, 3, fee=5000, changed_at="2024-05-09" + HOUR)])
        found = self.compare()
        self.assertTrue(found["agrees"], found)
        self.assertEqual((found["unsent"], found["code"]), (2, before["code"]))
        self.agent.sync()
        after = self.assertAgree()
        self.assertNotEqual(after["code"], before["code"])
        # The hub as of the batch before, as two people would settle it on the phone.
        self.assertEqual(self.at_hub("--as-of", str(before["as_of"][0]["batch"]))["code"], before["code"])

    def test_by_stick(self):
        self.enter(month(30))
        self.hub.stop()
        # Asked in vain over the line, it goes with the next file; the code is there for the phone at once.
        alone = self.compare(exits=(69,))
        self.assertIsNone(alone["agrees"])
        self.assertTrue(self.by_stick()["compared"])
        found = self.compare()
        self.assertTrue(found["agrees"], found)
        self.assertEqual((found["code"], found["hub_code"]), (self.at_hub()["code"],) * 2)
        self.assertNotEqual(found["code"], alone["code"])  # nothing was acknowledged then
        # What is entered later is no difference to what was heard; a record lost at the province is one.
        self.enter([dossier(700, 6)])
        self.assertEqual(self.compare()["unsent"], 1)
        with contextlib.closing(sqlite3.connect(os.path.join(self.hub.data, "hub.db"))) as db:
            db.execute("DELETE FROM thing WHERE key = 'H06-0009'")
            db.commit()
        self.by_stick()
        found = self.compare("--repair")
        self.assertEqual([d["key"] for d in found["differences"]], ["H06-0009"])
        self.by_stick()
        self.assertEqual(self.compare()["differences"], [])

    def test_whatever_keeps_the_line_down(self):
        """A proxy that is not there, a name that is not known: the answer of the last stick serves all the same."""
        self.enter(month(6))
        self.compare("--phone")
        self.hub.stop()
        self.compare(exits=(69,))
        self.assertTrue(self.by_stick()["compared"])
        settings = self.write("agent.ini", "[agent]\nproxy = 127.0.0.1:9\n")
        self.assertIn("E-PROXY", self.agent.run("sync", "--config", settings, exits=(69,)).err)
        self.assertTrue(self.compare("--config", settings)["agrees"])

    def test_a_second_agent_written_from_the_document(self):
        second = wire.Agent(self.path("second"))
        second.enroll(self.hub.hub("invite", UNIT, "--no-confirm", "--url", self.hub.url, "--json").json()["code"])
        second.add([numbered(self.as_sent(record)) for record in month(30)])
        second.sync()
        sums, answer = wire_compare.ask(second, 19844, 19874)
        self.assertEqual((answer[9], answer[10], answer[12]), (sums, [], False))
        self.assertEqual(sum(count for _, _, count, _ in sums), 32)
        self.assertEqual([chain[2] for chain in answer[8]], [len(second.batches())])

    def test_sent_twice_in_two_lives(self):
        """A database put back sends again what the hub has: each write counts once."""
        self.enter(month(10))
        image = shutil.copytree(self.agent.data, self.path("image"))
        self.agent.sync()
        code = self.assertAgree()["code"]
        shutil.rmtree(self.agent.data)
        shutil.copytree(image, self.agent.data)
        found = self.compare()
        self.assertEqual(found["differences"], [])
        self.agent.sync()
        found = self.assertAgree()
        self.assertEqual((found["code"], len(found["as_of"])), (code, 2))

    def test_others_changes_are_a_list_of_their_own(self):
        self.enter(month(12))
        self.agent.sync()
        code = self.assertAgree()["code"]
        district = self.hub.agent(ABOVE)
        self.enter([dossier(4, 20, status="returned", changed_at="2024-06-02" + HOUR)], district)
        district.sync()
        found = self.assertAgree()
        self.assertEqual(found["code"], code)
        self.assertEqual([(other["key"], "status" in other["fields"]) for other in found["others"]],
                         [("H06-0004", True)])

    def test_bytes_of_a_month(self):
        line = counting_line.CountingLine(self.hub.port)
        self.addCleanup(line.close)
        self.enter(month(RECORDS_OF_A_MONTH))
        self.agent.sync()
        config = self.write("agent.ini", f"[agent]\nurl = https://127.0.0.1:{line.port}\n")
        found = self.agent.run("compare", *MONTH, "--config", config, "--json").json()
        sent, received, connections = line.take()
        print(f"comparing a month of {RECORDS_OF_A_MONTH} records: {sent} bytes sent, {received} received, "
              f"{connections} connections, code {found['code']}")
        self.assertLessEqual(sent + received, BYTES_OF_A_MONTH)


class Planted(Compare):
    """ID-26: somebody at the hub edits its database by hand."""

    def setUp(self):
        super().setUp()
        self.enter(month(40))
        self.agent.sync()
        self.right = self.assertAgree()["code"]

    def assertNamed(self, *wanted):
        """Those differ and nothing else does: (what, kind, key, day)."""
        found = self.compare(exits=(1,))
        self.assertEqual([(d["what"], d["kind"], d["key"], d["day"] or d["hub_day"]) for d in found["differences"]],
                         list(wanted))
        days = {(kind, day) for _, kind, _, day in wanted}
        self.assertLessEqual({(day["kind"], day["day"]) for day in found["days"] if not day["agrees"]},
                             days | {("dossier", d["hub_day"]) for d in found["differences"]})
        self.assertNotEqual(found["hub_code"], self.right)
        self.agent.run("compare", *MONTH, "--proof", self.path("proof"), exits=(1,))
        self.assertFalse(os.path.exists(self.path("proof")))
        self.assertEqual(found["code"], self.right)
        self.assertEqual(self.at_hub(exits=(0, 1))["code"], found["hub_code"])
        return found

    def test_id_26_a_field_changed_where_it_is_counted(self):
        with self.edited() as db:
            db.execute("UPDATE dossier SET received = received + 1 WHERE code = 'H06-0007'")
        day = self.day_of("H06-0007")
        self.assertNamed(("counted", "dossier", "H06-0007", day))
        self.assertEqual(self.at_hub(exits=(1,))["unfounded"], [{"day": day, "kind": "dossier", "key": "H06-0007"}])
        self.undo()
        self.assertAgree()

    def day_of(self, code):
        return next(record for record in month(40) if record.get("code") == code)["received_at"][:10]

    def test_id_26_a_field_changed_in_the_writes(self):
        with self.edited() as db:
            writes, = db.execute("SELECT writes FROM thing WHERE key = 'H06-0008'").fetchone()
            self.assertEqual(writes.count(b"AAAA"), 1)
            db.execute("UPDATE thing SET writes = ? WHERE key = 'H06-0008'", (writes.replace(b"AAAA", b"AAAB"),))
        found = self.assertNamed(("writes", "dossier", "H06-0008", self.day_of("H06-0008")))
        self.assertEqual((found["differences"][0]["only_here"], found["differences"][0]["only_at_hub"]), (1, 1))
        self.undo()
        self.assertAgree()

    def test_id_26_a_record_deleted_and_another_added(self):
        with self.edited() as db:
            db.execute("DELETE FROM thing WHERE key = 'H06-0009'")
            db.execute("DELETE FROM dossier WHERE code = 'H06-0009'")
            db.execute("INSERT INTO thing SELECT kind, 'H06-9999', writes FROM thing WHERE key = 'H06-0010'")
            db.execute("INSERT INTO dossier SELECT 'H06-8888', unit, procedure, domain, channel, status, status_at,"
                       " submitted, received, finished, returned, due, paid, rating, flags, history, unit_day,"
                       " units FROM dossier WHERE code = 'H06-0011'")
        self.assertNamed(("only-here", "dossier", "H06-0009", self.day_of("H06-0009")),
                         ("counted", "dossier", "H06-8888", self.day_of("H06-0011")),
                         ("only-at-hub", "dossier", "H06-9999", self.day_of("H06-0010")))
        self.undo()
        self.assertAgree()

    def test_id_26_equipment_and_figures_too(self):
        with self.edited() as db:
            db.execute("DELETE FROM thing WHERE kind = 2")
            writes, = db.execute("SELECT writes FROM thing WHERE kind = 3").fetchone()
            changed = writes.replace(b"\x19\x01\x38", b"\x19\x01\x39")
            self.assertNotEqual(changed, writes)
            db.execute("UPDATE thing SET writes = ? WHERE kind = 3", (changed,))
        self.assertNamed(("only-here", "equipment", "M-1", "2024-05-07"),
                         ("writes", "indicator", f"{UNIT}|2024-05|visits", "2024-05-31"))

    def test_repair_sends_exactly_what_is_lacking(self):
        with self.edited() as db:
            for table, key in (("thing", "key"), ("dossier", "code")):
                db.execute(f"DELETE FROM {table} WHERE {key} IN ('H06-0003', 'H06-0005')")
        found = self.compare("--repair", exits=(1,))
        self.assertEqual([d["key"] for d in found["differences"]], ["H06-0003", "H06-0005"])
        self.assertEqual(found["repaired"], 3)  # 0003 was done as well
        self.assertEqual(self.agent.status()["waiting"], 3)
        self.agent.sync()
        self.assertEqual(self.assertAgree()["code"], self.right)
        # The log has it twice, which is once; what follows from the log is the operator's to mend.
        self.hub.hub("verify", "--full", exits=(1,))
        self.hub.hub("rebuild")
        self.hub.hub("verify", "--full")
        self.assertEqual(self.assertAgree()["code"], self.right)


class Flood(Compare):
    def test_rs_09_questions_are_limited_by_device_and_others_served(self):
        self.enter(month(10))
        self.agent.sync()
        other = self.hub.agent("95802")
        codes = [self.agent.run("compare", *MONTH, "--json", exits=(0, 75)).code for _ in range(9)]
        # What the line refused is answered from what was heard before, and says so; nobody else is held up.
        self.assertEqual(codes, [0] * 9)
        with open(self.hub.log, encoding="utf-8") as log:
            self.assertIn("code=E-BUSY", log.read())
        other.run("compare", *MONTH)
        other.sync()


if __name__ == "__main__":
    province.main()
