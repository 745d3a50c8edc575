#!/usr/bin/python3
"""What a sceptic asks of the numbers, each question a test: the real programs, and the totals as the judge."""
import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

UNITS = "code,name,level,parent\n06,Tỉnh,province,\n06S1,Sở mẫu,department,06\n058,Thành phố,district,06\n" \
        "95801,Phường 1,commune,058\n95802,Phường 2,commune,058\n95803,Phường 3,commune,058\n"
HEADER = "Mã hồ sơ,Ngày tiếp nhận,Ngày kết thúc xử lý,Trạng thái\n"
IN_PROGRESS = HEADER + "S-1,01/03/2024,,Đang xử lý\n"
DONE = HEADER + "S-1,01/03/2024,08/03/2024,Đã xử lý xong\n"
FIRST = {"kind": "dossier", "code": "S-1", "status": "in_progress", "received_at": "2024-03-01T08:00:00+07:00",
         "changed_at": "2024-03-01T08:00:00+07:00"}


def at(day, **fields):
    """A change of dossier S-1 made at noon of a day of March 2024."""
    return {"kind": "dossier", "code": "S-1", "changed_at": f"2024-03-{day:02}T12:00:00+07:00", **fields}


FINISHED = at(8, status="done", finished_at="2024-03-08T09:00:00+07:00")
REOPENED = at(9, status="in_progress", finished_at=None)


