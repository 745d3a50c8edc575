#!/usr/bin/python3
"""Writes the files of the demo province: what the one-stops of a city and its province would export.

    make_demo.py FOLDER

FOLDER/agents/UNIT/ holds the files of the agent enrolled for UNIT, to be imported in the order of their names. A
CSV without a column for the time of change is a listing; its time is the file's own, set here. The figures are
those of a public report of the city for 1 January to 22 May 2024 (expected.json); every dossier, person and asset
is made up. The same program writes the same bytes each time.
"""
import csv
import datetime
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LOCAL = datetime.timezone(datetime.timedelta(hours=7))
Date = datetime.date

CITY = "058"
WARDS = {"95801": 312, "95802": 268, "95803": 241, "95804": 223,
         "95805": 187, "95806": 165, "95807": 118, "95808": 94}
OWN_AGENT = ("95801", "95802", "95803")  # these wards have an agent of their own, the city's imports the others
LISTED = ("95801", "95807", "95808")     # these hand in listings (CSV), the others changes (NDJSON)
LISTING_DAYS = (Date(2024, 2, 29), Date(2024, 5, 22), Date(2024, 5, 31))

FIRST, LAST = Date(2024, 1, 1), Date(2024, 5, 22)
RECEIVED, ONLINE, DIGITISED = 1608, 1342, 1238
CARRIED_IN, OPEN, LATE = 39, 43, 5
WITH_FEE, PAID_ONLINE = 1501, 508

PROCEDURES = [  # code, domain, working days
    ("2.000815", "Chứng thực", 0), ("2.000884", "Chứng thực", 0), ("2.000635", "Hộ tịch", 1),
    ("1.001193", "Hộ tịch", 1), ("1.000656", "Hộ tịch", 1), ("1.004873", "Hộ tịch", 3), ("1.000894", "Hộ tịch", 3),
    ("1.001653", "Bảo trợ xã hội", 5), ("1.004964", "Người có công", 10), ("1.003554", "Đất đai", 15)]
WEIGHTS = [30, 16, 14, 10, 5, 9, 5, 5, 3, 3]
LAND = PROCEDURES[-1]


# ---- days -----------------------------------------------------------------------------------------------------

def is_working(day):
    return day.weekday() < 5


def working_days(first, last):
    """The working days from first to last, both included."""
    count = (last - first).days + 1
    return [day for day in (first + datetime.timedelta(days=n) for n in range(count)) if is_working(day)]


def add_working(day, count):
    while count > 0:
        day += datetime.timedelta(days=1)
        count -= is_working(day)
    return day


def at(day, hour, minute=0, second=0):
    return datetime.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=LOCAL)


def text(time):
    return time.isoformat()


# ---- dossiers -------------------------------------------------------------------------------------------------

class Dossier:
    """One dossier from its receipt to its end; finished and returned stay None while it is open."""

    def __init__(self, code, unit, procedure, received, due):
        self.code, self.unit, self.procedure = code, unit, procedure
        self.received, self.due = received, due
        self.finished = self.returned = None
        self.channel, self.fee, self.paid = "counter", 0, "none"
        self.input_digitised = self.result_digitised = self.taken_back = False
        self.rating = None
        self.number = 0

    def changes(self, luck):
        """The changes its counter would have written, in the order of time."""
        if self.channel == "online" and luck.random() < .3:
            submitted = self.received - datetime.timedelta(minutes=luck.randrange(20, 300))
            yield submitted, {"status": "submitted", "submitted_at": text(submitted)}
        first = {"unit": self.unit, "procedure": self.procedure[0], "domain": self.procedure[1],
                 "channel": self.channel, "status": "accepted", "received_at": text(self.received),
                 "due_at": text(self.due), "fee": self.fee}
        if self.input_digitised:
            first["input_digitised"] = True
        yield self.received, first
        if luck.random() < .35:
            working = self.received + datetime.timedelta(minutes=luck.randrange(5, 60))
            yield working, {"status": "in_progress", "status_at": text(working)}
        if self.finished is not None:
            done = {"status": "done", "finished_at": text(self.finished), "paid": self.paid}
            if self.result_digitised:
                done["result_digitised"] = True
            yield self.finished, done
        if self.returned is not None:
            back = {"status": "returned", "returned_at": text(self.returned)}
            if self.rating is not None:
                back["rating"] = self.rating
            yield self.returned, back
        if self.taken_back:
            yield self.received + datetime.timedelta(hours=1), {"void": True}

    def listed(self, moment):
        """Its row in a listing of that moment, personal columns included, as such exports have them."""
        def known(time):
            return time.strftime("%d/%m/%Y %H:%M") if time is not None and time <= moment else ""
        finished, returned = known(self.finished), known(self.returned)
        status = "Đã trả kết quả" if returned else "Đã xử lý xong" if finished else "Đang xử lý"
        paid = {"online": "Trực tuyến", "counter": "Trực tiếp", "none": ""}[self.paid] if finished else ""
        return {"Đơn vị tiếp nhận": self.unit, "Mã hồ sơ": self.code, "Mã TTHC": self.procedure[0],
                "Lĩnh vực": self.procedure[1], "Chủ hồ sơ": f"Chủ Hồ Sơ Mẫu {self.number:04}",
                "Số điện thoại": f"0000.{self.number:06}", "Địa chỉ": f"Số {self.number}, đường Ví Dụ",
                "Hình thức tiếp nhận": {"online": "Trực tuyến", "counter": "Trực tiếp"}[self.channel],
                "Trạng thái": status, "Ngày tiếp nhận": known(self.received),
                "Ngày hẹn trả": self.due.strftime("%d/%m/%Y"), "Ngày kết thúc xử lý": finished,
                "Ngày trả kết quả": returned, "Số hóa thành phần": "Có" if self.input_digitised else "Không",
                "Số hóa kết quả": "Có" if finished and self.result_digitised else "",
                "Phí, lệ phí": str(self.fee), "Thanh toán": paid,
                "Mức độ hài lòng": str(self.rating) if returned and self.rating else ""}


