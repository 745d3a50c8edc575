"""Everything design section 3 and contract section 6 speak of, in one province of five devices.

As in load.py, but also: dossiers that move, are paused, reopened, stopped, decided elsewhere; provisional codes
that are joined, parted and joined otherwise; clocks gone mad; listings that state no time; rows that are refused.
"""
import datetime

from support import load

UNITS = [("06", "province", ""), ("D1", "department", "06"), ("058", "district", "06"), ("95801", "commune", "058"),
         ("95802", "commune", "058"), ("901", "district", "06"), ("90101", "commune", "901")]
DEVICES = {"department": "D1", "district": "058", "ward-a": "95801", "ward-b": "95802", "far": "90101"}
# Where dossiers live, the device that opens them, and who else may speak of them.
HOMES = [("D1", "department", []), ("058", "district", []), ("95801", "ward-a", ["district"]),
         ("95802", "ward-b", ["district"]), ("95801", "district", ["ward-a"]), ("90101", "far", [])]
PROCEDURES = ["1.001612", "1.001612.000.00.00.H48", "2.000635", "2.000635.H06", "1.0016123", "TT-17", "3.12"]
OPEN = ["accepted", "in_progress", "need_docs", "need_payment", "stopped", 4, "5"]
CLEARED = ["due_at", "channel", "finished_at", "returned_at", "unit", "rating", "status", "received_at", "domain",
           "procedure", "decided_by", "fee", "submitted_at"]
# How often each step is taken.
STEPS = {"done": 20, "returned": 16, "open": 34, "withdrawn": 6, "refused": 4, "extended": 5, "paid": 8, "void": 3,
         "cleared": 9, "moved": 5, "corrected": 6, "decided": 4, "ahead": 2}


