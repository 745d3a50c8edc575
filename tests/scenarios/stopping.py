#!/usr/bin/python3
"""The hub is stopped in the midst of its work, and lines end in the midst of an answer: what was answered is there,
and there once."""
import os
import select
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import fault_line, province, strangers  # noqa: E402
from support.strangers import HOST, enter  # noqa: E402

HALF_BODY = b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Length: 60\r\n\r\nx"


class Stops(strangers.Hostile):
    def test_stopped_under_load_what_was_answered_is_there(self):
        """SIGTERM in the midst of syncs, with clients that ask and never read: in time, and nothing is lost."""
        self.served()
        agents = [self.hub.agent(unit) for unit in ("95801", "95802", "90101")]
        ending = threading.Event()
        added = dict.fromkeys(agents, 0)

        def work(agent):
            while not ending.is_set():
                agent.run("add", "dossier", f"code=S-{os.path.basename(agent.data)}-{added[agent]:05}",
                          "status=accepted", "received_at=2024-03-01T08:00:00+07:00")
                added[agent] += 1
                agent.run("sync", exits=(0, 69, 75))

        threads = [threading.Thread(target=work, args=(agent,), daemon=True) for agent in agents]
        with self.reader_that_never_reads(), enter(self.hub.port) as half:
            half.sendall(HALF_BODY)
            for thread in threads:
                thread.start()
            for turn in range(3):
                time.sleep(1)
                start = time.monotonic()
                self.assertEqual(self.hub.stop(), 0)
                took = time.monotonic() - start
                print(f"    stopped after {took:.1f} s under load")
                self.assertLess(took, 15)
                self.assertGreater(sum(line["have"] for line in self.device_lines().values()), turn)
                self.hub.serve()
        ending.set()
        for thread in threads:
            thread.join(province.DEADLINE_S)
        for agent in agents:
            status = agent.status()
            self.assertGreaterEqual(self.device_lines()[status["device"]]["have"], status["acknowledged"])
            agent.sync()
            self.assertEqual(agent.status()["waiting"], 0)
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], sum(added.values()) + 1)
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)


class CuttingLine(fault_line.Listener):
    """Carries so many bytes of a connection each way (limits), then hangs up. None: no end."""

    def __init__(self, target):
        self.target, self.limits = target, (None, None)
        super().__init__()

    def serve(self, near):
        self.carry(near, *self.limits)

    def carry(self, near, up, down):
        far = socket.create_connection(("127.0.0.1", self.target))
        left = {near: up, far: down}
        with far:
            while all(limit is None or limit > 0 for limit in left.values()):
                for source in select.select([near, far], [], [])[0]:
                    data = source.recv(65536 if left[source] is None else left[source])
                    if not data:
                        return
                    (far if source is near else near).sendall(data)
                    if left[source] is not None:
                        left[source] -= len(data)


class Cuts(strangers.Hostile):
    def test_nw_05_cut_anywhere_nothing_is_lost_or_doubled(self):
        """A line that ends after N bytes, either way: the agent says so, and the next sync settles it."""
        self.served()
        line = CuttingLine(self.hub.port)
        self.addCleanup(line.close)
        agent = province.Agent("95801", self.path("cut"))
        url = f"https://127.0.0.1:{line.port}"
        agent.run("enroll", self.hub.hub("invite", "95801", "--no-confirm", "--url", url, "--json").json()["code"])
        cuts = [(up, None) for up in range(60, 1900, 131)] + [(None, down) for down in range(60, 1500, 131)]
        counts = {0: 0, 69: 0}
        for number, line.limits in enumerate(cuts):
            agent.run("add", "dossier", f"code=C-{number:03}", "status=accepted",
                      "received_at=2024-03-01T08:00:00+07:00")
            counts[agent.run("sync", exits=(0, 69)).code] += 1
        status = agent.status()
        self.assertGreater(self.device_lines()[status["device"]]["have"], status["acknowledged"])
        line.limits = (None, None)
        agent.sync()
        print(f"    {counts[69]} of {len(cuts)} syncs were cut short")
        self.assertGreater(counts[69], 10)
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], len(cuts) + 1)
        self.assertEqual(agent.status()["waiting"], 0)


if __name__ == "__main__":
    province.main()
