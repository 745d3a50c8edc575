#!/usr/bin/python3
"""Lines that tear, hold back or die in the midst of an exchange, between real agents and a real hub: the agent says so
in bounded time, and what was entered arrives once. Times are scaled: an agent's patience is a setting."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import offices, province  # noqa: E402

PARTS = 6


class TornLines(offices.BadLines):
    def test_nw_05_torn_anywhere(self):
        """Connections reset after any part of what goes up or comes down: then sent again, and there once."""
        office = self.office()
        clean = self.line()
        office.through(clean)
        office.take_many(20)
        office.sync()
        for way in ("up", "down"):
            for part in range(PARTS):
                office.take_many(20)
                office.through(self.line(**{f"{way}_limit": clean.carried[way] * part // PARTS}, then="reset"))
                self.assertLess(office.fails("E-"), 5)
        self.assertNothingTwice(office)

    def test_nw_06_held_back_and_delivered_later(self):
        """A proxy that gathers and passes on: within the agent's patience it works, beyond it the repetition does."""
        held_s = {}

        def gather(middle, head, body):
            time.sleep(held_s[middle.port])
            return middle.pass_on(head, body)

        def held_back(seconds):
            office, middle = self.office(patience_s=1), self.middle(act=gather)
            office.through(middle)
            office.add()
            held_s[middle.port] = seconds
            if seconds < 5:
                office.sync()
                return office
            self.assertLess(office.fails("E-LINE"), seconds)
            end = time.monotonic() + seconds
            while self.received(office) == 0 and time.monotonic() < end:
                time.sleep(0.2)
            self.assertEqual(self.received(office), 1)  # late, but there
            return office

        for office in self.together((1, 9), held_back):
            self.assertNothingTwice(office)

    def test_nw_11_peers_that_vanish(self):
        """From some byte on nothing moves any more: told in time, and nothing is left open at the hub."""
        before = self.descriptors()

        def vanish(where):
            way, limit = where
            office, line = self.office(patience_s=1), self.line(**{f"{way}_limit": limit})
            office.through(line)
            office.add()
            took = office.fails("E-")
            line.close()
            return office, took, where

        places = [(way, limit) for way, limits in (("up", (0, 230, 600)), ("down", (0, 400, 850))) for limit in limits]
        for office, took, (way, limit) in self.together(places, vanish):
            print(f"    vanished after {limit} bytes {way}: noticed after {took:.1f} s")
            self.assertLess(took, 12)
            self.assertNothingTwice(office)
        self.assertFewDescriptors(before)


if __name__ == "__main__":
    province.main()
