#!/usr/bin/python3
"""The benchmarks count right: their arithmetic, the line that counts, and a baseline that writes the hub's own rows.
Nothing here is timed."""
import contextlib
import os
import pathlib
import socket
import sqlite3
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "bench"), str(HERE)]
import drain_rows  # noqa: E402
import figures  # noqa: E402
import herd_rows  # noqa: E402
import hub_plan  # noqa: E402
import line_rows  # noqa: E402
import place  # noqa: E402
import watched  # noqa: E402
from support import counting_line  # noqa: E402

BUILD = os.environ.get("MOTCUA_BUILD", "")
# What of the hub's the drain alone has written, and the bare loop therefore has, too.
TABLES = ("batch", "chain", "thing", "dossier")


class Rows(unittest.TestCase):
    def test_a_limit_and_a_least_value_are_kept_when_reached_exactly(self):
        self.assertTrue(figures.row("a", 2.0, "x", limit=2.0)["within"])
        self.assertFalse(figures.row("a", 2.001, "x", limit=2.0)["within"])
        self.assertTrue(figures.row("a", 0.5, "x", at_least=0.5)["within"])
        self.assertFalse(figures.row("a", 0.499, "x", at_least=0.5)["within"])

    def test_what_was_not_measured_is_neither_kept_nor_missed(self):
        row = figures.row("a", None, "x", limit=1.0, note="skipped: no nginx")
        self.assertIsNone(row["within"])
        self.assertRegex(next(figures.lines_of([row])), r"^a +- x +skipped: no nginx$")

    def test_a_missed_row_says_so(self):
        missed, = figures.lines_of([figures.row("what", 3, "B", limit=2)])
        self.assertRegex(missed, r"^what +3\.00 B +<= 2 +MISSED$")

    def test_the_ratio_is_that_of_pairs(self):
        # The medians, 3 and 2, would say 1.5.
        self.assertEqual(figures.ratio([2, 3, 40], [1, 2, 8]), 2)
        with self.assertRaises(ValueError):
            figures.ratio([1, 2], [1])


class Plans(unittest.TestCase):
    def test_groups_keep_the_order_and_lose_nothing(self):
        batches = [(entry, 10) for entry in range(62)]
        for transactions in (1, 7, 61, 62):
            groups = hub_plan.grouped(batches, transactions)
            self.assertEqual([batch for group in groups for batch in group], batches)
            self.assertEqual(len(groups), transactions)
            self.assertLessEqual(max(map(len, groups)) - min(map(len, groups)), 1)

    def test_a_dossier_is_written_once_a_batch(self):
        lines = list(hub_plan.lines_of([[(5, 3)], [(6, 2), (7, 1)]], ["B", "A", "B", "A", "B", "B"]))
        self.assertEqual([line.strip() for line in lines],
                         ["key B 4", "key A 2", "transaction", "batch 5", "dossier 1 1", "dossier 0 2", "transaction",
                          "batch 6", "dossier 1 2", "dossier 0 3", "batch 7", "dossier 0 4"])


class Line(unittest.TestCase):
    """Bytes through a counting line, to somebody who answers every byte with two."""

    def setUp(self):
        self.target = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.target.close)
        threading.Thread(target=self.answer, daemon=True).start()
        self.line = counting_line.CountingLine(self.target.getsockname()[1])

    def answer(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.target.accept()
                with near:
                    while data := near.recv(4096):
                        near.sendall(data * 2)

    def send(self, count):
        with socket.create_connection(("127.0.0.1", self.line.port)) as one:
            one.sendall(bytes(count))
            one.shutdown(socket.SHUT_WR)
            while one.recv(4096):
                pass

    def test_it_counts_both_ways_and_begins_anew(self):
        self.send(100_000)
        self.send(1)
        self.assertEqual(self.line.take(), (100_001, 200_002, 2))
        self.assertEqual(self.line.take(), (0, 0, 0))
        self.line.close()

    def test_a_closed_line_takes_nobody_in(self):
        self.line.close()
        with self.assertRaises(ConnectionRefusedError):
            self.send(1)


class Watching(unittest.TestCase):
    def test_peak_memory_is_that_of_the_program_and_its_child(self):
        child = "import time; x = bytearray(60 << 20); time.sleep(0.5)"
        parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        found = watched.run([sys.executable, "-c", parent])
        self.assertGreater(max(found.peaks.values()), 60 << 10)
        self.assertGreater(found.seconds, 0.5)
        self.assertGreater(found.processor, 0)

    def test_a_command_that_fails_fails_the_bench(self):
        with self.assertRaises(figures.Failed):
            watched.run([sys.executable, "-c", "raise SystemExit('no')"])


@unittest.skipUnless(BUILD, "MOTCUA_BUILD names no folder with the programs")
class RealPrograms(unittest.TestCase):
    build = pathlib.Path(BUILD).resolve()

    def rows(self, database, table):
        with contextlib.closing(sqlite3.connect(database)) as db:
            return db.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall()

    def test_the_bare_loop_writes_the_rows_of_the_hub(self):
        records = drain_rows.drain_changes(3000)
        with place.site(self.build) as here:
            export = drain_rows.export_of(here, records)
            with here.serving():
                drained = drain_rows.drained(here, export, records)
            self.assertGreater(drained["commits"], 0)
            bare = drain_rows.bare_of(self.build, here, records, drained["commits"])
            bare.write(here.folder / "bare.db")
            for table in TABLES:
                found = self.rows(here.folder / "bare.db", table)
                self.assertEqual(found, self.rows(here.folder / "hub" / "hub.db", table), table)
                self.assertNotEqual(found, [])
            parts = hub_plan.parts(self.build, here.folder / "hub" / "hub.db")
            self.assertGreater(min(parts.values()), 0)

    def test_a_small_herd(self):
        agents, total = herd_rows.AGENTS, herd_rows.TOTAL
        self.addCleanup(lambda: vars(herd_rows).update(AGENTS=agents, TOTAL=total))
        vars(herd_rows).update(AGENTS=5, TOTAL=5 * herd_rows.CHANGES)
        run = herd_rows.one_run(self.build)
        self.assertEqual((run["agents"], run["attempts"]), (5, 5))

    def test_a_sync_on_the_line_is_counted_with_its_handshake(self):
        changes = line_rows.load.changes(10, unit=place.UNIT)[:4]
        first, second = line_rows.counted(self.build, [changes[:2], changes[2:]])
        self.assertGreater(min(*first, *second), 500)  # bytes of a handshake each way


if __name__ == "__main__":
    unittest.main(verbosity=2)
