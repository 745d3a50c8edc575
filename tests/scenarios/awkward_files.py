#!/usr/bin/python3
"""Files as offices have them, through the real programs: each gives the rows that it holds, says what it passed over,
or is refused with what to do about it (tests/support/awkward.py has them)."""
import os
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

    def test_each_file(self):
        self.assertGreaterEqual(len(awkward.CASES), 40)
        for number, case in enumerate(awkward.CASES, 1):
            def code(n, number=number):
                return f"H05.{number:02}-240301-{n:04}"
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
