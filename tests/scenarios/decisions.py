#!/usr/bin/python3
"""What people decide at the hub, with the commands they have for it: dossiers about which computers disagree, batches
that were lost on the way, and what both languages say of how things stand."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

FRAME = b"\xf5MCFRAME"  # what every frame of a courier file begins with
YEAR = ("--year", "2024")


def dossier(code, **fields):
    return {"kind": "dossier", "code": code, "status": "accepted", "received_at": "2024-05-02T08:00:00+07:00",
            "changed_at": "2024-05-02T08:00:00+07:00", **fields}


class Decisions(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()

    def lines(self, *command):
        return [json.loads(line) for line in self.hub.hub(*command, "--json").out.splitlines()]

    def send(self, agent, *records):
        agent.run("import", self.write("records.ndjson", list(records)))
        agent.sync()

    def received(self):
        return self.hub.totals(*YEAR)["total"]["received"]

    def test_dossiers_that_do_not_agree(self):
        """Listed with every reason, counted once, accepted as they stand until somebody speaks again, or split."""
        one, two = self.hub.agent("95801"), self.hub.agent("90101")
        self.send(one, dossier("C-1", unit="95801", procedure="1.001", channel="online"), dossier("C-2", unit="95801"))
        self.assertEqual(self.lines("conflicts"), [])
        self.send(two, dossier("C-1", unit="90101", procedure="2.002", received_at="2024-05-09T08:00:00+07:00"))
        found = self.lines("conflicts")
        self.assertEqual([(line["code"], sorted(line["reasons"])) for line in found],
                         [("C-1", ["procedure", "received", "unit"])])
        self.assertEqual(self.received(), 2)
        for language, words in (("en", "different"), ("vi", "khác")):
            said = self.hub.hub("conflicts", "--lang", language).out
            self.assertIn("C-1", said)
            self.assertIn(words, said)
        self.hub.hub("conflicts", "accept", "C-2", exits=(1,))
        self.hub.hub("conflicts", "accept", "C-1")
        self.assertEqual(self.lines("conflicts"), [])
        self.send(two, dossier("C-1", procedure="3.003", changed_at="2024-05-03T08:00:00+07:00"))
        self.assertEqual([line["code"] for line in self.lines("conflicts")], ["C-1"])
        device = two.status()["device"]
        self.hub.hub("conflicts", "split", "C-1", exits=(2,))
        self.hub.hub("conflicts", "split", "C-1", "--device", "0" * 16, exits=(1,))
        self.hub.hub("conflicts", "split", "C-9", "--device", device, exits=(1,))
        self.hub.hub("conflicts", "split", "C-1", "--device", device)
        self.assertEqual((self.lines("conflicts"), self.received()), ([], 3))
        self.hub.hub("verify", "--full")
        self.assertEqual([act["type"] for act in self.lines("acts")][-2:], ["accept", "split"])

    def test_batches_that_were_lost(self):
        """A stick is lost for good: what comes behind it waits, is told, and joins once its device may go on."""
        agent = self.hub.agent("95801")
        device = agent.status()["device"]
        for number in range(1, 4):
            agent.run("import", self.write("records.ndjson", [dossier(f"L-{number}")]))
            agent.run("export", self.path(f"stick-{number}"))
        # Each stick has all there is: the hub never hears of the first batch where it is cut out.
        frames = self.path("late")
        self.without_first(self.path("stick-3"), frames)
        self.hub.hub("device", "skip", device, "2", exits=(65,))
        self.assertEqual(self.hub.hub("ingest", frames, "--json", exits=(65,)).json()["pending"], 2)
        self.assertEqual(self.received(), 0)
        said = self.hub.hub("device", "skip", device, "9", "--lang", "en", exits=(65,)).err
        self.assertIn("2, 3", said)
        self.hub.hub("device", "skip", device, "x", exits=(2,))
        self.hub.hub("device", "skip", "0" * 16, "2", exits=(1, 65, 77))
        answer = self.hub.hub("device", "skip", device, "2", "--json").json()
        self.assertEqual((answer["first"], answer["last"], answer["batches"]), (1, 1, 2))
        self.assertEqual(self.received(), 2)
        self.hub.hub("ingest", self.path("stick-1"))
        self.assertEqual(self.received(), 3)
        self.hub.hub("verify", "--full")

    @staticmethod
    def without_first(stick, path):
        """A copy of a stick's file without its first batch, which stands behind the request."""
        with open(stick, "rb") as file:
            start, request, _, *others = file.read().split(FRAME)
        with open(path, "wb") as file:
            file.write(FRAME.join([start, request, *others]))

    def test_how_things_stand(self):
        """Both programs say it to people in both languages, and none of the commands ends in an error."""
        agent = self.hub.agent("95801")
        self.send(agent, dossier("H-1", due_at="2024-05-20T08:00:00+07:00"), dossier("H-2", unit="90101"),
                  {"kind": "equipment", "asset": "PC-1", "unit": "95801", "type": "computer", "state": "in_use",
                   "changed_at": "2024-05-02T08:00:00+07:00"},
                  {"kind": "indicator", "name": "x", "period": "2024-Q1", "value": 3, "of": 4,
                   "changed_at": "2024-05-02T08:00:00+07:00"})
        for language in ("en", "vi"):
            for command in (("status",), ("device", "list"), ("units", "list"), ("acts",), ("rejected",), ("conflicts",),
                            ("report", "form06a", *YEAR), ("report", "silent"),
                            ("report", "equipment", "--require", "computer=1"),
                            ("report", "indicators", "--name", "x", "--period", "2024-Q1"), ("totals", *YEAR)):
                with self.subTest(hub=command, language=language):
                    self.assertNotEqual(self.hub.hub(*command, "--lang", language).out, "")
            for command in (("status",), ("list",), ("list", "--late"), ("list", "--kind", "equipment"),
                            ("list", "--unsent"), ("show", "H-1"), ("show", "PC-1"), ("rejected",),
                            ("rejected", "show", "1"), ("totals", *YEAR)):
                with self.subTest(agent=command, language=language):
                    agent.run(*command, "--lang", language)
            self.assertIn("H-1", agent.run("list", "--late", "--lang", language).out)


if __name__ == "__main__":
    province.main()
