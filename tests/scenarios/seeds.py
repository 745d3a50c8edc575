#!/usr/bin/python3
"""Five reports as provinces published them, built again: every figure that counts can give comes out of the programs by
its number, what contradicts itself in them is found by the checks, and nothing else is.

Sources: 0 briefing of the People's Committee of Bắc Kạn province on digital transformation and administrative reform,
figures to 20 August 2023; 1 steering committee of Bắc Kạn city, 23 May 2024, figures to 22 May (backancity.gov.vn);
2 conference of Tuyên Quang province on Đề án 06, figures to 30 September 2023; 3 steering committee of Quảng Nam
province, 16 August 2022; 4 steering committee of Hà Tĩnh province, 7 July 2021 (baohatinh.vn).

The units are those of the sample province: where a report says only how many, any will do.
"""
import csv
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

LOCAL = "T08:00:00+07:00"


def communes():
    with open(province.UNITS, encoding="utf-8") as file:
        return [row["code"] for row in csv.DictReader(file) if row["level"] == "commune"]


def indicators(unit, day, figures, period=None):
    """Counts by name; a pair is a value and its of."""
    records = []
    for name, figure in figures.items():
        value, of = figure if isinstance(figure, tuple) else (figure, None)
        record = {"kind": "indicator", "unit": unit, "name": name, "period": period or day, "value": value,
                  "changed_at": day + LOCAL}
        records.append(record if of is None else {**record, "of": of})
    return records


def percent(text):
    """A printed percentage as a pair: 6,08 is 608 of 10000."""
    whole, _, decimals = text.partition(",")
    return int(whole + decimals), 100 * 10 ** len(decimals)


class Seed(province.Scenario):
    """One report: the figures as its units would have reported them, and the checks its writer could have declared."""

    declared = ""

    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent("06")
        folder = os.path.join(self.hub.data, "checks")
        os.mkdir(folder)
        with open(os.path.join(folder, "report.ini"), "w", encoding="utf-8") as file:
            file.write(self.declared)

    def give(self, *groups):
        records = [record for group in groups for record in group]
        self.assertEqual(self.agent.take(self.write("records.ndjson", records))["rejected"], 0)
        self.agent.sync()

    def check(self, *options, unit="06"):
        """Contradictions, notes, and all that agreed as (figure, computed)."""
        answer = self.hub.hub("report", "checks", *options, "--unit", unit, "--checks", "report", "--all", "--json",
                              exits=(0, 1)).json()
        found = {severity: sorted((one["figure"], one["finding"], one["stated"], one["computed"], one["fits"])
                                  for one in answer["findings"] if one["severity"] == severity)
                 for severity in ("contradiction", "note")}
        self.assertEqual(len(found["contradiction"]), answer["contradictions"])
        self.assertEqual(len(found["note"]), answer["notes"])
        agreed = sorted((one["figure"], one["computed"]) for one in answer["findings"] if one["severity"] == "agrees")
        self.unchecked = [one["figure"] for one in answer["unchecked"]]
        return found["contradiction"], found["note"], agreed

    def count(self, name, period, unit="06"):
        found = self.hub.report("indicators", "--name", name, "--period", period, "--unit", unit)
        return found["value"], found["of"]

    def assertFound(self, options, contradictions, notes, agreed, unit="06"):
        self.assertEqual(self.check(*options, unit=unit), tuple(map(sorted, (contradictions, notes, agreed))))