class Sceptic(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = province.Province(self.folder, self.write("units.csv", UNITS))
        self.hub.serve()
        self.addCleanup(self.hub.stop)
        self.files = 0

    def take(self, agent, content, *options):
        """Imports a table or records and sends what is new."""
        self.files += 1
        name = f"{self.files}.{'csv' if isinstance(content, str) else 'ndjson'}"
        counts = agent.take(self.write(name, content), *options)
        self.assertEqual(counts["rejected"], 0)
        agent.sync()
        return counts

    def listing(self, agent, content, day):
        return self.take(agent, content, "--changed-at", f"2024-03-{day:02}T12:00:00+07:00")

    def assertCells(self, *options, **wanted):
        cells = self.hub.totals("--from", "2024-01-01", *options)["total"]
        self.assertEqual({name: cells[name] for name in wanted}, wanted)

    def groups(self):
        found = self.hub.totals("--from", "2024-01-01", "--unit", "058", "--by", "unit")["groups"]
        return {group["key"]: (group["received"], group["done"]) for group in found if group["total_in"]}

    def tearDown(self):
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_an_older_export_after_a_newer_one(self):
        agent = self.hub.agent("95801")
        self.listing(agent, DONE, 10)
        self.listing(agent, IN_PROGRESS, 5)
        self.assertCells(received=1, done=1, open=0, gap=0)
        self.listing(agent, DONE, 10)
        self.listing(agent, IN_PROGRESS, 5)
        self.assertCells(received=1, done=1, open=0, gap=0)

    def test_an_older_export_after_a_newer_one_on_another_pc(self):
        newer, older = self.hub.agent("95801"), self.hub.agent("95801")
        self.listing(newer, DONE, 10)
        self.listing(older, IN_PROGRESS, 5)
        self.assertCells(received=1, done=1, open=0, gap=0)

    def test_a_null_imported_before_its_value(self):
        """Cleared on the 10th: what was written on the 8th stays cleared, however late it comes."""
        agent = self.hub.agent("95801")
        self.take(agent, [FIRST, at(10, finished_at=None)])
        self.take(agent, [at(8, finished_at="2024-03-08T09:00:00+07:00")])
        self.assertCells(received=1, done=0, open=1)
        self.take(agent, [at(12, finished_at="2024-03-11T09:00:00+07:00", status="done")])
        self.assertCells(received=1, done=1, open=0)

    def test_a_field_left_out_clears_nothing(self):
        agent = self.hub.agent("95801")
        self.take(agent, [FIRST, at(8, finished_at="2024-03-08T09:00:00+07:00", status="done")])
        self.take(agent, [at(10, fee=0)])
        self.assertCells(received=1, done=1, open=0)

    def test_a_returned_without_a_unit(self):
        """It counts where the dossier is, if its PC may write there; else it is kept and not counted."""
        returned = at(9, status="returned", returned_at="2024-03-09T09:00:00+07:00")
        counter, beside, elsewhere = (self.hub.agent(unit) for unit in ("95801", "95801", "95802"))
        self.take(elsewhere, [returned])
        self.take(counter, [dict(FIRST, unit="95801")])
        self.assertCells(received=1, done=0, open=1)
        self.assertEqual(self.groups(), {"95801": (1, 0)})
        self.take(beside, [returned])
        self.assertCells(received=1, done=1, open=0)
        self.assertEqual(self.groups(), {"95801": (1, 1)})

    def test_a_returned_without_a_unit_comes_first(self):
        counter, beside = self.hub.agent("95801"), self.hub.agent("95801")
        self.take(beside, [at(9, status="returned", returned_at="2024-03-09T09:00:00+07:00")])
        self.take(counter, [dict(FIRST, unit="95801")])
        self.assertCells(received=1, done=1, open=0, gap=0)
        self.assertEqual(self.groups(), {"95801": (1, 1)})

    def test_a_department_that_decides_for_a_commune(self):
        """Named by the commune as who decides, its word counts, and the dossier stays the commune's."""
        commune, department = self.hub.agent("95801"), self.hub.agent("06S1")
        decision = at(9, status="done", finished_at="2024-03-09T09:00:00+07:00")
        self.take(department, [decision])
        self.take(commune, [dict(FIRST, unit="95801")])
        self.assertEqual(self.groups(), {"95801": (1, 0)})
        self.take(commune, [at(2, decided_by="06S1")])
        self.assertEqual(self.groups(), {"95801": (1, 1)})
        self.assertCells("--unit", "06S1", received=0, done=0)

    def test_a_change_that_arrives_before_the_dossiers_first(self):
        early, late = self.hub.agent("95801"), self.hub.agent("95801")
        self.take(late, [at(8, status="done", finished_at="2024-03-08T09:00:00+07:00")])
        self.assertCells(received=0, done=0, open=0, incomplete=1)
        self.take(early, [FIRST])
        self.assertCells(received=1, done=1, open=0, incomplete=0, gap=0)

    def test_a_clock_in_2200_by_wire(self):
        """Not refused, and not the last word for ever: it counts as of when it came."""
        mad, sane = self.hub.agent("95801"), self.hub.agent("95801")
        self.take(mad, [FIRST, dict(FINISHED, changed_at="2200-01-01T00:00:00+07:00")])
        self.assertEqual(mad.status()["rejected"], 0)
        self.assertCells(received=1, done=1, open=0)
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=20)
        self.take(sane, [dict(REOPENED, changed_at=soon.isoformat(timespec="seconds"))])
        self.assertCells(received=1, done=0, open=1)

    def test_two_clocks_in_2200(self):
        """Between two of them it counts what came later."""
        mad, madder = self.hub.agent("95801"), self.hub.agent("95801")
        self.take(madder, [FIRST, dict(FINISHED, changed_at="2201-01-01T00:00:00+07:00")])
        self.take(mad, [dict(REOPENED, changed_at="2200-01-01T00:00:00+07:00")])
        self.assertCells(received=1, done=0, open=1)

    def test_two_pcs_at_one_counter_importing_the_same_file(self):
        one, other = self.hub.agent("95801"), self.hub.agent("95801")
        rows = HEADER + "".join(f"S-{number},01/03/2024,,Đang xử lý\n" for number in range(50))
        for agent in (one, other, one):
            self.listing(agent, rows, 5)
            self.assertCells(received=50, open=50, done=0)
        self.listing(other, DONE, 10)
        self.listing(one, rows, 5)
        self.assertCells(received=50, open=49, done=1)

    def indicator(self, agent, value, of, **fields):
        self.take(agent, [{"kind": "indicator", "name": "digital_signature", "period": "2024-05", "value": value,
                           "of": of, "changed_at": f"2024-06-0{fields.get('day', 1)}T08:00:00+07:00"}])

    def reported(self, unit):
        found = self.hub.report("indicators", "--name", "digital_signature", "--period", "2024-05", "--unit", unit)
        return found["value"], found["of"]

    def test_an_indicator_typed_by_city_and_wards(self):
        """The city's own word is the city's value, nothing is added to it; without it the wards are summed."""
        city, first, second = (self.hub.agent(unit) for unit in ("058", "95801", "95802"))
        self.indicator(first, 40, 60)
        self.indicator(second, 50, 70)
        self.assertEqual(self.reported("058"), (90, 130))
        self.indicator(city, 100, 200)
        self.assertEqual(self.reported("058"), (100, 200))
        self.assertEqual(self.reported("06"), (100, 200))
        self.assertEqual(self.reported("95801"), (40, 60))
        city.run("void", "indicator", "058|2024-05|digital_signature")
        city.sync()
        self.assertEqual(self.reported("058"), (90, 130))

    def test_a_computer_retired_later_asked_for_earlier(self):
        agent = self.hub.agent("95801")
        asset = {"kind": "equipment", "asset": "PC-1", "type": "computer"}
        self.take(agent, [dict(asset, in_use_on="2023-01-10", changed_at="2023-01-10T08:00:00+07:00"),
                          dict(asset, retired_on="2024-03-01", changed_at="2024-03-05T08:00:00+07:00")])
        for day, complete in (("2023-01-09", 0), ("2023-01-10", 1), ("2024-02-29", 1), ("2024-03-01", 0),
                              ("2024-12-31", 0)):
            with self.subTest(day=day):
                found = self.hub.report("equipment", "--as-of", day, "--require", "computer=1")
                self.assertEqual(found["complete"], complete)

    def test_a_computer_retired_by_its_state(self):
        agent = self.hub.agent("95801")
        asset = {"kind": "equipment", "asset": "PC-1", "type": "computer"}
        self.take(agent, [dict(asset, state="retired", changed_at="2024-03-01T08:00:00+07:00")])
        self.take(agent, [dict(asset, state="in_use", changed_at="2023-01-10T08:00:00+07:00")])
        for day, complete in (("2023-01-09", 0), ("2023-01-10", 1), ("2024-02-29", 1), ("2024-03-01", 0)):
            with self.subTest(day=day):
                found = self.hub.report("equipment", "--as-of", day, "--require", "computer=1")
                self.assertEqual(found["complete"], complete)

    def test_a_typo_in_replaces_corrected(self):
        """What was said under the provisional code follows the right official one, the wrong one is as it was."""
        agent = self.hub.agent("95801")
        provisional = agent.run("add", "dossier", "status=done", "received_at=2024-03-01",
                                "finished_at=2024-03-08").out.strip()
        self.assertTrue(provisional.startswith("L-"))
        self.take(agent, [dict(FIRST, code="S-11", due_at="2024-03-20"),
                          dict(FIRST, code="S-12", due_at="2024-03-02")])
        self.assertCells(received=3, done=1, open=2)
        agent.run("add", "dossier", "code=S-11", f"replaces={provisional}")
        agent.sync()
        self.assertCells(received=2, done=1, done_early=1, done_late=0, open=1)
        agent.run("add", "dossier", f"code={provisional}", "replaced_by=")
        agent.sync()
        self.assertCells(received=3, done=1, done_no_due=1, open=2)
        agent.run("add", "dossier", "code=S-12", f"replaces={provisional}")
        agent.sync()
        self.assertCells(received=2, done=1, done_early=0, done_late=1, open=1)

    def test_a_confirmation_that_outlives_a_late_older_write(self):
        """The export of the 10th still said so: what the 7th said comes too late to count today."""
        agent = self.hub.agent("95801")
        self.listing(agent, IN_PROGRESS, 5)
        self.assertEqual(self.listing(agent, IN_PROGRESS, 10)["unchanged"], 1)
        self.take(agent, [at(7, status="need_docs")])
        self.assertCells(received=1, open=1, open_paused=0)


if __name__ == "__main__":
    province.main()
