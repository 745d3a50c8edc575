"""The second opinion's units over time (design section 3, rules 4 and 5; contract sections 5 and 6): which unit a code
names on a day, what succeeded what, who may write for whom, and where a record counts by the units of a day."""
import csv
import math

from recount_asked import day as day_of_text
from recount_asked import day_text


class Unit:
    """What a code names from its first day to its last."""

    def __init__(self, row):
        self.code, self.name, self.level = row["code"], row["name"], row.get("level")
        self.parent = row["parent"] or None
        self.first = day_of_text(row["valid_from"]) if row.get("valid_from") else -math.inf
        self.last = day_of_text(row["valid_to"]) if row.get("valid_to") else math.inf

    def valid(self, day):
        return self.first <= day <= self.last


class Units:
    """All units there ever were, from code,name,level,parent[,valid_from,valid_to], and old,new,from,kind."""

    def __init__(self, rows, succession=()):
        self.of_code = {}
        for row in rows:
            self.of_code.setdefault(row["code"], []).append(Unit(row))
        for units in self.of_code.values():
            units.sort(key=lambda unit: unit.first)
        self.all = [unit for units in self.of_code.values() for unit in units]
        self.names = {code: units[-1].name for code, units in self.of_code.items()}
        self.levels = {code: units[-1].level for code, units in self.of_code.items()}
        self.parents = {code: units[-1].parent for code, units in self.of_code.items()}
        self.edges = [(self.on(row["old"], day_of_text(row["from"]) - 1), self.on(row["new"], day_of_text(row["from"])),
                       day_of_text(row["from"]), row["kind"]) for row in succession]
        self.edges += self.unstated()
        self.judged = {}

    @classmethod
    def read(cls, path, succession=None):
        rows = []
        for name in (path, succession):
            if name is None:
                rows.append([])
                continue
            with open(name, encoding="utf-8-sig", newline="") as file:
                rows.append(list(csv.DictReader(file)))
        return cls(*rows)

    def unstated(self):
        """A code goes on the day after as the same unit, unless a row says otherwise of the old one or the new one."""
        found = []
        for units in self.of_code.values():
            for old, new in zip(units, units[1:]):
                ends = any(edge[0] is old and edge[2] == old.last + 1 for edge in self.edges)
                made = any(edge[1] is new for edge in self.edges)
                provinces = old.level == new.level == "province"
                if old.last + 1 == new.first and not ends and (provinces or not made):
                    found.append((old, new, new.first, "same"))
        return found

    def on(self, code, day):
        """The unit with this code on a day; the last before where none has it, else the first after."""
        units = self.of_code.get(code, [])
        begun = [unit for unit in units if unit.first <= day]
        return begun[-1] if begun else units[0] if units else None

    def heirs(self, unit):
        return [edge for edge in self.edges if edge[0] is unit and edge[2] == unit.last + 1]

    # ---- as one tree, for lists without days -------------------------------------------------------------------

    def top(self):
        """The code of the province, the one that has not ended where there were several."""
        tops = [units[-1] for units in self.of_code.values() if units[-1].parent is None]
        return max(tops, key=lambda unit: unit.last).code

    def covers(self, above, below):
        """True if `below` is the code `above` or stands somewhere under it, by the last word on each."""
        if below not in self.parents:
            return False
        while below is not None and below != above:
            below = self.parents.get(below)
        return below == above

    # ---- who may write for whom --------------------------------------------------------------------------------

    def followed(self, postings):
        """postings: a code, for whose last unit a device was enrolled, or [(day, code) …]: the day of its enrolment,
        then those of assignments. What its unit was, one after the other: whole units are followed into the one they
        became, until it is told otherwise."""
        given = [(math.inf, postings)] if isinstance(postings, str) else list(postings)
        found = []
        for place, (first, code) in enumerate(given):
            until = given[place + 1][0] if place + 1 < len(given) else math.inf
            unit = self.on(code, first)
            first = first if place > 0 else -math.inf
            while unit is not None:
                found.append((first, unit))
                ways = self.heirs(unit)
                if len(ways) != 1 or ways[0][3] in ("split", "transfer") or ways[0][2] >= until:
                    break
                first, unit = max(first, ways[0][2]), ways[0][1]
        return found

    def unit_of(self, postings, day):
        """The code of a device's unit on a day."""
        followed = self.followed(postings)
        begun = [unit for place, (first, unit) in enumerate(followed) if place == 0 or first <= day]
        return begun[-1].code if begun else postings if isinstance(postings, str) else postings[0][1]

    def chain(self, unit, day):
        """A unit and all above it on a day."""
        chain = []
        while unit is not None and unit.valid(day) and unit not in chain:
            chain.append(unit)
            unit = self.on(unit.parent, day) if unit.parent else None
        return chain

    def stood_under(self, unit, posts, day):
        """True if on any day up to this one the unit was what one of the posts is or took over whole, or stood under
        it: every day on which something changes is looked at."""
        days = {day, unit.last, unit.first} | {bound for one in self.all for bound in (one.first, one.last)}
        earliest = min((bound for bound in days if bound != -math.inf), default=day) - 1
        days = {earliest if bound == -math.inf else bound for bound in days if bound <= day}
        over = {one for when in days if unit.valid(when) for one in self.chain(unit, when)}
        return any(later in posts for one in over for later in self.wholes(one, day))

    def wholes(self, unit, day):
        """A unit, and those into which all of it went up to a day, one after the other."""
        found = []
        while unit is not None:
            found.append(unit)
            ways = [edge for edge in self.heirs(unit) if edge[2] <= day]
            unit = ways[0][1] if len(ways) == 1 and ways[0][3] != "split" else None
        return found

    def may_write(self, postings, day, code):
        key = (postings if isinstance(postings, str) else tuple(postings), day, code)
        if key not in self.judged:
            self.judged[key] = self.judge(postings, math.inf if day is None else day, code)
        return self.judged[key]

    def judge(self, postings, day, code):
        units = self.of_code.get(code, [])
        candidates = [unit for unit in units if unit.first <= day] or units[:1]
        posts = [unit for place, (first, unit) in enumerate(self.followed(postings)) if place == 0 or first <= day]
        return any(self.reaches(unit, posts, max(day, unit.first)) for unit in candidates)

    def reaches(self, unit, posts, day):
        if self.stood_under(unit, posts, day):
            return True
        before = [edge[0] for edge in self.edges
                  if edge[1] is unit and edge[2] <= day and edge[3] not in ("split", "transfer")]
        return any(self.comes_from(one, posts, day) for one in before) or self.went_to(unit, posts, day)

    def comes_from(self, unit, posts, day):
        if self.stood_under(unit, posts, day):
            return True
        return any(self.comes_from(edge[0], posts, day) for edge in self.edges
                   if edge[1] is unit and edge[2] <= day and edge[3] not in ("split", "transfer"))

    def went_to(self, unit, posts, day):
        """True if all that became of a unit stands under the posts."""
        ways = [edge for edge in self.heirs(unit) if edge[2] <= day]
        if not ways or (len(ways) == 1 and ways[0][3] == "split"):
            return False
        return all(self.stood_under(edge[1], posts, day) or self.went_to(edge[1], posts, day) for edge in ways)