class BacKanProvince(Seed):
    """Seed 0."""

    day = "2023-08-20"
    declared = """
[total]
nhiem-vu-cds = hop-dong-nam-truoc + thanh-toan-xong + dang-thuc-hien-hop-dong + dung-thuc-hien + dang-trien-khai + \
de-xuat-kinh-phi + lua-chon-nha-thau + trinh-tham-dinh + lap-ho-so
so = so-nang-cao + so-hinh-thanh + so-khoi-dong
huyen = huyen-hinh-thanh + huyen-khoi-dong
xa = xa-hinh-thanh + xa-khoi-dong
xep-loai-766-tinh = trung-binh-tinh + yeu-tinh
xep-loai-766-huyen = trung-binh-huyen + yeu-huyen
nhiem-vu-cchc = cchc-xong + cchc-tiep-tuc
nhiem-vu-de-an-06 = da06-xong + da06-dang-lam + da06-thuong-xuyen
dvctt = dvctt-toan-trinh + dvctt-mot-phan
[rate]
so-duoi-50 = so-hinh-thanh + so-khoi-dong / so
huyen-duoi-50 = huyen-khoi-dong / huyen
xa-duoi-50 = xa-khoi-dong / xa
ty-le-cchc-xong = cchc-xong / nhiem-vu-cchc
[part]
kich-hoat-dinh-danh = de-nghi-dinh-danh
the-da-tra = of the-da-tra
"""
    figures = {
        "nhiem-vu-cds": 42, "hop-dong-nam-truoc": 4, "thanh-toan-xong": 1, "dang-thuc-hien-hop-dong": 5,
        "dung-thuc-hien": 1, "dang-trien-khai": 5, "de-xuat-kinh-phi": 3, "lua-chon-nha-thau": 2,
        "trinh-tham-dinh": 7, "lap-ho-so": 14,
        "so": 22, "so-nang-cao": 6, "so-hinh-thanh": 14, "so-khoi-dong": 2, "so-duoi-50": percent("73"),
        "huyen": 8, "huyen-hinh-thanh": 4, "huyen-khoi-dong": 4, "huyen-duoi-50": percent("50"),
        "xa": 108, "xa-hinh-thanh": 57, "xa-khoi-dong": 51, "xa-duoi-50": percent("66"),
        "xep-loai-766-tinh": 18, "trung-binh-tinh": 11, "yeu-tinh": 7,
        "xep-loai-766-huyen": 8, "trung-binh-huyen": 1, "yeu-huyen": 7,
        "nhiem-vu-cchc": 66, "cchc-xong": 4, "cchc-tiep-tuc": 62, "ty-le-cchc-xong": percent("6,1"),
        "tieu-chi-toi-da": (18, 67),
        "nhiem-vu-de-an-06": 26, "da06-xong": 13, "da06-dang-lam": 6, "da06-thuong-xuyen": 7,
        "dvctt": 1168, "dvctt-toan-trinh": 994, "dvctt-mot-phan": 174, "dvc-thiet-yeu": (25, 25),
        "ho-so-cccd": 296347, "the-da-tra": (277396, 277895), "de-nghi-dinh-danh": 115300,
        "kich-hoat-dinh-danh": 149474,
    }

    @staticmethod
    def asset(unit, kind, **fields):
        return {"kind": "equipment", "asset": f"{unit}-{kind}", "unit": unit, "type": kind,
                "changed_at": "2023-08-18" + LOCAL, **fields}

    def equipment(self):
        """Installed in 99 communes; of the other nine one has it later, one half of it, one ordered it."""
        places = communes()
        self.assertEqual(len(places), 108)
        records = []
        for number, unit in enumerate(places):
            state = {"installed_on": "2023-07-14"} if number < 99 else {"state": "ordered"}
            if number == 99:
                state = {"installed_on": "2023-08-21"}
            if number <= 100:
                records += [self.asset(unit, kind, **state) for kind in ("computer", "scanner")]
            if number == 101:
                records.append(self.asset(unit, "computer", installed_on="2023-08-01"))
        return records

    def test_the_report(self):
        self.give(self.equipment(), indicators("06", self.day, self.figures))
        found = self.hub.report("equipment", "--as-of", self.day)
        self.assertEqual((found["complete"], found["units"], found["partial"]), (99, 108, 1))
        self.assertEqual(round(100 * found["complete"] / found["units"], 2), 91.67)
        contradictions = [("xa-duoi-50", "rate", 66, 47.22, None),
                          ("kich-hoat-dinh-danh", "above", 149474, 115300, None)]
        agreed = [("nhiem-vu-cds", 42), ("so", 22), ("huyen", 8), ("xa", 108), ("xep-loai-766-tinh", 18),
                  ("xep-loai-766-huyen", 8), ("nhiem-vu-cchc", 66), ("nhiem-vu-de-an-06", 26), ("dvctt", 1168),
                  ("so-duoi-50", 72.73), ("huyen-duoi-50", 50), ("ty-le-cchc-xong", 6.06), ("the-da-tra", 277895)]
        self.assertFound(("--from", "2023-01-01", "--to", self.day), contradictions, [], agreed)
        self.assertEqual(self.unchecked, [])
        for name, share in (("tieu-chi-toi-da", 26.87), ("dvc-thiet-yeu", 100), ("the-da-tra", 99.82)):
            value, of = self.count(name, self.day)
            self.assertEqual(((value, of), round(100 * value / of, 2)), (self.figures[name], share))
        value, _ = self.count("xa-hinh-thanh", self.day)
        self.assertEqual(round(100 * value / found["units"], 2), 52.78)
        self.assertEqual(self.count("ho-so-cccd", self.day), (296347, None))


