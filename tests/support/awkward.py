"""Files as offices have them, each with what comes of it: rows by their codes, what was passed over, or the reason why
it is refused. Written for this project; nobody in them exists. `code(n)` gives a file codes of its own."""
import os
import unicodedata

from support.workbook import CLOCK, DAY, GROUPED, INSTANT, LONG_DAY, MAIN, PADDED, Number, Raw, Workbook, package, \
    relations

CASES = []
MADE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fuzz", "corpus", "xlsx")
OFFICE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
HEADER = ("Mã hồ sơ", "Ngày tiếp nhận", "Trạng thái")
LATE = ("STT", "Mã hồ sơ", "Ngày tiếp nhận", "Ngày hẹn trả", "Đơn vị giải quyết", "Cán bộ đang xử lý", "Ghi chú")
UNITS = "\n[units]\n\"UBND phường Đức Xuân\" = 01834\n\"UBND  Xã Quảng Khê\" = 01843\n"


def made_by(program):
    with open(os.path.join(MADE, f"from-{program}"), "rb") as file:
        return file.read()


class Case:
    """make(code) gives the bytes; rows: fields by number of code; refused: reason in English and in Vietnamese."""

    def __init__(self, make, ending, rows=None, rejected=0, codes=None, skipped=None, refused=None, reasons=(),
                 map_text=None, options=(), sheet=None, unread=0, unsaid=()):
        self.name = make.__name__
        self.make, self.ending, self.rows, self.rejected = make, ending, rows or {}, rejected
        self.codes, self.skipped, self.refused, self.reasons = codes, skipped or {}, refused, reasons
        self.map_text, self.options, self.sheet, self.unread = map_text, options, sheet, unread
        self.unsaid = unsaid


def case(ending, **expected):
    def keep(make):
        CASES.append(Case(make, ending, **expected))
        return make
    return keep


def day(text, time="00:00:00"):
    return f"{text}T{time}+07:00"


def accepted(received="2024-03-01", **more):
    return {"status": "accepted", "received_at": day(received), **more}


def table(rows, separator=",", end="\n"):
    return "".join(separator.join(row) + end for row in rows)


def plain(code, *numbers):
    return [[code(n), "01/03/2024", "Được tiếp nhận"] for n in numbers]


def words(*cells):
    """A row of a workbook."""
    return list(cells)


def page(body, head='<meta charset="utf-8">'):
    return f"<html><head>{head}</head><body>{body}</body></html>"


def html_rows(rows, tag="td"):
    return "".join("<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>\n" for row in rows)


TWO = {1: accepted(), 2: accepted()}


# CSV

@case("csv", rows=TWO, skipped={"title": 2})
def title_lines_with_commas(code):
    return table([["DANH SÁCH HỒ SƠ, TỪ NGÀY 01/03/2024, ĐẾN NGÀY 31/03/2024, TẠI PHƯỜNG"], ["Đơn vị tính: hồ sơ"],
                  HEADER] + plain(code, 1, 2))


@case("csv", rows=TWO, skipped={"title": 1})
def semicolons_under_a_title_with_commas(code):
    return table([["Danh sách, tháng 3, năm 2024, quý I, lần 1"], HEADER] + plain(code, 1, 2), ";")


@case("csv", rows={1: {"due_at": day("2024-03-08"), "returned_at": day("2024-03-07")},
                   2: {"due_at": day("2024-03-09")}},
      skipped={"title": 5, "signature": 4}, options=("--map", "land-office"), unsaid=("Trần Thị Mẫu", "Lý Văn Mẫu"))
