#!/usr/bin/python3
"""The second opinion has to be right itself: small cases worked by hand."""
import contextlib
import io
import json
import os
import tempfile
import unittest

import recount

UNITS = recount.Units([
    {"code": "06", "level": "province", "name": "Tỉnh", "parent": ""},
    {"code": "058", "level": "district", "name": "Thành phố", "parent": "06"},
    {"code": "95801", "level": "commune", "name": "Phường 01", "parent": "058"},
    {"code": "95802", "level": "commune", "name": "Phường 02", "parent": "058"},
    {"code": "060", "level": "district", "name": "Huyện", "parent": "06"},
    {"code": "96001", "level": "commune", "name": "Xã 01", "parent": "060"},
])
MAY = ("2024-05-01", "2024-05-31")
TODAY = "2024-12-31"


def change(code="X", at="2024-05-02T08:00:00+07:00", **fields):
    return {"kind": "dossier", "code": code, "changed_at": at, **fields}


def received(code="X", on="2024-05-02", **fields):
    return change(code, status="accepted", received_at=f"{on}T08:00:00+07:00", **fields)


class Case(unittest.TestCase):
    def setUp(self):
        self.things = recount.Things(UNITS)
        self.places = {}

    def send(self, *rows, unit="95801", device="a"):
        for row in rows:
            self.places[device] = self.places.get(device, 0) + 1
            self.things.add(device, unit, self.places[device], row)

    def totals(self, period=MAY, unit="06", by=None, today=TODAY, rule=None):
        first, last = (recount.day(text) for text in period)
        return recount.totals(self.things, UNITS, unit, by, first, last, recount.day(today), rule)

    def cells(self, *arguments, **options):
        return self.totals(*arguments, **options)["total"]

    def assertCells(self, cells, **expected):
        self.assertEqual({name: cells[name] for name in expected}, expected)
        self.assertEqual(cells["gap"], cells["total_in"] - cells["done"] - cells["open"])
        self.assertEqual(cells["total_in"], cells["received"] + cells["carried_in"])
        self.assertEqual(cells["open"], cells["open_in_time"] + cells["open_late"])


class Winners(Case):
    def test_later_change_wins_whatever_the_order_of_arrival(self):
        self.send(change(at="2024-05-05T08:00:00+07:00", channel="online"), received(channel="counter"))
        self.assertCells(self.cells(), received=1, received_online=1, received_counter=0)

    def test_equal_times_fall_to_the_greater_device(self):
        self.send(received(channel="online"), device="b")
        self.send(received(channel="counter"), device="a")
        self.assertCells(self.cells(), received=1, received_online=1)

    def test_equal_times_of_one_device_fall_to_the_later_row(self):
        self.send(received(channel="online"), change(channel="counter"))
        self.assertCells(self.cells(), received_counter=1, received_online=0)

    def test_repetition_changes_nothing(self):
        rows = [received(channel="online"), change(at="2024-05-03T08:00:00+07:00", channel="counter")]
        self.send(*rows, *rows, *reversed(rows))
        self.assertCells(self.cells(), received=1, received_counter=1)

    def test_null_clears(self):
        self.send(received(channel="online"), change(at="2024-05-03T08:00:00+07:00", channel=None))
        self.assertCells(self.cells(), received=1, received_online=0, received_unstated=1)

    def test_a_change_from_the_future_is_bounded_by_its_acceptance(self):
        self.things = recount.Things(UNITS, recount.instant("2024-05-02T09:00:00+07:00"))
        self.send(received(channel="online", at="2024-05-02T09:10:00+07:00"), device="b")
        self.send(change(at="2030-01-01T00:00:00+07:00", channel="counter"), device="a")
        self.assertCells(self.cells(), received_counter=1)
        self.assertEqual(self.things.writes["X"][1].stamp, self.things.writes["X"][0].stamp)

    def test_void_is_not_counted_and_null_brings_it_back(self):
        self.send(received(), change(at="2024-05-03T08:00:00+07:00", void=True))
        self.assertCells(self.cells(), received=0)
        self.send(change(at="2024-05-04T08:00:00+07:00", void=None))
        self.assertCells(self.cells(), received=1)

    def test_a_listing_that_repeats_a_status_leaves_its_time(self):
        self.send(received(), change(at="2024-05-03T08:00:00+07:00", status="refused"))
        row = change(status="refused")
        row.pop("changed_at")
        self.things.add("a", "95801", 99, row, assumed_time=recount.instant("2024-06-20T08:00:00+07:00"))
        self.assertCells(self.cells(), refused=1)

    def test_status_at_alone_is_refused_as_a_row(self):
        self.send(received(), change(status_at="2024-05-03T08:00:00+07:00", channel="online"))
        self.assertCells(self.cells(), received=1, received_online=0)
        self.assertEqual(self.things.refused, 1)

    def test_status_and_its_time_are_written_together(self):
        self.send(change(status="refused", status_at="2024-05-03T08:00:00+07:00"),
                  change(at="2024-06-04T08:00:00+07:00", status="refused"))
        self.assertCells(self.cells(), refused=0)

    def test_status_by_national_number(self):
        self.send(received(), change(at="2024-05-03T08:00:00+07:00", status=3))
        self.assertCells(self.cells(), received=0, refused=1)

    def test_other_kinds_are_left_alone(self):
        self.send({"kind": "equipment", "asset": "A", "changed_at": "2024-05-02T08:00:00+07:00", "unit": "95801"})
        self.assertCells(self.cells(), received=0)


