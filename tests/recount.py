#!/usr/bin/python3
"""A second opinion on totals: reads change files as the agents got them and counts them from scratch.

    recount.py --units units.csv --agent 05801=a.ndjson,b.ndjson --agent 058@DEVICE=c.ndjson --year 2024

Written from the interface contract (section 6) and the design (section 3) alone, without a look at the C code,
so that the two can disagree. Prints what `motcua-hub totals --json` prints, but units_expected and units_reporting
are null.

Each --agent is one device: UNIT is the unit it is enrolled for, its files follow in the order of import. Devices
rank by DEVICE where that is given, else in the order of the command line. Rule: form06.
"""
import argparse
import csv
import datetime
import json
import sys

MS_A_DAY = 86_400_000
LOCAL_MS = 7 * 3_600_000  # UTC+07:00, fixed
TOLERANCE_MS = 10 * 60_000
EPOCH = datetime.date(1970, 1, 1)

STATUS_NAMES = ["submitted", "accepted", "refused", "in_progress", "need_docs", "need_payment", "withdrawn",
                "stopped", "done", "returned"]
NOT_RECEIVED = {"submitted", "refused"}
CLOSING = {"done", "returned", "withdrawn"}
PAUSING = {"need_docs", "need_payment", "stopped"}
OPEN = PAUSING | {"accepted", "in_progress"}
TIME_FIELDS = {"submitted_at", "received_at", "finished_at", "returned_at", "due_at"}
NO_FIELD = {"kind", "code", "changed_at", "status_at", "replaces"}

COUNTED = ["received", "received_online", "received_counter", "received_postal", "received_unstated", "carried_in",
           "total_in", "done", "done_early", "done_on_time", "done_late", "done_no_due", "open", "open_in_time",
           "open_late", "open_paused", "refused", "withdrawn", "incomplete", "gap"]
RATES = ["online", "on_time", "input_digitised", "result_digitised", "paid_online", "satisfied"]


# ---- times ----------------------------------------------------------------------------------------------------

def instant(text):
    """Milliseconds since 1970 UTC of a time as files write it; without an offset it is local."""
    text = text.strip()
    if "/" in text:
        date, _, clock = text.partition(" ")
        day, month, year = date.split("/")
        text = f"{year}-{month.zfill(2)}-{day.zfill(2)}T{clock or '00:00'}"
    text = text.replace("Z", "+00:00")
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(milliseconds=1)


def day_of(ms):
    """The local date of an instant, as days since 1970."""
    return None if ms is None else (ms + LOCAL_MS) // MS_A_DAY


