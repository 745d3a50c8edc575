#!/usr/bin/python3
"""What the second opinion can be asked: rules, groupings, periods and joined codes, by cases worked by hand."""
import contextlib
import io
import json
import os
import tempfile
import unittest

import recount
import recount_asked
from recount_asked import Rule, day_text, named_period
from test_recount import MAY, Case, change, received

FORM06 = {"name": "x", "version": "1", "source": "x", "end": "returned, finished", "compare": "date",
          "withdrawn": "on_time", "stopped": "waits", "paused": "in_time", "refused": "apart",
          "supplements_max": "0", "waiting": "counted"}


def rule(**changed):
    return Rule({**FORM06, **changed})


class RuleFiles(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "x.ini"), "w", encoding="utf-8") as file:
                file.write(text)
            return Rule.read("x", folder)

    def text(self, **changed):
        values = {**FORM06, **changed}
        lines = [f"{key} = {value}\n" for key, value in values.items() if value is not None]
        return "# why\n[rule]\n" + "".join(lines)

    def test_ours(self):
        rules = {name: Rule.read(name) for name in ("form06", "index766-2022", "index766-2026", "index766")}
        self.assertEqual(rules["form06"].ends, ["returned", "finished"])
        self.assertEqual([rules["index766-2022"].ends, rules["index766-2022"].by_time], [["finished"], False])
        self.assertEqual([rules["index766-2026"].by_time, rules["index766-2026"].supplements_max], [True, 1])
        self.assertEqual(rules["index766"].name, "index766-2026")

    def test_every_key_once_and_no_other(self):
        self.assertEqual(self.read(self.text()).name, "x")
        for wrong in (self.text(end=None), self.text(end="later"), self.text(colour="blue"), self.text(paused=""),
                      self.text() + "name = y\n", self.text().replace("[rule]\n", ""), self.text() + "so\n",
                      self.text(same_as="form06")):
            with self.subTest(text=wrong), self.assertRaises(ValueError):
                self.read(wrong)