class City:
    """All dossiers of the city's wards, drawn so that the report's figures come out."""

    def __init__(self, luck):
        self.luck = luck
        self.serials = {}
        self.in_period = self.draw_received()
        carried = [self.carried_in(day) for day in self.days(Date(2023, 11, 13), Date(2023, 12, 29), CARRIED_IN)]
        self.draw_ends()
        self.draw_marks()
        earlier = [self.short_dossier(day) for day in self.days(Date(2023, 11, 1), Date(2023, 12, 15), 60)]
        later = [self.short_dossier(day) for day in self.days(Date(2024, 5, 23), Date(2024, 5, 31), 30)]
        mistakes = [self.short_dossier(day, "95804") for day in self.days(Date(2024, 3, 1), Date(2024, 3, 29), 4)]
        for dossier in mistakes:
            dossier.finished = dossier.returned = None
            dossier.taken_back = True
        self.dossiers = sorted(self.in_period + carried + earlier + later + mistakes,
                               key=lambda dossier: (dossier.received, dossier.code))
        for number, dossier in enumerate(self.dossiers, 1):
            dossier.number = number

    def ward(self):
        return self.luck.choices(list(WARDS), list(WARDS.values()))[0]

    def days(self, first, last, count):
        choice = working_days(first, last)
        return sorted(choice[self.luck.randrange(len(choice))] for _ in range(count))

    def open_dossier(self, unit, procedure, day, due):
        serial = self.serials[unit, day] = self.serials.get((unit, day), 0) + 1
        code = f"000.{unit[-2:]}.{CITY}.H03-{day:%y%m%d}-{serial:04}"
        time = at(day, 7, 30) + datetime.timedelta(seconds=self.luck.randrange(12_000))
        return Dossier(code, unit, procedure, time, at(due, 17))

    def drawn(self, unit, day):
        procedure = self.luck.choices(PROCEDURES, WEIGHTS)[0]
        return self.open_dossier(unit, procedure, day, add_working(day, procedure[2]))

    def short_dossier(self, day, unit=None):
        """One that ends within its limit, three working days at most."""
        procedure = PROCEDURES[self.luck.randrange(7)]
        dossier = self.open_dossier(unit or self.ward(), procedure, day, add_working(day, procedure[2]))
        self.end(dossier, day, dossier.due.date())
        return dossier

    def carried_in(self, day):
        due = Date(2024, 1, 8) + datetime.timedelta(days=self.luck.randrange(60))
        dossier = self.open_dossier(self.ward(), LAND, day, due)
        dossier.channel = self.luck.choice(["online", "counter"])
        self.end(dossier, FIRST, due)
        return dossier

    def end(self, dossier, first, last):
        """Ends it on a working day from first to last, and not before its receipt."""
        choice = working_days(max(first, dossier.received.date()), last)
        end = choice[self.luck.randrange(len(choice))]
        minute, second = self.luck.randrange(60), self.luck.randrange(60)
        if self.luck.random() < .1:
            dossier.finished = at(end, 16, minute, second)  # ready, not collected yet
            return
        between = working_days(dossier.received.date(), end)
        dossier.finished = at(between[-1 - self.luck.randrange(min(3, len(between)))], 14, minute, second)
        dossier.returned = at(end, 15, minute, second)
        if self.luck.random() < .3:
            dossier.rating = self.luck.choice([4, 5, 5, 5])

    def draw_received(self):
        drawn = []
        for unit, count in WARDS.items():
            drawn += [self.drawn(unit, day) for day in self.days(Date(2024, 1, 2), LAST, count)]
        return drawn

    def draw_ends(self):
        recent = [dossier for dossier in self.in_period if dossier.received.date() >= Date(2024, 5, 8)]
        still_open = self.luck.sample(recent, OPEN)
        for number, dossier in enumerate(still_open):
            dossier.procedure = LAND
            dossier.due = at(add_working(dossier.received.date(), 15), 17)
            if number % 2 == 0:
                self.end(dossier, Date(2024, 5, 23), Date(2024, 5, 31))
        chosen = {dossier.code for dossier in still_open}
        ended = [dossier for dossier in self.in_period if dossier.code not in chosen]
        old = [dossier for dossier in ended if dossier.received.date() <= Date(2024, 4, 12)]
        late = {dossier.code for dossier in self.luck.sample(old, LATE)}
        for dossier in ended:
            due = dossier.due.date()
            if dossier.code in late:
                self.end(dossier, add_working(due, 1), add_working(due, 4))
            else:
                self.end(dossier, FIRST, min(due, LAST))

    def draw_marks(self):
        """Channels, digitising and payments: marked exactly as often as the report says."""
        for dossier in self.luck.sample(self.in_period, ONLINE):
            dossier.channel = "online"
        for dossier in self.luck.sample(self.in_period, DIGITISED):
            dossier.input_digitised = True
            dossier.result_digitised = dossier.finished is not None
        paying = self.luck.sample(self.in_period, WITH_FEE)
        for dossier in paying:
            dossier.fee = self.luck.choice([2000, 5000, 8000, 15000, 50000])
            dossier.paid = "counter" if dossier.finished is not None else "none"
        can_pay = [dossier for dossier in paying if dossier.channel == "online" and dossier.finished is not None
                   and dossier.finished.date() <= LAST]
        for dossier in self.luck.sample(can_pay, PAID_ONLINE):
            dossier.paid = "online"


