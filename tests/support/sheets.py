"""Reads what the reports write, with nothing but Python: the cells of a spreadsheet out of its XML (ECMA-376), and a
page of HTML with every element closed in its order."""
import datetime
import html.parser
import re
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DATES = ("dd/mm/yyyy", "yyyy-mm-dd")
EPOCH = datetime.date(1899, 12, 30)
VOID = {"meta", "br", "hr", "img", "link", "input"}  # elements that are never closed


def place_of(reference):
    """"C7" is (6, 2): row and column from 0."""
    letters, digits = re.fullmatch(r"([A-Z]+)([0-9]+)", reference).groups()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(digits) - 1, column - 1


class Page:
    """One worksheet: its cells by (row, column), and how it is set up."""

    def __init__(self, name, xml, strings, formats):
        root = ElementTree.fromstring(xml)
        self.name, self.cells = name, {}
        for cell in root.iter(f"{MAIN}c"):
            value = self.value_of(cell, strings, formats)
            if value is not None:
                self.cells[place_of(cell.get("r"))] = value
        self.merged = [merge.get("ref") for merge in root.iter(f"{MAIN}mergeCell")]
        self.formulas = sum(1 for _ in root.iter(f"{MAIN}f"))
        pane, setup = root.find(f".//{MAIN}pane"), root.find(f"{MAIN}pageSetup")
        self.frozen = None if pane is None else (int(pane.get("ySplit", 0)), int(pane.get("xSplit", 0)))
        self.setup = {} if setup is None else dict(setup.attrib)

    @staticmethod
    def value_of(cell, strings, formats):
        value = cell.find(f"{MAIN}v")
        if value is None:
            return None
        if cell.get("t") == "s":
            return strings[int(value.text)]
        if formats[int(cell.get("s", 0))] in DATES:
            return (EPOCH + datetime.timedelta(days=int(value.text))).isoformat()
        number = float(value.text)
        return int(number) if number.is_integer() else number

    def rows(self):
        """The cells of each row up to its last one; what is empty is None."""
        found = []
        for (row, column), value in sorted(self.cells.items()):
            while len(found) <= row:
                found.append([])
            found[row] += [None] * (column - len(found[row])) + [value]
        return found

    def row(self, number):
        return self.rows()[number]

    def texts(self):
        return [value for value in self.cells.values() if isinstance(value, str)]

    def find(self, wanted):
        """The places of a value."""
        return sorted(place for place, value in self.cells.items() if value == wanted)


class Book:
    """A spreadsheet: its pages in their order."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        strings = self.strings_of(files.get("xl/sharedStrings.xml"))
        formats = self.formats_of(files["xl/styles.xml"])
        related = {one.get("Id"): one.get("Target") for one in ElementTree.fromstring(files["xl/_rels/workbook.xml.rels"])}
        workbook = ElementTree.fromstring(files["xl/workbook.xml"])
        self.pages = [Page(sheet.get("name"), files[f"xl/{related[sheet.get(f'{RELATED}id')]}"], strings, formats)
                      for sheet in workbook.iter(f"{MAIN}sheet")]
        self.names = {(name.get("name"), int(name.get("localSheetId", -1))): name.text
                      for name in workbook.iter(f"{MAIN}definedName")}
        self.files = files

    @staticmethod
    def strings_of(xml):
        if xml is None:
            return []
        texts = ("".join(text.text or "" for text in one.iter(f"{MAIN}t")) for one in ElementTree.fromstring(xml))
        return [re.sub("_x([0-9A-Fa-f]{4})_", lambda escape: chr(int(escape[1], 16)), text) for text in texts]

    @staticmethod
    def formats_of(xml):
        root = ElementTree.fromstring(xml)
        codes = {one.get("numFmtId"): one.get("formatCode") for one in root.iter(f"{MAIN}numFmt")}
        return [codes.get(one.get("numFmtId"), one.get("numFmtId")) for one in root.find(f"{MAIN}cellXfs")]

    def page(self, name):
        return next(page for page in self.pages if page.name == name)


class PageOfHtml(html.parser.HTMLParser):
    """Every element is closed in its order, or the test fails. tables: rows of cells as text; texts: all text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tables, self.texts, self.elements, self.problems = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and "table" in self.open and self.open[-1] in ("td", "th", "time"):
            self.tables[-1][-1][-1] += data

    def attributes(self, tag, name):
        return [attributes.get(name) for found, attributes in self.elements if found == tag]