class Authority(Case):
    def test_a_record_for_a_unit_beside_is_not_taken(self):
        self.send(received(unit="95802"))
        self.assertCells(self.cells(), received=0)

    def test_a_record_for_a_unit_below_is_taken(self):
        self.send(received(unit="95802"), unit="058")
        self.assertCells(self.cells(unit="95802"), received=1)

    def test_an_unknown_unit_is_not_taken(self):
        self.send(received(unit="99999"), unit="06")
        self.assertCells(self.cells(), received=0)

    def test_without_a_unit_the_thing_is_the_earliest_devices(self):
        self.send(change(at="2024-05-04T08:00:00+07:00", channel="online"), unit="058", device="a")
        self.send(received(), unit="95802", device="b")
        self.assertCells(self.cells(unit="95802"), received=1, received_online=1)

    def test_a_strangers_later_word_does_not_count(self):
        self.send(received(unit="95801", channel="online"), device="a")
        self.send(change(at="2024-05-05T08:00:00+07:00", channel="counter"), unit="95802", device="b")
        self.assertCells(self.cells(), received=1, received_online=1)

    def test_the_deciding_unit_has_a_say(self):
        self.send(received(unit="95801", decided_by="95802"), device="a")
        self.send(change(at="2024-05-05T08:00:00+07:00", channel="counter"), unit="95802", device="b")
        self.assertCells(self.cells(), received_counter=1)

    def test_naming_who_decides_does_not_silence_the_sender(self):
        row = received(decided_by="95802")
        row.pop("unit", None)
        self.send(row, unit="95801", device="a")
        self.assertCells(self.cells(unit="95801"), received=1)

    def test_nobody_makes_himself_the_one_who_decides(self):
        self.send(received(unit="95801"), device="a")
        self.send(change(at="2024-05-05T08:00:00+07:00", decided_by="95802", void=True), unit="95802", device="b")
        self.assertCells(self.cells(), received=1)

    def test_the_unit_above_has_a_say(self):
        self.send(received(unit="95801"), device="a")
        self.send(change(at="2024-05-05T08:00:00+07:00", channel="postal"), unit="058", device="b")
        self.assertCells(self.cells(), received_postal=1)


class Provisional(Case):
    def test_joined_code_counts_once_with_the_facts_of_both(self):
        self.send(received("L-1", channel="online"),
                  change("OFFICIAL", at="2024-05-03T08:00:00+07:00", replaces="L-1", domain="Hộ tịch"))
        self.assertCells(self.cells(), received=1, received_online=1)

    def test_the_provisional_ones_void_does_not_pass_on(self):
        self.send(received("L-1"), change("OFFICIAL", replaces="L-1"),
                  change("L-1", at="2024-05-04T08:00:00+07:00", void=True))
        self.assertCells(self.cells(), received=1)

    def test_undone_join_counts_both(self):
        self.send(received("L-1"), received("OFFICIAL", replaces="L-1"),
                  change("L-1", at="2024-05-04T08:00:00+07:00", replaced_by=None))
        self.assertCells(self.cells(), received=2)


