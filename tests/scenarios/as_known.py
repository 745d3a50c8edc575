#!/usr/bin/python3
"""What a hub knew at an instant: every count asked with --as-known-at is the one it printed then, however much has come
since: late changes, things taken back, new units and computers, decisions about conflicts."""
import datetime
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

LOCAL = datetime.timezone(datetime.timedelta(hours=7))
MAY = ("--month", "2024-05")
REPORTS = [("totals", *MAY, "--by", by) for by in ("unit", "level", "domain", "channel", "day")] + [
    ("totals", *MAY, "--unit", "058", "--rule", "index766"),
    ("report", "form06a", *MAY),
    ("report", "incomplete", *MAY),
    ("report", "equipment", "--as-of", "2024-05-31"),
    ("report", "indicators", "--name", "population", "--period", "2024-05"),
    ("report", "silent", *MAY),
    ("report", "void"),
]


def dossier(code, at="2024-05-20T08:00:00+07:00", **fields):
    return {"kind": "dossier", "code": code, "changed_at": at, **fields}


EARLY = [
    dossier("A-1", status="done", received_at="2024-05-02", due_at="2024-05-20", finished_at="2024-05-10"),
    dossier("A-2", status="in_progress", received_at="2024-05-14", due_at="2024-05-20", domain="Hộ tịch"),
    dossier("A-3", status="accepted", channel="online", unit="95801"),
    {"kind": "equipment", "asset": "PC-1", "type": "computer", "state": "in_use",
     "changed_at": "2024-05-01T08:00:00+07:00"},
    {"kind": "indicator", "name": "population", "period": "2024-05", "value": 10,
     "changed_at": "2024-05-01T08:00:00+07:00"},
]
LATE = [
    dossier("A-1", at="2024-06-20T08:00:00+07:00", void=True),
    dossier("A-2", at="2024-06-20T08:00:00+07:00", status="done", finished_at="2024-05-18"),
    dossier("A-3", at="2024-06-20T08:00:00+07:00", received_at="2024-05-15", unit="95802"),
    dossier("A-4", status="accepted", received_at="2024-05-16"),
    {"kind": "equipment", "asset": "PC-1", "state": "retired", "changed_at": "2024-05-30T08:00:00+07:00"},
    {"kind": "indicator", "name": "population", "period": "2024-05", "value": 11,
     "changed_at": "2024-06-01T08:00:00+07:00"},
]


class AsKnown(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()

    def send(self, agent, records):
        agent.run("import", self.write("records.ndjson", records))
        agent.sync()

    def printed(self, *options):
        """What every report prints, without the word that says as of which knowledge."""
        found = {}
        for report in REPORTS:
            text = self.hub.hub(*report, *options, "--json").out
            for line in text.splitlines():
                if '"as_known_at":"' in line:
                    at = line.index('"as_known_at":"')
                    end = line.index('"', at + len('"as_known_at":"'))
                    text = text.replace(line[at:end + 1], '"as_known_at":null')
            found[report] = text
        return found

    def now(self):
        """An instant between what was done and what will be."""
        time.sleep(0.005)
        at = datetime.datetime.now(LOCAL)
        time.sleep(0.005)
        return at.isoformat(timespec="milliseconds")

    def test_a_count_as_known_then_is_the_one_printed_then(self):
        first = self.hub.agent("058")
        self.send(first, EARLY)
        before, then = self.printed(), self.now()
        self.send(first, LATE)
        other = self.hub.agent("95802")
        self.send(other, [dossier("A-2", received_at="2024-05-13", unit="95802", procedure="1.000001"),
                          dossier("B-1", received_at="2024-05-03", status="accepted")])
        device = other.status()["device"]
        self.hub.hub("conflicts", "split", "A-2", "--device", device)
        self.hub.hub("units", "import", self.write(
            "more.csv", "code,name,level,parent\n05890,Phường Mới,commune,058\n95801,Phường Khác,commune,06\n"))
        self.assertEqual(self.printed("--as-known-at", then), before)
        after = self.printed()
        for report, text in before.items():
            with self.subTest(report=report):
                self.assertNotEqual(after[report], text)
        self.assertEqual(self.printed("--as-known-at", self.now()), after)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_the_document_says_as_known_when(self):
        agent = self.hub.agent("95801")
        self.send(agent, EARLY[:2])
        today = datetime.datetime.now(LOCAL).date()
        asked = self.hub.totals("--as-known-at", str(today))
        self.assertEqual(asked["as_known_at"], f"{today}T23:59:59.999+07:00")
        self.assertEqual(asked["as_of"], str(today))
        self.assertEqual({**asked, "as_known_at": None}, self.hub.totals())
        form = self.hub.report("form06a", "--as-known-at", str(today))
        self.assertEqual(form["as_known_at"], asked["as_known_at"])
        self.assertIn(f"as known at {today}", self.hub.hub("totals", "--as-known-at", str(today), "--lang", "en").out)
        for text in ("yesterday", "2024-13-01", "12:00"):
            with self.subTest(text=text):
                self.assertEqual(self.hub.hub("totals", "--as-known-at", text, exits=(2,)).out, "")

    def test_before_there_was_anything(self):
        self.assertIn("E-NOT-FOUND", self.hub.hub("totals", "--as-known-at", "2020-01-01", exits=(1,)).err)


if __name__ == "__main__":
    province.main()
