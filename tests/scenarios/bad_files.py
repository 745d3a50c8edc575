#!/usr/bin/python3
"""Files as they should not be: each says where and why in words, keeps what is good in it, and ends with 65."""
import os
import subprocess
import sys
import threading
import time
import unicodedata
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

HEADER = "Mã hồ sơ,Ngày tiếp nhận,Trạng thái\n"
ROWS = [f"B-{number},{number + 1:02}/03/2024,Được tiếp nhận\n" for number in range(4)]
TABLE = HEADER + "".join(ROWS)
LONG = 10 * 1024 * 1024
MEMORY_KB = 4 * 1024  # what a hostile file may need beside a small one
MEASURE = """import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
RECORD = '{"kind": "dossier", "code": "B-%d", "status": "accepted", "received_at": "2024-03-01"}\n'


def with_row(row, at=2):
    """The table with one more row among its own."""
    return HEADER + "".join(ROWS[:at]) + row + "".join(ROWS[at:])


# What is no table: nothing of it is taken. Name, content, the reason in English and in Vietnamese.
WHOLE = (
    ("photo", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)), "UTF-8", "UTF-8"),
    ("zeros", bytes(4096), "heading", "tiêu đề"),
    ("empty", b"", "the file is empty", "tệp trống"),
    ("blank-lines", b"\r\n\r\n   \r\n", "the file is empty", "tệp trống"),
    ("utf-16-le", b"\xff\xfe" + TABLE.encode("utf-16-le"), "UTF-16", "UTF-16"),
    ("utf-16-be", b"\xfe\xff" + TABLE.encode("utf-16-be"), "UTF-16", "UTF-16"),
    ("utf-16-le-unmarked", "code,status\nB-1,accepted\n".encode("utf-16-le"), "UTF-16", "UTF-16"),
    ("utf-16-be-unmarked", "code,status\nB-1,accepted\n".encode("utf-16-be"), "UTF-16", "UTF-16"),
    ("legacy", b"M\xe3 h\xb6 s\xac,Tr\xb9ng th\xb8i\nE-1,\xd0\xfe\n", "UTF-8", "UTF-8"),
    ("no-header", "".join(ROWS).encode(), "headings that are known", "tiêu đề cột đã biết"),
    ("doubled-header", b"code,status,code\nB-1,accepted,B-1\n", "heading code: .*twice", "code: .*hai lần"),
    ("doubled-in-other-case", b"code,status,CODE \nB-1,accepted,B-1\n", "twice", "hai lần"),
    ("open-quote-in-header", b'code,"status\nB-1,accepted\n', "quotation mark", "dấu nháy"),
    ("300-columns", (",".join(["code", "status"] + [f"c{n}" for n in range(298)]) + "\nB-1,accepted\n").encode(),
     "too many columns", "quá nhiều cột"),
    ("10-mb-header", b"code,status," + b"x" * LONG + b"\nB-1,accepted\n", "too long", "quá dài"),
    ("xlsx", b"PK\x03\x04" + bytes(100), "damaged", "hỏng"),
    ("xls", b"\xd0\xcf\x11\xe0" + bytes(100), "Excel", "Excel"),
    ("html", b"<html><p>code,status</p></html>", "web page", "trang web"),
)

# One row among four good ones is refused: its number, column, and the reason in both languages.
ONE_ROW = (
    ("broken-utf-8", with_row("B-9,01/03/2024,?\n").encode().replace(b"?", b"\xc4\xff"), 4, "Trạng thái", "UTF-8",
     "UTF-8"),
    ("no-such-day", with_row("B-9,31/02/2024,Được tiếp nhận\n"), 4, "Ngày tiếp nhận", "not a date", "ngày"),
    ("american-date", with_row("B-9,12/31/2024,Được tiếp nhận\n"), 4, "Ngày tiếp nhận", "not a date", "ngày"),
    ("american-time", with_row("B-9,3/1/2024 2:30 PM,Được tiếp nhận\n"), 4, "Ngày tiếp nhận", "not a date", "ngày"),
    ("serial-date", with_row("B-9,45352,Được tiếp nhận\n"), 4, "Ngày tiếp nhận", "not a date", "ngày"),
    ("year-of-two-digits", with_row("B-9,01/03/24,Được tiếp nhận\n"), 4, "Ngày tiếp nhận", "not a date", "ngày"),
    ("unknown-status", with_row("B-9,01/03/2024,Bay lên trời\n"), 4, "Trạng thái", "word that is not", "danh mục"),
    ("no-code", with_row(",01/03/2024,Được tiếp nhận\n"), 4, "", "code is missing", "thiếu mã"),
    ("control-characters", with_row("B-9\x07,01/03/2024,Được tiếp nhận\n"), 4, "Mã hồ sơ", "UTF-8", "UTF-8"),
    ("more-cells", with_row("B-9,01/03/2024,Được tiếp nhận,,,x\n"), 4, "", "more cells", "nhiều ô"),
    ("300-cells", with_row("B-9,01/03/2024,Được tiếp nhận" + ",x" * 297 + "\n"), 4, "", "columns", "cột"),
    ("10-mb-line", with_row("B-9,01/03/2024," + "x" * LONG + "\n"), 4, "", "too long", "quá dài"),
    ("10-mb-quoted", with_row('B-9,01/03/2024,"' + "x\n" * (LONG // 2) + '"\n'), 4, "", "too long", "quá dài"),
    ("open-quote", with_row('B-9,01/03/2024,"Được tiếp nhận', 4), 6, "", "quotation mark", "dấu nháy"),
    ("ndjson-not-json", RECORD % 0 + RECORD % 1 + '{"kind": "dossier", "code": "B-9", "sta\n' + RECORD % 2 +
     RECORD % 3, 3, "", "not one JSON object", "JSON"),
    ("ndjson-10-mb-line", RECORD % 0 + RECORD % 1 + '{"code": "' + "x" * LONG + '"}\n' + RECORD % 2 + RECORD % 3, 3,
     "", "too long", "quá dài"),
    ("ndjson-nested", RECORD % 0 + RECORD % 1 + "[" * 5000 + "]" * 5000 + "\n" + RECORD % 2 + RECORD % 3, 3, "",
     "not one JSON object", "JSON"),
    ("ndjson-twice", RECORD % 0 + RECORD % 1 + '{"code": "B-9", "fee": 1, "fee": 1}\n' + RECORD % 2 + RECORD % 3, 3, "", "not one JSON object", "JSON"),
    ("ndjson-null-byte", RECORD % 0 + RECORD % 1 + '{"code": "B-9\\u0000", "status": "done"}\n' + RECORD % 2 +
     RECORD % 3, 3, "", "UTF-8", "UTF-8"),
)

# Odd, and right: all four rows are taken.
SOUND = (
    ("semicolons", TABLE.replace(",", ";")),
    ("tabs", TABLE.replace(",", "\t")),
    ("marked", "\ufeff" + TABLE),
    ("cr-only", TABLE.replace("\n", "\r")),
    ("crlf", TABLE.replace("\n", "\r\n")),
    ("no-last-newline", TABLE.rstrip("\n")),
    ("trailing-empty-rows", TABLE + ",,\n" * 500 + "\n\n"),
    ("leading-empty-rows", "\n\n" + TABLE),
    ("trailing-empty-columns", TABLE.replace("\n", ",,,,\n")),
    ("quoted-newlines", 'Mã hồ sơ,Ghi chú,Ngày tiếp nhận,Trạng thái\n' +
     "".join(row.replace(",", ',"dòng một\ndòng hai; "","" ba",', 1) for row in ROWS)),
    ("quoted-headings", '"Mã\nhồ sơ","Ngày  tiếp nhận"," TRẠNG THÁI "\n' + "".join(ROWS)),
    ("both-date-styles", HEADER + ROWS[0] + ROWS[1] + "B-2,2024-03-03,Được tiếp nhận\n"
     "B-3,04/03/2024 14:30,Được tiếp nhận\n"),
    ("decomposed", unicodedata.normalize("NFD", TABLE)),
)


def coded(name, content):
    """The same content with codes of its own, as bytes."""
    if isinstance(content, str):
        content = content.encode()
    return content.replace(b"B-", name.encode() + b"-")


class BadFiles(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent("95801")

    def said(self, path, language):
        """What an import would do and says, keeping nothing."""
        return self.agent.run("import", path, "--dry-run", "--json", "--lang", language, exits=(65,))

    def test_in_01_what_is_no_table_is_not_taken(self):
        for name, content, english, vietnamese in WHOLE:
            path = self.write(name + ".csv", content)
            for language, words in (("en", english), ("vi", vietnamese)):
                with self.subTest(file=name, language=language):
                    answer = self.agent.run("import", path, "--lang", language, exits=(65,))
                    self.assertEqual(answer.out, "")
                    self.assertRegex(answer.err, f"(?i){words}")
                    self.assertIn(name, answer.err)
                    self.assertIn("E-REFUSED", answer.err)
        status = self.agent.status()
        self.assertEqual((status["waiting"], status["rejected"]), (0, 0))

    def test_in_03_a_bad_row_has_number_column_and_reason_and_stops_nothing_else(self):
        for name, content, row, column, english, vietnamese in ONE_ROW:
            kind = "ndjson" if name.startswith("ndjson") else "csv"
            path = self.write(f"x-{name}.{kind}", coded(name, content))
            with self.subTest(file=name):
                where = f"row {row}, column {column}: " if column else f"row {row}: "
                answer = self.said(path, "en")
                counts = answer.json()
                self.assertEqual((counts["read"], counts["queued"], counts["rejected"]), (5, 4, 1))
                self.assertRegex(answer.err, f"(?m){where}.*{english}")
                self.assertNotIn(f"{name}-9", answer.out + answer.err)
                self.assertRegex(self.said(path, "vi").err, f"(?i){row}.*{column}.*: .*{vietnamese}")
                self.agent.take(path, exits=(65,))
                kept = self.agent.run("rejected", "list").out
                self.assertIn(os.path.basename(path), kept)
        self.assertEqual(self.agent.status()["rejected"], len(ONE_ROW))
        self.agent.sync()
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 4 * len(ONE_ROW))

    def test_odd_tables_are_read(self):
        for name, content in SOUND:
            with self.subTest(file=name):
                path = self.write(name + ".csv", coded(name, content))
                counts = self.agent.take(path, "--dry-run")
                self.assertEqual((counts["read"], counts["queued"], counts["rejected"]), (4, 4, 0))
                self.agent.take(path)
        self.agent.sync()
        total = self.hub.totals("--month", "2024-03")["total"]
        self.assertEqual((total["received"], total["open"]), (4 * len(SOUND),) * 2)

    def test_id_25_what_looks_like_sql_is_text(self):
        codes = ["B'); DROP TABLE change; --", 'B" OR "1"="1', "B;ATTACH 'x' AS y", "B-?1-:key-@x"]
        self.agent.take(self.write("x.ndjson", [
            {"kind": "dossier", "code": code, "status": "accepted", "received_at": "2024-03-01",
             "procedure": "1'); DELETE FROM batch; --", "domain": "'; PRAGMA writable_schema=1; --"} for code in codes]))
        for code in codes:
            self.assertIn(code, self.agent.run("show", code).out)
        self.agent.sync()
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], len(codes))
        groups = self.hub.totals("--year", "2024", "--by", "procedure")["groups"]
        self.assertEqual([group["key"] for group in groups], ["1'); DELETE FROM batch; --"])
        self.hub.hub("verify", "--full")

    def test_the_day_comes_before_the_month(self):
        """05/06/2024 is the fifth of June, as Vietnam writes it."""
        self.agent.take(self.write("x.csv", HEADER + "B-1,05/06/2024,Được tiếp nhận\n"))
        self.agent.sync()
        self.assertEqual(self.hub.totals("--from", "2024-06-05", "--to", "2024-06-05")["total"]["received"], 1)

    def test_what_is_no_file(self):
        pipe = self.path("pipe.csv")
        os.mkfifo(pipe)
        os.mkdir(self.path("folder.csv"))
        for path in (pipe, self.path("folder.csv"), "/dev/null"):
            for language, words in (("en", "not a file"), ("vi", "không phải")):
                with self.subTest(path=os.path.basename(path), language=language):
                    answer = self.agent.run("import", path, "--lang", language, exits=(65,))
                    self.assertRegex(answer.err, words)
        self.assertEqual(self.agent.status()["waiting"], 0)

    @unittest.skipIf(os.geteuid() == 0, "no file is closed to the administrator")
    def test_a_file_one_may_not_read(self):
        path = self.write("x.csv", TABLE)
        os.chmod(path, 0)
        for language, words in (("en", "do not allow"), ("vi", "không cho phép")):
            self.assertRegex(self.agent.run("import", path, "--lang", language, exits=(77,)).err, words)

    def test_a_file_that_is_still_being_written(self):
        """Its last row may be half a row: it is left for later, and later all of it is there."""
        path = self.write("x.csv", HEADER)
        stop = threading.Event()
        rows = [f"G-{number:06},01/03/2024,Được tiếp nhận\n" for number in range(2500)]
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(rows)
            file.write("G-0025")
            file.flush()
            writer = threading.Thread(target=self.keep_writing, args=(file, stop))
            writer.start()
            try:
                answer = self.agent.run("import", path, "--lang", "en", exits=(75,))
            finally:
                stop.set()
                writer.join()
        self.assertIn("E-BUSY", answer.err)
        known = [province.json.loads(line)["code"] for line in self.agent.run("list", "--json").out.splitlines()]
        self.assertNotIn("G-0025", known)
        counts = self.agent.take(path, exits=(65,))
        self.assertEqual(counts["queued"] + counts["unchanged"], 2500)

    @staticmethod
    def keep_writing(file, stop):
        while not stop.is_set():
            file.write("0")
            file.flush()
            time.sleep(0.001)

    def peak_kb(self, path):
        """The most memory an import of the file took: asked by a small process, or this one's own would count."""
        environment = province.environment()
        # What a sanitizer keeps for itself is not the import's: freed memory, and stack frames on the heap.
        environment["ASAN_OPTIONS"] += ":quarantine_size_mb=1:detect_stack_use_after_return=0"
        done = subprocess.run([sys.executable, "-c", MEASURE, province.program("motcua-agent"), "import", path,
                               "--dry-run", "--data", self.agent.data], capture_output=True, text=True, check=False,
                              env=environment, timeout=province.DEADLINE_S)
        code, peak = done.stdout.split()[-2:]
        self.assertIn(code, ("0", "65"), done.stderr)
        return int(peak)

    def test_in_01_memory_is_bounded(self):
        small = self.peak_kb(self.write("small.csv", TABLE))
        for name, content in (("line", with_row("B-9,01/03/2024," + "x" * LONG + "\n")),
                              ("quoted", with_row('B-9,01/03/2024,"' + "x" * LONG)),
                              ("header", "code," + "x" * LONG),
                              ("commas", with_row("," * LONG)), ("newlines", TABLE + "\n" * LONG),
                              ("rows", HEADER + "".join(ROWS) * 10000),
                              ("x.ndjson", RECORD % 1 + '{"code": "' + "x" * LONG)):
            with self.subTest(file=name):
                self.assertLess(self.peak_kb(self.write(name, content)) - small, MEMORY_KB)


if __name__ == "__main__":
    province.main()
