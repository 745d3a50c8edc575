#!/usr/bin/python3
"""Why two numbers differ: 200 planted dossiers of which the planter knows every cause, lists that say less, rules
against each other, and what an official reads of it in both languages."""
import csv
import html
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import planted, province, workbook  # noqa: E402

import recount  # noqa: E402
from recount_asked import Rule, day, instant  # noqa: E402

MAY = ("--month", "2024-05")
ASKED = (*MAY, "--unit", "058")
OWN = "[rule]\nname = {name}\nversion = 1\nsource = a test\nend = returned, finished\ncompare = date\n" \
      "withdrawn = on_time\nstopped = waits\npaused = {paused}\nrefused = {refused}\nsupplements_max = 0\n" \
      "waiting = counted\n"


def dossier(code, step=0, **fields):
    """A record as the province has it; later steps are later words."""
    return {"kind": "dossier", "code": code, "unit": "95801", "changed_at": planted.at(f"06-{10 + step}"), **fields}


def causes_of(found):
    """{code: causes} of a document."""
    named = {}
    for dossier in found["dossiers"]:
        named.setdefault(dossier["code"], set()).add(dossier["cause"])
    return named


class Explaining(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()

    def send(self, unit, records):
        agent = self.hub.agent(unit)
        agent.take(self.write(f"records-{unit}.ndjson", records))
        agent.sync()
        return agent

    def explain(self, *options, exits=(1,)):
        return self.hub.hub("explain", *options, "--json", exits=exits).json()

    def send_planted(self):
        p = planted.plant()
        own = self.send("06", p.ours)
        for _ in range(p.uncoded):
            code = own.run("add", "dossier", "unit=95801", "status=accepted", "received_at=2024-05-15").out.strip()
            p.causes[code] = "provisional"
        own.sync()
        for unit, records in p.others.items():
            self.send(unit, records)
        return p

    def assertAddsUp(self, found):
        """The causes of each cell make up its difference, and the dossiers behind them too."""
        by_dossier = {}
        for dossier in found["dossiers"]:
            for cell, more in dossier["cells"].items():
                key = cell, dossier["cause"]
                by_dossier[key] = by_dossier.get(key, 0) + more
        for cell in found["cells"]:
            self.assertEqual(cell["difference"], cell["here"] - cell["there"])
            self.assertEqual(sum(cause["difference"] for cause in cell["causes"]), cell["difference"], cell)
            self.assertEqual(cell["unexplained"], 0, cell)
            for cause in cell["causes"]:
                self.assertEqual(by_dossier.pop((cell["cell"], cause["cause"]), 0), cause["difference"], cell)
                self.assertEqual(cause["more"] - cause["fewer"], cause["difference"])
        self.assertEqual([key for key, more in by_dossier.items() if more != 0], [])

    def counted_there(self, rows):
        """The list's own numbers, by the second opinion: every row a dossier of its own, as it stands."""
        units = recount.Units.read(province.UNITS)
        things = recount.Things(units)
        for place, row in enumerate(rows):
            stated = {name: value for name, value in row.items()
                      if not (isinstance(value, str) and value.startswith("?"))}
            since = instant(stated.get("received_at", "2024-05-01"))
            stated["rating"] = int(stated["rating"])
            things.add("00", "06", place, {**stated, "kind": "dossier", "code": f"T-{place}"}, since)
        today = day("2026-01-01")
        return recount.totals(things, units, "058", None, day("2024-05-01"), day("2024-05-31"), today,
                              Rule.read("form06-times"))["total"]

    def test_every_planted_cause_is_found_and_none_wrongly(self):
        p = self.send_planted()
        self.assertEqual(len(p.causes) + len(p.equal), planted.CAUSES_COUNTED)
        path = self.write("list.csv", planted.as_csv(p.theirs))
        found = self.explain(*ASKED, "--against", path, "--against-rule", "form06-times")
        named = causes_of(found)
        self.assertEqual({code: causes for code, causes in named.items() if causes != {p.causes.get(code)}}, {})
        self.assertEqual(set(p.causes) - set(named), set())
        self.assertEqual(found["n_dossiers"], len(p.causes))
        self.assertAddsUp(found)
        here, there = self.hub.totals(*ASKED)["total"], self.counted_there(p.theirs)
        for cell in found["cells"]:
            if cell["cell"] in recount.COUNTED:
                self.assertEqual((cell["cell"], cell["here"]), (cell["cell"], here[cell["cell"]]))
                self.assertEqual((cell["cell"], cell["there"]), (cell["cell"], there[cell["cell"]]))
        self.assertEqual(found["against"]["rows"], len(p.theirs))
        self.assertReads(p, path)

    def assertReads(self, p, path):
        """What people are told: the difference first, causes by size, the codes; nobody's name."""
        for language, words in (("en", ("Here, compared with the list", "only in the list", "hours compared")),
                                ("vi", ("So với danh sách", "chỉ có trong danh sách", "so theo giờ"))):
            said = self.hub.hub("explain", *ASKED, "--against", path, "--against-rule", "form06-times", "--lang",
                                language, "--dossiers", "3", exits=(1,)).out
            for word in words:
                self.assertIn(word, said)
            self.assertIn(words[0], said.splitlines()[0])
            self.assertNotIn("Mật", said)
            self.assertEqual(sum(said.count(code) for code, cause in p.causes.items() if cause == "void"), 3)
        answer = self.hub.hub("explain", *ASKED, "--against", path, "--format", "csv", exits=(1,))
        self.assertTrue(answer.out.startswith("\ufeffcell,here,there,difference,cause"), answer)

    def test_a_list_as_offices_send_it(self):
        """The same list as a spreadsheet with a title above it, and as a web page saved as .xls: the same answer."""
        p = self.send_planted()
        rows = list(csv.reader(planted.as_csv(p.theirs).lstrip("\ufeff").splitlines(), delimiter=";"))
        book = workbook.Workbook()
        book.sheet("Danh sách", [["UBND TỈNH MẪU"], ["DANH SÁCH HỒ SƠ THÁNG 5"], None, *rows])
        page = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        lists = [self.write("list.csv", planted.as_csv(p.theirs)), self.write("list.xlsx", book.bytes()),
                 self.write("list.xls", f"<html><body><table>{page}</table></body></html>")]
        plain, *others = [self.explain(*ASKED, "--against", path, "--against-rule", "form06-times") for path in lists]
        for found in others:
            self.assertEqual((found["cells"], found["causes"], found["dossiers"]),
                             (plain["cells"], plain["causes"], plain["dossiers"]))

    def test_two_equal_lists_differ_in_nothing(self):
        """As exported from what is known here, every state among it, in the words of either kind of file."""
        records = [dossier(f"E-{place}", **fields) for place, fields in enumerate((
            planted.done(), planted.running(), planted.done(finished="05-30", returned="06-04"),
            planted.running(status="need_docs", status_at=planted.at("05-20")),
            planted.running(status="refused", status_at=planted.at("05-14")),
            planted.done(status="withdrawn"), planted.running(status="stopped", status_at=planted.at("05-20")),
            planted.running("04-02"), planted.running("06-03"), {"status": "submitted"}))]
        self.send("06", records)
        for path in (self.write("list.ndjson", records), self.write("list.csv", planted.as_csv(records))):
            for rule in ("form06", "index766", "form06-times"):
                found = self.explain(*MAY, "--rule", rule, "--against", path, exits=(0,))
                self.assertEqual((found["n_dossiers"], found["causes"], found["dossiers"]), (0, [], []))
                self.assertEqual([cell for cell in found["cells"] if cell["difference"] or cell["causes"]], [])
                self.assertEqual(found["against"]["rows"], len(records))
        said = self.hub.hub("explain", *MAY, "--against", path, "--lang", "en").out
        self.assertIn("Nothing differs", said.splitlines()[0])
        self.assertNotIn("cause", said)
        # What evens out in every number is told all the same.
        moved = [{**record, "code": "E-x"} if record["code"] == "E-1" else record for record in records]
        found = self.explain(*MAY, "--against", self.write("moved.ndjson", moved))
        self.assertEqual([cell for cell in found["cells"] if cell["difference"]], [])
        self.assertEqual(causes_of(found), {"E-1": {"here-only"}, "E-x": {"there-only"}})
        said = self.hub.hub("explain", *MAY, "--against", self.path("moved.ndjson"), "--lang", "en", exits=(1,)).out
        self.assertIn("Every number is the same, but 2 dossiers", said.splitlines()[0])

    def test_rules_against_each_other(self):
        waiting = [{"status": "need_docs", "status_at": planted.at("05-08")},
                   {"status": "in_progress", "status_at": planted.at("05-13")}]
        asked_twice = [{"status": status, "status_at": planted.at(day)} for status, day in (
            ("need_docs", "05-08"), ("in_progress", "05-09"), ("need_docs", "05-10"), ("in_progress", "05-11"))]
        plan = {"end-field": [planted.done(finished="05-30", returned="06-03", due="06-10")],
                "times": [{**planted.done(due="05-14"), "due_at": planted.at("05-14", "07:30"), "returned_at": None}],
                "withdrawn": [planted.done(status="withdrawn", due="05-10")],
                "stopped": [planted.running(status="stopped", status_at=planted.at("05-20"))],
                "waiting-time": [planted.running(), *waiting, planted.done(due="05-12", returned="05-14")],
                "supplements": [planted.running(), *asked_twice, planted.done(returned="05-14")],
                None: [planted.done(finished="05-14", returned="05-14")],
                "paused": [planted.running("05-02", "05-15"), {**waiting[0]}],
                "refused": [planted.running(status="refused", status_at=planted.at("05-14"))]}
        records = [dossier(f"R-{cause}", place, **{name: value for name, value in fields.items() if value})
                   for cause, steps in plan.items() for place, fields in enumerate(steps)]
        self.send("06", records)
        found = self.explain(*MAY, "--rule", "form06", "--against", "index766-2026")
        wanted = {f"R-{cause}": {cause} for cause in plan if cause not in (None, "paused", "refused")}
        self.assertEqual(causes_of(found), wanted)
        self.assertAddsUp(found)
        self.assertSides(found, "form06", "index766-2026")
        back = self.explain(*MAY, "--rule", "index766-2026", "--against", "form06")
        self.assertEqual([-cell["difference"] for cell in back["cells"]],
                         [cell["difference"] for cell in found["cells"]])
        os.mkdir(os.path.join(self.hub.data, "rules"))
        for name, paused, refused in (("strict", "compared", "apart"), ("refusing", "in_time", "counts")):
            with open(os.path.join(self.hub.data, "rules", f"{name}.ini"), "w", encoding="utf-8") as file:
                file.write(OWN.format(name=name, paused=paused, refused=refused))
        for name, cause in (("strict", "paused"), ("refusing", "refused")):
            found = self.explain(*MAY, "--against", name)
            self.assertEqual(causes_of(found), {f"R-{cause}": {cause}})
            self.assertAddsUp(found)
        self.explain(*MAY, "--against", "form06", exits=(0,))

    def assertSides(self, found, here, there):
        """Both sides are what `totals` prints."""
        for side, rule in (("here", here), ("there", there)):
            total = self.hub.totals(*MAY, "--rule", rule)["total"]
            self.assertEqual({cell["cell"]: cell[side] for cell in found["cells"] if cell["cell"] in total},
                             {name: value for name, value in total.items() if name in recount.COUNTED})

    def test_a_list_that_says_less(self):
        """The list of the TD-FE system: no channel, no unit codes, no date of handing over, names of people."""
        records = [dossier("L-1", **planted.done(finished="05-30", returned="06-04", channel="online")),
                   dossier("L-2", **planted.done(channel="postal")), dossier("L-3", **planted.running())]
        records = [{**record, "code": record["code"].replace("L-", "H06-")} for record in records]
        self.send("06", records)
        lines = ["STT,Đơn vị tiếp nhận,Mã hồ sơ,Trạng thái,Người nộp,Ngày nhận,Ngày hẹn trả,Ngày kết thúc xử lý"]
        for number, record in enumerate(records):
            lines.append(",".join([str(number), "Phường mẫu 01", record["code"], planted.WORDS[record["status"]],
                                   planted.SECRETS[0], *(planted.as_office(record.get(name)) for name in (
                                       "received_at", "due_at", "finished_at"))]))
        path = self.write("td.csv", "\n".join(lines) + "\n")
        found = self.explain(*MAY, "--against", path, "--map", "td-list")
        self.assertEqual(causes_of(found), {"H06-1": {"end-field"}})
        self.assertEqual(set(found["against"]["not_stated"]) & {"unit", "channel", "returned_at", "status", "due_at"},
                         {"unit", "channel", "returned_at"})
        self.assertEqual(found["against"]["cells_unread"], 0)
        # Who counts by the day of the decision has the same list and no difference.
        self.explain(*MAY, "--rule", "index766-2022", "--against", path, "--map", "td-list", exits=(0,))
        # A row without a code is told, and nothing else is amiss.
        uncoded = ",".join(["9", "Phường mẫu 01", "", "Đang xử lý", planted.SECRETS[0], "02/05/2024", "20/05/2024", ""])
        short = self.write("short.csv", "\n".join([lines[0], uncoded, *lines[1:]]) + "\n")
        found = self.explain(*MAY, "--rule", "index766-2022", "--against", short, "--map", "td-list", exits=(65,))
        self.assertEqual((found["n_dossiers"], found["against"]["rows_refused"], found["against"]["rows"]), (0, 1, 3))
        self.assertEqual(found["against"]["faults"], [{"row": 2, "field": None, "reason": "no-key"}])
        said = self.hub.hub("explain", *MAY, "--against", path, "--lang", "vi", "--output", self.path("out"),
                            exits=(1,))
        self.assertEqual(said.out, "")
        with open(self.path("out"), encoding="utf-8") as file:
            self.assertNotIn("Mật", file.read())

    def test_what_cannot_be_explained(self):
        """Each says what is wrong with which thing, and prints nothing else."""
        self.send("06", [dossier("W-1", **planted.running())])
        headless = self.write("headless.csv", "a,b\n1,2\n")
        undated = self.write("undated.csv", "code,status\nW-1,accepted\n")
        book = self.write("book.xlsx", b"PK\x03\x04" + bytes(64))
        fitting = self.write("fitting.ndjson", [dossier("W-1", **planted.running())])
        gear = self.write("gear.ini", "[map]\nkind = equipment\n")
        for options, code, word in (
                ((), 2, "--against"), (("--against", "nowhere.csv"), 1, "nowhere.csv"),
                (("--against", headless), 65, "headings"), (("--against", undated), 65, "date of receipt"),
                (("--against", book), 65, "book.xlsx"), (("--against", self.folder), 65, "not a file"),
                (("--against", "index766", "--map", "td-list"), 2, "--map"),
                (("--against", "index766", "--against-rule", "form06"), 2, "--against-rule"),
                (("--against", fitting, "--against-rule", "nobody"), 2, "--against-rule"),
                (("--against", fitting, "--rule", "nobody"), 2, "--rule"),
                (("--against", fitting, "--map", gear), 2, "--map"),
                (("--against", fitting, "--map", "nobody"), 2, "--map"),
                (("--against", fitting, "--dossiers", "few"), 2, "--dossiers"),
                (("--against", fitting, "--unit", "nobody"), 2, "--unit")):
            answer = self.hub.hub("explain", *MAY, *options, "--lang", "en", exits=(code,))
            self.assertIn(word, answer.err)
            self.assertEqual(answer.out, "")
        self.hub.hub("explain", *MAY, "--against", fitting)


if __name__ == "__main__":
    province.main()
