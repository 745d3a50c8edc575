#!/usr/bin/python3
"""L6: verify --full answers no after one byte was changed by hand, whatever it was changed in."""
import os
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402


def database_of(data):
    """The SQLite file among a hub's data that holds the log."""
    for name in sorted(os.listdir(data)):
        path = os.path.join(data, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                if file.read(15) == b"SQLite format 3":
                    return path
    raise AssertionError("no database among the hub's data")


def flipped(value):
    """The value with one bit changed in its middle."""
    if isinstance(value, int):
        return value ^ 1
    if not value:
        return value + type(value)(b"x" if isinstance(value, bytes) else "x")
    middle = len(value) // 2
    changed = chr(ord(value[middle]) ^ 1) if isinstance(value, str) else bytes([value[middle] ^ 1])
    return value[:middle] + changed + value[middle + 1:]


class Tamper(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        agent = self.hub.agent("95801")
        records = [{"kind": "dossier", "code": f"X-{number}", "status": "accepted", "channel": "online",
                    "received_at": f"2024-03-{number + 1:02}T08:00:00+07:00", "due_at": "2024-05-01",
                    "changed_at": f"2024-03-{number + 1:02}T08:00:00+07:00"} for number in range(20)]
        records.append({"kind": "equipment", "asset": "A-1", "type": "computer", "state": "in_use",
                        "installed_on": "2024-01-02", "changed_at": "2024-01-02T08:00:00+07:00"})
        agent.take(self.write("x.ndjson", records))
        agent.sync()
        self.hub.stop()
        self.copies = 0

    def copy(self):
        self.copies += 1
        return shutil.copytree(self.hub.data, self.path(f"copy-{self.copies}"))

    def verify(self, data):
        return province.run("motcua-hub", "verify", "--full", "--data", data, exits=None)

    def change(self, table, column, where="1"):
        """Verifies a copy in which one value was changed; None where there is none to change."""
        data = self.copy()
        connection = sqlite3.connect(database_of(data))
        keys = [name for name, is_key in self.columns(table) if is_key] or ["rowid"]
        row = connection.execute(f'SELECT "{column}", {", ".join(keys)} FROM {table} WHERE "{column}" IS NOT NULL '
                                 f'AND ({where}) ORDER BY {", ".join(key + " DESC" for key in keys)}').fetchone()
        if row is None:
            return None
        matches = " AND ".join(f"{key} = ?" for key in keys)
        connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE {matches}', (flipped(row[0]), *row[1:]))
        connection.commit()
        connection.close()
        return self.verify(data)

    def columns(self, table):
        """Name of each column, and whether it belongs to the key."""
        connection = sqlite3.connect(database_of(self.hub.data))
        found = [(row[1], row[5] > 0) for row in connection.execute(f"PRAGMA table_info({table})")]
        connection.close()
        self.assertTrue(found, f"no table {table}")
        return found

    def entry_types(self):
        connection = sqlite3.connect(database_of(self.hub.data))
        types = [row[0] for row in connection.execute("SELECT DISTINCT type FROM log")]
        connection.close()
        return types

    def assertSeen(self, answer):
        self.assertEqual(answer.code, 1, answer)

    def test_untouched_it_verifies(self):
        answer = self.verify(self.copy())
        self.assertEqual(answer.code, 0, answer)

    def test_id_26_the_log(self):
        types = self.entry_types()
        self.assertGreater(len(types), 1, "batches and acts stand in the log")
        for kind in types:
            literal = kind if isinstance(kind, int) else f"'{kind}'"
            with self.subTest(type=kind):
                self.assertSeen(self.change("log", "body", f"type = {literal}"))

    def test_what_stands_beside_an_entry(self):
        for column in ("accepted_at", "chain"):
            with self.subTest(column=column):
                self.assertSeen(self.change("log", column))

    def test_id_26_an_entry_taken_out(self):
        for which in ("MAX(n)", "MIN(n) + 1"):
            with self.subTest(which=which):
                data = self.copy()
                connection = sqlite3.connect(database_of(data))
                connection.execute(f"DELETE FROM log WHERE n = (SELECT {which} FROM log)")
                connection.commit()
                connection.close()
                self.assertNotEqual(self.verify(data).code, 0)

    def test_id_26_the_state(self):
        self.assertSeen(self.change("thing", "writes"))

    def test_id_26_the_facts_behind_the_totals(self):
        self.assertGreater(self.change_every_column("dossier"), 10)

    def test_units_and_devices(self):
        self.assertSeen(self.change("unit", "name", "code = '95801'"))
        self.assertGreater(self.change_every_column("device"), 5)

    def change_every_column(self, table):
        tried = 0
        for column, _ in self.columns(table):
            with self.subTest(table=table, column=column):
                answer = self.change(table, column)
                if answer is not None:
                    tried += 1
                    self.assertSeen(answer)
        return tried

    def test_a_row_taken_out(self):
        for table, where in (("thing", "key = 'X-7'"), ("dossier", "code = 'X-7'"), ("unit", "code = '90101'")):
            with self.subTest(table=table):
                data = self.copy()
                connection = sqlite3.connect(database_of(data))
                self.assertEqual(connection.execute(f"DELETE FROM {table} WHERE {where}").rowcount, 1)
                connection.commit()
                connection.close()
                self.assertSeen(self.verify(data))


if __name__ == "__main__":
    province.main()