class Rules(Case):
    def ended(self, **fields):
        self.send(received(due_at="2024-05-10T17:00:00+07:00"), change(at="2024-05-20T08:00:00+07:00", **fields))

    def assertBy(self, changed, **expected):
        self.assertCells(self.cells(rule=rule(**changed)), **expected)

    def test_which_date_ends(self):
        self.ended(status="returned", finished_at="2024-05-09T08:00:00", returned_at="2024-05-12T08:00:00")
        self.assertBy({}, done_late=1)
        self.assertBy({"end": "finished, returned"}, done_early=1)
        self.assertBy({"end": "finished"}, done_early=1)

    def test_handed_over_is_no_end_where_finishing_is(self):
        self.ended(status="returned", returned_at="2024-05-12T08:00:00")
        self.assertBy({"end": "finished, returned"}, done=1)
        self.assertBy({"end": "finished"}, done=0, open=0, gap=1, incomplete=0)

    def test_an_open_status_reopens_what_the_rule_ends(self):
        self.ended(status="in_progress", returned_at="2024-05-12T08:00:00")
        self.assertBy({}, open=1, incomplete=1)
        self.assertBy({"end": "finished"}, open=1, incomplete=0)

    def test_times_or_dates(self):
        self.ended(status="done", finished_at="2024-05-10T17:00:01+07:00")
        self.assertBy({}, done_on_time=1)
        self.assertBy({"compare": "time"}, done_late=1)
        self.send(change(at="2024-05-21T08:00:00+07:00", finished_at="2024-05-10T17:00:00+07:00"))
        self.assertBy({"compare": "time"}, done_on_time=1)
        self.send(change(at="2024-05-22T08:00:00+07:00", finished_at="2024-05-10T16:59:59+07:00"))
        self.assertBy({"compare": "time"}, done_early=1)

    def test_times_are_those_of_the_date_that_ends(self):
        self.ended(status="returned", finished_at="2024-05-10T08:00:00", returned_at="2024-05-10T18:00:00")
        self.assertBy({"compare": "time"}, done_late=1)
        self.assertBy({"compare": "time", "end": "finished, returned"}, done_early=1)

    def test_withdrawn(self):
        self.ended(status="withdrawn", finished_at="2024-05-20T08:00:00")
        self.assertBy({}, done_on_time=1, withdrawn=1)
        self.assertBy({"withdrawn": "compared"}, done_late=1, withdrawn=1)
        self.send(change(at="2024-05-21T08:00:00+07:00", due_at=None))
        self.assertBy({"withdrawn": "compared"}, done_no_due=1)

    def test_withdrawn_ends_by_any_date_under_every_rule(self):
        self.ended(status="withdrawn", returned_at="2024-05-09T08:00:00")
        self.assertBy({"end": "finished", "withdrawn": "compared"}, done_early=1, gap=0)

    def test_stopped(self):
        self.ended(status="stopped", status_at="2024-05-09T08:00:00+07:00")
        self.assertBy({}, open=1, open_paused=1)
        self.assertBy({"stopped": "ends"}, done_early=1, open=0, incomplete=0)
        self.send(change(at="2024-05-21T08:00:00+07:00", finished_at="2024-05-11T08:00:00"))
        self.assertBy({"stopped": "ends", "end": "finished"}, done_late=1, incomplete=0)

    def test_paused(self):
        self.ended(status="need_docs", status_at="2024-05-09T08:00:00+07:00")
        self.assertBy({}, open_in_time=1, open_paused=1)
        self.assertBy({"paused": "compared"}, open_late=1, open_paused=0)

    def test_refused(self):
        self.ended(status="refused")
        self.assertBy({}, received=0, done=0, refused=1)
        self.assertBy({"refused": "counts"}, received=1, done_late=1, refused=1)
        self.send(change("NEVER", status="refused"))
        self.assertBy({"refused": "counts"}, received=1, done=1, refused=2, incomplete=0)

    def ask_documents(self, *requests):
        """Each a (first, last) day of waiting."""
        for first, last in requests:
            self.send(change(at=f"2024-05-{first}T08:00:00+07:00", status="need_docs"),
                      change(at=f"2024-05-{last}T09:00:00+07:00", status="in_progress"))

    def test_waiting_moves_the_due_date(self):
        self.ask_documents(("04", "07"))
        self.ended(status="done", finished_at="2024-05-13T18:00:00+07:00")
        self.assertBy({}, done_late=1)
        self.assertBy({"waiting": "subtracted"}, done_on_time=1)
        self.assertBy({"waiting": "subtracted", "compare": "time"}, done_late=1)
        self.send(change(at="2024-05-21T08:00:00+07:00", finished_at="2024-05-13T17:00:00+07:00"))
        self.assertBy({"waiting": "subtracted", "compare": "time"}, done_on_time=1)

    def test_waiting_for_payment_counts_and_being_stopped_does_not(self):
        self.send(change(at="2024-05-04T08:00:00+07:00", status="need_payment"),
                  change(at="2024-05-05T08:00:00+07:00", status="stopped"),
                  change(at="2024-05-09T08:00:00+07:00", status="accepted"))
        self.ended(status="done", finished_at="2024-05-12T08:00:00+07:00")
        self.assertBy({"waiting": "subtracted"}, done_late=1)
        self.send(change(at="2024-05-21T08:00:00+07:00", finished_at="2024-05-11T08:00:00+07:00"))
        self.assertBy({"waiting": "subtracted"}, done_on_time=1)

    def test_waiting_up_to_the_day_moves_what_is_open(self):
        self.ask_documents(("04", "07"))
        self.send(received(at="2024-05-02T07:00:00+07:00", due_at="2024-05-10T17:00:00+07:00"))
        for to, late in (("2024-05-13", 0), ("2024-05-14", 1)):
            cells = self.cells((MAY[0], to), rule=rule(waiting="subtracted"))
            self.assertCells(cells, open=1, open_late=late)
        self.assertCells(self.cells((MAY[0], "2024-05-11")), open_late=1)

    def test_more_requests_than_allowed_are_late(self):
        self.ask_documents(("03", "04"), ("05", "06"))
        self.ended(status="done", finished_at="2024-05-09T08:00:00")
        self.assertBy({"supplements_max": "2"}, done_early=1)
        self.assertBy({"supplements_max": "1"}, done_late=1)
        self.assertBy({"supplements_max": "0"}, done_early=1)

    def test_asking_again_while_waiting_is_one_request(self):
        self.send(change(at="2024-05-03T08:00:00+07:00", status="need_docs"),
                  change(at="2024-05-04T08:00:00+07:00", status="need_docs"))
        self.ended(status="done", finished_at="2024-05-09T08:00:00")
        self.assertBy({"supplements_max": "1"}, done_early=1)