class Day:
    """The lines by which a report of one day counts: its units, and whatever cannot be shared out among them."""

    def __init__(self, units, day):
        self.units, self.day = units, day
        self.placed = {}
        self.province = units.top()

    def line(self, unit):
        """Where the records of a unit count."""
        if unit not in self.placed:
            self.placed[unit] = self.find(unit)
        return self.placed[unit]

    def find(self, unit):
        if unit.valid(self.day):
            return unit
        others = self.others(unit)
        lone_split = unit.last < self.day and [edge[3] for edge in self.units.heirs(unit)] == ["split"]
        lines = {self.line(other) for other in others}
        return lines.pop() if len(lines) == 1 and not lone_split else unit

    def others(self, unit):
        """What became of it, or what it was made of, whichever lies towards the day."""
        if unit.last < self.day:
            return [edge[1] for edge in self.units.heirs(unit)]
        return [edge[0] for edge in self.units.edges if edge[1] is unit and edge[2] == unit.first]

    def top(self):
        return self.line(self.units.on(self.province, self.day))

    def above(self, line):
        """The line over a line; None over the province."""
        if line is self.top():
            return None
        if line.valid(self.day):
            return self.units.on(line.parent, self.day) if line.parent else self.top()
        chains = [self.chain(self.line(other)) for other in self.others(line)]
        if len({chain[0] for chain in chains}) == 1:
            chains = [chains[0][1:]]
        shared = [one for one in chains[0] if all(one in chain for chain in chains)] if chains else []
        if shared:
            return shared[0]
        parent = line
        while parent is not None:
            if parent is not line and self.line(parent).valid(self.day):
                return self.line(parent)
            nearest = min(parent.last, max(parent.first, self.day))
            parent = self.units.on(parent.parent, nearest) if parent.parent else None
        return self.top()

    def chain(self, line):
        chain = []
        while line is not None and line not in chain:
            chain.append(line)
            line = self.above(line)
        return chain

    def key(self, line):
        if line.valid(self.day):
            return line.code
        return f"{line.code}@{day_text(line.last if line.last < self.day else line.first)}"

    def named(self, text):
        """The line a person names: CODE, or CODE@DAY."""
        code, _, day = text.partition("@")
        return self.line(self.units.on(code, day_of_text(day) if day else self.day))

    def children(self, asked):
        """The lines directly under a line, in the order of codes and days."""
        lines = {self.line(unit) for unit in self.units.all}
        under = [line for line in lines if line is not asked and self.above(line) is asked]
        return sorted(under, key=lambda line: (line.code, line.first))

    def stated(self, words):
        """The line of what was stated, [(day, code) …] as it took effect, the winner last: the winner's, unless that
        unit began after this day and more is known."""
        when, code = words[-1]
        unit = self.units.on(code, when)
        if unit is not None and unit.first > self.day and len(words) > 1:
            known = sorted(words, key=lambda word: word[0])
            until = [word for word in known if word[0] <= self.day]
            when, code = until[-1] if until else known[0]
            unit = self.units.on(code, when)
        return None if unit is None else self.line(unit)
