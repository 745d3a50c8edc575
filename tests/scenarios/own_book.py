#!/usr/bin/python3
"""What an office does with its own book: counts it offline, takes an import back and in again, reads another
program's headings by a map, tries a file without keeping it, joins a provisional code."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

TD_LIST = ("STT,Mã hồ sơ,Người nộp,Trạng thái,Ngày nhận,Ngày hẹn trả\n"
           "1,H-1,Người Thử,Được tiếp nhận,02/05/2024,09/05/2024\n"
           "2,H-2,Người Thử,Được tiếp nhận,03/05/2024,10/05/2024\n"
           "3,H-3,Người Thử,Không có thật,03/05/2024,10/05/2024\n")
CELLS = ("received", "carried_in", "done", "open", "open_late", "incomplete")


class OwnBook(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()
        self.agent = self.hub.agent("058")

    def take(self, *options, exits=(65,)):
        path = self.write("td.csv", TD_LIST)
        return self.agent.run("import", "--map", "td-list", *options, path, "--json", exits=exits).json()

    def own(self, *options):
        return self.agent.run("totals", "--month", "2024-05", *options, "--json").json()

    def test_the_office_counts_what_the_province_counts(self):
        taken = self.take()
        self.assertEqual((taken["read"], taken["queued"], taken["rejected"]), (3, 2, 1))
        self.assertIn("Người nộp", taken["ignored_columns"])
        before = self.own()["total"]
        self.assertEqual(before["received"], 2)
        self.assertIsNone(before["units_expected"])
        self.agent.sync()
        there = self.hub.totals("--unit", "058", "--month", "2024-05")["total"]
        self.assertEqual({cell: before[cell] for cell in CELLS}, {cell: there[cell] for cell in CELLS})
        days = self.own("--by", "day")
        self.assertEqual(len(days["groups"]), 31)
        self.assertEqual(days["total"]["received"], 2)
        self.assertIn("058", self.agent.run("totals", "--month", "2024-05", "--format", "csv").out)
        self.assertEqual(self.agent.run("totals", "--by", "level", exits=(2,)).out, "")

    def test_a_trial_keeps_nothing(self):
        tried = self.take("--dry-run")
        self.assertEqual((tried["import"], tried["queued"], tried["rejected"]), (0, 2, 1))
        self.assertEqual(self.own()["total"]["received"], 0)

    def test_an_import_is_taken_back_and_in_again_here_and_at_the_hub(self):
        number = str(self.take()["import"])
        self.agent.sync()
        self.assertEqual(self.agent.run("void", "--import", number, "--json").json()["voided"], 2)
        self.agent.sync()
        self.assertEqual(self.own()["total"]["received"], 0)
        self.assertEqual(self.hub.totals("--month", "2024-05")["total"]["received"], 0)
        self.assertEqual(self.take()["on_void"], 2)
        self.agent.run("void", "--import", number, "--undo")
        self.agent.sync()
        self.assertEqual(self.own()["total"]["received"], 2)
        self.assertEqual(self.hub.totals("--month", "2024-05")["total"]["received"], 2)
        self.agent.run("void", "--import", "999", exits=(1,))
        self.agent.run("void", "dossier", "H-1", "--import", number, exits=(2,))

    def test_a_provisional_code_becomes_an_official_one(self):
        code = self.agent.run("add", "dossier", "status=accepted", "received_at=2024-05-02").out.strip()
        self.assertEqual(self.own()["total"]["received"], 1)
        self.assertIn(code, self.agent.run("list", "--provisional").out)
        self.agent.run("add", "dossier", "code=H-9", "replaces=H-8", exits=(65,))
        self.agent.run("add", "dossier", "code=L-9", "replaces=" + code, exits=(65,))
        self.agent.run("add", "dossier", "code=" + code, "replaces=" + code, exits=(65,))
        self.agent.run("add", "dossier", "code=H-9", "replaces=" + code)
        self.assertNotIn(code, self.agent.run("list", "--provisional").out)
        self.agent.sync()
        self.assertEqual(self.own()["total"]["received"], 1)
        self.assertEqual(self.hub.totals("--month", "2024-05")["total"]["received"], 1)


if __name__ == "__main__":
    province.main()