def land_office_with_its_header_in_row_7(code):
    rows = [[OFFICE], ["Độc lập - Tự do - Hạnh phúc"], [], ["DANH SÁCH HỒ SƠ ĐẤT ĐAI"],
            ["TỪ NGÀY 01/03/2024 ĐẾN NGÀY 31/03/2024"], ["Chi nhánh"],
            ["STT", "Mã Hồ Sơ", "Chủ Sử Dụng", "Địa Chỉ", "Tờ", "Thửa", "Loại Hồ Sơ", "Số Biên Lai", "Ngày Hẹn",
             "Ngày Trả Kết Quả", "Người Nhận", "Ghi Chú"],
            ["1", code(1), "Trần Thị Mẫu", "Tổ 3", "12", "45", "Cấp đổi", "77", "08/03/2024", "07/03/2024", "", ""],
            ["2", code(2), "Lý Văn Mẫu", "Tổ 4", "12", "46", "Cấp đổi", "78", "09/03/2024", "", "", ""],
            ["", "", "", "", "", "", "", "", "Bắc Kạn - ngày 01 tháng 4 năm 2024"],
            ["", "Người lập biểu", "", "", "", "", "", "", "Giám đốc"],
            ["", "(Ký ghi rõ họ tên)"], ["", "Trần Thị Mẫu", "", "", "", "", "", "", "Lý Văn Mẫu"]]
    return table(rows)


@case("csv", rows={1: {"received_at": day("2024-03-01"), "returned_at": day("2024-03-05")}})
def header_in_two_rows(code):
    return table([["Mã hồ sơ", "Ngày", ""], ["", "tiếp nhận", "trả kết quả"], [code(1), "01/03/2024", "05/03/2024"]])


@case("csv", rows={1: accepted(returned_at=day("2024-03-05"))}, skipped={"title": 1})
def header_whose_upper_row_names_whole_columns(code):
    """As Excel saves a header with merged cells: each name once, at the top left."""
    return table([["BÁO CÁO"], ["STT", "Hồ sơ", "", "", "Ngày trả kết quả"],
                  ["", "Mã hồ sơ", "Ngày tiếp nhận", "Trạng thái", ""],
                  ["1", code(1), "01/03/2024", "Được tiếp nhận", "05/03/2024"]])


@case("csv", refused=("none for the codes.*--map", "mã hồ sơ.*--map"))
def a_header_without_codes(_):
    return table([["Danh sách"], ["Số biên nhận", "Ngày tiếp nhận", "Trạng thái"], ["77", "01/03/2024", "2"]])


@case("csv", rows=TWO, skipped={"header": 1})
def columns_numbered_below_the_header(code):
    return table([("STT", *HEADER), ["(1)", "(2)", "(3)", "(4)"]] + [["1", *row] for row in plain(code, 1, 2)])


@case("csv", rows=TWO, skipped={"header": 1})
def columns_lettered_and_numbered(code):
    return table([("STT", *HEADER, "Phí"), ["A", "B", "1", "2", "3=1+2"]] + [["1", *row] for row in plain(code, 1, 2)])


@case("csv", rows={1: accepted(due_at=day("2024-03-08")), 2: accepted()})
def line_breaks_in_headings_and_cells(code):
    return ('\ufeff"Mã\nhồ sơ","Ngày\r\ntiếp nhận","Trạng  thái","Ngày hẹn\ntrả","Ghi chú"\r\n'
            f'{code(1)},01/03/2024,"Được\ntiếp nhận",08/03/2024,"dòng 1\ndòng 2"\r\n'
            f'{code(2)},01/03/2024,Được tiếp nhận,,\r\n')


@case("csv", rows=TWO)
def decomposed_letters(code):
    return unicodedata.normalize("NFD", table([HEADER] + plain(code, 1, 2)))


@case("csv", rows={1: accepted(fee=1500000), 2: accepted(fee=20000)})
def blanks_that_do_not_break_and_capitals(code):
    return table([["MÃ\u00a0HỒ\u00a0 SƠ ", "NGÀY TIẾP NHẬN\u00a0", "\u2007Trạng\u00a0Thái", "Phí"],
                  [f"\u00a0{code(1)}\u00a0", "01/03/2024\u00a0", "ĐƯỢC\u00a0TIẾP NHẬN", "\u00a01.500.000\u00a0"],
                  [code(2), " 01/03/2024", "được tiếp  nhận", "20.000"]])