def changes_of(dossiers, luck):
    """The changes of many dossiers as records, in the order of time."""
    records = [(time, dossier.code, {"kind": "dossier", "code": dossier.code, **fields, "changed_at": text(time)})
               for dossier in dossiers for time, fields in dossier.changes(luck)]
    return [record for _, _, record in sorted(records, key=lambda entry: entry[:2])]


# ---- equipment and indicators -----------------------------------------------------------------------------------

def communes():
    with open(os.path.join(HERE, "units.csv"), encoding="utf-8", newline="") as file:
        return [row["code"] for row in csv.DictReader(file) if row["level"] == "commune"]


def asset(unit, kind, number, installed, said=None, **more):
    said = said or installed
    return {"kind": "equipment", "asset": f"{unit}-{kind}-{number}", "unit": unit, "type": kind, "state": "in_use",
            "condition": "ok", "installed_on": installed.isoformat(), **more, "changed_at": text(at(said, 16))}


def retired(record, day):
    return {"kind": "equipment", "asset": record["asset"], "state": "retired", "retired_on": day.isoformat(),
            "changed_at": text(at(day, 16, 30))}


def equipment(luck):
    """Computers and scanners of the 108 communes: 99 have both on 20 August 2023, 103 on 22 May 2024."""
    codes = communes()
    odd = luck.sample(codes[len(WARDS):], 9)
    no_scanner, nothing_yet, never = odd[:5], odd[5:7], set(odd[7:])
    deadline = Date(2023, 8, 20)
    complete = [code for code in codes if code not in odd]
    records = []
    for number, unit in enumerate(complete):
        installed = Date(2023, 2, 1) + datetime.timedelta(days=luck.randrange(190))
        if number % 25 == 0:
            installed = deadline
        computer, scanner = asset(unit, "computer", 1, installed), asset(unit, "scanner", 1, installed)
        records += [computer, scanner]
        if number % 17 == 3:
            old = asset(unit, "computer", 0, Date(2019, 5, 6))
            records += [old, retired(old, Date(2023, 8, 1))]
        if number % 33 == 5:
            records.append(retired(scanner, Date(2024, 2, 16)))
        if number % 9 == 4:
            records.append(asset(unit, "printer", 1, installed))
    for number, unit in enumerate(no_scanner):
        records += [asset(unit, "computer", 1, Date(2023, 6, 15)),
                    {"kind": "equipment", "asset": f"{unit}-scanner-1", "unit": unit, "type": "scanner",
                     "state": "delivered", "changed_at": text(at(Date(2023, 8, 10), 9))},
                    asset(unit, "scanner", 1, deadline + datetime.timedelta(days=1 + 20 * number))]
    for unit in nothing_yet:
        records += [asset(unit, "computer", 1, Date(2023, 10, 12)), asset(unit, "scanner", 1, Date(2023, 10, 12))]
    assert not any(record.get("unit") in never for record in records)
    return sorted(records, key=lambda record: (record["changed_at"], record["asset"]))