class BacKanCity(Seed):
    """Seed 1: the dossiers are there one by one."""

    declared = """
[total]
phai-giai-quyet = tiep-nhan-truc-tuyen + tiep-nhan-truc-tiep
phai-giai-quyet = dossiers.received
phai-giai-quyet = da-giai-quyet + dang-giai-quyet
da-giai-quyet = dung-han + qua-han
da-giai-quyet = dossiers.done
dang-giai-quyet = dossiers.open_in_time
[rate]
ty-le-chu-ky-so = chu-ky-so / of chu-ky-so
ty-le-chu-ky-so = chu-ky-so / dan-so
ty-le-cap-quang = ho-cap-quang / of ho-cap-quang
ty-le-dvctt-thanh-pho = dvctt-thanh-pho / of dvctt-thanh-pho
ty-le-dvctt-xa = dvctt-xa / of dvctt-xa
ty-le-thanh-toan = dossiers.paid_online / dossiers.fee
[same]
of thanh-toan-truc-tuyen = phai-giai-quyet
"""
    period = ("--from", "2024-01-01", "--to", "2024-05-22")
    figures = {
        "phai-giai-quyet": 1608, "tiep-nhan-truc-tuyen": 1342, "tiep-nhan-truc-tiep": 266, "da-giai-quyet": 1604,
        "dung-han": 1599, "qua-han": 5, "dang-giai-quyet": 43,
        "kich-hoat-dinh-danh": 25328, "chu-ky-so": (1459, 24007), "ty-le-chu-ky-so": percent("6,08"),
        "ho-cap-quang": (11152, 12064), "ty-le-cap-quang": percent("92,44"),
        "dvctt-thanh-pho": (189, 257), "ty-le-dvctt-thanh-pho": percent("73,54"),
        "dvctt-xa": (75, 114), "ty-le-dvctt-xa": percent("65,79"),
        "thanh-toan-truc-tuyen": (508, 1501), "ty-le-thanh-toan": percent("33,84"),
        "to-thanh-pho": 1, "thanh-vien-thanh-pho": 13, "to-xa": 8, "thanh-vien-xa": 56, "to-thon": 117,
        "thanh-vien-thon": 702,
    }

    @staticmethod
    def dossiers():
        """39 carried in, 1,608 received; 1,604 done, 5 of them late; 43 open and in time."""
        wards = [f"9580{n}" for n in range(1, 9)]
        records = []
        for number in range(39 + 1608):
            carried = number < 39
            record = {"kind": "dossier", "code": f"H06-{number:05}", "unit": wards[number % 8],
                      "received_at": "2023-12-20" if carried else f"2024-0{1 + number % 4}-15",
                      "due_at": "2024-05-20", "changed_at": "2024-05-22T16:00:00+07:00"}
            if not carried:
                received = number - 39
                record["channel"] = "online" if received < 1342 else "counter"
                record["fee"] = 8000 if received < 1501 else 0
                record["paid"] = "online" if received < 508 else "counter"
            if number < 1604:
                record |= {"status": "done", "finished_at": "2024-05-21" if number < 5 else "2024-05-20"}
            else:
                record |= {"status": "in_progress", "due_at": "2024-06-20"}
            records.append(record)
        return records

    def test_the_report(self):
        self.give(self.dossiers(), indicators("058", "2024-05-22", self.figures))
        city = self.hub.totals(*self.period, "--unit", "058")["total"]
        wanted = {"received": 1608, "received_online": 1342, "received_counter": 266, "carried_in": 39,
                  "total_in": 1647, "done": 1604, "done_early": 0, "done_on_time": 1599, "done_late": 5,
                  "open": 43, "open_in_time": 43, "open_late": 0, "gap": 0, "units_reporting": 8,
                  "units_expected": 8}
        self.assertEqual({key: city[key] for key in wanted}, wanted)
        self.assertEqual((city["rates"]["on_time"], city["rates"]["paid_online"], city["rates"]["online"]),
                         ([1599, 1604], [508, 1501], [1342, 1608]))
        contradictions = [("phai-giai-quyet", "total", 1608, 1647, "dossiers.carried_in"),
                          ("ty-le-chu-ky-so", "other-denominator", 6.08, None, "of chu-ky-so")]
        notes = [("of thanh-toan-truc-tuyen", "other-base", 1501, 1608, None)]
        agreed = [("phai-giai-quyet", 1608), ("phai-giai-quyet", 1608), ("da-giai-quyet", 1604),
                  ("da-giai-quyet", 1604), ("dang-giai-quyet", 43), ("ty-le-chu-ky-so", 6.08),
                  ("ty-le-cap-quang", 92.44), ("ty-le-dvctt-thanh-pho", 73.54), ("ty-le-dvctt-xa", 65.79),
                  ("ty-le-thanh-toan", 33.84)]
        self.assertFound(self.period, contradictions, notes, agreed, unit="058")
        for teams, members, each in (("to-thanh-pho", "thanh-vien-thanh-pho", 13), ("to-xa", "thanh-vien-xa", 7),
                                     ("to-thon", "thanh-vien-thon", 6)):
            self.assertEqual(self.count(members, "2024-05-22", "058")[0],
                             each * self.count(teams, "2024-05-22", "058")[0])
        self.assertEqual(self.count("kich-hoat-dinh-danh", "2024-05-22", "058"), (25328, None))

    def test_with_what_was_carried_in_the_report_balances(self):
        figures = {**self.figures, "phai-giai-quyet": 1647, "tiep-nhan-truc-tiep": 266 + 39}
        declared = self.declared.replace("= dossiers.received\n", "= dossiers.total_in\n")
        with open(os.path.join(self.hub.data, "checks", "report.ini"), "w", encoding="utf-8") as file:
            file.write(declared)
        self.give(self.dossiers(), indicators("058", "2024-05-22", figures))
        found, _, agreed = self.check(*self.period, unit="058")
        self.assertEqual([one[0] for one in found], ["ty-le-chu-ky-so"])
        self.assertEqual(agreed.count(("phai-giai-quyet", 1647)), 3)


