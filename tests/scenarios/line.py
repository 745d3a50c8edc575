"""The line between agent and hub: motcua-uplink on one end, the hub's front on the other, real TLS between them."""

import os
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest
import warnings

BUILD = os.environ["MOTCUA_BUILD"]
ANSWERED, UNREACHABLE, PIN, TOO_LARGE, REFUSED, NO_NAME, BROKEN_OFF, PROXY, PROXY_LOGIN = range(9)
NEVER = 60_000  # a deadline no test is meant to reach


def cbor(value):
    """Encodes what a request is made of."""
    if value is True or value is False:
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    return head(4, len(value)) + b"".join(cbor(item) for item in value)


def head(major, value):
    for info, size, form in ((24, 1, ">B"), (25, 2, ">H"), (26, 4, ">I"), (27, 8, ">Q")):
        if value < 24:
            return bytes([major << 5 | value])
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + struct.pack(form, value)
    raise ValueError(value)


def uncbor(data, at=0):
    """Decodes what an answer is made of; returns (value, where it ends)."""
    major, info, at = data[at] >> 5, data[at] & 31, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    value = int.from_bytes(data[at:at + size], "big") if size else info
    at += size
    if major == 0:
        return value, at
    if major == 1:
        return -1 - value, at
    if major in (2, 3):
        raw = data[at:at + value]
        return (raw if major == 2 else raw.decode()), at + value
    items = []
    for _ in range(value):
        item, at = uncbor(data, at)
        items.append(item)
    return items, at