class Incomplete(Case):
    def test_what_was_never_received_is_shown_for_a_status_ahead_alone(self):
        self.things = recount.Things(self.things.units, recount.instant("2024-05-20T08:00:00"))
        for code, status, at in (("A", "refused", "2024-05-22T08:00:00"), ("B", "submitted", "2024-05-22T08:00:00"),
                                 ("C", "refused", "2024-05-20T08:00:00"), ("D", "submitted", None)):
            self.send(change(code, status=status, received_at="2024-05-09T08:00:00", status_at=at,
                             finished_at="2024-05-02T08:00:00"))
        self.assertCells(self.cells(), received=0, incomplete=2)

    def test_each_row_has_its_own_time_of_acceptance(self):
        taken = {1: recount.instant("2024-05-20T08:00:00"), 2: recount.instant("2024-05-25T08:00:00")}
        self.things = recount.Things(self.things.units, lambda device, place: taken[place])
        for code in ("A", "B"):
            self.send(change(code, status="in_progress", status_at="2024-05-22T08:00:00", received_at="2024-05-02"))
        self.assertCells(self.cells(), received=2, incomplete=1)


class Groups(Case):
    def keyed(self, by, period=MAY):
        document = self.totals(period, by=by)
        return {group["key"]: group["received"] for group in document["groups"]}

    def test_by_level(self):
        self.send(received("A", unit="95801"), received("B", unit="96001"), received("C", unit="058"), unit="06")
        self.assertEqual(self.keyed("level"), {"commune": 2, "district": 1})

    def test_by_domain_and_channel_with_the_unstated_apart(self):
        self.send(received("A", domain="Hộ tịch", channel="online"), received("B", domain="Hộ tịch"),
                  received("C"))
        self.assertEqual(self.keyed("domain"), {"Hộ tịch": 2, "": 1})
        self.assertEqual(self.keyed("channel"), {"online": 1, "": 2})

    def test_by_procedure_without_local_suffixes(self):
        codes = ["1.001612", "1.001612.000.00.00.H48", "1.0016123", "TT-17", "1.00161", None]
        for number, code in enumerate(codes):
            self.send(received(str(number), procedure=code))
        self.assertEqual(self.keyed("procedure"), {"1.001612": 2, "1.0016123": 1, "TT-17": 1, "1.00161": 1, "": 1})

    def test_by_month_each_row_is_a_period_of_its_own(self):
        self.send(received("A", "2024-03-10"), received("B", "2024-03-20"), received("C", "2024-04-14"),
                  received("D", "2024-04-20"),
                  change("B", at="2024-05-03T08:00:00+07:00", status="done", finished_at="2024-04-02"))
        document = self.totals(("2024-03-15", "2024-04-14"), by="month")
        rows = [[group[name] for name in ("key", "carried_in", "received", "done", "open")]
                for group in document["groups"]]
        self.assertEqual(rows, [["2024-03", 1, 1, 0, 2], ["2024-04", 2, 1, 1, 2]])
        self.assertCells(document["total"], carried_in=1, received=2, done=1, open=2)

    def test_an_end_in_the_month_before_the_receipt_is_in_the_gap(self):
        self.send(received("A", "2024-05-02"), change("A", at="2024-05-03T08:00:00+07:00", status="done",
                                                      finished_at="2024-04-30"))
        both = ("2024-04-01", "2024-05-31")
        self.assertCells(self.totals(both)["total"], done=1, gap=0)
        self.assertCells(self.totals(both, by="month")["total"], done=0, gap=1, incomplete=1)

    def test_by_day(self):
        self.send(received("A", "2024-05-30"), received("B", "2024-05-31"))
        self.assertEqual(self.keyed("day", ("2024-05-29", "2024-06-01")),
                         {"2024-05-29": 0, "2024-05-30": 1, "2024-05-31": 1, "2024-06-01": 0})


