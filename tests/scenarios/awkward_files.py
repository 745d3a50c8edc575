#!/usr/bin/python3
"""Files as offices have them, through the real programs: each gives the rows that it holds, says what it passed over,
or is refused with what to do about it (tests/support/awkward.py has them)."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import awkward, province  # noqa: E402

MAPS = os.path.join(os.path.dirname(province.TESTS), "config", "maps")
SKIPPED = ("title", "header", "banner", "total", "signature")


class AwkwardFiles(province.Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not os.access(province.program("motcua-tables"), os.X_OK):
            raise unittest.SkipTest("motcua-tables was not built")

    def setUp(self):
        super().setUp()
        self.agent = self.province().agent("058")

    def options(self, case):
        """What the file is imported with; the changed map of late dossiers, where the case changes it."""
        if case.map_text is None:
            return case.options
        key, units = case.map_text
        with open(os.path.join(MAPS, "td-late.ini"), encoding="utf-8") as file:
            text = file.read().replace("kind = dossier\n", f"kind = dossier\n{key}\n") + units
        return ("--map", self.write("late.ini", text))

    def taken(self, code):
        return self.agent.run("show", code, "--json").json()["fields"]

    def check_rows(self, case, path, code):
        answer = self.agent.run("import", path, *self.options(case), "--lang", "en", "--json",
                                exits=(65,) if case.rejected else (0,))
        counts = answer.json()
        self.assertEqual((counts["read"], counts["queued"], counts["rejected"]),
                         (len(case.rows) + case.rejected, len(case.rows), case.rejected), answer)
        self.assertEqual(counts["skipped"], {name: case.skipped.get(name, 0) for name in SKIPPED})
        self.assertEqual(counts["sheet_name"], case.sheet or "")
        self.assertEqual(counts["unread_sheets"], case.unread)
        for reason in case.reasons:
            self.assertIn(reason, answer.err)
        for name in case.unsaid:
            self.assertNotIn(name, answer.out + answer.err)
        for number, fields in case.rows.items():
            self.assertEqual(self.taken(code(number)), fields)

    def check_refused(self, case, path):
        for language, words in zip(("en", "vi"), case.refused):
            answer = self.agent.run("import", path, *self.options(case), "--lang", language, exits=(65,))
            self.assertRegex(answer.err, words)

    def test_they_are_taken_from_the_spool_folder_and_from_a_pipe(self):
        spool = self.path("spool")
        os.mkdir(spool)
        cases = {case.name: case for case in awkward.CASES}
        for n, name in enumerate(("serial_dates", "a_page_saved_as_xls", "a_page_to_log_in")):
            with open(os.path.join(spool, f"{name}.xls"), "wb") as file:
                made = cases[name].make(lambda k, n=n: f"S-{n}{k}")
                file.write(made if isinstance(made, bytes) else made.encode())
        service = self.agent.start("run", "--config", self.write("agent.ini", f"[agent]\nspool = {spool}\n"))
        try:
            end = province.time.monotonic() + 60
            while any(name.endswith(".xls") for name in os.listdir(spool)) and province.time.monotonic() < end:
                province.time.sleep(0.1)
        finally:
            province.stop(service)
        self.assertEqual([name for _, _, names in os.walk(spool) for name in names], ["a_page_to_log_in.xls"])
        self.assertEqual(self.taken("S-02"), cases["serial_dates"].rows[2])
        self.assertEqual(self.taken("S-11"), cases["a_page_saved_as_xls"].rows[1])
        piped = subprocess.run([province.program("motcua-agent"), "import", "-", "--json", "--data", self.agent.data],
                               input=cases["serial_dates"].make(lambda k: f"P-{k}"), capture_output=True, check=True,
                               env=province.environment())
        self.assertEqual(province.json.loads(piped.stdout)["queued"], 3)

    def tables(self, *arguments, given=b""):
        return subprocess.run([province.program("motcua-tables"), *arguments], input=given, capture_output=True,
                              check=False, env=province.environment())

    def test_motcua_tables_by_itself(self):
        self.assertIn("motcua-tables ", self.tables("--version").stdout.decode())
        self.assertIn("--format xlsx|html", self.tables("--help").stdout.decode())
        for arguments in ((), ("--format",), ("--format", "csv"), ("--format", "html", "x"), ("x", "html")):
            self.assertEqual(self.tables(*arguments).returncode, 2)
        page = self.tables("--format", "html", given=b"<table><tr><td>a<td>b</table>")
        self.assertEqual((page.returncode, page.stdout), (0, b'{"sheet":1,"name":""}\n["a","b"]\n{"end":true}\n'))
        refused = self.tables("--format", "xlsx", given=b"PK\3\4")
        self.assertEqual((refused.returncode, refused.stdout), (65, b'{"refused":"damaged"}\n'))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([province.program("motcua-tables"), "--format", "html"], input=b"<table>",
                                  stdout=full, stderr=subprocess.PIPE, check=False, env=province.environment())
        self.assertEqual(done.returncode, 74)

    def test_motcua_tables_gives_up_its_rights_before_it_reads(self):
        with subprocess.Popen([province.program("motcua-tables"), "--format", "html"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=province.environment()) as process:
            process.stdin.write(b"<table><tr><td>a")
            process.stdin.flush()
            end = province.time.monotonic() + 60
            limits = self.limits(process.pid)
            while limits["Max cpu time"] == "unlimited" and province.time.monotonic() < end:
                province.time.sleep(0.01)
                limits = self.limits(process.pid)
            process.communicate()
        self.assertNotEqual(limits["Max cpu time"], "unlimited")
        self.assertEqual(limits["Max core file size"], "0")
        with open(province.program("motcua-tables"), "rb") as file:
            sanitized = b"__asan_init" in file.read()
        if not sanitized:  # a sanitizer needs files and memory of its own
            self.assertEqual(limits["Max open files"], "0")
            self.assertNotEqual(limits["Max address space"], "unlimited")

    @staticmethod
    def limits(pid):
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:
            return {line[:26].strip(): line[26:46].strip() for line in file}

    def test_each_file(self):
        self.assertGreaterEqual(len(awkward.CASES), 40)
        for number, case in enumerate(awkward.CASES, 1):
            def code(n, number=number, case=case):
                return f"{case.codes}{n}" if case.codes else f"H05.{number:02}-240301-{n:04}"
            with self.subTest(file=case.name):
                path = self.write(f"{case.name}.{case.ending}", case.make(code))
                if case.refused:
                    self.check_refused(case, path)
                else:
                    self.check_rows(case, path, code)
        self.assertNotIn("Mẫu", self.agent.run("rejected", "list").out)
        held = {line["code"] for line in map(province.json.loads, self.agent.run("list", "--json").out.splitlines())}
        wanted = sum(len(case.rows) for case in awkward.CASES)
        self.assertEqual(len(held), wanted)


if __name__ == "__main__":
    province.main()
