"""XLSX workbooks for tests, written by hand so that they can be as odd as real ones: no library softens them."""
import io
import zipfile
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
# Styles by their place: what a number looks like.
FORMATS = ("General", "dd/mm/yyyy", "dd/mm/yyyy hh:mm:ss", "00000", "#,##0", "hh:mm", '[$-42A]d" tháng "m" năm "yyyy')
DAY, INSTANT, PADDED, GROUPED, CLOCK, LONG_DAY = range(1, len(FORMATS))


class Number:
    """A number with the place of its format."""

    def __init__(self, value, style=0):
        self.value, self.style = value, style


class Raw:
    """A cell as it stands in the file: its attributes and its content."""

    def __init__(self, attributes, content):
        self.attributes, self.content = attributes, content


def column_name(index):
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


class Workbook:
    """Sheets of rows: a row is a list of cells or None, a cell text, Number, bool, Raw or None."""

    def __init__(self, since_1904=False, shared=True):
        self.since_1904, self.shared = since_1904, shared
        self.sheets, self.strings, self.parts = [], [], {}

    def sheet(self, name, rows, merged=(), state=None, first=1):
        self.sheets.append((name, rows, merged, state, first))
        return self

    def text(self, text):
        space = ' xml:space="preserve"' if text != text.strip() else ""
        if not self.shared:
            return f't="inlineStr"><is><t{space}>{escape(text)}</t></is>'
        if text not in self.strings:
            self.strings.append(text)
        return f't="s"><v>{self.strings.index(text)}</v>'

    def cell(self, place, cell):
        if cell is None:
            return ""
        if isinstance(cell, Raw):
            return f'<c r="{place}" {cell.attributes}>{cell.content}</c>'
        if isinstance(cell, bool):
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        if isinstance(cell, Number):
            return f'<c r="{place}" s="{cell.style}"><v>{cell.value}</v></c>'
        return f'<c r="{place}" {self.text(cell)}</c>'

    def rows(self, rows, first):
        out = []
        for number, row in enumerate(rows, first):
            if row is None:
                continue
            cells = "".join(self.cell(f"{column_name(i)}{number}", cell) for i, cell in enumerate(row))
            out.append(f'<row r="{number}">{cells}</row>')
        return "".join(out)

    def worksheet(self, rows, merged, first):
        ranges = "".join(f'<mergeCell ref="{place}"/>' for place in merged)
        merges = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
        return f'<worksheet xmlns="{MAIN}"><sheetData>{self.rows(rows, first)}</sheetData>{merges}</worksheet>'

    def styles(self):
        formats = "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
                          for i, code in enumerate(FORMATS))
        styles = "".join(f'<xf numFmtId="{164 + i if i else 0}"/>' for i in range(len(FORMATS)))
        return (f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="14"/>'
                f"</cellStyleXfs><cellXfs>{styles}</cellXfs></styleSheet>")

    def workbook(self):
        sheets = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"'
                         f'{f" state={chr(34)}{state}{chr(34)}" if state else ""}/>'
                         for i, (name, _, _, state, _) in enumerate(self.sheets, 1))
        return (f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(self.since_1904)}"/>'
                f"<sheets>{sheets}</sheets></workbook>")

    def relations(self):
        targets = [(f"rId{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(self.sheets) + 1)]
        targets += [("rIdS", "sharedStrings", "sharedStrings.xml"), ("rIdF", "styles", "styles.xml")]
        return relations(targets)

    def bytes(self):
        parts = {"_rels/.rels": relations([("rId1", "officeDocument", "xl/workbook.xml")]),
                 "xl/workbook.xml": self.workbook(), "xl/_rels/workbook.xml.rels": self.relations(),
                 "xl/styles.xml": self.styles()}
        for i, (_, rows, merged, _, first) in enumerate(self.sheets, 1):
            parts[f"xl/worksheets/sheet{i}.xml"] = self.worksheet(rows, merged, first)
        strings = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in self.strings)
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
        parts.update(self.parts)
        return package(parts)


def relations(targets):
    lines = "".join(f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
                    for name, kind, target in targets)
    return f'<Relationships xmlns="{PACKAGE}">{lines}</Relationships>'


def package(parts):
    """A zipped document of parts by their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            # A fixed time, so that a file is the same bytes whenever it is made.
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            data = content if isinstance(content, bytes) else f'<?xml version="1.0"?>\n{content}'.encode()
            zipped.writestr(entry, data)
    return out.getvalue()
