#!/usr/bin/python3
"""Reports in the programs of others: LibreOffice reads the spreadsheet's cells as the document has them, Chromium shows
the page at the width of a screen and of a telephone, and prints it on A4, without a word of complaint. Each skips where
the program is missing (Debian: libreoffice-calc-nogui, chromium)."""
import csv
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

YEAR = ("--year", "2024")
MONTH = ("--month", "2024-03")
# Comma, quote, UTF-8, values rather than what is shown, every sheet (LibreOffice: filter options of CSV).
CSV_OF_ALL = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
WAIT_S = 240
A4_POINTS = {(595, 842), (842, 595)}
# Shows a page in a frame of a width and writes down how wide its content is, and whether it has what it needs.
FRAME = """<!DOCTYPE html><body><iframe id="f" src="{name}" width="{width}" height="800"></iframe><script>
window.onload = () => {{ const d = document.getElementById("f").contentDocument;
  const low = [...d.querySelectorAll("h1, h2, p, dt, dd, li, td, th")].filter(e => e.scrollWidth > 0 &&
    parseFloat(getComputedStyle(e).fontSize) < 11).length;
  document.body.append("wide=" + d.documentElement.scrollWidth + " small=" + low + " rects=" +
    [...d.querySelectorAll("svg rect")].filter(e => e.getBoundingClientRect().width > 0).length + "."); }};
</script></body>"""


def records():
    made = []
    for number in range(200):
        made.append({"kind": "dossier", "code": f"A-{number}", "changed_at": "2024-07-02T08:00:00+07:00",
                     "unit": ("95801", "95802", "95803", "95804")[number % 4], "status": "done",
                     "domain": ("Đất đai & nhà ở", "<Hộ tịch>", "=1+1")[number % 3], "channel": "online",
                     "received_at": f"2024-03-{number % 28 + 1:02}", "due_at": "2024-03-20",
                     "finished_at": f"2024-03-{number % 28 + 2:02}"})
    return made


class Seen(province.OneProvince):
    def records(self):
        return records()

    def program(self, *names):
        found = next(filter(None, map(shutil.which, names)), None)
        if found is None:
            self.skipTest(f"none of {', '.join(names)} is installed")
        return found

    def run_quietly(self, command):
        return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False,
                              env=os.environ | {"HOME": self.folder})

    # --- LibreOffice ---

    def sheets(self, name, *command):
        """Every page of a report as LibreOffice reads it: rows of texts, by the page's name."""
        office = self.program("soffice", "libreoffice")
        path = self.path(f"{name}.xlsx")
        self.hub.hub(*command, "--format", "xlsx", "--output", path)
        done = self.run_quietly([office, f"-env:UserInstallation=file://{self.path('office')}", "--headless",
                                 "--convert-to", CSV_OF_ALL, "--outdir", self.folder, path])
        found = {}
        for part in glob.glob(self.path(f"{name}-*.csv")):
            with open(part, encoding="utf-8", newline="") as file:
                found[part.removesuffix(".csv").rsplit("-", 1)[1]] = list(csv.reader(file))
        self.assertTrue(found, done.stderr)
        return found

    def test_a_spreadsheet_opens_and_its_cells_are_those_of_the_document(self):
        for by in ("unit", "domain", "day"):
            with self.subTest(by=by):
                found = self.hub.hub("totals", *MONTH, "--by", by, "--json").json()
                keys, *rows = self.sheets(f"totals{by}", "totals", *MONTH, "--by", by, "--lang", "en")["Data"]
                groups = found["groups"] + [{**found["total"], "key": "total"}]
                self.assertEqual(len(rows), len(groups))
                for row, group in zip(rows, groups):
                    cells = dict(zip(keys, row))
                    for key, value in group.items():
                        if key == "rates":
                            for rate, pair in value.items():
                                self.assertEqual([cells[f"rate_{rate}"], cells[f"rate_{rate}_of"]], list(map(str, pair)))
                        elif not (by == "day" and key in ("key", "name")):  # there a date, as LibreOffice writes it
                            self.assertEqual(cells[key], "" if value is None else str(value), key)

    def test_the_form_opens_as_it_is_printed(self):
        found = self.hub.hub("report", "form06a", *YEAR, "--json").json()
        rows = self.sheets("form", "report", "form06a", *YEAR)["Báo cáo"]
        at = next(number for number, row in enumerate(rows) if row[:2] == ["(1)", "(2)"])
        for row, wanted in zip(rows[at + 1:], found["rows"] + [found["total"]]):
            self.assertEqual(row[2:13], [str(wanted[f"col{number}"]) for number in range(3, 14)])

    # --- Chromium ---

    def chromium(self, *arguments):
        done = self.run_quietly([self.program("chromium", "chromium-browser", "google-chrome"), "--headless=new",
                                 "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
                                 f"--user-data-dir={self.path('chromium')}", "--enable-logging=stderr", *arguments])
        self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [])
        return done.stdout

    def pages(self):
        for name, command in (("totals", ("totals", *MONTH, "--by", "unit")), ("form", ("report", "form06a", *YEAR)),
                              ("equipment", ("report", "equipment")), ("silent", ("report", "silent", *YEAR))):
            path = self.path(f"{name}.html")
            self.hub.hub(*command, "--format", "html", "--output", path)
            yield name, path

    def test_a_page_fits_a_screen_and_a_telephone(self):
        for name, path in self.pages():
            for width in (1280, 390):
                with self.subTest(name=name, width=width):
                    frame = self.write("frame.html", FRAME.format(name=os.path.basename(path), width=width))
                    said = re.search(r"wide=(\d+) small=(\d+) rects=(\d+)\.",
                                     self.chromium("--virtual-time-budget=5000", "--dump-dom", f"file://{frame}"))
                    self.assertIsNotNone(said)
                    self.assertLessEqual(int(said[1]), width)
                    self.assertEqual(int(said[2]), 0)
                    self.assertGreater(int(said[3]), 0)

    def test_a_page_prints_on_a4(self):
        for name, path in self.pages():
            with self.subTest(name=name):
                pdf = self.path(f"{name}.pdf")
                self.chromium("--no-pdf-header-footer", f"--print-to-pdf={pdf}", f"file://{path}")
                with open(pdf, "rb") as file:
                    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", file.read())
                self.assertTrue(boxes)
                self.assertLessEqual({(round(float(width)), round(float(height))) for width, height in boxes}, A4_POINTS)


if __name__ == "__main__":
    province.main()
