#!/usr/bin/python3
"""Reports as spreadsheets and as pages: the same numbers as the document, real numbers and dates, the form as it is
printed, nothing of a name taken for markup, and a file that is there whole or not at all."""
import csv
import datetime
import json
import os
import re
import sys
import unicodedata

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province, sheets  # noqa: E402

YEAR = ("--year", "2024")
AWKWARD = [
    "<b>Đậm</b> & \"nháy\" 'đơn' `lệnh`", "</td></table><script>alert(1)</script>", "&lt;đã thoát&gt; &#39;",
    "=1+1", "+84 209", "@cộng", "-", "]]> --> <!--", "_x0041_ %s %n {}", "x" * 240, "Ạ" * 80, "a\u0301 Đất đai".strip(),
    "không\u00a0gãy", "😀 ngoài mặt phẳng",
]


def dossier(code, **fields):
    return {"kind": "dossier", "code": code, "changed_at": "2024-07-02T08:00:00+07:00", **fields}


def records():
    made = []
    for number, domain in enumerate(AWKWARD):
        fields = {"received_at": f"2024-{number % 6 + 1:02}-10", "due_at": f"2024-{number % 6 + 1:02}-20",
                  "domain": domain, "channel": ("online", "counter", "postal")[number % 3],
                  "unit": ("95801", "95802", "95803", "058")[number % 4], "procedure": "1.001193"}
        if number % 4 != 3:
            fields |= {"status": "done", "finished_at": f"2024-{number % 6 + 1:02}-{15 + number % 9}"}
        else:
            fields |= {"status": "in_progress"}
        made.append(dossier(f"A-{number}", **fields))
    made.append(dossier("A-open", status="done", received_at="2024-05-15"))  # closed without a date: a gap
    made.append(dossier("A-void", status="accepted", received_at="2024-05-15"))
    made += [{"kind": "equipment", "asset": f"M<{number}>", "unit": "95801", "type": kind, "state": "in_use",
              "condition": condition, "warranty_until": "2027-01-31", "changed_at": "2024-01-02T08:00:00+07:00"}
             for number, (kind, condition) in enumerate((("computer", "ok"), ("scanner", "faulty"),
                                                         ("printer", "repair")))]
    made += [{"kind": "indicator", "name": "fibre & cáp", "period": "2024-Q1", "unit": unit, "value": value, "of": 10,
              "changed_at": "2024-04-02T08:00:00+07:00"} for unit, value in (("95801", 7), ("95802", 9))]
    return made


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = (int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


class Papers(province.OneProvince):
    def records(self):
        return records()

    def prepare(self, agent):
        agent.run("void", "dossier", "A-void")

    # --- asking ---

    def file_of(self, name, kind, *command):
        path = self.path(f"{name}.{kind}")
        done = self.hub.hub(*command, "--format", kind, "--output", path)
        self.assertEqual((done.out, done.err), ("", ""))
        return path

    def book(self, *command):
        return sheets.Book(self.file_of("report", "xlsx", *command))

    def html(self, *command):
        with open(self.file_of("report", "html", *command), encoding="utf-8") as file:
            text = file.read()
        page = sheets.PageOfHtml(text)
        self.assertEqual(page.problems, [])
        return text, page

    def lines(self, *command):
        return [json.loads(line) for line in self.hub.hub(*command, "--json").out.splitlines()]

    # --- spreadsheets ---

    def assertSameGroups(self, page, found):
        """The page of bare data is the document: the stable words above, one row a group, the total last."""
        keys, *rows = page.rows()
        groups = found["groups"] + [{**found["total"], "key": "total"}]
        self.assertEqual(len(rows), len(groups))
        for row, group in zip(rows, groups):
            cells = dict(zip(keys, row + [None] * len(keys)))
            flat = {f"rate_{name}{tail}": pair[at] for name, pair in group["rates"].items()
                    for at, tail in enumerate(("", "_of"))}
            wanted = {**{key: value for key, value in group.items() if key != "rates"}, **flat,
                      **{key: found[key] for key in ("from", "to", "as_of", "rule", "rule_version", "rule_hash")}}
            for key, value in wanted.items():
                self.assertEqual(cells[key], None if value == "" else value, key)

    def test_totals_as_spreadsheet_equal_the_document(self):
        for by in (None, "unit", "level", "domain", "procedure", "channel", "month"):
            with self.subTest(by=by):
                command = ("totals", *YEAR, *(("--by", by) if by else ()))
                found = self.hub.hub(*command, "--json").json()
                book = self.book(*command, "--lang", "en")
                self.assertSameGroups(book.page("Data"), found)
                form = book.pages[0]
                self.assertEqual([page.formulas for page in book.pages], [0] * len(book.pages))
                row = form.find("Total")[0][0]
                self.assertEqual(form.row(row)[2:4], [found["total"][key] for key in ("received", "received_online")])
                self.assertIn("Counted as of 2024-12-31 by rule form06, version 1", " ".join(form.texts()))

    def test_rates_are_numbers_of_their_parts(self):
        total = self.hub.totals(*YEAR, "--by", "unit")["total"]
        form = self.book("totals", *YEAR, "--by", "unit", "--lang", "en").pages[0]
        (row, column), = form.find("Submitted online")
        last = form.find("Total")[-1][0]
        self.assertGreater(last, row)
        part, whole = total["rates"]["online"]
        self.assertAlmostEqual(form.cells[last, column], part / whole, places=12)

    def test_the_form_is_printed_as_it_is_laid_down(self):
        for by in ("domain", "unit"):
            with self.subTest(by=by):
                found = self.hub.hub("report", "form06a", *YEAR, "--by", by, "--json").json()
                book = self.book("report", "form06a", *YEAR, "--by", by)
                form = book.pages[0]
                (numbers, first), = form.find("(1)")
                self.assertEqual(form.row(numbers), ["(1)", "(2)", "(3)=(4)+(5)+(6)", "(4)", "(5)", "(6)",
                                                     "(7)=(8)+(9)+(10)", "(8)", "(9)", "(10)", "(11)=(12)+(13)",
                                                     "(12)", "(13)"])
                rows = form.rows()[numbers + 1:numbers + 2 + len(found["rows"])]
                for row, wanted in zip(rows, found["rows"] + [found["total"]]):
                    self.assertEqual(row[2:13], [wanted[f"col{number}"] for number in range(3, 14)])
                self.assertEqual(first, 0)
                self.assertEqual(form.frozen, (numbers + 1, 2))
                self.assertEqual((form.setup["paperSize"], form.setup["orientation"]), ("9", "landscape"))
                titles = book.names["_xlnm.Print_Titles", 0]
                self.assertRegex(titles, rf"\$[0-9]+:\${numbers + 1}$")
                for wanted in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Tỉnh Bắc Kạn",
                               "Biểu số II.06a/VPCP/KSTT, ban hành kèm theo Thông tư số 01/2020/TT-VPCP",
                               "Kỳ báo cáo: Năm 2024 (Từ ngày 01/01/2024 đến ngày 31/12/2024)", "Đơn vị tính: hồ sơ",
                               "Đơn vị báo cáo: Tỉnh Bắc Kạn. Đơn vị nhận báo cáo: ……………………",
                               "Người lập biểu", "Thủ trưởng đơn vị", "Trong kỳ", "Cân đối 3=4+5+6: khớp.",
                               "Cân đối 3=7+11: chênh 1."):
                    self.assertIn(wanted, form.texts())

    def test_lists_as_spreadsheets_equal_the_document(self):
        equipment = ("report", "equipment", "--as-of", "2024-05-22")
        for command, keys in (
                ((*equipment, "--list", "all"), ("unit", "asset", "type", "state", "condition", "warranty_until")),
                ((*equipment, "--list", "missing"), ("unit", "type", "required", "present")),
                (("report", "silent", *YEAR), ("unit", "name", "last_heard", "days", "device", "state", "phone")),
                (("report", "void"), ("kind", "key", "unit", "replaced_by", "device"))):
            with self.subTest(command=command):
                wanted = [[line[key] for key in keys] for line in self.lines(*command)]
                with open(self.file_of("list", "csv", *command), encoding="utf-8-sig", newline="") as file:
                    rows = list(csv.DictReader(file))
                self.assertGreater(len(rows), 0)
                self.assertEqual([[row[key].removeprefix("'") for key in keys] for row in rows],
                                 [["" if value is None else str(value) for value in line] for line in wanted])
                page = self.book(*command).pages[0]
                for line in wanted:
                    self.assertTrue(page.find(line[keys.index("unit")]))
        days = self.book(*equipment, "--list", "all").pages[0]
        self.assertEqual(len(days.find("2027-01-31")), 3)  # real dates

    def test_equipment_and_indicators_as_spreadsheets(self):
        command = ("report", "equipment", "--as-of", "2024-05-22")
        found = self.hub.hub(*command, "--json").json()
        rows = self.book(*command, "--lang", "en").page("Data").rows()[1:]
        self.assertEqual({key: count for what, key, _, count in rows if what == "units"},
                         {key: found[key] for key in ("units", "complete", "partial", "none", "not_reporting")})
        self.assertEqual({key: count for what, key, _, count in rows if what == "type"}, found["by_type"])
        command = ("report", "indicators", "--name", "fibre & cáp", "--period", "2024-Q1", "--unit", "058")
        found = self.hub.hub(*command, "--json").json()
        page = self.book(*command, "--lang", "en").pages[0]
        (row, column), = [place for place in page.find("058") if place[1] == 0]
        self.assertEqual([page.cells[row, 2], page.cells[row, 3]], [found["value"], found["of"]])

    def test_equal_reports_are_equal_bytes(self):
        for kind in ("xlsx", "html"):
            for command in (("totals", *YEAR, "--by", "unit"), ("report", "form06a", *YEAR)):
                with open(self.file_of("one", kind, *command), "rb") as one:
                    with open(self.file_of("two", kind, *command), "rb") as two:
                        self.assertEqual(one.read(), two.read())

    # --- pages ---

    def every_report(self):
        return (("totals", *YEAR), ("totals", *YEAR, "--by", "domain"), ("totals", "--month", "2024-03", "--by", "unit"),
                ("report", "form06a", *YEAR), ("report", "form06a", *YEAR, "--by", "unit"),
                ("report", "equipment"), ("report", "equipment", "--list", "all"),
                ("report", "equipment", "--list", "missing"), ("report", "silent", *YEAR), ("report", "void"),
                ("report", "incomplete", *YEAR),
                ("report", "indicators", "--name", "fibre & cáp", "--period", "2024-Q1"))

    def test_pages_are_whole_and_ask_for_nothing(self):
        for command in self.every_report():
            for language in ("vi", "en"):
                with self.subTest(command=command, language=language):
                    text, page = self.html(*command, "--lang", language)
                    self.assertTrue(text.startswith("<!DOCTYPE html>\n"))
                    self.assertEqual(page.attributes("html", "lang"), [language])
                    self.assertEqual([tag for tag, _ in page.elements if tag in ("script", "link", "img", "iframe")], [])
                    self.assertEqual(re.findall(r"(?:src|href|url)\s*[=(](?!#)", text), [])
                    self.assertEqual(re.findall(r"https?:", text), [])
                    self.assertEqual([tag for tag, _ in page.elements].count("h1"), 1)
                    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
                    self.assertEqual(len(ids), len(set(ids)))
                    for tag, attributes in page.elements:
                        self.assertLessEqual(set(attributes.get("aria-labelledby", "").split()), set(ids))
                        if tag == "th":
                            self.assertIn(attributes["scope"], ("col", "colgroup", "row"))
                    self.assertEqual(len(page.tables), [tag for tag, _ in page.elements].count("caption"))

    def test_numbers_of_pages_equal_the_document(self):
        for language, mark in (("vi", "."), ("en", ",")):
            found = self.hub.hub("report", "form06a", *YEAR, "--json").json()
            _, page = self.html("report", "form06a", *YEAR, "--lang", language)
            rows = [row for row in page.tables[0] if len(row) == 13][-len(found["rows"]) - 1:]
            for row, wanted in zip(rows, found["rows"] + [found["total"]]):
                self.assertEqual([int(cell.replace(mark, "")) for cell in row[2:]],
                                 [wanted[f"col{number}"] for number in range(3, 14)])

    def test_no_name_is_markup(self):
        found = self.hub.totals(*YEAR, "--by", "domain")
        names = [group["key"] for group in found["groups"] if group["key"]]
        self.assertGreaterEqual(len(names), len(AWKWARD) - 1)
        _, page = self.html("totals", *YEAR, "--by", "domain")
        shown = {cell for table in page.tables for row in table for cell in row}
        book = self.book("totals", *YEAR, "--by", "domain")
        for name in names:
            self.assertIn(name, shown)
            self.assertEqual(name, unicodedata.normalize("NFC", name))
            self.assertTrue(book.pages[-1].find(name), name)
        _, page = self.html("report", "equipment", "--list", "all")
        self.assertIn("M<0>", {cell for row in page.tables[0] for cell in row})

    def test_charts_say_their_numbers(self):
        total = self.hub.totals("--month", "2024-03")["total"]
        text, page = self.html("totals", "--month", "2024-03", "--lang", "en")
        said = " ".join("".join(page.texts).split())
        self.assertIn(f"Received and settled, day by day received: in all {total['received']}", said)
        self.assertIn("Who was heard of", said)
        self.assertEqual(text.count("<g><title>"), 31)  # a column a day
        _, page = self.html("report", "equipment", "--as-of", "2024-05-22", "--lang", "en")
        said = " ".join("".join(page.texts).split())
        self.assertIn("Equipment by condition ok: 1 (33.33%)faulty: 1 (33.33%)repair: 1 (33.33%)", said)

    def test_colours_can_be_told_from_what_they_stand_on(self):
        """WCAG 2.1: letters 4.5 to 1, areas 3 to 1, by day and by night."""
        text, _ = self.html("totals", *YEAR)
        schemes = [dict(re.findall(r"--(\w+): (#\w+)", one)) for one in re.findall(r":root \{([^}]*)\}", text)]
        self.assertEqual(len(schemes), 2)
        for colours in schemes:
            for letters in ("ink", "soft"):
                for ground in ("paper", "head", "page"):
                    self.assertGreater(contrast(colours[letters], colours[ground]), 4.5, (letters, ground))
            for area in ("s0", "s1", "good", "watch", "bad", "unknown"):
                self.assertGreater(contrast(colours[area], colours["paper"]), 3, area)

    def test_what_was_known_at_an_instant_is_said_on_paper(self):
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()
        for command in (("totals", *YEAR), ("report", "form06a", *YEAR), ("report", "incomplete", *YEAR)):
            known = (*command, "--as-known-at", today, "--lang", "en")
            at = self.hub.totals(*YEAR, "--as-known-at", today)["as_known_at"]
            note = f"As known at {at}: what came later does not count here."
            self.assertIn(note, self.html(*known)[1].texts)
            self.assertIn(note, self.book(*known).pages[0].texts())
            self.assertNotIn("As known at", self.html(*command, "--lang", "en")[0])

    # --- what does not go ---

    def test_a_page_for_a_pipe_and_a_spreadsheet_too(self):
        self.assertIn("</html>", self.hub.hub("totals", *YEAR, "--format", "html").out)
        with open("/dev/full", "wb") as full:
            done = province.subprocess.run([province.program("motcua-hub"), "totals", *YEAR, "--format", "xlsx", "--data",
                                            self.hub.data], stdout=full, stderr=province.subprocess.PIPE, check=False,
                                           env=province.environment())
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"E-DISK", done.stderr)

    def test_without_a_folder_to_work_in_nothing_is_written(self):
        path = self.write("old.xlsx", "old")
        done = province.subprocess.run([province.program("motcua-hub"), "totals", *YEAR, "--format", "xlsx", "--data",
                                        self.hub.data, "--output", path], stderr=province.subprocess.PIPE, check=False,
                                       env=province.environment() | {"TMPDIR": self.path("missing")})
        self.assertEqual(done.returncode, 74)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")

    def test_nothing_is_left_behind(self):
        folder = self.path("work")
        os.mkdir(folder)
        done = province.subprocess.run([province.program("motcua-hub"), "totals", *YEAR, "--format", "xlsx", "--data",
                                        self.hub.data, "--output", self.path("t.xlsx")], check=False,
                                       env=province.environment() | {"TMPDIR": folder})
        self.assertEqual((done.returncode, os.listdir(folder)), (0, []))


