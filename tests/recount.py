#!/usr/bin/python3
"""A second opinion on totals: reads change files as the agents got them and counts them from scratch.

    recount.py --units units.csv --agent 05801=a.ndjson,b.ndjson --agent 058@DEVICE=c.ndjson --year 2024

Follows the interface contract (section 6), the design (section 3) and the words of the rule files, not the C code,
so that the two can disagree. Prints what `motcua-hub totals --json` prints, but units_expected and units_reporting
are null.

Each --agent is one device: UNIT is the unit it is enrolled for (UNIT>2025-07-01:OTHER where it was assigned to
another), its files follow in the order of import. Devices rank by DEVICE where that is given, else in the order of the
command line.
"""
import argparse
import datetime
import json
import math
import re
import sys

from recount_asked import (MS_A_DAY, NAMED_PERIODS, RULES, Rule, day, day_of, day_text, instant, period_of,
                           rows_of)
from recount_fold import CLOSING, PAUSING, Things
from recount_units import Day, Units

BY = ["unit", "level", "domain", "procedure", "channel", "month", "day"]
COUNTED = ["received", "received_online", "received_counter", "received_postal", "received_unstated", "carried_in",
           "total_in", "done", "done_early", "done_on_time", "done_late", "done_no_due", "open", "open_in_time",
           "open_late", "open_paused", "refused", "withdrawn", "incomplete", "gap"]
STANDS = ["open", "open_in_time", "open_late", "open_paused"]  # at the end of a period
FLOWS = [name for name in COUNTED if name not in ("carried_in", "total_in", *STANDS, "incomplete", "gap")]
RATES = ["online", "on_time", "input_digitised", "result_digitised", "paid_online", "satisfied"]


class Cells:
    """The cells of one group."""

    def __init__(self, key, name):
        self.key = key
        self.name = name
        self.counts = dict.fromkeys(COUNTED, 0)
        self.rates = {rate: [0, 0] for rate in RATES}

    def rate(self, name, hit):
        self.rates[name][0] += bool(hit)
        self.rates[name][1] += 1

    def count(self, *names):
        for name in names:
            self.counts[name] += 1

    def take(self, dossier, rule, first, as_of):
        """Counts one dossier for the days from `first` to `as_of`; what comes later has not happened."""
        if dossier.status == "refused":
            refused = day_of(dossier.refused_at())
            self.count(*["refused"] * (refused is not None and first <= refused <= as_of))
        received, end = day_of(dossier.received_at), day_of(dossier.end(rule))
        counts = dossier.counts(rule) and received is not None
        if counts and (received > as_of or (received < first and end is not None and end < first)):
            return
        if dossier.faults(rule):
            self.count("incomplete")
        if not counts:
            return
        self.count("total_in")
        if received < first:
            self.count("carried_in")
        else:
            self.take_received(dossier)
        if end is not None and first <= end <= as_of:
            self.take_done(dossier, rule)
        elif (end is not None and end > as_of) or (end is None and dossier.status not in CLOSING):
            self.take_open(dossier, rule, as_of)
        else:
            self.count("gap")

    def take_received(self, dossier):
        channel = dossier.get("channel")
        self.count("received", f"received_{channel or 'unstated'}")
        self.rate("online", channel == "online")
        self.rate("input_digitised", dossier.get("input_digitised"))
        if (dossier.get("fee") or 0) > 0:
            self.rate("paid_online", dossier.get("paid") == "online")

    def take_done(self, dossier, rule):
        kind = timeliness(dossier, rule)
        self.count("done", f"done_{kind}", *["withdrawn"] * (dossier.status == "withdrawn"))
        self.rate("on_time", kind in ("early", "on_time"))
        self.rate("result_digitised", dossier.get("result_digitised"))
        if dossier.get("rating") is not None:
            self.rate("satisfied", dossier.get("rating") >= 4)

    def take_open(self, dossier, rule, as_of):
        due = day_of(dossier.due_at)
        if due is not None and rule.waiting_subtracted:
            due += dossier.waited(as_of)
        paused = dossier.status_on(as_of) in PAUSING
        late = due is not None and due < as_of and not (paused and rule.paused_in_time)
        self.count("open", "open_late" if late else "open_in_time")
        if paused and not late:
            self.count("open_paused")

    def follow(self, rows):
        """
        The total of rows that follow each other: flows sum, the first row says what was carried in, the last what
        is open. An end in an earlier row than the receipt is in no row's done, so it is in the gap.
        """
        for name in FLOWS:
            self.counts[name] = sum(row.counts[name] for row in rows)
        for name in RATES:
            self.rates[name] = [sum(row.rates[name][part] for row in rows) for part in (0, 1)]
        for name in STANDS:
            self.counts[name] = rows[-1].counts[name]
        self.counts["carried_in"] = rows[0].counts["carried_in"]
        self.counts["total_in"] = self.counts["received"] + self.counts["carried_in"]
        self.counts["gap"] = self.counts["total_in"] - self.counts["done"] - self.counts["open"]

    def document(self):
        return {"key": self.key, "name": self.name, **self.counts, "rates": self.rates,
                "units_expected": None, "units_reporting": None}


