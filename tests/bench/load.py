#!/usr/bin/env python3
"""Synthetic one-stop changes as NDJSON, for the benchmarks: the same arguments give the same bytes.

A dossier is accepted, done and returned, about 2.9 changes in all, in the order in which these happen over the days.
"""
import argparse
import datetime
import json
import random

HANOI = datetime.timezone(datetime.timedelta(hours=7))
# Working days allowed by a procedure, the shorter ones more common.
DAYS_ALLOWED = (0, 1, 1, 2, 3, 3, 5, 7, 10, 15, 20)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S+07:00")


class Load:
    def __init__(self, seed, unit):
        self.random = random.Random(seed)
        self.unit = unit
        self.events = []
        self.procedures = [
            (f"{self.random.choice('12')}.{self.random.randrange(100, 13000):06d}", self.random.choice(DAYS_ALLOWED))
            for _ in range(80)
        ]
        self.weights = [1 / (place + 2) for place in range(len(self.procedures))]

    def put(self, moment, code, **fields):
        change = {"kind": "dossier", "code": code, **fields, "changed_at": stamp(moment)}
        self.events.append((moment, len(self.events), change))

    def dossier(self, day, number):
        draw = self.random
        received = day + datetime.timedelta(hours=7, minutes=30, seconds=draw.randrange(9 * 3600))
        procedure, allowed = draw.choices(self.procedures, self.weights)[0]
        due = day + datetime.timedelta(days=allowed * 7 // 5, hours=17)
        code = f"000.00.{int(self.unit) % 1000:03d}.H06-{day:%y%m%d}-{number:05d}"
        fields = {
            "unit": self.unit,
            "procedure": procedure,
            "channel": draw.choices(("online", "counter", "postal"), (75, 23, 2))[0],
            "status": "accepted",
            "received_at": stamp(received),
            "due_at": stamp(due),
        }
        if draw.random() < 0.8:
            fields["input_digitised"] = True
        self.put(received, code, **fields)
        if draw.random() < 0.95:
            self.finish(code, received, due)

    def finish(self, code, received, due):
        draw = self.random
        seconds = max(600, int((due - received).total_seconds()))
        share = draw.uniform(1.0, 1.3) if draw.random() < 0.02 else draw.betavariate(2, 3)
        finished = received + datetime.timedelta(seconds=int(seconds * share))
        fields = {"status": "done", "finished_at": stamp(finished)}
        if draw.random() < 0.7:
            fields["result_digitised"] = True
        if draw.random() < 0.5:
            fields["fee"] = draw.choice((0, 5000, 8000, 10000, 20000, 50000))
            fields["paid"] = draw.choice(("counter", "online"))
        self.put(finished, code, **fields)
        returned = finished + datetime.timedelta(seconds=int(draw.expovariate(1 / 14400)))
        fields = {"status": "returned", "returned_at": stamp(returned)}
        if draw.random() < 0.3:
            fields["rating"] = draw.choices((5, 4, 3, 2, 1), (78, 16, 3, 2, 1))[0]
        self.put(returned, code, **fields)


def changes(dossiers, seed=1, unit="00001", first_day="2024-01-02", days=60):
    """The changes of so many dossiers as dictionaries, in order of time."""
    load = Load(seed, unit)
    start = datetime.datetime.fromisoformat(first_day).replace(tzinfo=HANOI)
    for i in range(dossiers):
        load.dossier(start + datetime.timedelta(days=i * days // dossiers), i)
    return [change for _, _, change in sorted(load.events, key=lambda event: event[:2])]


def write(records, out):
    for record in records:
        out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dossiers", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unit", default="00001")
    parser.add_argument("--output", type=argparse.FileType("w", encoding="utf-8"), default="-")
    arguments = parser.parse_args()
    write(changes(arguments.dossiers, arguments.seed, arguments.unit), arguments.output)


if __name__ == "__main__":
    main()
