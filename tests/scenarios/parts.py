#!/usr/bin/python3
"""Files in any order, in parts, again and again: the totals of everything taken in once, in its order."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

SEEDS = range(1, 7)
UNITS = ("95801", "95802")
DOSSIERS = 12
QUESTIONS = (["--month", "2024-03", "--by", "unit"], ["--month", "2024-04"], ["--year", "2024", "--by", "day"],
             ["--quarter", "2024-Q1", "--rule", "index766"], ["--from", "2024-03-10", "--to", "2024-03-20"])
HEADER = "Mã hồ sơ,Ngày tiếp nhận,Ngày hẹn trả,Ngày kết thúc xử lý,Trạng thái"
# Changes and exports say the same statuses: which came first must not decide what time a status has.
CHANGED = ("accepted", "need_docs", "stopped", "done", "returned", "withdrawn")
EXPORTED = ("Được tiếp nhận", "Dừng xử lý", "Công dân yêu cầu rút hồ sơ", "Đã xử lý xong")


def time_of(day, second):
    """An instant of March or April 2024; no two changes of one PC share one."""
    month, day = (3, day) if day <= 31 else (4, day - 31)
    return f"2024-{month:02}-{day:02}T{8 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+07:00"


def date_of(moment):
    return moment[8:10] + "/" + moment[5:7] + "/" + moment[:4]


class Said:
    """What one PC has to say: changes with their times, and exports of all its dossiers on some days."""

    def __init__(self, chance, unit):
        self.chance, self.unit, self.second = chance, unit, 0
        self.changes = sorted((self.change() for _ in range(40)), key=lambda record: record["changed_at"])
        self.exports = [(time_of(day, 7 * 3600), self.export()) for day in sorted(chance.sample(range(2, 45), 4))]

    def code(self):
        return f"{self.unit}-{self.chance.randrange(DOSSIERS)}"

    def change(self):
        self.second += 1
        chance = self.chance
        record = {"kind": "dossier", "code": self.code(), "changed_at": time_of(chance.randint(1, 45), self.second)}
        for field in ("received_at", "due_at", "finished_at"):
            if chance.random() < 0.4:
                record[field] = chance.choice([None, time_of(chance.randint(1, 45), 0), time_of(20, 0)])
        if chance.random() < 0.2:
            record["void"] = chance.choice([True, False, None])
        record["status"] = chance.choice(CHANGED)
        return record

    def export(self):
        rows = []
        for number in range(DOSSIERS):
            dates = [date_of(time_of(self.chance.randint(1, 45), 0)) if self.chance.random() < 0.5 else ""
                     for _ in range(3)]
            rows.append(",".join([f"{self.unit}-{number}", *dates, self.chance.choice(EXPORTED)]))
        return rows

    def once(self):
        """Every file once and whole."""
        return [(None, self.changes)] + list(self.exports)

    def parts(self):
        """The same in pieces, shuffled, many of them twice."""
        pieces = []
        for stated, rows in self.once():
            rows = self.chance.sample(rows, len(rows))
            while rows:
                n = self.chance.randint(1, len(rows))
                pieces += [(stated, rows[:n])] * self.chance.randint(1, 2)
                rows = rows[n:]
        self.chance.shuffle(pieces)
        return pieces


class Parts(province.Scenario):
    def play(self, name, said, files_of, chance):
        """The answers of a province whose PCs take in these files."""
        folder = self.path(name)
        os.mkdir(folder)
        hub = province.Province(folder)
        hub.serve()
        self.addCleanup(hub.stop)
        agents = {one.unit: hub.agent(one.unit) for one in said}
        work = [(agents[one.unit], *file) for one in said for file in files_of(one)]
        for number, (agent, stated, rows) in enumerate(work):
            if stated is None:
                agent.take(self.write(f"{number}.ndjson", rows))
            else:
                agent.take(self.write(f"{number}.csv", "\n".join([HEADER, *rows])), "--changed-at", stated)
            if chance.random() < 0.3:
                agent.sync()
        for agent in agents.values():
            agent.sync()
        return [hub.totals(*question) for question in QUESTIONS]

    def test_parts_give_the_totals_of_the_whole(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                chance = random.Random(seed)
                said = [Said(chance, unit) for unit in UNITS]
                whole = self.play(f"whole-{seed}", said, Said.once, chance)
                parts = self.play(f"parts-{seed}", said, Said.parts, chance)
                self.assertGreater(whole[0]["total"]["received"], 0)
                self.assertGreater(whole[0]["total"]["done"], 0)
                for one, other in zip(whole, parts):
                    self.assertSameCells(other, one)


if __name__ == "__main__":
    province.main()