class TuyenQuang(Seed):
    """Seed 2: the dossiers of September are there one by one."""

    declared = """
[total]
tthc = tthc-tinh + tthc-huyen + tthc-xa
[rate]
ty-le-e-form = tthc-e-form / tthc
ty-le-truc-tuyen = dossiers.received_online / dossiers.received
[combined]
so-hoa = so-hoa-dau-vao, so-hoa-ket-qua
"""
    as_of_september = {
        "tthc": 1824, "tthc-tinh": 1476, "tthc-huyen": 218, "tthc-xa": 130, "tthc-e-form": 388,
        "ty-le-e-form": percent("21,6"), "so-hoa": percent("30,64"), "so-hoa-dau-vao": percent("41,74"),
        "so-hoa-ket-qua": percent("19,54"), "kich-hoat-dinh-danh": 447228, "ho-so-cccd": 781131,
    }
    # Written "64,64%%" in the report.
    of_september = {"so-hoa": percent("79,46"), "so-hoa-dau-vao": percent("64,64"), "so-hoa-ket-qua": percent("94,29"),
                    "ty-le-truc-tuyen": percent("78,63")}

    def setUp(self):
        super().setUp()
        self.unit = "90101"  # the dossiers of one counter, so that all that should be heard of is

    def dossiers(self):
        return [{"kind": "dossier", "code": f"H60-{number:05}", "unit": self.unit, "status": "accepted",
                 "received_at": f"2023-09-{1 + number % 30:02}", "changed_at": "2023-09-30" + LOCAL,
                 "channel": "online" if number < 13322 else "counter"} for number in range(16942)]

    def test_the_report(self):
        self.give(self.dossiers(), indicators(self.unit, "2023-09-30", self.as_of_september),
                  indicators(self.unit, "2023-09-30", self.of_september, "2023-09"))
        total = self.hub.totals("--month", "2023-09", "--unit", self.unit)["total"]
        self.assertEqual(total["rates"]["online"], [13322, 16942])
        form = ("ty-le-e-form", "rate", 21.6, 21.27, None)
        mean = ("so-hoa", "unweighted-mean", 30.64, 30.64, None)
        self.assertFound(("--to", "2023-09-30"), [form], [mean], [("tthc", 1824)], self.unit)
        self.assertFound(("--month", "2023-09"), [form, ("so-hoa", "rounding", 79.46, 79.465, None)], [],
                         [("tthc", 1824), ("ty-le-truc-tuyen", 78.63)], self.unit)
        text = self.hub.hub("report", "checks", "--to", "2023-09-30", "--checks", "report", exits=(1,)).out
        self.assertIn("1793", text)
        self.assertIn("1800", text)
        self.assertEqual([self.count(name, "2023-09-30", self.unit)[0] for name in
                          ("kich-hoat-dinh-danh", "ho-so-cccd")], [447228, 781131])


