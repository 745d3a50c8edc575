"""The second opinion's fold (design section 3): writes, and the facts of a dossier that follow from them."""
from recount_asked import MS_A_DAY, day_of, instant

TOLERANCE_MS = 10 * 60_000
STATUS_NAMES = ["submitted", "accepted", "refused", "in_progress", "need_docs", "need_payment", "withdrawn",
                "stopped", "done", "returned"]
WAITING = {"need_docs", "need_payment"}
CLOSING = {"done", "returned", "withdrawn"}
PAUSING = {"need_docs", "need_payment", "stopped"}
OPEN = PAUSING | {"accepted", "in_progress"}
TIME_FIELDS = {"submitted_at", "received_at", "finished_at", "returned_at", "due_at"}
NO_FIELD = {"kind", "code", "changed_at", "status_at", "replaces"}


# ---- writes and what they come to -------------------------------------------------------------------------------

class Write:
    """One change as one device sent it. `order` is the order of rule 2; `fields` are those it writes."""

    def __init__(self, order, device_unit, accepted_at, fields):
        self.order = order
        self.device_unit = device_unit  # where the device works, as Units.followed() takes it
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
        """accepted_at: when the hub took a row; None: after everything, a time, a function of (device, place)."""
        self.units = units
        self.accepted_at = accepted_at
        self.writes = {}
        self.refused = 0
        self.known = None

    def accepted(self, device, place):
        return self.accepted_at(device, place) if callable(self.accepted_at) else self.accepted_at

    def add(self, device, unit, place, row, assumed_time=None):
        """One row of a device; place is its position in everything the device sent."""
        if row.get("kind", "dossier" if "code" in row else None) != "dossier":
            return
        time_stated = row.get("changed_at") is not None
        if not time_stated and assumed_time is None:
            raise ValueError("a row without changed_at needs --changed-at")
        changed_at = instant(row["changed_at"]) if time_stated else assumed_time
        accepted_at = self.accepted(device, place)
        stamp = changed_at if accepted_at is None else min(changed_at, accepted_at + TOLERANCE_MS)
        fields = fields_of(row, stamp, time_stated)
        stated = row.get("unit")
        if fields is None or (stated is not None
                              and not self.units.may_write(unit, day_of(accepted_at), stated)):
            self.refused += 1
            return
        order = (stamp, changed_at, device, place)
        if row.get("replaces") is not None:
            self.put(row["replaces"], Write(order, unit, accepted_at, {"replaced_by": row["code"]}))
        if fields:
            self.put(row["code"], Write(order, unit, accepted_at, fields))

    def put(self, code, write):
        self.writes.setdefault(code, []).append(write)
        self.known = None

    def counting(self, writes):
        """
        Those writes whose device has a say in this thing (rule 5): it covers a unit stated for it (where none is,
        that of the earliest device), or a unit named as deciding by a device that does.
        """
        units = {write.fields["unit"] for write in writes if write.fields.get("unit") is not None}
        if not units:
            units = {self.unit_unstated(writes)[1]}
        covering = [write for write in writes if self.covers_one(write, units)]
        deciders = {write.fields["decided_by"] for write in covering if write.fields.get("decided_by") is not None}
        return [write for write in writes if write in covering or self.covers_one(write, deciders)]

    def covers_one(self, write, units):
        return any(self.units.may_write(write.device_unit, day_of(write.accepted_at), unit) for unit in units)

    def unit_unstated(self, writes):
        """(day, code): where nobody states a unit, that of the device with the earliest write."""
        first = min(writes, key=lambda write: write.order)
        return day_of(first.stamp), self.units.unit_of(first.device_unit, day_of(first.stamp))

    def dossiers(self):
        if self.known is None:
            self.known = self.resolve()
        return self.known

    def resolve(self):
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
        resolved = ((code, self.counting(writes), self.unit_unstated(writes)) for code, writes in joined.items())
        return [Dossier(code, writes, unstated) for code, writes, unstated in resolved if writes]


def winner(writes, field):
    """The value of the greatest write of a field; None if nobody wrote it or it was cleared last."""
    having = [write for write in writes if field in write.fields]
    return max(having, key=lambda write: write.order).fields[field] if having else None