class Received(Case):
    def test_first_and_last_day_belong_to_the_period(self):
        self.send(received("A", "2024-04-30"), received("B", "2024-05-01"), received("C", "2024-05-31"),
                  received("D", "2024-06-01"))
        self.assertCells(self.cells(), received=2, carried_in=1, total_in=3, open=3)

    def test_days_are_local(self):
        self.send(change("A", status="accepted", received_at="2024-04-30T17:00:00Z"),
                  change("B", status="accepted", received_at="2024-05-31T17:00:00Z"))
        self.assertCells(self.cells(), received=1, carried_in=0)

    def test_vietnamese_dates_and_times(self):
        self.send(change(status="accepted", received_at="01/05/2024", due_at="31/05/2024 17:00"))
        self.assertCells(self.cells(), received=1, open_in_time=1)

    def test_submitted_and_refused_are_not_received(self):
        self.send(change("A", status="submitted", received_at="2024-05-02"),
                  change("B", status="refused", received_at="2024-05-02"))
        self.assertCells(self.cells(), received=0, refused=1, open=0)

    def test_channels_sum_to_received(self):
        self.send(received("A", channel="online"), received("B", channel="counter"),
                  received("C", channel="postal"), received("D"))
        self.assertCells(self.cells(), received=4, received_online=1, received_counter=1, received_postal=1,
                         received_unstated=1)

    def test_a_receipt_after_as_of_has_not_happened(self):
        self.send(received("A", "2024-05-10"), received("B", "2024-05-11"))
        document = self.totals(today="2024-05-10")
        self.assertEqual(document["as_of"], "2024-05-10")
        self.assertCells(document["total"], received=1)


