"""Hostile clients on real sockets, and an honest agent among them, for the scenarios about the hub's front.

The deadlines are those of the settings, scaled down.
"""
import contextlib
import json
import os
import re
import socket
import ssl
import threading
import time

from support import province

HANDSHAKE_S, HEADERS_S, BODY_S = 2, 1, 2
SETTINGS = (f"handshake_seconds = {HANDSHAKE_S}", f"header_seconds = {HEADERS_S}", f"body_seconds = {BODY_S}")
LATE_S = 2.5  # how much later than its deadline a client may notice its end: the hub looks five times a second
STRANGERS = [f"127.0.0.{number}" for number in range(2, 40)]
HOST = b"Host: hub\r\n"
PLENTY_S = 30


def untrusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def knock(port, source=STRANGERS[0], receive=None):
    """A TCP connection from one of the strangers."""
    raw = socket.socket()
    if receive is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    raw.settimeout(PLENTY_S)
    raw.bind((source, 0))
    raw.connect(("127.0.0.1", port))
    return raw


def enter(port, source=STRANGERS[0], receive=None):
    """The same, with TLS over it."""
    return untrusting().wrap_socket(knock(port, source, receive))


def read_all(connection):
    data = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(65536):
            data += piece
    return data


def dribble(connection, data, pause_s):
    """Sends byte by byte until the other side has had enough; how long that took."""
    start = time.monotonic()
    end = start + PLENTY_S
    connection.settimeout(pause_s)
    for byte in data:
        try:
            connection.send(bytes([byte]))
            if not connection.recv(4096):
                break
        except (socket.timeout, ssl.SSLWantReadError):
            pass
        except OSError:
            break
        if time.monotonic() > end:
            break
    return time.monotonic() - start


def memory_of(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) << 10


def descriptors_of(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def forged(device):
    """A body that names a key the hub knows, under a signature that nobody made."""
    payload = b"\xa1\x01\x01"
    sealed = b"\xd2\x84\x4d\xa2\x01\x27\x04\x48" + bytes.fromhex(device) + b"\xa0\x43" + payload + b"\x58\x40" + bytes(64)
    return b"\x81\x58" + bytes([len(sealed)]) + sealed


def post(path, body):
    return b"POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (path.encode(), HOST, len(body), body)


def read_answer(connection):
    """One answer of a connection that stays: (status, retry_after)."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(4096)
        if not piece:
            raise EOFError(data)
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
    while len(body) < length:
        body += connection.recv(4096)
    after = re.search(rb"retry-after: (\d+)", head, re.IGNORECASE)
    return int(head.split(b" ", 2)[1]), int(after[1]) if after else None


class Honest(threading.Thread):
    """An agent that adds and syncs until it is told to stop; every sync must succeed."""

    def __init__(self, agent):
        super().__init__(daemon=True)
        self.agent, self.ending = agent, threading.Event()
        self.added = self.synced = 0
        self.slowest, self.failure = 0.0, None

    def run(self):
        try:
            while not self.ending.is_set():
                self.agent.run("add", "dossier", f"code=H-{os.path.basename(self.agent.data)}-{self.added:05}",
                               "status=accepted", "received_at=2024-03-01T08:00:00+07:00")
                self.added += 1
                start = time.monotonic()
                self.agent.sync()
                self.slowest = max(self.slowest, time.monotonic() - start)
                self.synced += 1
        except BaseException as trouble:  # pylint: disable=broad-except
            self.failure = trouble

    def stop(self):
        self.ending.set()
        self.join(province.DEADLINE_S)
        if self.failure is not None:
            raise self.failure


class Hostile(province.Scenario):
    """A hub with scaled deadlines and an agent that has synced once."""

    def served(self, *settings):
        self.hub = self.province(*SETTINGS, *settings)
        self.agent = self.hub.agent("95801")
        self.agent.run("add", "dossier", "code=H-first", "status=accepted", "received_at=2024-03-01T08:00:00+07:00")
        self.agent.sync()

    @contextlib.contextmanager
    def honest(self, least=2):
        """While the block runs the agent syncs; what it sent is counted afterwards."""
        honest = Honest(self.agent)
        honest.start()
        try:
            yield honest
            while honest.synced < least and honest.failure is None:
                time.sleep(0.05)
        finally:
            honest.stop()
        print(f"    {honest.synced} honest syncs meanwhile, the slowest {honest.slowest:.1f} s")
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], honest.added + 1)

    def together(self, clients):
        """Plays all of them at once; what each returns, by its name."""
        found, threads = {}, []

        def play(name, client):
            try:
                found[name] = client()
            except BaseException as trouble:  # pylint: disable=broad-except
                found[name] = trouble

        for name, client in clients.items():
            threads.append(threading.Thread(target=play, args=(name, client), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(2 * PLENTY_S)
        for name, answer in found.items():
            if isinstance(answer, BaseException):
                raise AssertionError(name) from answer
        self.assertEqual(set(found), set(clients))
        return found

    def device_lines(self):
        """What the hub says of its computers, by their ids."""
        lines = map(json.loads, self.hub.hub("device", "list", "--json").out.splitlines())
        return {line["device"]: line for line in lines}

    def quiet(self, descriptors):
        """Waits until the hub has no more descriptors than before."""
        end = time.monotonic() + PLENTY_S
        while descriptors_of(self.hub.server) > descriptors:
            self.assertLess(time.monotonic(), end, "connections stay open")
            time.sleep(0.05)

    @contextlib.contextmanager
    def reader_that_never_reads(self, count=5):
        """Connections that ask without end and take no answer."""
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                connection = stack.enter_context(enter(self.hub.port, receive=2048))
                connection.settimeout(.3)
                with contextlib.suppress(OSError):
                    while True:
                        connection.sendall(b"GET /v1/hub HTTP/1.1\r\n" + HOST + b"\r\n")
            yield