@case("csv", rows=TWO, skipped={"total": 2, "signature": 3}, unsaid=("Hoàng Văn Mẫu",))
def sums_and_signatures_at_the_end(code):
    return table([("STT", *HEADER)] + [["1", *row] for row in plain(code, 1, 2)] +
                 [["Tổng cộng", "2", "", ""], ["", "Cộng: 2 hồ sơ"],
                  ["", "", "Bắc Kạn ngày 01 tháng 4 năm 2024"], ["", "NGƯỜI LẬP", "", "THỦ TRƯỞNG ĐƠN VỊ"],
                  ["", "Hoàng Văn Mẫu", "", "Hoàng Văn Mẫu"]])


@case("csv", rows={n: accepted() for n in range(1, 5)}, skipped={"header": 3})
def header_again_on_each_printed_page(code):
    rows = plain(code, 1, 2, 3, 4)
    return table([HEADER, rows[0], HEADER, rows[1], rows[2], HEADER, ["1", "2", "3"], rows[3]])


@case("csv", rows={1: {"received_at": day("2024-03-01"), "due_at": day("2024-03-08")},
                   2: {"received_at": day("2024-03-02"), "due_at": day("2024-03-09")}},
      skipped={"banner": 2}, options=("--map", "td-late"))
def units_between_the_rows_are_passed_over(code):
    return table([LATE, ["UBND phường Đức Xuân"], ["1", code(1), "01/03/2024", "08/03/2024"],
                  ["I", "UBND Xã Quảng Khê"], ["2", code(2), "02/03/2024", "09/03/2024"]])


@case("csv", rows={1: {"received_at": day("2024-03-01"), "due_at": day("2024-03-08"), "decided_by": "01834"},
                   2: {"received_at": day("2024-03-01"), "due_at": day("2024-03-08"), "decided_by": "01834"},
                   3: {"received_at": day("2024-03-02"), "due_at": day("2024-03-09"), "decided_by": "01843"}},
      skipped={"banner": 2}, map_text=("banner = decided_by", UNITS))
def units_between_the_rows_say_who_decides(code):
    return table([LATE, ["ubnd phường  đức xuân"], ["1", code(1), "01/03/2024", "08/03/2024"],
                  ["2", code(2), "01/03/2024", "08/03/2024"],
                  ["", "", "UBND Xã Quảng Khê"], ["3", code(3), "02/03/2024", "09/03/2024"]])


@case("csv", rows={1: {"received_at": day("2024-03-01"), "due_at": day("2024-03-08"), "decided_by": "01834"}},
      rejected=1, reasons=("not acceptable here",), skipped={"banner": 2}, map_text=("banner = decided_by", UNITS))
def a_unit_that_the_map_does_not_name_refuses_its_rows(code):
    return table([LATE, ["UBND phường Đức Xuân"], ["1", code(1), "01/03/2024", "08/03/2024"],
                  ["UBND xã Không Có"], ["2", code(2), "02/03/2024", "09/03/2024"]])


@case("csv", rows=TWO)
def empty_rows_and_columns(code):
    rows = plain(code, 1, 2)
    return table([["", "", "", "", "", ""], ["", HEADER[0], "", HEADER[1], HEADER[2], ""], ["", "", "", "", "", ""],
                  ["", rows[0][0], "", rows[0][1], rows[0][2], ""], [],
                  ["", rows[1][0], "", rows[1][1], rows[1][2], ""], ["", "", "", "", "", ""]])


@case("csv", rows={1: accepted()}, rejected=1, reasons=("more cells than headings",))
def a_value_under_no_heading(code):
    return table([["Mã hồ sơ", "", "Ngày tiếp nhận", "Trạng thái"], [code(1), "", "01/03/2024", "Được tiếp nhận"],
                  [code(2), "x", "01/03/2024", "Được tiếp nhận"]])


@case("csv", rows={1: accepted("2024-03-01"), 2: {"status": "accepted", "received_at": day("2024-03-05", "14:30:05")},
                   3: {"status": "accepted", "received_at": day("2024-03-05", "07:05:00")}})