class QuangNam(Seed):
    """Seed 3."""

    declared = """
[total]
nhiem-vu-ke-hoach-01 = ke-hoach-xong + ke-hoach-dang-lam + ke-hoach-chua-lam
dvc-muc-3-4 = dvc-muc-3 + dvc-muc-4
linh-vuc = linh-vuc-tang + linh-vuc-giam
[rate]
dvc-phat-sinh = dvc-co-ho-so / dvc-muc-3-4
[combined]
truc-tuyen = truc-tuyen-so, truc-tuyen-huyen, truc-tuyen-xa
"""
    figures = {
        "nhiem-vu-ke-hoach-01": 32, "ke-hoach-xong": 9, "ke-hoach-dang-lam": 13, "ke-hoach-chua-lam": 11,
        "linh-vuc": 8, "linh-vuc-tang": 3, "linh-vuc-giam": 5,
        "dvc-muc-3-4": 1456, "dvc-muc-3": 26, "dvc-muc-4": 1433, "dvc-phat-sinh": percent("39,08"),
        "truc-tuyen": percent("33,40"), "truc-tuyen-so": percent("65,50"), "truc-tuyen-huyen": percent("21,15"),
        "truc-tuyen-xa": percent("27,82"),
    }
    contradictions = [("nhiem-vu-ke-hoach-01", "total", 32, 33, None), ("dvc-muc-3-4", "total", 1456, 1459, None)]

    def test_the_report(self):
        self.give(indicators("06", "2022-08-15", self.figures))
        self.assertFound(("--to", "2022-08-15"), self.contradictions, [],
                         [("linh-vuc", 8), ("truc-tuyen", 38.157)])
        self.assertEqual(self.unchecked, ["dvc-phat-sinh"])  # how many had dossiers was not printed

    def test_the_sum_of_the_parts_cannot_have_the_rate(self):
        """39.08 % can be had of 1,456 services, and not of 1,459: a part is wrong, not the total."""
        self.give(indicators("06", "2022-08-15", {**self.figures, "dvc-muc-3-4": 1459}))
        found = self.check("--to", "2022-08-15")[0]
        self.assertIn(("dvc-phat-sinh", "impossible-rate", 39.08, None, None), found)