class Periods(unittest.TestCase):
    def assertPeriod(self, name, text, first, last):
        self.assertEqual([day_text(number) for number in named_period(name, text)], [first, last], (name, text))

    def test_calendar(self):
        self.assertPeriod("month", "2024-02", "2024-02-01", "2024-02-29")
        self.assertPeriod("quarter", "2024-Q1", "2024-01-01", "2024-03-31")
        self.assertPeriod("quarter", "2023-Q4", "2023-10-01", "2023-12-31")
        self.assertPeriod("half", "2024-H1", "2024-01-01", "2024-06-30")
        self.assertPeriod("half", "2024-H2", "2024-07-01", "2024-12-31")
        self.assertPeriod("year", "2024", "2024-01-01", "2024-12-31")

    def test_from_the_15th_to_the_14th(self):
        self.assertPeriod("report_month", "2024-01", "2023-12-15", "2024-01-14")
        self.assertPeriod("report_month", "2024-03", "2024-02-15", "2024-03-14")
        self.assertPeriod("report_quarter", "2024-Q1", "2023-12-15", "2024-03-14")
        self.assertPeriod("report_quarter", "2024-Q4", "2024-09-15", "2024-12-14")
        self.assertPeriod("report_half", "2024-H1", "2023-12-15", "2024-06-14")
        self.assertPeriod("report_half", "2024", "2023-12-15", "2024-06-14")
        self.assertPeriod("report_half", "2024-H2", "2024-06-15", "2024-12-14")
        self.assertPeriod("report_nine_months", "2024", "2023-12-15", "2024-09-14")
        self.assertPeriod("report_year", "2024", "2023-12-15", "2024-12-14")


class Joined(Case):
    def test_the_latest_word_of_both_sets_wins(self):
        self.send(received("L-1", at="2024-05-06T08:00:00+07:00", channel="online"),
                  received("O", on="2024-05-03", at="2024-05-05T08:00:00+07:00", channel="counter", replaces="L-1"))
        self.assertCells(self.cells(), received=1, received_online=1, received_counter=0)

    def test_two_provisional_codes_of_one_official(self):
        self.send(received("L-1", channel="online"), received("L-2"), change("O", replaces="L-1"),
                  change("O", at="2024-05-04T08:00:00+07:00", replaces="L-2", channel="postal"))
        self.assertCells(self.cells(), received=1, received_postal=1)

    def test_the_official_ones_void_counts(self):
        self.send(received("L-1"), change("O", replaces="L-1", void=True))
        self.assertCells(self.cells(), received=0)

    def test_only_to_an_official_code_and_only_from_a_provisional_one(self):
        self.send(received("L-1", replaced_by="L-2"), received("L-2"), received("O", replaced_by="P"))
        self.assertCells(self.cells(), received=3)

    def test_a_stranger_does_not_join(self):
        self.send(received("L-1"))
        self.send(change("O", at="2024-05-05T08:00:00+07:00", replaces="L-1", channel="postal"), unit="96001",
                  device="b")
        self.assertCells(self.cells(), received=1, received_postal=0)


class CommandLine(unittest.TestCase):
    def test_rule_grouping_and_period(self):
        with tempfile.TemporaryDirectory() as folder:
            units, rows = os.path.join(folder, "units.csv"), os.path.join(folder, "rows")
            with open(units, "w", encoding="utf-8") as file:
                file.write("code,name,level,parent\n06,Tỉnh,province,\n95801,Phường,commune,06\n")
            with open(rows, "w", encoding="utf-8") as file:
                file.write(json.dumps(received("A", "2024-04-15")) + "\n" + json.dumps(received("B", "2024-05-15")))
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                recount.main(["--units", units, "--agent", f"95801={rows}", "--report-month", "2024-05", "--by",
                              "level", "--rule", "index766", "--today", "2024-12-31"])
        document = json.loads(out.getvalue())
        self.assertEqual([document[name] for name in ("from", "to", "rule")],
                         ["2024-04-15", "2024-05-14", "index766-2026"])
        self.assertEqual([(group["key"], group["received"]) for group in document["groups"]], [("commune", 1)])


class Document(Case):
    def test_names_its_rule(self):
        self.send(received())
        document = self.totals(rule=Rule.read("index766-2022"))
        self.assertEqual(json.loads(json.dumps(document))["rule"], "index766-2022")
        self.assertEqual(self.totals()["rule"], "form06")

    def test_rows_of_a_period_without_days_are_none(self):
        self.assertEqual(recount_asked.rows_of("day", 5, 4), [])


if __name__ == "__main__":
    unittest.main()