def days_and_times_as_they_are_written(code):
    return table([HEADER, [code(1), "01/03/2024", "2"], [code(2), "05/03/2024 14:30:05", "2"],
                  [code(3), "05/03/2024 07:05", "2"]], "\t")


@case("csv", rows=TWO, rejected=1, reasons=("the code is missing",))
def a_row_that_lacks_its_code_is_refused_not_passed_over(code):
    return table([HEADER] + plain(code, 1) + [["", "01/03/2024", "Được tiếp nhận"]] + plain(code, 2))


@case("csv", rows=TWO)
def unknown_headings_twice(code):
    return table([[*HEADER, "Ghi chú", "Ghi chú"]] + [[*row, "a", "b"] for row in plain(code, 1, 2)])


@case("csv", refused=("heading Mã hồ sơ: .*twice", "tiêu đề cột Mã hồ sơ: .*hai lần"))
def known_heading_twice(code):
    return table([["Danh sách"], ["Mã hồ sơ", "Ngày tiếp nhận", "Mã hồ sơ"], [code(1), "01/03/2024", code(2)]])


@case("csv", refused=("headings that are known", "tiêu đề cột đã biết"))
def no_header_in_the_first_50_rows(code):
    return table([[f"Dòng {n}"] for n in range(50)] + [HEADER] + plain(code, 1))


@case("csv", rows=TWO, skipped={"title": 49})
def header_in_the_50th_row(code):
    return table([[f"Dòng {n}"] for n in range(49)] + [HEADER] + plain(code, 1, 2))


@case("csv", refused=("UTF-16", "UTF-16"))
def unicode_text_of_excel(code):
    return ("\ufeff" + table([HEADER] + plain(code, 1), "\t")).encode("utf-16-le")


TCVN3 = dict(zip("àáảãạằắẳẵặầấẩẫậđèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵăâêôơưĂÂÊÔƠƯĐ",
                 "µ¸¶·¹»¾¼½ÆÇÊÈÉË®ÌÐÎÏÑÒÕÓÔÖ×ÝØÜÞßãáâäåèæçéêíëìîïóñòôõøö÷ùúýûüþ¨©ª«¬\u00ad¡¢£¤¥¦§"))
VNI = {"ã": "aõ", "ồ": "oà", "ơ": "ô", "à": "aø", "ế": "eá", "ậ": "aä", "ạ": "aï", "á": "aù", "Đ": "Ñ", "ư": "ö",
       "ợ": "ôï"}


def spelt(text, letters):
    return "".join(letters.get(letter, letter) for letter in text)


def in_windows_1258(text):
    """Marks stand behind their letters there, but for some that are one with them."""
    out = b""
    for letter in text:
        try:
            out += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            for cut in (2, 1):
                first = unicodedata.normalize("NFC", parts[:cut])
                try:
                    out += first.encode("cp1258") + parts[cut:].encode("cp1258")
                    break
                except UnicodeEncodeError:
                    continue
    return out


@case("csv", refused=("TCVN3.*UniKey", "TCVN3.*UniKey"))
def letters_of_vntime(code):
    return spelt(table([HEADER] + plain(code, 1)), TCVN3).encode("latin-1")


@case("csv", refused=("VNI.*UniKey", "VNI.*UniKey"))
def letters_of_vni_times(code):
    return spelt(table([["Danh saùch"], HEADER] + plain(code, 1)), VNI).encode("latin-1")


@case("csv", refused=("code page 1258", "bảng mã 1258"))
def letters_of_windows(code):
    return in_windows_1258(table([HEADER] + plain(code, 1), ";"))


@case("csv", refused=("spoilt", "đã hỏng"))
def letters_encoded_twice(code):
    raw = table([["Mã hồ sơ", "Ngày nhận", "Trạng thái"]] + plain(code, 1)).encode()
    return "".join(chr(byte) if byte in (0x81, 0x8d, 0x8f, 0x90, 0x9d) else bytes([byte]).decode("cp1252")
                   for byte in raw)


@case("csv", refused=("UTF-8", "UTF-8"))
def letters_of_nothing_known(code):
    return b"\xfc\xe4\xf6,\x8a\x9f\n" + code(1).encode() + b",2\n"


