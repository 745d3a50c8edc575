#!/usr/bin/python3
"""The demo province's files hold the figures they promise, by the second opinion's count."""
import csv
import datetime
import json
import os
import sys
import tempfile
import unittest

import recount

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "config", "demo")
sys.path.insert(0, DEMO)
import check_demo  # noqa: E402
import make_demo  # noqa: E402

COLUMNS = {"Đơn vị tiếp nhận": "unit", "Mã hồ sơ": "code", "Mã TTHC": "procedure", "Lĩnh vực": "domain",
           "Hình thức tiếp nhận": "channel", "Trạng thái": "status", "Ngày tiếp nhận": "received_at",
           "Ngày hẹn trả": "due_at", "Ngày kết thúc xử lý": "finished_at", "Ngày trả kết quả": "returned_at",
           "Số hóa thành phần": "input_digitised", "Số hóa kết quả": "result_digitised", "Phí, lệ phí": "fee",
           "Thanh toán": "paid", "Mức độ hài lòng": "rating"}
WORDS = {"Trực tuyến": "online", "Trực tiếp": "counter", "Đang xử lý": "in_progress", "Đã xử lý xong": "done",
         "Đã trả kết quả": "returned", "Có": True, "Không": False}
PERSONAL = {"Chủ hồ sơ", "Số điện thoại", "Địa chỉ"}


def row_of(cells):
    row = {COLUMNS[column]: WORDS.get(cell, cell) for column, cell in cells.items() if column in COLUMNS and cell}
    for name in ("fee", "rating"):
        if name in row:
            row[name] = int(row[name])
    return row


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        make_demo.write(cls.folder.name)
        cls.agents = os.path.join(cls.folder.name, "agents")
        cls.units = recount.Units.read(os.path.join(DEMO, "units.csv"))

    def files(self, ending):
        for agent in sorted(os.listdir(self.agents)):
            for name in sorted(os.listdir(os.path.join(self.agents, agent))):
                if name.endswith(ending):
                    yield agent, os.path.join(self.agents, agent, name)

    def things(self):
        things = recount.Things(self.units)
        place = 0
        for agent, path in self.files(".ndjson"):
            with open(path, encoding="utf-8") as file:
                for place, line in enumerate(file, place + 1):
                    things.add(agent, agent, place, json.loads(line))
        for agent, path in self.files(".csv"):
            if os.path.basename(path).startswith("ho-so"):
                moment = int(os.stat(path).st_mtime * 1000)
                with open(path, encoding="utf-8-sig", newline="") as file:
                    separator = max(";,", key=file.readline().count)
                    file.seek(0)
                    for place, cells in enumerate(csv.DictReader(file, delimiter=separator), place + 1):
                        things.add(agent, agent, place, row_of(cells), moment)
        return things

    def test_the_citys_figures(self):
        first, last = recount.day("2024-01-01"), recount.day("2024-05-22")
        found = recount.totals(self.things(), self.units, "058", "unit", first, last, recount.day("2024-12-31"))
        self.assertEqual(check_demo.differences(check_demo.expected("totals"), found), [])
        self.assertEqual(found["total"]["done_early"] + found["total"]["done_on_time"], 1599)
        self.assertEqual(sum(group["received"] for group in found["groups"]), 1608)

    def test_nothing_is_refused(self):
        self.assertEqual(self.things().refused, 0)

    def test_units(self):
        communes = make_demo.communes()
        self.assertEqual((len(communes), len(set(communes))), (108, 108))
        self.assertEqual(len([code for code in communes if self.units.covers("058", code)]), 8)

    def test_communes_with_a_computer_and_a_scanner(self):
        assets = {}
        for record in make_demo.equipment(make_demo.random.Random(1)):
            assets.setdefault(record["asset"], {}).update(record)
        for as_of, complete, partial in (("2023-08-20", 99, 5), ("2024-05-22", 103, 3), ("2022-12-31", 0, 6)):
            has = {}
            for record in assets.values():
                if record.get("installed_on", "9999") <= as_of < record.get("retired_on", "9999"):
                    has.setdefault(record["unit"], set()).add(record["type"])
            both = [unit for unit, types in has.items() if types >= {"computer", "scanner"}]
            one = [unit for unit, types in has.items() if len(types & {"computer", "scanner"}) == 1]
            self.assertEqual((len(both), len(one)), (complete, partial), as_of)

    def test_the_wards_indicators(self):
        records = make_demo.indicators()
        for name, difference in (("digital_signature", 9), ("fibre_households", 0)):
            own = [record for record in records if record["name"] == name and record["unit"] == "058"]
            wards = [record for record in records if record["name"] == name and record["unit"] != "058"]
            self.assertEqual((len(own), len(wards)), (1, 8))
            self.assertEqual(own[0]["value"] - sum(record["value"] for record in wards), difference)
            self.assertEqual(own[0]["of"], sum(record["of"] for record in wards))

    def test_listings_carry_personal_columns_and_their_time(self):
        listings = [path for _, path in self.files(".csv") if os.path.basename(path).startswith("ho-so")]
        self.assertEqual(len(listings), 9)
        for path in listings:
            with open(path, encoding="utf-8-sig") as file:
                header = file.readline()
            self.assertTrue(all(column in header for column in PERSONAL))
            moment = datetime.datetime.fromtimestamp(os.stat(path).st_mtime, make_demo.LOCAL)
            self.assertIn(f"{moment:%Y-%m-%d}", path)

    def test_the_same_bytes_each_time(self):
        with tempfile.TemporaryDirectory() as again:
            make_demo.write(again)
            make_demo.write(again)
            for agent, path in list(self.files("")):
                other = os.path.join(again, "agents", agent, os.path.basename(path))
                with open(path, "rb") as one, open(other, "rb") as two:
                    self.assertEqual(one.read(), two.read(), path)


if __name__ == "__main__":
    unittest.main()