def day(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def day_text(number):
    return (EPOCH + datetime.timedelta(days=number)).isoformat()


def month_end(year, month):
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return (following - EPOCH).days - 1


def period_of(options, today):
    """First and last day asked for."""
    if options.month:
        year, month = (int(part) for part in options.month.split("-"))
        return day(f"{year:04}-{month:02}-01"), month_end(year, month)
    if options.year:
        return day(f"{options.year}-01-01"), day(f"{options.year}-12-31")
    last = day(options.period_to) if options.period_to else today
    first = day(options.period_from) if options.period_from else day(day_text(last)[:4] + "-01-01")
    return first, last


# ---- units ----------------------------------------------------------------------------------------------------

class Units:
    """The tree of units, from code,name,level,parent."""

    def __init__(self, rows):
        self.names = {}
        self.parents = {}
        for row in rows:
            self.names[row["code"]] = row["name"]
            self.parents[row["code"]] = row["parent"] or None

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8-sig", newline="") as file:
            return cls(list(csv.DictReader(file)))

    def top(self):
        return next(code for code, parent in self.parents.items() if parent is None)

    def children(self, code):
        return sorted(child for child, parent in self.parents.items() if parent == code)

    def covers(self, above, below):
        """True if `below` is the unit `above` or stands somewhere under it."""
        if below not in self.parents:
            return False
        while below is not None and below != above:
            below = self.parents.get(below)
        return below == above

    def group_of(self, asked, unit):
        """The child of `asked` under which a unit stands, `asked` for its own records, None outside."""
        if unit == asked:
            return asked
        return next((child for child in self.children(asked) if self.covers(child, unit)), None)


# ---- writes and what they come to -------------------------------------------------------------------------------

class Write:
    """One change as one device sent it. `order` is the order of rule 2; `fields` are those it writes."""

    def __init__(self, order, device_unit, accepted_at, fields):
        self.order = order
        self.device_unit = device_unit
        self.accepted_at = accepted_at
        self.fields = fields

    @property
    def stamp(self):
        return self.order[0]


class Status:
    """status and status_at, one field in two parts. `at` is None where it stays unset; `day` dates the history."""

    def __init__(self, name, stated_at, stamp, time_stated):
        self.name = name
        self.stated_at = stated_at
        self.at = stated_at if stated_at is not None else stamp if time_stated else None
        self.day = day_of(stated_at if stated_at is not None else stamp)


def fields_of(row, stamp, time_stated):
    """The fields a row writes; None for a row that is refused."""
    fields = {}
    for name, value in row.items():
        if name in NO_FIELD:
            continue
        if value is not None and name in TIME_FIELDS:
            value = instant(value)
        fields[name] = value
    if row.get("status_at") is not None and row.get("status") is None:
        return None
    if row.get("status") is not None:
        name = row["status"]
        if isinstance(name, int) or name.isdigit():
            name = STATUS_NAMES[int(name) - 1]
        at = instant(row["status_at"]) if row.get("status_at") else None
        fields["status"] = Status(name, at, stamp, time_stated)
    return fields


class Things:
    """Every write that passed on arrival, by dossier code."""

    def __init__(self, units, accepted_at=None):
        self.units = units
        self.accepted_at = accepted_at  # None: after everything
        self.writes = {}
        self.refused = 0

    def add(self, device, unit, place, row, assumed_time=None):
        """One row of a device; place is its position in everything the device sent."""
        if row.get("kind", "dossier" if "code" in row else None) != "dossier":
            return
        time_stated = row.get("changed_at") is not None
        if not time_stated and assumed_time is None:
            raise ValueError("a row without changed_at needs --changed-at")
        changed_at = instant(row["changed_at"]) if time_stated else assumed_time
        stamp = changed_at if self.accepted_at is None else min(changed_at, self.accepted_at + TOLERANCE_MS)
        fields = fields_of(row, stamp, time_stated)
        stated = row.get("unit")
        if fields is None or (stated is not None and not self.units.covers(unit, stated)):
            self.refused += 1
            return
        order = (stamp, changed_at, device, place)
        if row.get("replaces") is not None:
            self.put(row["replaces"], order, unit, {"replaced_by": row["code"]})
        if fields:
            self.put(row["code"], order, unit, fields)

    def put(self, code, order, unit, fields):
        self.writes.setdefault(code, []).append(Write(order, unit, self.accepted_at, fields))

    def counting(self, writes):
        """
        Those writes whose device has a say in this thing (rule 5): it covers a unit stated for it (where none is,
        that of the earliest device), or a unit named as deciding by a device that does.
        """
        units = {write.fields["unit"] for write in writes if write.fields.get("unit") is not None}
        if not units:
            units = {min(writes, key=lambda write: write.order).device_unit}
        covering = [write for write in writes if self.covers_one(write, units)]
        deciders = {write.fields["decided_by"] for write in covering if write.fields.get("decided_by") is not None}
        return [write for write in writes if write in covering or self.covers_one(write, deciders)]

    def covers_one(self, write, units):
        return any(self.units.covers(write.device_unit, unit) for unit in units)

    def dossiers(self):
        """Every dossier as the winners make it, provisional codes joined with their official ones (rule 7)."""
        joined = {}
        for code, writes in self.writes.items():
            target = None
            if code.startswith("L-"):
                target = winner(self.counting(writes), "replaced_by")
            if target is None or target.startswith("L-"):
                joined.setdefault(code, []).extend(writes)
            else:
                kept = [{name: value for name, value in write.fields.items() if name not in ("void", "replaced_by")}
                        for write in writes]
                joined.setdefault(target, []).extend(
                    Write(write.order, write.device_unit, write.accepted_at, fields)
                    for write, fields in zip(writes, kept) if fields)
        for code, writes in joined.items():
            counting = self.counting(writes)
            if counting:
                yield Dossier(code, counting)


def winner(writes, field):
    """The value of the greatest write of a field; None if nobody wrote it or it was cleared last."""
    having = [write for write in writes if field in write.fields]
    return max(having, key=lambda write: write.order).fields[field] if having else None


class Dossier:
    """The facts of one dossier."""

    def __init__(self, code, writes):
        self.code = code
        self.writes = writes
        self.unit = winner(writes, "unit")
        if self.unit is None:
            self.unit = min(writes, key=lambda write: write.order).device_unit
        self.void = bool(winner(writes, "void"))
        status = winner(writes, "status")
        self.status = status.name if status else None
        self.status_at = status.at if status else None
        for name in TIME_FIELDS:
            setattr(self, name, winner(writes, name))

    def get(self, field):
        return winner(self.writes, field)

    def status_on(self, date):
        """The status on a day: the latest dated one up to it, ties by the order of writes (rule 3)."""
        dated = []
        for write in self.writes:
            if "status" in write.fields:
                status = write.fields["status"]
                when = status.day if status else day_of(write.stamp)
                if when <= date:
                    dated.append((when, write.order, status.name if status else None))
        return max(dated, key=lambda entry: entry[:2])[2] if dated else None

    def any_end(self):
        return self.returned_at if self.returned_at is not None else self.finished_at

    def reopened(self):
        """An open status dated after the end date."""
        return (self.status in OPEN and self.any_end() is not None and self.status_at is not None
                and day_of(self.status_at) > day_of(self.any_end()))

    def end_day(self):
        """The day it ended by rule form06, None if it has not."""
        if self.status == "withdrawn":
            given = [self.finished_at, self.returned_at, self.status_at]
            return day_of(next((at for at in given if at is not None), None))
        if self.status in PAUSING or self.reopened():
            return None
        return day_of(self.any_end())

    def faults(self):
        """Why the dossier stands in the list of incomplete ones."""
        found = []
        if self.received_at is None and self.status not in NOT_RECEIVED and self.status is not None:
            found.append("no-receipt-date")
        if None not in (self.received_at, self.end_day()) and self.end_day() < day_of(self.received_at):
            found.append("end-before-receipt")
        if self.status in ("done", "returned") and self.any_end() is None:
            found.append("closed-without-date")
        if self.status == "withdrawn" and self.end_day() is None:
            found.append("withdrawn-without-date")
        if self.status_in_future():
            found.append("status-in-future")
        if self.reopened():
            found.append("reopened")
        return found

    def status_in_future(self):
        having = [write for write in self.writes if write.fields.get("status") is not None]
        if not having:
            return False
        last = max(having, key=lambda write: write.order)
        at = last.fields["status"].stated_at
        return at is not None and last.accepted_at is not None and at > last.accepted_at + MS_A_DAY


# ---- counting -------------------------------------------------------------------------------------------------

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

    def take(self, dossier, first, as_of):
        """Counts one dossier for the days from `first` to `as_of`; what comes later has not happened."""
        received, end = day_of(dossier.received_at), dossier.end_day()
        if dossier.status == "refused":
            given = [dossier.status_at, dossier.received_at, dossier.submitted_at]
            refused = day_of(next((at for at in given if at is not None), None))
            if refused is not None and first <= refused <= as_of:
                self.count("refused")
        if dossier.status in NOT_RECEIVED:
            return
        if received is None:
            if dossier.faults():
                self.count("incomplete")
            return
        if received > as_of or (received < first and end is not None and end < first):
            return
        if dossier.faults():
            self.count("incomplete")
        self.count("total_in")
        if received < first:
            self.count("carried_in")
        else:
            self.take_received(dossier)
        if end is not None and first <= end <= as_of:
            self.take_done(dossier, end)
        elif (end is not None and end > as_of) or (end is None and dossier.status not in CLOSING):
            self.take_open(dossier, as_of)
        else:
            self.count("gap")

    def take_received(self, dossier):
        channel = dossier.get("channel")
        self.count("received", f"received_{channel or 'unstated'}")
        self.rate("online", channel == "online")
        self.rate("input_digitised", dossier.get("input_digitised"))
        if (dossier.get("fee") or 0) > 0:
            self.rate("paid_online", dossier.get("paid") == "online")

    def take_done(self, dossier, end):
        due = day_of(dossier.due_at)
        if dossier.status == "withdrawn":
            self.count("withdrawn")
            kind = "on_time"
        elif due is None:
            kind = "no_due"
        else:
            kind = "early" if end < due else "on_time" if end == due else "late"
        self.count("done", f"done_{kind}")
        self.rate("on_time", kind in ("early", "on_time"))
        self.rate("result_digitised", dossier.get("result_digitised"))
        if dossier.get("rating") is not None:
            self.rate("satisfied", dossier.get("rating") >= 4)

    def take_open(self, dossier, as_of):
        due = day_of(dossier.due_at)
        paused = dossier.status_on(as_of) in PAUSING
        late = due is not None and due < as_of and not paused
        self.count("open", "open_late" if late else "open_in_time")
        if paused:
            self.count("open_paused")

    def document(self):
        return {"key": self.key, "name": self.name, **self.counts, "rates": self.rates,
                "units_expected": None, "units_reporting": None}


def totals(things, units, asked, by_unit, first, last, today):
    """The document `motcua-hub totals --json` prints."""
    as_of = min(last, today)
    keys = units.children(asked) + [asked] if by_unit else [asked]
    groups = {key: Cells(key, units.names[key]) for key in keys}
    total = Cells(asked, units.names[asked])
    for dossier in things.dossiers():
        group = units.group_of(asked, dossier.unit)
        if dossier.void or group is None:
            continue
        groups[group if by_unit else asked].take(dossier, first, as_of)
        total.take(dossier, first, as_of)
    return {"schema": 1, "from": day_text(first), "to": day_text(last), "as_of": day_text(as_of), "rule": "form06",
            "as_known_at": None, "groups": [group.document() for group in groups.values()],
            "total": total.document()}


def read_agents(things, agents, assumed_time):
    """agents: the --agent arguments, UNIT[@DEVICE]=FILE[,FILE…]."""
    for number, agent in enumerate(agents):
        who, _, files = agent.partition("=")
        unit, _, device = who.partition("@")
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
    parser.add_argument("--from", dest="period_from")
    parser.add_argument("--to", dest="period_to")
    parser.add_argument("--month")
    parser.add_argument("--year")
    parser.add_argument("--unit")
    parser.add_argument("--by", choices=["unit"])
    parser.add_argument("--today")
    parser.add_argument("--accepted", metavar="T", help="when the hub accepted everything (default: never bounds)")
    parser.add_argument("--changed-at", metavar="T", help="the time of rows that state none")
    options = parser.parse_args(arguments)

    units = Units.read(options.units)
    things = Things(units, instant(options.accepted) if options.accepted else None)
    read_agents(things, options.agent, instant(options.changed_at) if options.changed_at else None)
    local = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()
    today = day(options.today or local)
    first, last = period_of(options, today)
    document = totals(things, units, options.unit or units.top(), options.by == "unit", first, last, today)
    print(json.dumps(document, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
