#!/usr/bin/python3
"""Hostile clients before a serving hub, on real sockets, while an honest agent syncs again and again: whoever is
slow, silent or wrong is refused or ended in its time, and nobody else notices. flooding.py: whoever is too many.
"""
import contextlib
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province, strangers  # noqa: E402
from support.strangers import (BODY_S, HANDSHAKE_S, HEADERS_S, HOST, LATE_S, descriptors_of, dribble, enter,  # noqa: E402
                               knock, post, read_all, read_answer)


class Slow(strangers.Hostile):
    def slow(self, before, dribbled, pause_s=.15):
        def client():
            with enter(self.hub.port) as connection:
                connection.sendall(before)
                return dribble(connection, dribbled, pause_s)
        return client

    def slow_handshake(self):
        with knock(self.hub.port) as connection:
            hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
            return dribble(connection, hello + bytes(500), .15)

    def silent(self):
        with knock(self.hub.port) as connection:
            start = time.monotonic()
            read_all(connection)
            return time.monotonic() - start

    def second_request_never_comes(self):
        with enter(self.hub.port) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
            self.assertEqual(read_answer(connection)[0], 200)
            return dribble(connection, b"GET /healthz" + b"x" * 500, .15)

    def test_nw_10_slow_clients_are_ended_in_their_time(self):
        self.served()
        body = b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Length: 64\r\n\r\n"
        clients = {"handshake": self.slow_handshake, "silence": self.silent,
                   "request line": self.slow(b"", b"GET /" + b"x" * 500),
                   "header": self.slow(b"POST /v1/batches HTTP/1.1\r\n", b"X: " + b"x" * 500),
                   "many headers": self.slow(b"POST /v1/batches HTTP/1.1\r\n" + HOST, b"X:y\r\n" * 100, .1),
                   "body": self.slow(body, b"x" * 63), "no body": self.slow(body, b"", 1),
                   "pause": self.second_request_never_comes}
        clients["no body"] = lambda: self.waits(body)
        times = {"handshake": HANDSHAKE_S, "silence": HANDSHAKE_S, "request line": HANDSHAKE_S, "header": HEADERS_S,
                 "many headers": HEADERS_S, "body": BODY_S + 1, "no body": BODY_S + 1, "pause": HANDSHAKE_S}
        with self.honest():
            for name, kept in self.together(clients).items():
                print(f"    {name}: kept {kept:.1f} s of {times[name]}")
                self.assertGreater(kept, times[name] - .5, name)
                self.assertLess(kept, times[name] + LATE_S, name)

    def waits(self, request):
        with enter(self.hub.port) as connection:
            connection.sendall(request)
            start = time.monotonic()
            read_all(connection)
            return time.monotonic() - start

    def test_nw_10_a_reader_that_never_reads_is_ended(self):
        self.served()
        before = descriptors_of(self.hub.server)
        with self.honest(), self.reader_that_never_reads():
            start = time.monotonic()
            self.quiet(before + 3)  # the agent's own connection comes and goes
            kept = time.monotonic() - start
        print(f"    answers nobody takes: kept {kept:.1f} s")
        self.assertLess(kept, BODY_S + LATE_S + 3)


