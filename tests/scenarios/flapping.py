#!/usr/bin/python3
"""Lines that come and go, or carry no more than a little at a time: how much goes at once follows them.

Times are scaled: an agent's patience is a setting. MOTCUA_LONG plays the flapping line at a tenth of its times.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import offices, province  # noqa: E402

SLOWEST = 250  # bytes a second: 2 kbit/s
LONG = bool(os.environ.get("MOTCUA_LONG"))


class FlappingLines(offices.BadLines):
    def test_nw_14_flapping(self):
        """60 s up, 90 s down at 2 kbit/s: a backlog of 5,000 drains. All times scaled, the rate as well."""
        scale = 10 if LONG else 60
        up_s, down_s = 60 / scale, 90 / scale
        office = self.office(patience_s=max(1, 60 // scale))
        office.take_many(5000)
        line = self.line(rate=SLOWEST * scale, is_up=lambda seconds: seconds % (up_s + down_s) < up_s)
        office.through(line)
        start = time.monotonic()
        attempts = office.drain(100 if LONG else 60)
        took = time.monotonic() - start
        print(f"    5,000 changes, {up_s:.1f} s up and {down_s:.1f} s down, 2 kbit/s times {scale}: {took:.0f} s, that"
              f" is {took * scale / 60:.0f} min, {attempts} attempts, {line.carried['up']} bytes up")
        self.assertArrived(office)

    def test_nw_22_what_is_large_vanishes(self):
        """What is longer than 3,000 bytes at a time never gets through: requests shrink until they do."""
        office = self.office(patience_s=1)
        office.take_many(600)
        line = self.line(at_once=3000)
        office.through(line)
        attempts = office.drain(100)
        print(f"    600 changes, 3,000 bytes at a time: {attempts} attempts, {line.connections} connections")
        self.assertArrived(office)


if __name__ == "__main__":
    province.main()