class HaTinh(Seed):
    """Seed 4: contradicts itself nowhere."""

    declared = """
[total]
ho-so-thi-diem = thi-diem-truc-tiep + thi-diem-truc-tuyen
ho-so-thi-diem = dossiers.received
thi-diem-da-giai-quyet = dossiers.done
[rate]
ty-le-truc-tuyen = ho-so-truc-tuyen / of ho-so-truc-tuyen
ty-le-tra-bcci = tra-qua-bcci / dossiers.done
[part]
nhiem-vu-chua-lam = nhiem-vu-trong-tam
tra-qua-bcci = dossiers.done
"""
    figures = {
        "can-bo-cntt": 63, "can-bo-cntt-xa": 216, "lop-tap-huan": 21, "hoc-vien": 1260, "dvc-muc-3": 1579,
        "dvc-muc-4": 711, "ho-so-truc-tuyen": (25392, 220782), "ty-le-truc-tuyen": percent("11,5"),
        "du-an-cntt": 12, "tthc-chuyen-giao": 154, "ho-so-chuyen-giao": 863,
        "ho-so-thi-diem": 2490, "thi-diem-truc-tiep": 1112, "thi-diem-truc-tuyen": 1378,
        "thi-diem-da-giai-quyet": 2030, "tra-qua-bcci": 329, "ty-le-tra-bcci": percent("16"),
        "nhiem-vu-trong-tam": 14, "nhiem-vu-chua-lam": 4,
    }
    unit = "90101"

    def dossiers(self):
        records = []
        for number in range(2490):
            record = {"kind": "dossier", "code": f"H27-{number:05}", "unit": self.unit, "status": "in_progress",
                      "received_at": "2021-04-05", "due_at": "2021-07-30", "changed_at": "2021-06-30" + LOCAL,
                      "channel": "counter" if number < 1112 else "online"}
            if number < 2030:
                record |= {"status": "returned", "returned_at": "2021-06-29"}
                record["return_channel"] = "postal" if number < 329 else "counter"
            records.append(record)
        return records

    def test_the_report(self):
        self.give(self.dossiers(), indicators(self.unit, "2021-06-30", self.figures, "2021-H1"))
        total = self.hub.totals("--half", "2021-H1", "--unit", self.unit)["total"]
        self.assertEqual((total["received"], total["received_counter"], total["received_online"], total["done"]),
                         (2490, 1112, 1378, 2030))
        agreed = [("ho-so-thi-diem", 2490), ("ho-so-thi-diem", 2490), ("thi-diem-da-giai-quyet", 2030),
                  ("ty-le-truc-tuyen", 11.5), ("ty-le-tra-bcci", 16.21), ("nhiem-vu-chua-lam", 14),
                  ("tra-qua-bcci", 2030)]
        self.assertFound(("--half", "2021-H1"), [], [], agreed, self.unit)
        self.assertEqual(self.unchecked, [])
        for name in ("can-bo-cntt", "can-bo-cntt-xa", "dvc-muc-3", "dvc-muc-4", "du-an-cntt", "tthc-chuyen-giao",
                     "ho-so-chuyen-giao"):
            self.assertEqual(self.count(name, "2021-H1", self.unit)[0], self.figures[name])
        learners, classes = (self.count(name, "2021-H1", self.unit)[0] for name in ("hoc-vien", "lop-tap-huan"))
        self.assertEqual(learners / classes, 60)


if __name__ == "__main__":
    province.main()