class Wrong(strangers.Hostile):
    def test_rs_01_odd_requests_are_refused(self):
        """RS-01 to RS-03: lengths, chunks, headers; and how a request may be framed."""
        self.served()
        batches = b"POST /v1/batches HTTP/1.1\r\n"
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        odd = {
            "10^12 bytes": (batches + HOST + b"Content-Length: 1000000000000\r\n\r\n", (413,)),
            "8 MB in chunks": (batches + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 125, (411, 0)),
            "60 KB of headers": (batches + HOST + b"X: " + b"x" * 60_000 + b"\r\n\r\n", (413, 431, 0)),
            "both lengths": (batches + HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", (400,)),
            "two lengths": (batches + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", (400,)),
            "folded encoding": (batches + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", (400, 411)),
            "misspelt encoding": (batches + HOST + b"Transfer-Encoding : chunked\r\nContent-Length: 1\r\n\r\nx", (400,)),
            "another encoding": (batches + HOST + b"Transfer-Encodings: x\r\nContent-Length: 1\r\n\r\nx", (400,)),
            "bare line feeds": (b"POST /v1/batches HTTP/1.1\nHost: hub\nContent-Length: 1\n\nx", (400,)),
            "no host": (batches + b"Content-Length: 1\r\n\r\nx", (400,)),
            "wrong method": (b"PUT /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\nx", (405,)),
            "wrong path": (b"GET /v1/../metrics HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", (404,)),
            "public metrics": (b"GET /metrics HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", (404,)),
            "no request": (bytes(range(256)) * 8, (400, 0)),
        }

        def client(request):
            start = time.monotonic()
            with enter(self.hub.port) as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(request)
                answer = read_all(connection)
            return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0, time.monotonic() - start

        with self.honest():
            found = self.together({name: lambda request=request: client(request) for name, (request, _) in odd.items()})
        for name, (status, kept) in found.items():
            print(f"    {name}: {status} after {kept:.1f} s")
            self.assertIn(status, odd[name][1], name)
            self.assertLess(kept, HANDSHAKE_S + LATE_S, name)

    def test_rs_01_bodies_that_do_not_fit_come_again(self):
        """Room for 4 MiB: strangers announce as much and send nothing; a quarter each, then nobody's fits."""
        self.served("in_flight_mib = 4")
        announce = b"POST /v1/batches HTTP/1.1\r\n" + HOST + b"Content-Length: 1048576\r\n\r\n"
        with contextlib.ExitStack() as stack:
            for number, source in enumerate(strangers.STRANGERS[:4]):
                connection = stack.enter_context(enter(self.hub.port, source))
                connection.sendall(announce)
                if number > 0:
                    continue
                time.sleep(.2)
                other = stack.enter_context(enter(self.hub.port, source))
                other.sendall(announce)
                self.assertEqual(read_answer(other), (503, 30))
            time.sleep(.2)
            self.agent.run("add", "dossier", "code=H-late", "status=accepted",
                           "received_at=2024-03-01T08:00:00+07:00")
            self.agent.run("sync", exits=(75,))
        self.agent.sync_until_done(5)

    def test_id_04_a_revoked_device_is_out_and_its_numbers_stay(self):
        self.served()
        before = self.hub.totals("--year", "2024")["total"]
        device = self.agent.status()["device"]
        self.hub.hub("device", "revoke", device)
        self.agent.run("add", "dossier", "code=H-late", "status=accepted", "received_at=2024-03-01T08:00:00+07:00")
        for _ in range(2):
            self.assertIn("E-DEVICE-SUSPENDED", self.agent.run("sync", exits=(77,)).err)
        stick = self.path("late.mcs")
        self.agent.run("export", stick)
        self.hub.hub("ingest", stick, exits=(77,))
        self.assertEqual(self.hub.totals("--year", "2024")["total"], before)
        line = self.device_lines()[device]
        self.assertEqual((line["state"], line["have"], line["pending"]), ("revoked", 1, 0))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_id_18_nothing_of_a_stranger_reaches_a_terminal(self):
        self.served()
        nasty = b"/\x1b[2J\x1b]0;x\x07%0d%0aerror%20event=fake\xc2\x9b"
        for request in (b"GET " + nasty + b" HTTP/1.1\r\n" + HOST + b"\r\n",
                        b"GET / HTTP/1.1\r\n" + HOST + b"X-\x1b[2J: \x1b[2J\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: \x1b[2J\rerror event=fake\r\n\r\n",
                        post("/v1/batches", b"\x1b[2J\r\nerror event=fake\r\n"), post("/v1/enroll", b"\x1b[2J\n" * 900)):
            with enter(self.hub.port) as connection:
                connection.sendall(request.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n", 1))
                read_all(connection)
        self.hub.stop()
        with open(self.hub.log, "rb") as file:
            log = file.read()
        self.assertIn(b"event=refused", log)
        self.assertNotIn(b"fake", log)
        for line in log.splitlines():
            self.assertRegex(line, rb"^(?:listening on |admin on |(?:error|warning|notice) event=)[ -~]{0,500}$")
        # What a device says of itself is no more welcome.
        with contextlib.closing(sqlite3.connect(os.path.join(self.hub.data, "hub.db"))) as database, database:
            database.execute("UPDATE seen SET version = ?", ("1\r\n\x1b[2J\x7f\x9b2J",))
        for options in (("--json",), ()):
            said = self.hub.hub("device", "list", *options).out
            self.assertNotRegex(said.replace("\n", ""), r"[\x00-\x1f\x7f-\x9f]")
        self.assertEqual(self.hub.hub("device", "list", "--json").json()["version"], "1\r\n\x1b[2J\x7f\x9b2J")


if __name__ == "__main__":
    province.main()
