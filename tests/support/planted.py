"""Two hundred dossiers of May 2024 as a province knows them and as another program lists them, each pair with the one
cause for which the two count it differently, or with none. Whoever plants knows: nothing here asks the programs.

The province counts by form06, the other program by date and time (form06-times), both for the unit 058.
"""
import csv
import io
import random

CAUSES_COUNTED = 200
WORDS = {"submitted": "Mới đăng ký", "accepted": "Được tiếp nhận", "refused": "Không được tiếp nhận",
         "in_progress": "Đang xử lý", "need_docs": "Yêu cầu bổ sung giấy tờ", "withdrawn": "Công dân yêu cầu rút hồ sơ",
         "stopped": "Dừng xử lý", "done": "Đã xử lý xong", "returned": "Đã trả kết quả",
         "counter": "Trực tiếp", "online": "Trực tuyến", "postal": "Bưu chính công ích"}
HEADINGS = {"code": "Mã hồ sơ", "unit": "Mã đơn vị", "status": "Trạng thái", "channel": "Hình thức tiếp nhận",
            "received_at": "Ngày tiếp nhận", "due_at": "Ngày hẹn trả", "finished_at": "Ngày kết thúc xử lý",
            "returned_at": "Ngày trả kết quả", "fee": "Phí, lệ phí", "rating": "Mức độ hài lòng",
            "result_digitised": "Số hóa kết quả", "linked_to": "Hồ sơ liên thông"}
SECRETS = ("Nguyễn Thị Bí Mật", "0912345678")  # of columns that nobody may keep


def at(month_day, clock="09:00"):
    return f"2024-{month_day}T{clock}:00+07:00"


def as_office(text):
    """A time as a list writes it; the day alone where it is midnight."""
    if text is None or text.startswith("?"):
        return (text or "").lstrip("?")
    date, _, clock = text.partition("T")
    year, month, day = date.split("-")
    clock = clock[:5]
    return f"{day}/{month}/{year}" + ("" if clock == "00:00" else f" {clock}")


class Planted:
    """What each device sends, what the list says, and which cause each code has."""

    def __init__(self):
        self.ours = []     # records of the province's own device
        self.others = {}   # unit of another device: its records
        self.theirs = []   # rows of the list, in the words of the record table
        self.causes = {}   # code: the one cause
        self.equal = []
        self.uncoded = 0   # dossiers without an official code, to be entered by hand

    def code(self, word):
        return f"H06.58-2405{len(self.causes) + len(self.equal):03}-{word}"

    def both(self, cause, ours, theirs=None, word="hs", **row):
        """One dossier on both sides. theirs: what the list says otherwise; None there clears."""
        code = self.code(word)
        record = {"kind": "dossier", "code": code, "unit": "95801", "channel": "online", "fee": 0, "rating": 5,
                  "result_digitised": True, "changed_at": at("06-20"), **ours}
        self.ours.append(record)
        listed = {name: value for name, value in {**record, **(theirs or {}), **row}.items()
                  if name in HEADINGS and value is not None}
        self.theirs.append(listed)
        self.mark(code, cause)
        return record, listed

    def mark(self, code, cause):
        if cause is None:
            self.equal.append(code)
        else:
            self.causes[code] = cause


def done(received="05-06", due="05-24", finished="05-14", returned="05-16", **more):
    return {"status": "returned", "received_at": at(received, "08:30"), "due_at": at(due, "17:00"),
            "finished_at": at(finished, "10:15"), "returned_at": at(returned, "15:45"), **more}


def running(received="05-13", due="06-14", **more):
    return {"status": "in_progress", "received_at": at(received, "08:30"), "due_at": at(due, "17:00"), **more}


def plant_one_side(p):
    for day in range(8):
        p.both("here-only", done(f"05-{6 + day:02}"))
        p.theirs.pop()
    for _ in range(6):
        p.both("carried-in", running("04-22"))
        p.theirs.pop()
    for _ in range(8):
        p.both("there-only", running())
        p.ours.pop()
    # A counter wrote for a unit it does not write for.
    for _ in range(3):
        p.both("set-aside", running(unit="95802"))
        p.others.setdefault("95801", []).append(p.ours.pop())
    for _ in range(6):
        record, _ = p.both("void", done())
        p.ours.append({"kind": "dossier", "code": record["code"], "changed_at": at("06-21"), "void": True})
    for _ in range(5):
        p.both("unit", done(unit="90101"), {"unit": "95803"})
    for _ in range(4):
        p.both("unit", running(), {"unit": "90102"})
    p.uncoded = 3


def plant_conflicts(p):
    """Two counters claim one code: the later word holds here, the earlier one stands in the list."""
    for _ in range(3):
        record, _ = p.both("conflict", running("05-20"), {"received_at": at("04-19", "08:30")})
        p.others.setdefault("95801", []).append({**record, "received_at": at("04-19", "08:30"),
                                                 "changed_at": at("06-18")})
    for _ in range(3):
        record, _ = p.both("conflict", done())
        p.ours.pop()
        p.others.setdefault("95801", []).append({**record, "changed_at": at("06-18")})
        p.others.setdefault("90101", []).append({**record, "unit": "90101", "changed_at": at("06-19")})