class Ends(Case):
    def ended(self, code="X", due="2024-05-10", **fields):
        self.send(received(code, due_at=f"{due}T17:00:00+07:00" if due else None),
                  change(code, at="2024-05-20T08:00:00+07:00", **fields))

    def test_early_on_time_late_and_without_due(self):
        self.ended("A", status="returned", returned_at="2024-05-09T23:59:59")
        self.ended("B", status="returned", returned_at="2024-05-10T18:00:00")
        self.ended("C", status="returned", returned_at="2024-05-11T00:00:00")
        self.ended("D", due=None, status="returned", returned_at="2024-05-11T00:00:00")
        self.assertCells(self.cells(), done=4, done_early=1, done_on_time=1, done_late=1, done_no_due=1)

    def test_handed_over_decides_before_finished(self):
        self.ended(status="returned", finished_at="2024-05-09", returned_at="2024-05-12")
        self.assertCells(self.cells(), done_late=1)

    def test_finished_alone_ends(self):
        self.ended(status="done", finished_at="2024-05-09")
        self.assertCells(self.cells(), done_early=1)

    def test_withdrawn_is_on_time_even_after_due(self):
        self.ended(status="withdrawn", finished_at="2024-05-20")
        self.assertCells(self.cells(), done=1, done_on_time=1, done_late=0, withdrawn=1)

    def test_withdrawn_without_due_is_on_time(self):
        self.ended(due=None, status="withdrawn", finished_at="2024-05-20")
        self.assertCells(self.cells(), done_on_time=1, done_no_due=0)

    def test_withdrawn_without_dates_ends_when_it_was_said(self):
        self.ended(status="withdrawn")
        self.assertCells(self.cells(), done=1, withdrawn=1, incomplete=0)

    def test_withdrawn_without_any_date_is_a_gap(self):
        self.send(received())
        self.things.add("a", "95801", 9, {"kind": "dossier", "code": "X", "status": "withdrawn"},
                        recount.instant("2024-05-20"))
        self.assertCells(self.cells(), done=0, open=0, gap=1, incomplete=1)

    def test_withdrawn_prefers_finished_to_returned(self):
        self.ended(status="withdrawn", finished_at="2024-05-20", returned_at="2024-06-02")
        self.assertCells(self.cells(), done=1)

    def test_done_without_any_end_is_a_gap(self):
        self.ended(status="done")
        self.assertCells(self.cells(), total_in=1, done=0, open=0, gap=1, incomplete=1)

    def test_returned_without_any_end_is_a_gap(self):
        self.ended(status="returned")
        self.assertCells(self.cells(), gap=1, incomplete=1)

    def test_an_end_before_the_period_was_done_then(self):
        self.send(received(on="2024-04-02"), change(at="2024-05-02T08:00:00+07:00", status="done",
                                                    finished_at="2024-04-30T16:00:00"))
        self.assertCells(self.cells(), total_in=0, done=0)

    def test_an_end_on_the_first_day_is_carried_in_and_done(self):
        self.send(received(on="2024-04-02"), change(at="2024-05-02T08:00:00+07:00", status="done",
                                                    finished_at="2024-05-01T00:00:00"))
        self.assertCells(self.cells(), carried_in=1, total_in=1, done=1)

    def test_an_end_after_the_period_leaves_it_open_then(self):
        self.ended(due="2024-06-30", status="returned", returned_at="2024-06-03")
        self.assertCells(self.cells(), done=0, open=1, gap=0, incomplete=0)

    def test_an_end_before_the_receipt_is_shown(self):
        self.ended(status="done", finished_at="2024-05-01")
        self.assertCells(self.cells(), done=1, incomplete=1)

    def test_an_end_before_receipt_and_period_is_in_the_gap(self):
        self.ended(status="done", finished_at="2024-04-30")
        self.assertCells(self.cells(), received=1, done=0, open=0, gap=1, incomplete=1)

    def test_reopened_counts_open_and_is_shown(self):
        self.ended(due="2024-06-30", status="in_progress", finished_at="2024-05-15")
        self.assertCells(self.cells(), done=0, open=1, incomplete=1)

    def test_an_old_open_status_does_not_reopen(self):
        self.ended(finished_at="2024-05-09")
        self.assertCells(self.cells(), done=1, incomplete=0)

    def test_stopped_stays_open(self):
        self.ended(due="2024-06-30", status="stopped")
        self.assertCells(self.cells(), open=1, open_in_time=1, open_paused=1)

    def test_a_far_future_status_is_shown(self):
        self.things = recount.Things(UNITS, recount.instant("2024-05-20T08:00:00"))
        self.send(received("A"), received("B"),
                  change("A", at="2024-05-20T07:00:00", status="in_progress", status_at="2024-05-21T08:00:00"),
                  change("B", at="2024-05-20T07:00:00", status="in_progress", status_at="2024-05-21T08:00:01"))
        self.assertCells(self.cells(), incomplete=1)

    def test_no_receipt_date_though_accepted_is_shown(self):
        self.send(change("A", status="accepted"), change("B", status="submitted"), change("C", fee=1))
        self.assertCells(self.cells(), received=0, incomplete=1)


class Open(Case):
    def test_due_on_as_of_is_in_time_and_late_the_day_after(self):
        self.send(received(due_at="2024-05-31T08:00:00"))
        self.assertCells(self.cells(), open_in_time=1, open_late=0)
        self.assertCells(self.cells(("2024-05-01", "2024-06-01")), open_in_time=0, open_late=1)

    def test_without_due_it_is_in_time(self):
        self.send(received())
        self.assertCells(self.cells(), open_in_time=1)

    def test_late_is_as_of_today_in_a_running_period(self):
        self.send(received(due_at="2024-05-20T08:00:00"))
        self.assertCells(self.cells(today="2024-05-20"), open_late=0)
        self.assertCells(self.cells(today="2024-05-21"), open_late=1)

    def test_paused_is_asked_of_the_day(self):
        self.send(received(due_at="2024-05-10T17:00:00"),
                  change(at="2024-05-09T08:00:00", status="need_docs"),
                  change(at="2024-06-05T08:00:00", status="in_progress"))
        self.assertCells(self.cells(), open=1, open_paused=1, open_late=0)
        self.assertCells(self.cells(("2024-05-01", "2024-06-05")), open_paused=0, open_late=1)
        self.assertCells(self.cells(("2024-05-01", "2024-05-08")), open_paused=0, open_late=0)

    def test_paused_follows_the_dates_not_the_order_of_saying(self):
        self.send(received(due_at="2024-05-10T17:00:00"),
                  change(at="2024-05-20T08:00:00", status="need_payment", status_at="2024-05-05T08:00:00"),
                  change(at="2024-05-19T08:00:00", status="in_progress", status_at="2024-05-07T08:00:00"))
        self.assertCells(self.cells(("2024-05-01", "2024-05-06")), open_paused=1)
        self.assertCells(self.cells(), open_paused=0, open_late=1)