def timeliness(dossier, rule):
    """How the end of a dossier lies to its due date."""
    if dossier.status == "withdrawn" and rule.withdrawn_on_time:
        return "on_time"
    if 0 < rule.supplements_max < dossier.supplements():
        return "late"
    if dossier.due_at is None:
        return "no_due"
    end, due = dossier.end(rule), dossier.due_at
    if rule.waiting_subtracted:
        due += dossier.waited(day_of(end)) * MS_A_DAY
    if not rule.by_time:
        end, due = day_of(end), day_of(due)
    return "early" if end < due else "on_time" if end == due else "late"


def national_code(procedure):
    """A procedure's code without what a province appended to it: 1.001612.000.00.00.H48 is 1.001612."""
    found = re.match(r"\d\.\d{6}(?=\.|$)", procedure)
    return found[0] if found else procedure


def key_of(dossier, lines, line, asked, by):
    """The group a dossier stands in; what is not stated is a group of its own."""
    if by == "unit":
        chain = lines.chain(line)
        return lines.key(asked if line is asked else chain[chain.index(asked) - 1])
    if by == "level":
        return line.level
    if by == "procedure":
        return national_code(dossier.get("procedure") or "")
    return dossier.get(by) or ""


def groups_at_first(lines, asked, by):
    """The groups that are there without any dossier, and those of what cannot be shared out."""
    if by not in (None, "unit"):
        return {}
    units = lines.children(asked) + [asked] if by else [asked]
    return {lines.key(unit): Cells(lines.key(unit), unit.name) for unit in units}


def totals(things, units, asked, by, first, last, today, rule=None, units_day=None):
    """
    The document `motcua-hub totals --json` prints. by: None or one of BY; rule: form06 unless given; units_day: by
    whose units, those of the last day unless given.
    """
    rule = rule or Rule.read("form06")
    as_of = min(last, today)
    lines = Day(units, as_of if units_day is None else units_day)
    asked = lines.named(asked)
    counted = [(dossier, lines.stated(dossier.units)) for dossier in things.dossiers() if not dossier.void]
    counted = [(dossier, line) for dossier, line in counted if line is not None and asked in lines.chain(line)]
    groups = groups_at_first(lines, asked, by)
    total = Cells(lines.key(asked), asked.name)
    for dossier, line in counted:
        total.take(dossier, rule, first, as_of)
        if by not in ("month", "day"):
            key = key_of(dossier, lines, line, asked, by) if by else lines.key(asked)
            groups.setdefault(key, Cells(key, key)).take(dossier, rule, first, as_of)
    if by == "unit":
        groups = {key: cells for key, cells in groups.items() if "@" not in key or any(cells.counts.values())}
    for key, start, end in rows_of(by, first, last) if by in ("month", "day") else []:
        groups[key] = Cells(key, key)
        for dossier, _ in counted:
            groups[key].take(dossier, rule, start, min(end, today))
    if by in ("month", "day"):
        total.follow(list(groups.values()))
    return {"schema": 1, "from": day_text(first), "to": day_text(last), "as_of": day_text(as_of), "rule": rule.name,
            "as_known_at": None, "groups": [group.document() for group in groups.values()],
            "total": total.document()}


def postings_of(text):
    """UNIT, or UNIT>DAY:UNIT… of a device that was assigned to others."""
    first, *others = text.split(">")
    if not others:
        return first
    return [(math.inf, first)] + [(day(other[:10]), other[11:]) for other in others]


def read_agents(things, agents, assumed_time):
    """agents: the --agent arguments, UNIT[@DEVICE]=FILE[,FILE…]."""
    for number, agent in enumerate(agents):
        who, _, files = agent.partition("=")
        unit, _, device = who.partition("@")
        unit = postings_of(unit)
        place = 0
        for path in files.split(","):
            with open(path, encoding="utf-8-sig") as file:
                for line in file:
                    place += 1
                    if line.strip():
                        things.add(device or f"{number:08}", unit, place, json.loads(line), assumed_time)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agent", action="append", required=True, metavar="UNIT[@DEVICE]=FILE[,FILE…]")
    parser.add_argument("--units", required=True)
    parser.add_argument("--succession", metavar="FILE", help="old,new,from,kind")
    parser.add_argument("--as-units-of", metavar="DAY")
    parser.add_argument("--from", dest="period_from")
    parser.add_argument("--to", dest="period_to")
    for name in NAMED_PERIODS:
        parser.add_argument("--" + name.replace("_", "-"))
    parser.add_argument("--unit")
    parser.add_argument("--by", choices=BY)
    parser.add_argument("--rule", default="form06")
    parser.add_argument("--rules", metavar="FOLDER", default=RULES)
    parser.add_argument("--today")
    parser.add_argument("--accepted", metavar="T", help="when the hub accepted everything (default: never bounds)")
    parser.add_argument("--changed-at", metavar="T", help="the time of rows that state none")
    options = parser.parse_args(arguments)

    units = Units.read(options.units, options.succession)
    things = Things(units, instant(options.accepted) if options.accepted else None)
    read_agents(things, options.agent, instant(options.changed_at) if options.changed_at else None)
    local = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()
    today = day(options.today or local)
    first, last = period_of(options, today)
    document = totals(things, units, options.unit or units.top(), options.by, first, last, today,
                      Rule.read(options.rule, options.rules),
                      day(options.as_units_of) if options.as_units_of else None)
    print(json.dumps(document, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