# XLSX

SHEET = [words(OFFICE), None, words("STT", "Mã hồ sơ", "Ngày tiếp nhận", "Trạng thái")]


@case("xlsx", rows={1: accepted(), 2: {"status": "accepted", "received_at": day("2024-03-05", "14:30:05")},
                    3: accepted("2024-03-06")}, skipped={"title": 1}, sheet="Tháng 3")
def serial_dates(code):
    return Workbook().sheet("Tháng 3", SHEET + [
        words(Number(1), code(1), Number(45352, DAY), "Được tiếp nhận"),
        words(Number(2), code(2), Number("45356.60422453704", INSTANT), "Được tiếp nhận"),
        words(Number(3), code(3), Number("45357", LONG_DAY), "Được tiếp nhận")]).bytes()


@case("xlsx", rows={1: accepted()}, skipped={"title": 1}, sheet="Tháng 3")
def serial_dates_since_1904(code):
    return Workbook(since_1904=True).sheet("Tháng 3", SHEET + [
        words(Number(1), code(1), Number(45352 - 1462, DAY), "Được tiếp nhận")]).bytes()


@case("xlsx", rejected=2, reasons=("Ngày tiếp nhận: not a date",), skipped={"title": 1}, sheet="x")
def numbers_that_are_no_dates(code):
    """A number without a format, and a time of day without a day."""
    return Workbook().sheet("x", SHEET + [words(Number(1), code(1), Number(45352), "Được tiếp nhận"),
                                          words(Number(2), code(2), Number("0.5", CLOCK), "Được tiếp nhận")]).bytes()


@case("xlsx", rows=TWO, sheet="Trang & tính")
def strings_in_cells_and_in_runs(code):
    book = Workbook(shared=False)
    run = ('t="inlineStr"', f'<is><r><t>{code(2)[:2]}</t></r><rPh sb="0" eb="1"><t>đọc</t></rPh><r><t>{code(2)[2:]}</t>'
           "</r></is>")
    return book.sheet("Trang & tính", [words(*HEADER), words(code(1), "01/03/2024", " Được tiếp nhận_x000D_\n"),
                                       words(Raw(*run), "01/03/2024", Raw('t="str"', "<f>A1</f><v>2</v>"))]).bytes()


@case("xlsx", rows={1: accepted(input_digitised=True, fee=1500000, unit="058"),
                    2: accepted(input_digitised=False, fee=0, unit="01834")}, sheet="x")
def truth_money_and_leading_zeros(code):
    return Workbook().sheet("x", [
        words(*HEADER, "Số hóa thành phần", "Phí", "Mã đơn vị"),
        words(code(1), Number(45352, DAY), "2", True, Number("1.5E6", GROUPED), "058"),
        words(code(2), Number(45352, DAY), Number(2), False, Number(0), Number(1834, PADDED))]).bytes()


@case("xlsx", rows={1: accepted()}, rejected=2, reasons=("Ngày tiếp nhận: not acceptable", "Phí: not a whole number"),
      sheet="x")
def formulas_that_failed_and_fractions(code):
    failed = Raw('t="e"', "<f>1/0</f><v>#DIV/0!</v>")
    return Workbook().sheet("x", [words(*HEADER, "Phí", "Ghi chú"),
                                  words(code(1), Number(45352, DAY), "2", None, failed),
                                  words(code(2), failed, "2"),
                                  words(code(3), Number(45352, DAY), "2", Number("1.234", GROUPED))]).bytes()


@case("xlsx", rows={1: accepted(unit="058"), 2: accepted(unit="058"), 3: accepted(unit="01834")}, sheet="x")
def a_unit_merged_down_its_rows(code):
    return Workbook().sheet("x", [words("Đơn vị", *HEADER)] + [
        words(unit, *row) for unit, row in zip(("058", None, "01834"), plain(code, 1, 2, 3))],
        merged=("A2:A3",)).bytes()