class Rates(Case):
    def test_every_rate_is_a_part_of_its_dossiers(self):
        self.send(received("A", channel="online", input_digitised=True, fee=5000, paid="online",
                           due_at="2024-05-09"),
                  received("B", channel="counter", fee=0, paid="online"),
                  received("C", "2024-04-02", channel="online", fee=9000, paid="online"),
                  received("D", channel="online", fee=100, paid="counter"),
                  change("A", at="2024-05-08T08:00:00", status="done", finished_at="2024-05-08", rating=4,
                         result_digitised=True),
                  change("C", at="2024-05-08T08:00:00", status="done", finished_at="2024-05-08", rating=3))
        self.assertEqual(self.cells()["rates"], {
            "online": [2, 3], "on_time": [1, 2], "input_digitised": [1, 3], "result_digitised": [1, 2],
            "paid_online": [1, 2], "satisfied": [1, 2]})


class Groups(Case):
    def test_children_and_own_sum_to_the_total(self):
        self.send(received("A", unit="95801"), received("B", unit="058"), received("C", unit="06"),
                  received("D", unit="96001"), unit="06")
        document = self.totals(by="unit")
        self.assertEqual({group["key"]: group["received"] for group in document["groups"]},
                         {"058": 2, "060": 1, "06": 1})
        self.assertEqual(document["total"]["received"], 4)

    def test_one_unit_asked_for(self):
        self.send(received("A", unit="95801"), received("B", unit="96001"), unit="06")
        document = self.totals(unit="058")
        self.assertEqual([group["key"] for group in document["groups"]], ["058"])
        self.assertEqual(document["groups"][0], document["total"])
        self.assertCells(document["total"], received=1)


class CommandLine(unittest.TestCase):
    def run_main(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            units = os.path.join(folder, "units.csv")
            with open(units, "w", encoding="utf-8") as file:
                file.write("code,name,level,parent\n06,Tỉnh,province,\n95801,Phường,commune,06\n")
            files = []
            for name, row in (("a", received("A")), ("b", change("A", channel="online")), ("c", received("B"))):
                files.append(os.path.join(folder, name))
                with open(files[-1], "w", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n\n")
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                recount.main(["--units", units, "--agent", f"95801@d2={files[0]},{files[1]}",
                              "--agent", f"06@d1={files[2]}", "--today", TODAY, *options])
            return json.loads(out.getvalue())

    def test_files_of_several_devices(self):
        document = self.run_main("--month", "2024-05", "--by", "unit")
        self.assertEqual([document[name] for name in ("from", "to", "as_of")],
                         ["2024-05-01", "2024-05-31", "2024-05-31"])
        groups = [(group["key"], group["received"], group["received_online"]) for group in document["groups"]]
        self.assertEqual(groups, [("95801", 1, 1), ("06", 1, 0)])

    def test_periods(self):
        self.assertEqual(self.run_main("--year", "2024")["to"], "2024-12-31")
        self.assertEqual(self.run_main("--month", "2024-02")["to"], "2024-02-29")
        self.assertEqual(self.run_main("--month", "2023-12")["to"], "2023-12-31")
        self.assertEqual(self.run_main()["from"], "2024-01-01")
        self.assertEqual(self.run_main("--from", "2024-05-02", "--to", "2024-05-02")["total"]["received"], 2)


if __name__ == "__main__":
    unittest.main()
