#!/usr/bin/python3
"""The second implementation of comparing against the document and the vectors of the programs."""
import os
import re
import unittest

import wire
import wire_check
import wire_compare
from test_wire import CHANGES, EIGHT, MINUTE, VECTORS
from wire_check import numbered

DEVICE = bytes.fromhex("56475aa75463474c")
FIRST, LAST = 19844, 19874  # May 2024
PROTOCOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocol", "PROTOCOL.md")


def dossier(**fields):
    return numbered({"kind": "dossier", "key": "A", "changed_at": EIGHT} | fields)


class Document(unittest.TestCase):
    def test_example(self):
        sums = wire_compare.sums_of(CHANGES, FIRST, LAST)
        with open(PROTOCOL, encoding="utf-8") as file:
            found = re.search("^([0-9a-f]{64}) +([0-9A-Z-]{9})$", file.read(), re.MULTILINE)
        self.assertEqual(sums, [[1, 19865, 2, bytes.fromhex(found[1])]])
        self.assertEqual(wire_compare.code_of(DEVICE, FIRST, LAST, sums), found[2])

    def test_vectors(self):
        """The hub's sums in the vector are those of its lines, by this implementation."""
        vectors = {name: (hub, key, data) for name, _, _, hub, key, _, data in wire_check.vectors(VECTORS)}
        hub, key, data = vectors["compared-lines"]
        answer = wire.unseal(data, "compared", hub, key)
        changes = [change for change in CHANGES if change["key"][-1] == "1"]
        writes = wire_compare.writes_of(changes)
        lines = [wire_compare.line_hash(kind, name, marks, writes if name == "H01-240522-0001" else set())
                 for kind, _, name, marks, _ in answer[10]]
        sums = [[kind, day, len(hashes), wire_compare.sha256(b"".join(hashes)).digest()] for (day, kind), hashes in
                [((19865, 1), lines[:2]), ((LAST, 3), lines[2:])]]
        self.assertEqual(answer[9], sums)
        hashes = sorted(wire_compare.sha256(wire.write(list(each))).digest() for each in writes)
        self.assertEqual(answer[10][0][4], b"".join(each[:8] for each in hashes))


class Days(unittest.TestCase):
    def day(self, kind, key, *changes):
        return wire_compare.day_of(kind, key, wire_compare.writes_of(changes))

    def test_dossiers(self):
        self.assertEqual(self.day(1, "A", dossier(fee=1)), 19865)
        self.assertEqual(self.day(1, "A", dossier(submitted_at=0, fee=1)), 0)
        self.assertEqual(self.day(1, "A", dossier(submitted_at=0, received_at=86400000)), 1)
        cleared = dossier(changed_at=EIGHT + MINUTE, received_at=None)
        self.assertEqual(self.day(1, "A", dossier(submitted_at=0, received_at=86400000), cleared), 0)

    def test_indicators(self):
        for period, day in (("2024", 20088), ("2024-H1", 19904), ("2024-Q1", 19813), ("2024-02", 19782),
                            ("2024-05-22", 19865)):
            self.assertEqual(self.day(3, f"u|{period}|n", dossier(fee=1)), day, period)


if __name__ == "__main__":
    unittest.main()