@case("xlsx", rows={1: {"received_at": day("2024-03-01"), "due_at": day("2024-03-08"), "decided_by": "01834"},
                    2: {"received_at": day("2024-03-02"), "due_at": day("2024-03-09"), "decided_by": "01843"}},
      skipped={"title": 2, "banner": 2, "total": 1, "signature": 2}, map_text=("banner = decided_by", UNITS),
      sheet="Quá hạn", unsaid=("Ngô Thị Mẫu",))
def late_list_with_merged_units(code):
    rows = [words("DANH SÁCH HỒ SƠ QUÁ HẠN"), words("Từ ngày 01/03/2024 đến ngày 31/03/2024"), words(*LATE),
            words("UBND phường Đức Xuân"), words(Number(1), code(1), "01/03/2024", "08/03/2024", None, "Ngô Thị Mẫu"),
            words("UBND xã Quảng Khê"), words(Number(2), code(2), Number(45353, DAY), Number(45360, DAY)),
            words("Tổng số", None, Number(2)), None, words(None, "NGƯỜI LẬP BIỂU", None, None, None, "CHỦ TỊCH"),
            None, words(None, "Ngô Thị Mẫu", None, None, None, "Ngô Thị Mẫu")]
    return Workbook().sheet("Quá hạn", rows, merged=("A1:G1", "A2:G2", "A4:G4", "A6:G6", "A8:B8")).bytes()


@case("xlsx", rows={1: {"received_at": day("2024-03-01"), "returned_at": day("2024-03-05"), "status": "returned"}},
      sheet="x")
def header_merged_over_two_rows(code):
    return Workbook().sheet("x", [words("Mã hồ sơ", "Ngày", None, "Trạng thái"), words(None, "nhận", "trả kết quả"),
                                  words(code(1), "01/03/2024", "05/03/2024", "Đã trả kết quả")],
                            merged=("A1:A2", "B1:C1", "D1:D2")).bytes()


@case("xlsx", rows=TWO, sheet="Dữ liệu", unread=1, skipped={"title": 1})
def the_first_sheet_with_a_header(code):
    return (Workbook().sheet("Ẩn", [words(*HEADER)] + plain(code, 7), state="hidden").sheet("Bìa", [words(OFFICE)])
            .sheet("Dữ liệu", [words(*HEADER)] + plain(code, 1, 2)).sheet("Cũ", [words(*HEADER)] + plain(code, 8))
            .sheet("Chú thích", [words("Không có gì")]).bytes())


@case("xlsx", rows=TWO, sheet="x")
def another_prefix_and_no_places(code):
    """As some programs write them: every name with a prefix, and cells without their places."""
    rows = "".join("<x:row>" + "".join(f'<x:c t="inlineStr"><x:is><x:t>{cell}</x:t></x:is></x:c>' for cell in row) +
                   "</x:row>" for row in [HEADER] + plain(code, 1, 2))
    book = Workbook().sheet("x", [])
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    book.parts["xl/worksheets/sheet1.xml"] = sheet
    return book.bytes()


@case("xlsx", rows=TWO, sheet="x")
def rows_far_below(code):
    rows = plain(code, 1, 2)
    return Workbook().sheet("x", [words(*HEADER), rows[0], *[None] * 3000, rows[1]], first=900).bytes()


@case("xlsx", refused=("TCVN3.*UniKey", "TCVN3.*UniKey"))
def letters_of_vntime_in_a_workbook(code):
    return Workbook().sheet("x", [words(*[spelt(name, TCVN3) for name in HEADER])] + plain(code, 1)).bytes()


@case("xlsx", refused=("damaged", "hỏng"))
def a_workbook_cut_off(code):
    return Workbook().sheet("x", [words(*HEADER)] + plain(code, 1)).bytes()[:-200]


@case("xlsx", refused=("damaged", "hỏng"))
def a_workbook_that_brings_entities(code):
    book = Workbook().sheet("x", [words(*HEADER)] + plain(code, 1))
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    strings = f'<!DOCTYPE sst [<!ENTITY e0 "x">{bomb}]><sst xmlns="{MAIN}"><si><t>&e9;</t></si></sst>'
    book.parts["xl/sharedStrings.xml"] = strings
    return book.bytes()


