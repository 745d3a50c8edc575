#!/usr/bin/python3
"""Lines that are slow or lossy, between real agents and a real hub: what was entered arrives, and once."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import offices, province  # noqa: E402

SLOWEST = 250  # bytes a second: 2 kbit/s


class SlowLines(offices.BadLines):
    def test_nw_12_at_two_kilobits(self):
        """20 changes at 2 kbit/s each way, with the patience of the default: the figure, and no repetition."""
        office = self.office(patience_s=60)
        office.take_many(20)
        line = self.line(rate=SLOWEST)
        office.through(line)
        start = time.monotonic()
        office.sync()
        took = time.monotonic() - start
        print(f"    20 changes at 2 kbit/s: {took:.1f} s, {line.carried['up']} + {line.carried['down']} bytes,"
              f" {line.connections} connection")
        self.assertEqual(line.connections, 1)
        self.assertLess(took, 30)
        self.assertArrived(office)

    def test_nw_13_most_packets_are_lost(self):
        """60 of 100 packets are sent again, each time after twice as long; 2 s there and back. A tenth of all times."""
        draw = random.Random(13)

        def pause():
            lost, wait = 0.0, 0.1
            while draw.random() < 0.6 and wait < 1.7:
                lost, wait = lost + wait, wait * 2
            return lost

        office = self.office(patience_s=6)
        office.take_many(300)
        office.through(self.line(latency_s=0.1, pause_s=pause))
        start = time.monotonic()
        attempts = office.drain(60)
        print(f"    300 changes with 60 % lost, a tenth of all times: {time.monotonic() - start:.1f} s in {attempts}"
              " attempts")
        self.assertArrived(office)

if __name__ == "__main__":
    province.main()
