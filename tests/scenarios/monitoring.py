#!/usr/bin/python3
"""The admin address: what a monitoring program is told, and that nobody else is told it."""
import contextlib
import os
import re
import socket
import sqlite3
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402
from support.strangers import HOST, enter, forged, post, read_answer  # noqa: E402

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([a-z0-9]+)"\})? (\d+(?:\.\d{3})?)')


class Monitoring(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = province.Province(self.folder)
        self.hub.serve("--admin", "0")
        self.addCleanup(self.hub.stop)
        with open(self.hub.log, encoding="utf-8") as file:
            self.admin = re.match(r"admin on (127\.0\.0\.1:\d+)\nlistening on ", file.read())[1]

    def ask(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=20) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.headers["Content-Type"], refusal.read().decode()

    def metrics(self):
        """Samples by name and label, after a look at their form."""
        status, kind, text = self.ask("/metrics")
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertTrue(text.endswith("\n"))
        samples, told = {}, {}
        for line in text.splitlines():
            head = re.fullmatch(r"# (HELP|TYPE) ([a-z_]+) (.+)", line)
            if head:
                told.setdefault(head[2], {})[head[1]] = head[3]
                continue
            name, _, label, value = SAMPLE.fullmatch(line).groups()
            self.assertEqual(set(told[name]), {"HELP", "TYPE"})
            self.assertEqual(told[name]["TYPE"], "counter" if name.endswith("_total") else "gauge")
            self.assertNotIn((name, label), samples)
            samples[name, label] = float(value)
        return samples

    def test_it_tells_what_went_on(self):
        before = self.metrics()
        self.assertEqual(before["motcua_batches_total", None], 0)
        self.assertEqual(before["motcua_last_backup_timestamp_seconds", None], 0)
        agents = [self.hub.agent("95801"), self.hub.agent("95802")]
        for number in range(5):
            agents[0].run("add", "dossier", f"code=M-{number}", "status=accepted")
        agents[0].run("add", "dossier", "code=M-foreign", "unit=90101", "status=accepted")
        for agent in agents:
            agent.sync()
        self.hub.hub("device", "suspend", agents[1].status()["device"])
        self.hub.hub("backup", self.path("hub.backup"))
        with enter(self.hub.port) as connection:
            connection.sendall(post("/v1/batches", forged(agents[0].status()["device"])))
            self.assertEqual(read_answer(connection)[0], 422)
            after = self.metrics()
            self.assertEqual(after["motcua_connections", None], 1)
        self.assertEqual(after["motcua_devices", "unconfirmed"], 1)
        self.assertEqual(after["motcua_devices", "suspended"], 1)
        self.assertEqual(after["motcua_devices", "held"], 0)
        self.assertEqual(after["motcua_changes_total", None], 6)
        self.assertEqual(after["motcua_changes_refused_total", None], 1)
        self.assertEqual(after["motcua_batches_total", None], self.hub.hub("status", "--json").json()["batches"])
        self.assertEqual(after["motcua_log_entries", None], self.hub.hub("status", "--json").json()["entries"])
        self.assertEqual(after["motcua_requests_total", "422"], 1)
        self.assertGreaterEqual(after["motcua_requests_total", "200"], 6)
        self.assertGreater(after["motcua_request_bytes_total", None], 500)
        self.assertGreater(after["motcua_answer_bytes_total", None], 500)
        self.assertGreaterEqual(after["motcua_commits_total", None], 4)
        self.assertGreater(after["motcua_last_commit_timestamp_seconds", None], 1.7e9)
        self.assertGreater(after["motcua_last_backup_timestamp_seconds", None], 1.7e9)
        self.assertLess(after["motcua_last_commit_seconds", None], 20)
        self.assertEqual((after["motcua_verify_timestamp_seconds", None], after["motcua_verify_good", None]), (0, 0))
        # An answer can be read a moment before its request is let go.
        names = ("motcua_backlog", "motcua_pending_batches", "motcua_in_flight_bytes")
        end = time.monotonic() + 10
        while any(after[name, None] for name in names) and time.monotonic() < end:
            after = self.metrics()
        self.assertEqual([after[name, None] for name in names], [0, 0, 0])

    def verified(self):
        samples = self.metrics()
        return tuple(samples[f"motcua_verify_{name}", None] for name in ("good", "differences"))

    def test_the_nightly_look_beside_the_serving_hub(self):
        agent = self.hub.agent("95801")
        agent.run("compare")
        self.assertEqual(self.metrics()["motcua_compares_total", None], 1)
        self.assertIn("Never verified in full", self.hub.hub("status", "--lang", "en").out)
        for number in range(4):  # work goes on while it looks
            agent.run("add", "dossier", f"code=M-{number}", "status=accepted", "received_at=2024-05-22")
            looking = province.start("motcua-hub", "verify", "--full", "--data", self.hub.data)
            agent.sync()
            self.assertEqual(looking.wait(60), 0)
        self.assertEqual(agent.status()["waiting"], 0)
        self.assertEqual(self.verified(), (1, 0))
        entries = self.hub.hub("status", "--json").json()["entries"]
        seen = self.hub.hub("verify", "--full")
        self.assertIn(f"event=verified entries={entries}", seen.err)
        self.assertIn("no difference", self.hub.hub("status", "--lang", "en").out)
        # ID-26: and the night after somebody edited the database.
        with contextlib.closing(sqlite3.connect(os.path.join(self.hub.data, "hub.db"))) as db:
            db.execute("UPDATE dossier SET received = received - 1 WHERE code = 'M-2'")
            db.commit()
        seen = self.hub.hub("verify", "--full", exits=(1,))
        self.assertRegex(seen.err, "error event=verify-differs differences=1 entries=[0-9]+ first=state")
        self.assertEqual(self.verified(), (0, 1))
        status = self.hub.hub("status", "--json").json()["verified"]
        self.assertEqual((status["differences"], status["error"]), (1, "E-DIFFERENT"))
        self.assertIn("Needs you: the verification of", self.hub.hub("status", "--lang", "en").out)

    def test_it_answers_nothing_else_and_nobody_else(self):
        self.assertEqual(self.ask("/healthz")[::2], (200, "ok\n"))
        for path in ("/", "/v1/hub", "/v1/batches", "/metrics/"):
            self.assertEqual(self.ask(path)[0], 404, path)
        with enter(self.hub.port) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n")
            self.assertEqual(read_answer(connection)[0], 404)
        port = int(self.admin.split(":")[1])
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.2", port), 5)
        self.assertEqual(self.hub.stop(), 0)

    def test_a_taken_admin_address_is_named(self):
        os.mkdir(self.path("other"))
        other = province.Province(self.path("other"))
        refusal = other.hub("serve", "--listen", "127.0.0.1:0", "--admin", self.admin, exits=(75,))
        self.assertIn(self.admin, refusal.err)
        self.assertIn("--admin", refusal.err)


if __name__ == "__main__":
    province.main()