@case("xlsx", refused=("too large", "quá lớn"))
def a_workbook_that_inflates(code):
    book = Workbook().sheet("x", [words(*HEADER)] + plain(code, 1))
    book.parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">' + f"<si><t>{'x' * 1000000}</t></si>" * 140 + "</sst>"
    return book.bytes()


@case("xlsx", refused=("the file is empty", "tệp trống"))
def a_workbook_with_nothing_in_it(code):
    return Workbook().sheet("x", []).bytes()


@case("xlsx", refused=("no workbook", "không phải bảng tính"))
def a_text_document(code):
    return package({"_rels/.rels": relations([("rId1", "officeDocument", "word/document.xml")]),
                    "word/document.xml": "<document/>",
                    "word/_rels/document.xml.rels": relations([("rId1", "styles", "styles.xml")])})


@case("xls", refused=("Excel 97", "Excel 97"))
def a_workbook_of_excel_97(code):
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048)


@case("xlsx", rows={1: accepted()}, rejected=2, reasons=("too long", "too many columns"), sheet="x")
def rows_too_long_and_too_wide(code):
    return Workbook().sheet("x", [words(*HEADER, "Ghi chú"), [*plain(code, 1)[0], "x"],
                                  [*plain(code, 2)[0], *["y" * 30000] * 3],
                                  [*plain(code, 3)[0], *[None] * 300, "z"]]).bytes()


@case("xlsx", rows={1: {"status": "accepted", "received_at": day("2024-03-01", "08:30:00"), "fee": 1500000},
                    2: {"status": "in_progress", "received_at": day("2024-03-02"), "fee": 20000}},
      codes="H05.1-240301-000", skipped={"title": 1, "signature": 1}, sheet="in")
def a_workbook_as_libreoffice_saves_it(_):
    return made_by("libreoffice")


@case("xlsx", rows={1: {"status": "accepted", "received_at": day("2024-03-01", "14:30:05"), "fee": 3}}, codes="W-",
      skipped={"title": 1}, sheet="Tháng 3")
def a_workbook_as_libxlsxwriter_writes_it(_):
    return made_by("libxlsxwriter")


# HTML

@case("xls", rows=TWO, skipped={"title": 2, "signature": 1})
def a_page_saved_as_xls(code):
    head = ('<meta http-equiv="content-type" content="application/vnd.ms-excel; charset=UTF-8">'
            "<style>td{mso-number-format:\\@}</style>")
    rows = "".join(f"<tr><td>{row[0]}</td><td><b>{row[1]}</b>&nbsp;</td><td>Được<br/>tiếp&nbsp;nhận</td></tr>"
                   for row in plain(code, 1, 2))
    names = "".join(f"<th><span>{name}</span></th>" for name in HEADER).replace("ồ", "&#7891;").replace(" ", "&nbsp;")
    return page(f'<table border="1"><tr><td colspan="3">{OFFICE}</td></tr><tr><td colspan=3>DANH S&Aacute;CH</td></tr>'
                f"<tr>{names}</tr>{rows}<tr><td></td><td></td><td>Chủ tịch</td></tr></table>", head)


@case("xls", rows={1: accepted(unit="058"), 2: accepted(unit="058"), 3: accepted(unit="01834")})
def a_page_with_cells_over_rows(code):
    rows = [[f"<td>{cell}</td>" for cell in row] for row in plain(code, 1, 2, 3)]
    return page("<table><thead><tr><th>Đơn vị</th>" + "".join(f"<th>{name}</th>" for name in HEADER) +
                f"</tr></thead><tbody><tr><td rowspan=2>058</td>{''.join(rows[0])}</tr><tr>{''.join(rows[1])}</tr>"
                f"<tr><td>01834</td>{''.join(rows[2])}</tr></tbody></table>")