class LargeAndEmpty(province.Scenario):
    N_UNITS = 3321  # communes of the country since 1 July 2025 (Nghị quyết 202/2025/QH15)

    def units(self, n):
        rows = [("code", "name", "level", "parent"), ("06", "Tỉnh <mẫu> & \"nháy\"", "province", "")]
        rows += [(f"{number:05}", f"Xã {number} 'nháy' <{AWKWARD[number % 4]}>"[:100], "commune", "06")
                 for number in range(1, n + 1)]
        path = self.path("units.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return path, rows[1:]

    def test_all_communes_of_the_country(self):
        path, rows = self.units(self.N_UNITS)
        hub = province.Province(self.path("large"), units=path)
        for kind in ("xlsx", "html", "csv"):
            hub.hub("totals", *YEAR, "--by", "unit", "--format", kind, "--output", self.path(f"t.{kind}"))
        book = sheets.Book(self.path("t.xlsx"))
        found = hub.totals(*YEAR, "--by", "unit")
        data = book.pages[-1].rows()[1:]
        self.assertEqual([row[:2] for row in data[:-1]], [[group["key"], group["name"]] for group in found["groups"]])
        self.assertEqual(len(data), self.N_UNITS + 2)  # its own records, the total
        with open(self.path("t.html"), encoding="utf-8") as file:
            page = sheets.PageOfHtml(file.read())
        self.assertEqual(page.problems, [])
        names = {cell for row in page.tables[0] for cell in row}
        # Nobody was heard of, and nobody's noughts are taken for numbers.
        self.assertEqual({f"{name} (chưa có tin)" for _, name, level, _ in rows if level == "commune"} - names, set())

    def test_a_province_without_anything(self):
        path, _ = self.units(0)
        hub = province.Province(self.path("empty"), units=path)
        for command in (("totals", *YEAR), ("totals", *YEAR, "--by", "unit"), ("totals", *YEAR, "--by", "domain"),
                        ("report", "form06a", *YEAR), ("report", "equipment"), ("report", "equipment", "--list", "all"),
                        ("report", "silent"), ("report", "void"), ("report", "incomplete"),
                        ("report", "indicators", "--name", "x", "--period", "2024")):
            with self.subTest(command=command):
                hub.hub(*command, "--format", "xlsx", "--output", self.path("e.xlsx"))
                self.assertEqual(sheets.Book(self.path("e.xlsx")).pages[0].name, "Báo cáo")
                page = sheets.PageOfHtml(hub.hub(*command, "--format", "html").out)
                self.assertEqual(page.problems, [])
                hub.hub(*command, "--format", "csv")


if __name__ == "__main__":
    province.main()
