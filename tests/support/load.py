"""Synthetic days at several counters: changes that overlap, contradict, repeat and come from strangers.

Deterministic by seed. No device says two different things of one field at one and the same time, so the order in
which its files arrive decides nothing; two devices sometimes do.
"""
import datetime
import random

LOCAL = datetime.timezone(datetime.timedelta(hours=7))
MINUTE = datetime.timedelta(minutes=1)
DOMAINS = ["Hộ tịch", "Chứng thực", "Đất đai", "Bảo trợ xã hội"]

# Name of a device and its unit: two PCs at one counter, another ward, the city above, another district.
DEVICES = {"ward-a": "95801", "ward-b": "95801", "other-ward": "95802", "city": "058", "far": "90101"}
# Where dossiers live, the device that opens them, and who else may speak of them.
HOMES = [("95801", "ward-a", ["ward-b", "city"]), ("95801", "ward-b", ["ward-a", "city"]),
         ("95802", "other-ward", ["city"]), ("95803", "city", []), ("058", "city", []), ("90101", "far", [])]


class Load:
    """The changes of many dossiers, by device."""

    devices = DEVICES
    homes = HOMES

    def __init__(self, seed, n_changes):
        self.luck = random.Random(seed)
        self.rows = {device: [] for device in self.devices}
        self.count = 0
        number = 0
        while self.count < n_changes:
            number += 1
            self.dossier(number)

    def chance(self, share):
        return self.luck.random() < share

    def say(self, device, time, code, **fields):
        self.rows[device].append({"kind": "dossier", "code": code, **fields, "changed_at": time.isoformat()})
        self.count += 1

    def later(self, time, hours):
        return time + datetime.timedelta(minutes=1 + self.luck.randrange(60 * hours))

    def dossier(self, number):
        unit, device, others = self.luck.choice(self.homes)
        code = f"000.{unit}.H03-{number:06}"
        day = datetime.date(2023, 11, 20) + datetime.timedelta(days=self.luck.randrange(200))
        time = datetime.datetime(day.year, day.month, day.day, 7, 0, tzinfo=LOCAL)
        time += datetime.timedelta(minutes=self.luck.randrange(600))
        due = self.later(time, 24 * self.luck.choice([1, 1, 3, 10, 30]))
        self.say(device, time, code, **self.receipt(unit, time, due))
        for _ in range(self.luck.choice([0, 1, 1, 2, 2, 3])):
            time = self.later(time, 72)
            speaker = self.luck.choice(others) if others and self.chance(.3) else device
            self.say(speaker, time, code, **self.step(time, due))
        if others and self.chance(.05):
            self.contradiction(code, time + MINUTE, device, others[0])
        if self.chance(.02):
            self.stranger(code, time + 2 * MINUTE, unit)

    def receipt(self, unit, time, due):
        fields = {"status": self.luck.choices(["accepted", "submitted", "refused"], [94, 3, 3])[0]}
        # Opened by a device above its ward, a dossier without a unit would be the device's own.
        if unit not in ("95801", "95802", "90101") or self.chance(.8):
            fields["unit"] = unit
        if self.chance(.97):
            fields["received_at"] = time.isoformat()
        if self.chance(.9):
            fields["due_at"] = due.isoformat()
        if self.chance(.95):
            fields["channel"] = self.luck.choices(["online", "counter", "postal"], [70, 25, 5])[0]
        if self.chance(.6):
            fields["fee"] = self.luck.choice([0, 0, 2000, 8000, 50000])
        if self.chance(.7):
            fields["input_digitised"] = self.chance(.8)
        fields["domain"] = self.luck.choice(DOMAINS)
        return fields

    def step(self, time, due):
        kind = self.luck.choices(["done", "returned", "open", "withdrawn", "extended", "paid", "void", "cleared"],
                                 [30, 25, 15, 5, 5, 10, 4, 6])[0]
        return getattr(self, "step_" + kind)(time, due)

    def step_done(self, time, _):
        fields = {"status": "done", "result_digitised": self.chance(.6)}
        if self.chance(.93):
            fields["finished_at"] = time.isoformat()
        return fields

    def step_returned(self, time, _):
        fields = {"status": "returned"}
        if self.chance(.93):
            fields["returned_at"] = time.isoformat()
        if self.chance(.5):
            fields["rating"] = self.luck.choice([1, 3, 4, 5, 5])
        return fields

    def step_open(self, time, _):
        fields = {"status": self.luck.choice(["in_progress", "need_docs", "need_payment", "stopped", 4, "5"])}
        if self.chance(.5):
            fields["status_at"] = (time - datetime.timedelta(hours=self.luck.randrange(30))).isoformat()
        return fields

    def step_withdrawn(self, time, _):
        fields = {"status": "withdrawn"}
        if self.chance(.5):
            fields["finished_at"] = time.isoformat()
        return fields

    def step_extended(self, _, due):
        return {"due_at": self.later(due, 240).isoformat()}

    def step_paid(self, *_):
        return {"paid": self.luck.choice(["online", "counter", "none"]), "fee": self.luck.choice([0, 5000])}

    def step_void(self, *_):
        return {"void": self.luck.choice([True, True, False, None])}

    def step_cleared(self, *_):
        name = self.luck.choice(["due_at", "channel", "finished_at", "returned_at", "unit", "rating", "status"])
        return {name: None}

    def contradiction(self, code, time, one, other):
        """Two devices, one time, two words."""
        channels = self.luck.sample(["online", "counter", "postal"], 2)
        self.say(one, time, code, channel=channels[0])
        self.say(other, time, code, channel=channels[1])

    def stranger(self, code, time, unit):
        """A device that has no say, once without naming a unit, once naming one it does not cover."""
        device = "far" if unit != "90101" else "other-ward"
        if self.chance(.5):
            self.say(device, time, code, channel="postal")
        else:
            self.say(device, time, code, channel="postal", unit=unit)

    def parts(self, device, n_parts):
        """The device's rows shuffled, some twice, cut into parts."""
        rows = list(self.rows[device])
        rows += self.luck.sample(rows, len(rows) // 30)
        self.luck.shuffle(rows)
        cuts = sorted(self.luck.sample(range(1, len(rows)), n_parts - 1))
        return [rows[start:end] for start, end in zip([0] + cuts, cuts + [len(rows)])]