@case("xls", rows={1: accepted(), 2: accepted(unit="058"), 3: accepted(fee=5)})
def a_page_with_empty_cells_over_rows(code):
    """What reaches down keeps its columns, empty or not."""
    head = ("<tr><th rowspan=2>Đơn vị</th><th colspan=2 rowspan=2>Mã hồ sơ</th><th colspan=2>Hồ sơ</th>"
            "<th rowspan=2>Phí</th></tr><tr><th>Ngày tiếp nhận</th><th>Trạng thái</th></tr>")
    rows = ["".join(f"<td{span}>{cell}</td>" for cell, span in zip(row, (" colspan=2", "", "")))
            for row in plain(code, 1, 2, 3)]
    return page(f"<table>{head}<tr><td></td>{rows[0]}<td rowspan=2></td></tr><tr><td>058</td>{rows[1]}</tr>"
                f"<tr><td></td>{rows[2]}<td>5</td></tr></table>")


@case("html", rows={n: accepted() for n in range(1, 5)}, skipped={"header": 1}, unread=1)
def a_page_with_a_table_for_each_sheet_of_paper(code):
    rows = plain(code, 1, 2, 3, 4)
    return page(f"<table>{html_rows([HEADER], 'th')}{html_rows(rows[:2])}</table><p>Trang 2</p>"
                f"<table>{html_rows([HEADER], 'th')}{html_rows(rows[2:])}</table>"
                f"<table>{html_rows([('Mã hồ sơ', 'Ngày trả')])}{html_rows([[code(9), '01/03/2024']])}</table>")


@case("html", rows=TWO, skipped={"title": 1})
def a_table_within_a_table(code):
    inner = f"<table>{html_rows([HEADER], 'th')}{html_rows(plain(code, 1, 2))}</table>"
    return page(f"<table><tr><td>Sở Tư pháp</td><td>Danh sách</td></tr><tr><td>Trái</td><td>{inner}</td></tr>"
                "<tr><td>Trang 1</td></tr></table>")


@case("xls", rows=TWO)
def a_page_that_is_wrong_about_its_letters(code):
    return page(f"<table>{html_rows([HEADER])}{html_rows(plain(code, 1, 2))}</table>",
                '<meta charset="windows-1252">')


@case("html", rows=TWO)
def a_page_that_leaves_ends_out(code):
    rows = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in [HEADER] + plain(code, 1, 2))
    return "\ufeff\n <TABLE>" + rows + "<script>document.write('<table><tr><td>x')</script>"


@case("xls", rows={1: accepted(), 3: accepted(), 4: accepted(), 5: accepted()}, skipped={"header": 1}, rejected=2,
      reasons=("Mã hồ sơ: the code is not acceptable", "Trạng thái: not acceptable"))
def pages_one_after_the_other_with_broken_letters(code):
    """What is no text refuses its row, and neither spoils nor ends what follows."""
    first, second, third, *others = [list(row) for row in plain(code, 1, 2, 3, 4, 5)]
    second[0] = second[0] + "\x01"
    broken = [code(6), "01/03/2024", "Đ\ue000"]
    whole = "".join(page(f"<table>{html_rows([HEADER], 'th')}{html_rows(rows)}</table>")
                    for rows in ([first, second, broken, third], others))
    return whole.encode().replace("\ue000".encode(), b"\xc4")


@case("xls", refused=("TCVN3.*UniKey", "TCVN3.*UniKey"))
def a_page_in_letters_of_vntime(code):
    return spelt(page(f"<table>{html_rows([HEADER])}{html_rows(plain(code, 1))}</table>", ""), TCVN3).encode("latin-1")


@case("xls", refused=("UTF-16", "UTF-16"))
def a_page_in_utf_16(code):
    return ("\ufeff" + page(f"<table>{html_rows([HEADER])}</table>")).encode("utf-16-le")


@case("xls", refused=("without a table", "không có bảng"))
def a_page_to_log_in(code):
    return page("<form><p>Phiên làm việc đã hết hạn. Mời đăng nhập lại.</p></form>")


@case("csv", refused=("not of the format", "không đúng định dạng"), options=("--format", "xlsx"))
def a_csv_said_to_be_a_workbook(code):
    return table([HEADER] + plain(code, 1))