class MixedLoad(load.Load):
    """rows: what states its time; mad: what a clock years ahead states; listed: no time, each dossier once."""

    devices = DEVICES
    homes = HOMES

    def __init__(self, seed, n_changes):
        self.mad = {device: [] for device in self.devices}
        self.listed = {device: [] for device in self.devices}
        super().__init__(seed, n_changes)
        for rows in self.rows.values():
            self.luck.shuffle(rows)

    def dossier(self, number):
        unit, device, others = self.luck.choice(self.homes)
        code = f"000.{unit}.H03-{number:06}"
        day = datetime.date(2023, 11, 20) + datetime.timedelta(days=self.luck.randrange(280))
        time = datetime.datetime(day.year, day.month, day.day, 0, 0, tzinfo=load.LOCAL)
        time += datetime.timedelta(minutes=self.luck.randrange(24 * 60))
        due = self.later(time, 24 * self.luck.choice([1, 1, 3, 10, 30]))
        if self.chance(.04):
            self.list(device, code, unit, time, due)
            return
        if self.chance(.12):
            self.provisional(number, code, (unit, device, others), time, due)
            return
        self.life(code, (unit, device, others), time, due)

    def life(self, code, home, time, due, opened=True):
        """A dossier's way through its home; returns when the last word was said."""
        unit, device, others = home
        if opened:
            self.say(device, time, code, **self.receipt(unit, time, due))
        for _ in range(self.luck.choice([0, 1, 1, 2, 3, 4, 6])):
            time = self.later(time, self.luck.choice([2, 72, 400]))
            speaker = self.luck.choice(others) if others and self.chance(.3) else device
            fields = self.step(time, due)
            if self.chance(.03):
                self.go_mad(speaker, code, fields)
            else:
                self.say(speaker, time, code, **fields)
        if others and self.chance(.08):
            self.contradiction(code, time + load.MINUTE, device, others[0])
        if self.chance(.04):
            self.stranger(code, time + 2 * load.MINUTE, unit)
        if self.chance(.05):
            time = self.asked_again(code, device, time)
        if self.chance(.05) and device != "department":
            self.decided_elsewhere(code, device, time)
        return time

    def receipt(self, unit, time, due):
        fields = super().receipt(unit, time, due)
        # What the district opens for a ward says so.
        if unit not in ("058", "D1"):
            fields["unit"] = unit
        if self.chance(.8):
            fields["procedure"] = self.luck.choice(PROCEDURES)
        if self.chance(.1):
            del fields["domain"]
        if self.chance(.5):
            fields["submitted_at"] = (time - datetime.timedelta(hours=self.luck.randrange(72))).isoformat()
        return fields

    def step(self, time, due):
        kind = self.luck.choices(list(STEPS), list(STEPS.values()))[0]
        return getattr(self, "step_" + kind)(time, due)

    def step_open(self, time, due):
        fields = super().step_open(time, due)
        fields["status"] = self.luck.choice(OPEN)
        return fields

    def step_done(self, time, due):
        fields = super().step_done(time, due)
        if "finished_at" in fields and self.chance(.2):
            fields["finished_at"] = due.isoformat()  # to the minute
        if self.chance(.05):
            fields["returned_at"] = self.later(time, 48).isoformat()
        return fields

    def step_withdrawn(self, time, due):
        fields = super().step_withdrawn(time, due)
        if self.chance(.3):
            fields["returned_at"] = self.later(time, 48).isoformat()
        return fields

    def step_refused(self, time, _):
        fields = {"status": "refused"}
        if self.chance(.5):
            fields["status_at"] = time.isoformat()
        return fields

    def step_cleared(self, *_):
        return {name: None for name in self.luck.sample(CLEARED, self.luck.choice([1, 1, 2]))}

    def step_moved(self, *_):
        return {"unit": self.luck.choice([unit for unit, _, _ in UNITS])}

    def step_corrected(self, time, _):
        """Dates nobody would believe, and rows without sense."""
        name = self.luck.choice(["received_at", "finished_at", "returned_at", "submitted_at"])
        fields = {name: (time + datetime.timedelta(days=self.luck.randrange(-60, 60))).isoformat()}
        if self.chance(.15):
            fields = self.luck.choice([{"status_at": time.isoformat()}, {"replaced_by": "000.958.H03-1"}])
        return fields

    def step_decided(self, *_):
        return {"decided_by": self.luck.choice(["D1", "058", "95802"])}

    def step_ahead(self, *_):
        year = self.luck.choice([2030, 2099])
        return {"status": self.luck.choice(["accepted", "done", "refused", "submitted", "stopped"]),
                "status_at": f"{year}-01-01T08:00:00+07:00"}

    def go_mad(self, device, code, fields):
        """One word, or two of which the later stands first."""
        years = self.luck.choice([[2060], [2200], [2200, 2060]])
        for year in years:
            self.mad[device].append({"kind": "dossier", "code": code, **fields,
                                     "changed_at": f"{year}-0{self.luck.randrange(1, 4)}-01T08:00:00+07:00"})
            fields = {"channel": "postal", "status": "accepted", "unit": "058"}

    def asked_again(self, code, device, time):
        """Documents are asked for twice, and still all is done long before it is due."""
        for status in ("need_docs", "in_progress", "need_docs", "done"):
            time = self.later(time, 30)
            dates = {"finished_at": time.isoformat(), "due_at": self.later(time, 900).isoformat()}
            self.say(device, time, code, status=status, **(dates if status == "done" else {}))
        return time

    def decided_elsewhere(self, code, device, time):
        """The department decides: asked to, or because it says so itself."""
        asked = self.chance(.6)
        if asked:
            self.say(device, time + 3 * load.MINUTE, code, decided_by="D1")
        fields = {} if asked else {"decided_by": "D1"}
        self.say("department", self.later(time, 24), code, **self.step_done(time, time), **fields)

    def stranger(self, code, time, unit):
        device = "far" if unit != "90101" else "ward-b"
        word = self.luck.choice([{"channel": "postal"}, {"void": True}, {"status": "withdrawn"}])
        if self.chance(.4):
            word["unit"] = self.luck.choice([unit, "901", "nowhere"])
        self.say(device, time, code, **word)

    def list(self, device, code, unit, time, due):
        row = {"kind": "dossier", "code": code, **self.receipt(unit, time, due)}
        row["status"] = self.luck.choice(["accepted", "withdrawn", "refused", "done", "stopped", "submitted"])
        self.listed[device].append(row)
        self.count += 1

    def provisional(self, number, code, home, time, due):
        """One or two codes of our own, then the official one: joined, parted, joined to another, or not at all."""
        unit, device, others = home
        for part in range(self.luck.choice([1, 1, 1, 2])):
            own = f"L-{device}-1-240101-{number}{part}"
            after = self.life(own, home, time + part * load.MINUTE, due)
            if self.chance(.9):
                self.join(own, code, self.luck.choice([device] + others), self.later(time, 48))
            if self.chance(.15):
                self.join(own, self.luck.choice([None, code + "-B", "L-nobody"]), device, after)
            if self.chance(.1):
                self.say(device, self.later(after, 5), own, void=True)
            if self.chance(.1):
                self.join(own, code + "-C", "far" if unit != "90101" else "ward-a", self.later(after, 9))
        if self.chance(.8):
            self.life(code, home, self.later(time, 48), due, opened=self.chance(.4))

    def join(self, own, code, device, time):
        if code is not None and not code.startswith("L-") and self.chance(.7):
            self.say(device, time, code, replaces=own, **self.luck.choice([{}, {"domain": "Hộ tịch"}]))
        else:
            self.say(device, time, own, replaced_by=code)