def shares(total):
    """Splits a number over the wards by their size; the first takes what rounding leaves."""
    parts = {unit: total * size // RECEIVED for unit, size in WARDS.items()}
    parts["95801"] += total - sum(parts.values())
    return parts


def indicators():
    """The city's own reports and its wards': one agrees with their sum, the other is 9 above it."""
    records = []
    for name, own, sum_of_wards, of in (("digital_signature", 1459, 1450, 24007),
                                        ("fibre_households", 11152, 11152, 12064)):
        values, denominators = shares(sum_of_wards), shares(of)
        records.append((CITY, name, own, of))
        records += [(unit, name, values[unit], denominators[unit]) for unit in WARDS]
    return [{"kind": "indicator", "unit": unit, "name": name, "period": LAST.isoformat(), "value": value, "of": of,
             "changed_at": text(at(LAST, 16, 45))} for unit, name, value, of in records]


# ---- files ----------------------------------------------------------------------------------------------------

EQUIPMENT_WORDS = {"computer": "Máy tính", "scanner": "Máy quét", "printer": "Máy in", "in_use": "Đang sử dụng",
                   "delivered": "Đã giao", "retired": "Đã thanh lý", "ok": "Tốt"}


def vietnamese_date(iso):
    return "/".join(reversed(iso[:10].split("-"))) if iso else ""


def equipment_row(record):
    return {"Mã thiết bị": record["asset"], "Đơn vị sử dụng": record.get("unit", ""),
            "Loại thiết bị": EQUIPMENT_WORDS.get(record.get("type"), ""),
            "Trạng thái": EQUIPMENT_WORDS[record["state"]],
            "Tình trạng": EQUIPMENT_WORDS.get(record.get("condition"), ""),
            "Ngày lắp đặt": vietnamese_date(record.get("installed_on")),
            "Ngày thanh lý": vietnamese_date(record.get("retired_on")),
            "Người quản lý": "Người Quản Lý Mẫu", "Ngày cập nhật": vietnamese_date(record["changed_at"])}


class Folder:
    """Where the files go, one folder for each agent."""

    def __init__(self, top):
        self.top = os.path.join(top, "agents")

    def path(self, agent, name):
        os.makedirs(os.path.join(self.top, agent), exist_ok=True)
        return os.path.join(self.top, agent, name)

    def ndjson(self, agent, name, records):
        with open(self.path(agent, name), "w", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    def csv(self, agent, name, rows, moment=None, separator=","):
        path = self.path(agent, name)
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
            writer.writeheader()
            writer.writerows(rows)
        if moment is not None:
            os.utime(path, (moment.timestamp(), moment.timestamp()))


def write_dossiers(folder, city, luck):
    by_ward = {unit: [dossier for dossier in city.dossiers if dossier.unit == unit] for unit in WARDS}
    for unit, dossiers in by_ward.items():
        agent = unit if unit in OWN_AGENT else CITY
        if unit in LISTED:
            for day in LISTING_DAYS:
                moment = at(day, 17, 15)
                rows = [dossier.listed(moment) for dossier in dossiers if dossier.received <= moment]
                folder.csv(agent, f"ho-so-{unit}-{day}.csv", rows, moment, ";" if unit == "95807" else ",")
        else:
            folder.ndjson(agent, f"ho-so-{unit}.ndjson", changes_of(dossiers, luck))
    # The city repeats part of what a ward tells of itself: one code is one dossier and counts once.
    folder.ndjson(CITY, "lien-thong-95802.ndjson", changes_of(by_ward["95802"][40:70], luck))
    elsewhere = City(random.Random(907)).dossiers[:25]
    for number, dossier in enumerate(elsewhere):
        dossier.unit, dossier.code = "90101", f"000.01.901.H03-240105-{number + 1:04}"
    folder.ndjson("06", "ho-so-90101.ndjson", changes_of(elsewhere, luck))


def write(top):
    luck = random.Random(20240522)
    folder = Folder(top)
    write_dossiers(folder, City(luck), luck)
    assets = equipment(luck)
    year_end = "2023-12-31"
    folder.csv("06", "thiet-bi-2023.csv",
               [equipment_row(record) for record in assets if record["changed_at"] < year_end])
    folder.ndjson("06", "thiet-bi-2024.ndjson", [record for record in assets if record["changed_at"] >= year_end])
    reported = indicators()
    for agent in OWN_AGENT + (CITY,):
        own = [record for record in reported
               if agent == (record["unit"] if record["unit"] in OWN_AGENT else CITY)]
        folder.ndjson(agent, "chi-tieu-2024-05-22.ndjson", own)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