def plant_counted_again(p):
    for _ in range(6):
        _, listed = p.both("duplicate", done())
        p.theirs.append(dict(listed))
    for _ in range(4):
        _, listed = p.both("linked", done())
        p.theirs.append({**listed, "unit": "95804"})
    for _ in range(4):
        record, listed = p.both(None, done())
        part = {**listed, "code": f"{record['code']}.1", "linked_to": record["code"], "unit": "95805"}
        p.theirs.append(part)
        p.mark(part["code"], "linked")


def plant_dates(p):
    for _ in range(4):
        p.both("unreadable", done(), {"received_at": "?31/02/2024"})
    for _ in range(3):
        p.both("unreadable", done(), {"returned_at": "2042-05-16T15:45:00+07:00"})
    for _ in range(3):
        p.both("unreadable", done(finished="05-20", returned="05-28"),
               {"finished_at": at("04-20"), "returned_at": at("04-22")})
    for _ in range(2):
        p.both("unreadable", running(status="need_docs", status_at=at("05-20")), {"status": "?chuyển phòng"})
    for _ in range(5):
        p.both("received-date", done(), {"received_at": at("04-29", "08:30")})
    for _ in range(5):
        p.both("received-date", running("04-29"), {"received_at": at("05-02", "08:30")})
    for _ in range(6):
        p.both("end-field", done(due="05-15", finished="05-14", returned="05-27"), {"returned_at": at("05-14", "10:15")})
    for _ in range(6):
        p.both("end-date", done(due="05-20"), {"returned_at": at("05-23", "15:45")})
    for _ in range(6):
        p.both("due-date", done(), {"due_at": at("05-15", "17:00")})
    # Handed over in the afternoon of the day on which it was due at noon, or without an hour.
    for _ in range(5):
        p.both("times", {**done(returned="05-24"), "due_at": at("05-24", "11:30")})
    for _ in range(5):
        p.both("times", {**done(returned="05-24"), "due_at": at("05-24", "00:00")})
    # Received in the night to 1 May; the other program writes UTC and does not say so.
    for _ in range(4):
        p.both("times", {**running(), "received_at": at("05-01", "02:10")}, {"received_at": at("04-30", "19:10")})


def plant_states(p):
    for _ in range(8):
        p.both("status", done(), {"status": "in_progress", "finished_at": None, "returned_at": None})
    for _ in range(3):
        p.both("status", running(), {"status": "refused"})
    for _ in range(5):
        p.both("withdrawn", done(due="05-10", status="withdrawn"), {"status": "returned"})
    # Waited for papers at the end of May; the list, made later, knows only that it goes on.
    for _ in range(5):
        record, _ = p.both("paused", running(due="05-22", status_at=at("06-10")))
        p.ours.append({"kind": "dossier", "code": record["code"], "status": "need_docs", "status_at": at("05-17"),
                       "changed_at": at("05-17")})
    for _ in range(6):
        p.both("channel", done(), {"channel": "counter"})
    for _ in range(3):
        p.both("details", done(), {"rating": "2"})
    for _ in range(2):
        p.both("details", done(), {"result_digitised": False})


def plant_equal(p):
    kinds = [lambda: done(), lambda: running(), lambda: done(channel="counter", due="05-10"),
             lambda: running(due="05-21", channel="postal"), lambda: done(received="04-24"),
             lambda: running(status="need_docs", status_at=at("05-20")), lambda: running(status="refused", status_at=at("05-14")),
             lambda: done(status="withdrawn"), lambda: running("06-03"), lambda: done(unit="90103")]
    number = 0
    while len(p.causes) + len(p.equal) + p.uncoded < CAUSES_COUNTED:
        p.both(None, kinds[number % len(kinds)]())
        number += 1


def plant():
    p = Planted()
    plant_one_side(p)
    plant_conflicts(p)
    plant_counted_again(p)
    plant_dates(p)
    plant_states(p)
    plant_equal(p)
    random.Random(766).shuffle(p.theirs)
    return p


def cell_of(name, value):
    if value is None or isinstance(value, str) and name in ("code", "unit", "linked_to"):
        return value or ""
    if isinstance(value, bool):
        return "Có" if value else "Không"
    text = as_office(value) if name.endswith("_at") else str(value).lstrip("?")
    return WORDS.get(text, text)


def as_csv(rows, columns=tuple(HEADINGS)):
    """The list as another program exports it, with columns that are none of our business."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["STT", "Chủ hồ sơ", "Số điện thoại", *[HEADINGS[name] for name in columns]])
    for number, row in enumerate(rows):
        writer.writerow([number + 1, *SECRETS, *[cell_of(name, row.get(name)) for name in columns]])
    return "\ufeff" + out.getvalue()
