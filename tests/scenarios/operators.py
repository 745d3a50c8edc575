#!/usr/bin/python3
"""What an operator decides about computers, and what strangers are told: the real programs."""
import http.client
import json
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

RECORD = {"kind": "dossier", "status": "accepted", "received_at": "2024-03-01T08:00:00+07:00",
          "changed_at": "2024-03-01T08:00:00+07:00"}
KNOCKS = 60


def stranger_body(number):
    """A request in the right form, under a key nobody knows, with a signature of zeros."""
    protected = bytes.fromhex("a201270448") + number.to_bytes(8, "big")
    sealed = b"\xd2\x84" + bytes([0x40 + len(protected)]) + protected + b"\xa0\x41\x00\x58\x40" + bytes(64)
    return b"\x81\x58" + bytes([len(sealed)]) + sealed


class Operator(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        with open(province.UNITS, encoding="utf-8") as file:
            self.unit = next(line.split(",")[0] for line in file if ",commune," in line)

    def devices(self):
        lines = self.hub.hub("device", "list", "--json").out.splitlines()
        return {device["device"]: device for device in map(json.loads, lines)}

    def say(self, agent, code, exits=(0,)):
        agent.take(self.write(f"{code}.ndjson", [dict(RECORD, code=code)]))
        return agent.run("sync", exits=exits)

    def test_id_06_suspending_resuming_and_revoking(self):
        agent = self.hub.agent(self.unit)
        self.say(agent, "O-1")
        device = next(iter(self.devices()))
        self.hub.hub("device", "resume", device, exits=(65,))
        self.hub.hub("device", "suspend", device[:6])
        self.assertEqual(self.devices()[device]["state"], "suspended")
        self.say(agent, "O-2", exits=(69, 75, 77))
        self.assertEqual(self.devices()[device]["have"], 1)
        self.hub.hub("device", "resume", device)
        agent.sync_until_done()
        self.assertEqual(self.devices()[device]["have"], 2)
        self.hub.hub("device", "release", device, exits=(65,))
        self.hub.hub("device", "skip", device, "3", exits=(65,))
        self.hub.hub("device", "revoke", device)
        self.hub.hub("device", "resume", device, exits=(65,))
        self.hub.hub("device", "suspend", "fedcba9876543210", exits=(1,))
        self.hub.hub("device", "suspend", "xyz", exits=(2,))
        types = [json.loads(line)["type"] for line in self.hub.hub("acts", "--json").out.splitlines()]
        self.assertEqual(types[-3:], ["suspend", "resume", "revoke"])
        self.hub.hub("verify", "--full")

    def test_a_computer_learns_that_it_was_confirmed(self):
        agent = self.hub.agent(self.unit)
        self.say(agent, "O-1")
        self.assertEqual(agent.status()["state"], "unconfirmed")
        self.hub.hub("device", "confirm", agent.status()["fingerprint"])
        agent.sync()
        self.assertEqual(agent.status()["state"], "active")

    def test_a_computer_in_place_of_another(self):
        agent = self.hub.agent(self.unit)
        self.say(agent, "O-1")
        old = next(iter(self.devices()))
        code = self.hub.hub("invite", self.unit, "--no-confirm", "--replaces", old, "--url", self.hub.url,
                            "--json").json()["code"]
        self.assertEqual(self.devices()[old]["state"], "unconfirmed")
        fresh = province.Agent(self.unit, self.path("fresh"))
        fresh.run("enroll", code)
        self.assertEqual(self.devices()[old]["state"], "suspended")
        self.say(fresh, "O-2")
        self.assertEqual(self.hub.hub("status", "--json").json()["devices"]["suspended"], 1)

    def test_files_that_are_none(self):
        """Nothing of a name reaches the terminal as it is; each file is told apart, the exit status is one."""
        names = [self.write("garbage.mcs", b"\x89MOTCUA"), self.write("x.mcs.part", b""), self.path("none\x1b[2J\n"),
                 self.folder]
        answer = self.hub.hub("ingest", *names, "--json", "--lang", "en", exits=(65,))
        document = answer.json()
        self.assertEqual([file["error"] for file in document["files"]],
                         ["E-MALFORMED", "E-REFUSED", "E-NOT-FOUND", "E-REFUSED"])
        self.assertEqual({document[key] for key in ("batches", "changes", "duplicates", "rejected", "pending")}, {0})
        self.assertNotIn("\x1b", answer.err + answer.out)
        self.assertEqual(len(answer.err.splitlines()), 8)
        self.hub.hub("receipts", "no-such-unit", "--output", self.path("out.mcs"), exits=(2,))
        self.hub.hub("receipts", self.unit, "--output", self.path("out.mcs"), exits=(1,))
        self.hub.hub("receipts", self.unit, exits=(2,))

    def test_receipts_of_one_computer(self):
        agent = self.hub.agent(self.unit)
        self.say(agent, "O-1")
        out = self.path("out.mcs")
        document = self.hub.hub("receipts", self.unit, "--output", out, "--json").json()
        self.assertEqual(document["files"], [out])
        self.assertTrue(os.path.getsize(out) > 37)
        self.hub.hub("ingest", out, exits=(65,))  # it is on its way to the computer

    def test_strangers_leave_one_line(self):
        """ID-05: 403, and after 30 mostly "come again"; no growth, at most one line a minute and address."""
        self.say(self.hub.agent(self.unit), "O-1")
        log = os.path.join(self.folder, "hub.log")
        before = {name: os.path.getsize(os.path.join(self.hub.data, name)) for name in os.listdir(self.hub.data)}
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        line = http.client.HTTPSConnection("127.0.0.1", self.hub.port, context=context, timeout=60)
        held_back = 0
        for number in range(KNOCKS):
            line.request("POST", "/v1/batches", stranger_body(number))
            answer = line.getresponse()
            if number >= 30 and answer.status == 503:
                held_back += 1
                self.assertEqual((answer.headers["Retry-After"], answer.read()), ("1", b"E-BUSY"))
            else:
                self.assertEqual((answer.status, answer.read()), (403, b"E-DEVICE-UNKNOWN"))
        line.close()
        self.assertGreater(held_back, 0)
        with open(log, encoding="utf-8") as file:
            lines = [text for text in file if "event=refused" in text]
        self.assertIn(len(lines), (1, 2))  # the minute may have turned
        self.assertRegex(lines[0], re.compile(r"code=E-DEVICE-UNKNOWN address=127\.0\.0\.1$"))
        after = {name: os.path.getsize(os.path.join(self.hub.data, name)) for name in os.listdir(self.hub.data)}
        self.assertLessEqual(sum(after.values()), sum(before.values()))


if __name__ == "__main__":
    province.main()