class Dossier:
    """The facts of one dossier."""

    def __init__(self, code, writes, unstated):
        """unstated: (day, code) of the unit where nobody states one."""
        self.code = code
        self.fields = {}
        for write in sorted(writes, key=lambda write: write.order):
            self.fields.update(write.fields)
        self.units = [(day_of(write.stamp), write.fields["unit"]) for write in sorted(
            writes, key=lambda write: write.order) if write.fields.get("unit") is not None]
        if self.get("unit") is None:
            self.units = [unstated]
        self.unit = self.units[-1][1]
        self.void = bool(self.get("void"))
        status = self.get("status")
        self.status = status.name if status else None
        self.status_at = self.status_time(writes)
        for name in TIME_FIELDS:
            setattr(self, name, self.get(name))
        self.history = self.status_history(writes)
        self.ahead = self.status_ahead(writes)

    def get(self, field):
        return self.fields.get(field)

    @staticmethod
    def status_time(writes):
        """When the winning status was reached: its own time, else that of the writes before it that say the same."""
        having = sorted((write for write in writes if "status" in write.fields), key=lambda write: write.order)
        name = None
        for write in reversed(having):
            status = write.fields["status"]
            if status is None or name not in (None, status.name):
                break
            if status.at is not None:
                return status.at
            name = status.name
        return None

    @staticmethod
    def status_history(writes):
        """(day, status) in the order in which they hold (rule 3)."""
        dated = []
        for write in writes:
            if "status" in write.fields:
                status = write.fields["status"]
                when = status.day if status else day_of(write.stamp)
                dated.append((when, write.order, status.name if status else None))
        return [(when, name) for when, _, name in sorted(dated, key=lambda entry: entry[:2])]

    @staticmethod
    def status_ahead(writes):
        """True if the winning status is dated more than a day after the hub took it."""
        having = [write for write in writes if "status" in write.fields]
        last = max(having, key=lambda write: write.order, default=None)
        if last is None or last.accepted_at is None or last.fields["status"] is None:
            return False
        at = last.fields["status"].stated_at
        return at is not None and at > last.accepted_at + MS_A_DAY

    def status_on(self, date):
        """The status on a day."""
        return next((name for when, name in reversed(self.history) if when <= date), None)

    def waited(self, until):
        """Days up to a day on which the citizen was waited for."""
        ends = [when for when, _ in self.history[1:]] + [until]
        return sum(max(0, min(end, until) - when) for (when, name), end in zip(self.history, ends)
                   if name in WAITING)

    def supplements(self):
        """How often documents were asked for: need_docs after need_docs is the same request."""
        names = [name for _, name in self.history]
        return sum(name == "need_docs" and before != "need_docs" for before, name in zip([None] + names, names))

    def first_of(self, *names):
        return next((getattr(self, name) for name in names if getattr(self, name) is not None), None)

    def date_of_end(self, rule):
        """The first stated date that ends a dossier by the rule."""
        return self.first_of(*(f"{name}_at" for name in rule.ends))

    def refused_at(self):
        return self.first_of("status_at", "received_at", "submitted_at")

    def reopened(self, rule):
        """An open status dated after the end date."""
        at = self.date_of_end(rule)
        ended = rule.stopped_ends and self.status == "stopped"
        return (self.status in OPEN and not ended and None not in (at, self.status_at)
                and day_of(self.status_at) > day_of(at))

    def end(self, rule):
        """When it ended by the rule, None if it has not."""
        if self.status == "withdrawn":
            return self.first_of("finished_at", "returned_at", "status_at")
        if self.status == "refused" and rule.refused_counts:
            return self.refused_at()
        if self.status == "stopped" and rule.stopped_ends:
            at = self.date_of_end(rule)
            return self.status_at if at is None else at
        if self.status in PAUSING or self.reopened(rule):
            return None
        return self.date_of_end(rule)

    def counts(self, rule):
        """False for what was never received, whatever its dates say."""
        return self.status != "submitted" and (self.status != "refused" or rule.refused_counts)

    def faults(self, rule):
        """Why the dossier stands in the list of incomplete ones."""
        found = ["status-ahead"] if self.ahead else []
        if not self.counts(rule):
            return found
        received, end = day_of(self.received_at), day_of(self.end(rule))
        if received is None and self.status not in (None, "refused"):
            found.append("no-receipt-date")
        if None not in (received, end) and end < received:
            found.append("end-before-receipt")
        if self.status in ("done", "returned") and self.first_of("finished_at", "returned_at") is None:
            found.append("closed-without-date")
        if self.status == "withdrawn" and end is None:
            found.append("withdrawn-without-date")
        if self.reopened(rule):
            found.append("reopened")
        return found