class Uplink:
    """motcua-uplink under test."""

    def __init__(self, **environment):
        self.process = subprocess.Popen([os.path.join(BUILD, "motcua-uplink")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={**os.environ, **environment})

    def ask(self, port, *arguments, **named):
        self.send(port, *arguments, **named)
        size = struct.unpack(">I", self.read(4))[0]
        outcome, status, retry_after, detail, reply = uncbor(self.read(size))[0]
        return Answer(outcome, status, retry_after, detail, reply)

    def send(self, port, path="/echo", body=None, pins=(), deadline=NEVER, max_reply=4096, host="127.0.0.1", proxy="",
             patience=60):
        payload = cbor([body is not None, host, port, path, deadline, patience, list(pins), proxy, max_reply,
                        body or b""])
        self.process.stdin.write(struct.pack(">I", len(payload)) + payload)
        self.process.stdin.flush()

    def read(self, n):
        data = self.process.stdout.read(n)
        if len(data) != n:
            raise EOFError("motcua-uplink ended")
        return data

    def close(self):
        """Ends stdin; returns the exit status."""
        self.process.stdin.close()
        status = self.process.wait(20)
        self.process.stdout.close()
        return status


class Answer:
    def __init__(self, outcome, status, retry_after, detail, body):
        self.outcome, self.status, self.retry_after, self.detail, self.body = outcome, status, retry_after, detail, body


class Front:
    """The hub's front with an echo behind it."""

    def __init__(self, delay_ms=20, max_body=1 << 20, idle_s=30):
        command = [os.path.join(BUILD, "echo_hub"), str(delay_ms), str(max_body), str(idle_s)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port, pin = self.process.stdout.readline().split()
        self.port, self.pin = int(port), bytes.fromhex(pin.decode())

    def ask_raw(self, request):
        """Sends bytes over TLS and returns all that comes back until the front closes."""
        with self.connect() as connection:
            try:
                connection.sendall(request)
            except (ssl.SSLEOFError, ConnectionError):
                pass  # refused before all of it was sent
            return read_all(connection)

    def connect(self):
        return untrusting().wrap_socket(socket.create_connection(("127.0.0.1", self.port), 20))

    def stop(self):
        """Lets it stop; returns how many requests reached the handler."""
        self.process.stdin.close()
        said = self.process.stdout.read().split()
        self.process.stdout.close()
        assert self.process.wait(30) == 0
        return int(said[1])


def untrusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def read_all(connection):
    data = b""
    while True:
        try:
            piece = connection.recv(65536)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError):
            return data
        if not piece:
            return data
        data += piece


class Wire:
    """A relay that counts what crosses, both ways; port to talk to, connections, up and down in bytes."""

    def __init__(self, port):
        self.target, self.connections, self.up, self.down = port, 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.relays = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(("127.0.0.1", self.target))
            self.relays.append(threading.Thread(target=self.relay, args=(near, far), daemon=True))
            self.relays[-1].start()

    def join(self):
        """Waits until both sides of every connection have hung up."""
        for relay in self.relays:
            relay.join(10)

    def relay(self, near, far):
        with near, far:
            while True:
                for ready in select.select([near, far], [], [])[0]:
                    try:
                        data = ready.recv(65536)
                        if not data:
                            return
                        (far if ready is near else near).sendall(data)
                    except OSError:
                        return
                    if ready is near:
                        self.up += len(data)
                    else:
                        self.down += len(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Line(unittest.TestCase):
    def front(self, *args, **kwargs):
        front = Front(*args, **kwargs)
        self.addCleanup(lambda: front.process.poll() is not None or front.stop())
        return front

    def uplink(self, **environment):
        uplink = Uplink(**environment)
        self.addCleanup(lambda: uplink.process.poll() is not None or uplink.close())
        return uplink

    def wire(self, front):
        wire = Wire(front.port)
        self.addCleanup(wire.close)
        return wire

    def silent(self):
        """A port that accepts connections and says nothing."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        return listener.getsockname()[1]


class Uplinks(Line):
    def test_right_pin_carries_bodies_over_one_connection(self):
        front, uplink = self.front(), self.uplink()
        wire = self.wire(front)
        for size in (0, 1, 1000, 200_000):
            body = os.urandom(size)
            answer = uplink.ask(wire.port, body=body, pins=[front.pin], max_reply=1 << 20)
            self.assertEqual((answer.outcome, answer.status, answer.body), (ANSWERED, 200, body), answer.detail)
        self.assertEqual(wire.connections, 1)
        self.assertEqual(uplink.close(), 0)
        self.assertEqual(front.stop(), 4)

    def test_either_of_two_pins_is_enough(self):
        front, uplink = self.front(), self.uplink()
        for pins in ([front.pin, bytes(32)], [bytes(32), front.pin]):
            self.assertEqual(uplink.ask(front.port, body=b"x", pins=pins).outcome, ANSWERED)

    def test_wrong_pin_sends_nothing(self):
        front, uplink = self.front(), self.uplink()
        for pins in ([bytes(32)], [bytes(32), front.pin[::-1]]):
            answer = uplink.ask(front.port, body=b"secret", pins=pins)
            self.assertEqual((answer.outcome, answer.status, answer.body), (PIN, 0, b""))
        self.assertEqual(front.stop(), 0)

    def test_kept_connection_does_not_serve_another_pin(self):
        front, uplink = self.front(), self.uplink()
        self.assertEqual(uplink.ask(front.port, "/v1/hub").outcome, ANSWERED)
        self.assertEqual(uplink.ask(front.port, body=b"x", pins=[bytes(32)]).outcome, PIN)
        self.assertEqual(uplink.ask(front.port, body=b"x", pins=[front.pin]).outcome, ANSWERED)
        self.assertEqual(uplink.ask(front.port, body=b"x", pins=[bytes(32)]).outcome, PIN)
        self.assertEqual(front.stop(), 2)

    def test_without_pin_only_the_identity_is_asked(self):
        front, uplink = self.front(), self.uplink()
        self.assertEqual(uplink.ask(front.port, "/v1/hub").status, 200)
        for path, body, max_reply in (("/v1/hub", b"", 4096), ("/v1/head", None, 4096), ("/v1/hub", None, 4097),
                                      ("/v1/hub/", None, 4096), ("/v1/batches", b"x", 4096)):
            answer = uplink.ask(front.port, path, body, max_reply=max_reply)
            self.assertEqual(answer.outcome, REFUSED, path)
        self.assertEqual(front.stop(), 1)

    def test_hosts_that_are_no_hosts_are_refused(self):
        front, uplink = self.front(), self.uplink()
        for host in ("", "a/b", "user@127.0.0.1", "127.0.0.1:1\r\n", "-x", "a b"):
            self.assertEqual(uplink.ask(front.port, body=b"x", pins=[front.pin], host=host).outcome, REFUSED, host)

    def test_pages_and_redirects_are_handed_over_as_they_are(self):
        front, uplink = self.front(), self.uplink()
        for path, status, body in (("/page", 200, b"<html>please log in</html>"), ("/redirect", 302, b"elsewhere")):
            answer = uplink.ask(front.port, path, b"x", [front.pin])
            self.assertEqual((answer.outcome, answer.status, answer.body), (ANSWERED, status, body))
        self.assertEqual(front.stop(), 2)

    def test_retry_after_is_told(self):
        front, uplink = self.front(), self.uplink()
        answer = uplink.ask(front.port, "/busy", b"x", [front.pin])
        self.assertEqual((answer.status, answer.retry_after), (503, 7))
        self.assertEqual(uplink.ask(front.port, "/echo", b"x", [front.pin]).retry_after, -1)

    def test_reply_over_the_limit_is_cut_off(self):
        front, uplink = self.front(), self.uplink()
        for max_reply, outcome in ((65536, ANSWERED), (65535, TOO_LARGE), (1, TOO_LARGE)):
            answer = uplink.ask(front.port, "/large", b"x", [front.pin], max_reply=max_reply)
            self.assertEqual((answer.outcome, len(answer.body)), (outcome, 65536 if outcome == ANSWERED else 0))

    def test_dead_port_is_unreachable(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        answer = self.uplink().ask(port, body=b"x", pins=[bytes(32)])
        self.assertEqual(answer.outcome, UNREACHABLE)
        self.assertNotEqual(answer.detail, "")

    def test_deadline_holds_against_a_silent_server(self):
        start = time.monotonic()
        answer = self.uplink().ask(self.silent(), body=b"x", pins=[bytes(32)], deadline=300)
        self.assertEqual(answer.outcome, UNREACHABLE)
        self.assertLess(time.monotonic() - start, 5)

    def test_deadline_holds_against_a_slow_handler(self):
        front, uplink = self.front(delay_ms=3000), self.uplink()
        start = time.monotonic()
        self.assertEqual(uplink.ask(front.port, body=b"x", pins=[front.pin], deadline=500).outcome, BROKEN_OFF)
        self.assertLess(time.monotonic() - start, 2.5)

    def test_plain_http_is_not_spoken(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def speak():
            connection = listener.accept()[0]
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        threading.Thread(target=speak, daemon=True).start()
        answer = self.uplink().ask(listener.getsockname()[1], "/v1/hub")
        self.assertEqual((answer.outcome, answer.body), (UNREACHABLE, b""))

    def test_environment_is_not_asked(self):
        proxy = f"http://127.0.0.1:{self.silent()}"
        front = self.front()
        uplink = self.uplink(https_proxy=proxy, HTTPS_PROXY=proxy, all_proxy=proxy, ALL_PROXY=proxy)
        self.assertEqual(uplink.ask(front.port, body=b"x", pins=[front.pin], deadline=5000).outcome, ANSWERED)

    def test_named_proxy_is_used(self):
        front, asked = self.front(), []
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def tunnel():
            near = listener.accept()[0]
            while not b"".join(asked).endswith(b"\r\n\r\n"):
                asked.append(near.recv(1))
            near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            far = socket.create_connection(("127.0.0.1", front.port))
            Wire.relay(type("Count", (), {"up": 0, "down": 0})(), near, far)

        threading.Thread(target=tunnel, daemon=True).start()
        proxy = f"127.0.0.1:{listener.getsockname()[1]}"
        answer = self.uplink().ask(front.port, body=b"x", pins=[front.pin], proxy=proxy, host="hub.invalid")
        self.assertEqual((answer.outcome, answer.body), (ANSWERED, b"x"), answer.detail)
        self.assertIn(b"CONNECT hub.invalid:", b"".join(asked))
        self.assertNotIn(b"Content-Type", b"".join(asked))

    def test_ends_when_stdin_ends(self):
        uplink = self.uplink()
        self.assertEqual(uplink.close(), 0)

    def test_ends_in_the_middle_of_an_exchange_when_nobody_listens(self):
        uplink = self.uplink()
        uplink.send(self.silent(), body=b"x", pins=[bytes(32)])
        start = time.monotonic()
        uplink.close()
        self.assertLess(time.monotonic() - start, 10)

    def test_frames_that_are_none_end_it(self):
        for frame in (b"\xff\xff\xff\xff", b"\0\0\0\x01\0", b"\0\0\0\x05\x84"):
            uplink = self.uplink()
            uplink.process.stdin.write(frame)
            uplink.process.stdin.flush()
            self.assertNotEqual(uplink.close(), 0, frame)

    def test_bytes_of_one_exchange_stay_small(self):
        """Handshake and headers included; with the choices the agent hands over, and with GnuTLS's own."""
        trimmed = os.path.join(BUILD, "uplink-tls.conf")
        for choices, limit in ((trimmed, 1840), ("/nonexistent", 2000)):
            front, uplink = self.front(), self.uplink(GNUTLS_SYSTEM_PRIORITY_FILE=choices)
            wire = self.wire(front)
            answer = uplink.ask(wire.port, "/v1/batches", os.urandom(300), [front.pin])
            self.assertEqual(answer.status, 200, answer.detail)
            uplink.close()
            front.stop()
            wire.join()
            print(f"300 bytes out, 300 back: {wire.up} + {wire.down} = {wire.up + wire.down} bytes of TCP payload")
            self.assertLess(wire.up + wire.down, limit)
            self.assertGreater(wire.up, 700)
            self.assertGreater(wire.down, 900)


class Fronts(Line):
    def refused(self, front, request):
        """The status line's number, after which the front must close."""
        reply = front.ask_raw(request)
        return int(reply.split(b" ", 2)[1]) if reply else 0

    def test_odd_requests_are_refused_and_honest_ones_work(self):
        front = self.front(max_body=1000, idle_s=3)
        host = b"Host: hub\r\n"
        for request, status in (
            (b"POST /echo HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 411),
            (b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
            (b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
            (b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 400),
            (b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: +1\r\n\r\nx", 400),
            (b"POST /echo HTTP/1.1\r\n" + host + b"\r\n", 411),
            (b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: 1001\r\n\r\n", 413),
            (b"POST /echo HTTP/1.1\r\n" + host + b"Content-Length: 99999999999999999999999\r\n\r\n", (400, 413)),
            (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 400),
            (b"POST /echo HTTP/1.0\r\n" + host + b"Content-Length: 1\r\n\r\nx", 505),
            (b"POST /echo HTTP/2.0\r\n" + host + b"Content-Length: 1\r\n\r\nx", (400, 505)),
            (b"GET /echo HTTP/1.1\r\n" + host + b"Content-Length: 1\r\n\r\nx", 400),
            (b"PUT /echo HTTP/1.1\r\n" + host + b"Content-Length: 1\r\n\r\nx", 405),
            (b"HEAD /echo HTTP/1.1\r\n" + host + b"\r\n", 405),
            (b"GET /echo HTTP/1.1\r\n" + host + b"X: " + b"x" * 60_000 + b"\r\n\r\n", (0, 413, 414, 431)),
            (b"GET /echo HTTP/1.1\r\n" + host + b"bad name: x\r\n\r\n", 400),
        ):
            with self.subTest(request=request[:90]):
                got = self.refused(front, request)
                self.assertIn(got, status if isinstance(status, tuple) else (status,))
        uplink = self.uplink()
        self.assertEqual(uplink.ask(front.port, body=b"x" * 1000, pins=[front.pin]).body, b"x" * 1000)
        self.assertEqual(uplink.ask(front.port, body=b"x" * 1001, pins=[front.pin]).status, 413)
        self.assertEqual(front.stop(), 1)

    def test_too_long_a_body_is_refused_before_it_is_sent(self):
        front = self.front(max_body=1000)
        with front.connect() as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 100000\r\n\r\n")
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 413 "))

    def test_body_that_stops_short_never_reaches_the_handler(self):
        front = self.front(idle_s=1)
        reply = front.ask_raw(b"POST /echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 10\r\n\r\nonly")
        self.assertNotIn(b" 200 ", reply)
        self.assertEqual(front.stop(), 0)

    def test_idle_connection_is_closed(self):
        front = self.front(idle_s=1)
        start = time.monotonic()
        self.assertEqual(front.ask_raw(b""), b"")
        self.assertLess(time.monotonic() - start, 10)

    def test_old_tls_is_refused(self):
        front = self.front()
        context = untrusting()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaisesRegex(OSError, "ALERT|EOF|reset"):
            context.wrap_socket(socket.create_connection(("127.0.0.1", front.port), 20))

    def test_tls_1_2_works_for_a_middlebox_that_knows_no_more(self):
        front = self.front()
        context = untrusting()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with context.wrap_socket(socket.create_connection(("127.0.0.1", front.port), 20)) as connection:
            connection.sendall(b"GET /echo HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
            self.assertTrue(read_all(connection).startswith(b"HTTP/1.1 200 "))

    def test_many_at_once_are_all_answered(self):
        front, failures = self.front(delay_ms=50), []

        def one(number):
            body = b"%d" % number
            reply = front.ask_raw(b"POST /echo HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                                  % len(body) + body)
            if not reply.endswith(b"\r\n\r\n" + body):
                failures.append(reply)

        threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(front.stop(), 20)

    def test_client_that_leaves_while_its_request_waits_harms_nobody(self):
        front = self.front(delay_ms=300)
        for _ in range(5):
            with front.connect() as connection:
                connection.sendall(b"GET /echo HTTP/1.1\r\nHost: hub\r\n\r\n")
        time.sleep(0.1)
        reply = front.ask_raw(b"GET /echo HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
        self.assertTrue(reply.startswith(b"HTTP/1.1 200 "))

    def test_stopping_answers_what_is_in_flight(self):
        front = self.front(delay_ms=600)
        with front.connect() as first, front.connect() as second, front.connect() as idle:
            for connection in (first, second):
                connection.sendall(b"POST /echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\n\r\nhi")
            time.sleep(0.2)
            start = time.monotonic()
            self.assertEqual(front.stop(), 2)
            self.assertLess(time.monotonic() - start, 8)
            for connection in (first, second):
                self.assertTrue(read_all(connection).endswith(b"\r\n\r\nhi"))
            self.assertEqual(read_all(idle), b"")

    def test_stopping_under_fire_never_aborts(self):
        for _ in range(20):
            front = self.front(delay_ms=0)
            ending = threading.Event()

            def knock(port=front.port, ending=ending):
                while not ending.is_set():
                    try:
                        socket.create_connection(("127.0.0.1", port), 5).close()
                    except OSError:
                        return

            threads = [threading.Thread(target=knock) for _ in range(2)]
            for thread in threads:
                thread.start()
            front.stop()
            ending.set()
            for thread in threads:
                thread.join()


if __name__ == "__main__":
    unittest.main()
