#!/usr/bin/python3
"""Too many clients, too many requests, too few descriptors: the hub goes on for the honest."""
import contextlib
import os
import resource
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
# Freed memory is kept aside by the sanitizer; here its growth would hide a leak.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
from support import province, strangers  # noqa: E402
from support.strangers import (HANDSHAKE_S, HOST, STRANGERS, descriptors_of, enter, forged,  # noqa: E402
                               knock, memory_of, post, read_answer)

FEW = 16  # connections that are about to end, and what the agent opens
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
HALF_HEADER = b"POST /v1/batches HTTP/1.1\r\n" + HOST
HALF_BODY = HALF_HEADER + b"Content-Length: 60\r\n\r\nx"


class Floods(strangers.Hostile):
    def test_nw_11_half_open_peers_leave_nothing_behind(self):
        """1,000 peers go silent at every stage; as many descriptors and as much memory afterwards."""
        self.served()
        idle = descriptors_of(self.hub.server)
        stages = ((knock, b""), (knock, HELLO), (knock, HELLO), (enter, b""), (knock, b""), (enter, HALF_HEADER),
                  (knock, HELLO), (enter, HALF_BODY))
        memory, kept = [], []
        with self.honest():
            for first in range(0, 1000, 500):
                start = time.monotonic()
                with contextlib.ExitStack() as stack:
                    for number in range(first, first + 500):
                        reach, data = stages[number % len(stages)]
                        connection = stack.enter_context(reach(self.hub.port, STRANGERS[number % len(STRANGERS)]))
                        if data:
                            connection.sendall(data)
                    self.quiet(idle + 3)  # the agent's own connection comes and goes
                    kept.append(time.monotonic() - start)
                memory.append(memory_of(self.hub.server))
        self.quiet(idle)
        print(f"    500 peers at a time, gone after {', '.join(f'{s:.1f}' for s in kept)} s; memory "
              f"{', '.join(f'{bytes_ >> 20}' for bytes_ in memory)} MiB")
        self.assertLess(memory[-1] - memory[0], 16 << 20)
        self.assertEqual(self.hub.stop(), 0)

    def test_rs_04_nobody_takes_all_places(self):
        """128 places, 64 for an address: strangers want all of them, and the agent still gets through."""
        self.served("connections = 128")
        idle = descriptors_of(self.hub.server)
        with contextlib.ExitStack() as stack, self.honest():
            for _ in range(100):
                stack.enter_context(knock(self.hub.port))
            self.assertLessEqual(descriptors_of(self.hub.server) - idle, 64 + FEW)
            most, end = 0, time.monotonic() + 2 * HANDSHAKE_S
            while time.monotonic() < end:
                for source in STRANGERS[1:4]:
                    for _ in range(20):
                        stack.enter_context(knock(self.hub.port, source))
                most = max(most, descriptors_of(self.hub.server) - idle)
                time.sleep(.1)
        print(f"    at most {most} descriptors more than idle")
        self.assertLessEqual(most, 128 + 128 // 2 + FEW)

    def test_rs_05_a_flood_of_handshakes_passes(self):
        self.served()
        ending, counts = threading.Event(), []

        def flood(source):
            count = 0
            while not ending.is_set():
                with contextlib.suppress(OSError):
                    enter(self.hub.port, source).close()
                    count += 1
            counts.append(count)

        with self.honest(least=5):
            threads = [threading.Thread(target=flood, args=(source,), daemon=True) for source in STRANGERS[:4]]
            start = time.monotonic()
            for thread in threads:
                thread.start()
            time.sleep(3)
            ending.set()
            for thread in threads:
                thread.join()
            took = time.monotonic() - start
            after = time.monotonic()
            # A second computer is let in right after it.
            other = self.hub.agent("95802")
            other.sync()
            self.assertLess(time.monotonic() - after, 5)
        print(f"    {sum(counts) / took:.0f} handshakes a second for {took:.1f} s")
        self.assertGreater(sum(counts), 20)

    def test_rs_08_forged_requests_under_a_known_key_cost_two_checks_a_second(self):
        self.served()
        request = post("/v1/batches", forged(self.agent.status()["device"]))
        counts = {422: 0, 503: 0}
        with self.honest(), enter(self.hub.port) as connection:
            start = time.monotonic()
            for _ in range(1000):
                connection.sendall(request)
                status, retry_after = read_answer(connection)
                counts[status] += 1
                self.assertEqual(retry_after, 1 if status == 503 else None)
            took = time.monotonic() - start
        print(f"    1000 forged requests in {took:.1f} s, {counts[422]} of them looked at")
        self.assertGreaterEqual(counts[422], 30)
        self.assertLessEqual(counts[422], 30 + 2 * took + 1)

    def test_rs_07_without_descriptors_it_goes_on_later(self):
        """60 descriptors in all: strangers take what there is, the agent gets its turn, nothing breaks."""
        self.hub = province.Province(self.folder, settings=strangers.SETTINGS)
        self.hub.serve(before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60)))
        self.addCleanup(self.hub.stop)
        self.agent = self.hub.agent("95801")
        with contextlib.ExitStack() as stack:
            for _ in range(200):
                with contextlib.suppress(OSError):
                    stack.enter_context(knock(self.hub.port))
            self.assertLessEqual(descriptors_of(self.hub.server), 60)
            self.agent.run("add", "dossier", "code=F-1", "status=accepted", "received_at=2024-03-01T08:00:00+07:00")
            self.agent.sync_until_done(2 * HANDSHAKE_S + 10)
        self.agent.sync()
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 1)
        self.assertEqual(self.hub.stop(), 0)


if __name__ == "__main__":
    province.main()
