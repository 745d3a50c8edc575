"""Lines on loopback that do to connections what bad networks do, and middles that do worse.

FaultLine carries TCP to another port: slowly, late, with pauses, up to a byte and then no further. Middle ends the TLS
itself, with whichever key it was given, and decides what becomes of each request. Proxy is one of HTTP CONNECT.
All listen until closed; what they shall do can be changed at any time and holds from the next bytes on.
"""
import contextlib
import socket
import ssl
import struct
import threading
import time

PIECE = 1220  # bytes carried at once: a packet
IDLE_S = 0.02


def listen(host="127.0.0.1", port=0):
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def reset(connection):
    """Hangs up with RST instead of FIN."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)  # wakes whoever else reads from it
    connection.close()


class Listener:
    """Takes connections on a port of its own and serves each in a thread."""

    def __init__(self, host="127.0.0.1", port=0):
        self.connections = 0
        self.closed = False
        self.listener = listen(host, port)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                near = self.listener.accept()[0]
                self.connections += 1
                threading.Thread(target=self.serve_one, args=(near,), daemon=True).start()

    def serve_one(self, near):
        with near, contextlib.suppress(OSError):
            self.serve(near)

    def close(self):
        self.closed = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class FaultLine(Listener):
    """rate: bytes a second each way, for all connections together (None: any). latency_s: one way. is_up: asked with
    the seconds since the start, while False nothing moves and nothing is lost. pause_s: called for each piece, how
    long it is held up. up_limit, down_limit: bytes of a connection that pass in a direction; then: "stall" (the peer
    has vanished) or "reset". at_once: bytes that pass before something comes back, more of them stall."""

    def __init__(self, target, host="127.0.0.1", port=0, **how):
        self.target = target
        self.rate = self.up_limit = self.down_limit = self.at_once = self.is_up = self.pause_s = None
        self.latency_s, self.then = 0, "stall"
        for name, value in how.items():
            setattr(self, name, value)
        self.began = time.monotonic()
        self.carried = {"up": 0, "down": 0}
        self.free_at = {"up": 0.0, "down": 0.0}  # when the line has carried what was given to it
        self.lock = threading.Lock()
        self.ends = []
        super().__init__(host, port)

    def close(self):
        super().close()
        for connection in self.ends:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def serve(self, near):
        since_answer = {"up": 0, "down": 0}
        with socket.create_connection(("127.0.0.1", self.target)) as far:
            self.ends += [near, far]
            back = threading.Thread(target=self.carry_quietly, args=(far, near, "down", since_answer), daemon=True)
            back.start()
            self.carry_quietly(near, far, "up", since_answer)
            back.join()

    def carry_quietly(self, source, target, way, since_answer):
        with contextlib.suppress(OSError):
            self.carry(source, target, way, since_answer)
            target.shutdown(socket.SHUT_WR)

    def carry(self, source, target, way, since_answer):
        left = self.up_limit if way == "up" else self.down_limit
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := source.recv(PIECE):
            self.hold(len(data), way)
            if left is not None and len(data) >= left:
                target.sendall(data[:left])
                self.end(source, target)
            left = None if left is None else left - len(data)
            since_answer[way] += len(data)
            since_answer["down" if way == "up" else "up"] = 0
            if self.at_once and since_answer[way] > self.at_once:
                self.end(source, target)
            target.sendall(data)
            with self.lock:
                self.carried[way] += len(data)

    def hold(self, length, way):
        """Waits as long as these bytes are under way."""
        due = time.monotonic() + self.latency_s + (self.pause_s() if self.pause_s else 0)
        if self.rate:
            with self.lock:
                self.free_at[way] = max(self.free_at[way], time.monotonic()) + length / self.rate
                due = max(due, self.free_at[way])
        time.sleep(max(0, due - time.monotonic()))
        while self.is_up and not self.is_up(time.monotonic() - self.began) and not self.closed:
            time.sleep(IDLE_S)

    def end(self, source, target):
        if self.then == "reset":
            reset(source)
            reset(target)
        while self.then == "stall" and not self.closed:
            time.sleep(IDLE_S)
        raise OSError("the line has ended")


def read_message(stream):
    """The head and the body of one HTTP message, (b"", b"") at the end of the stream."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.read(1)
        if not byte:
            return b"", b""
        head += byte
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head, stream.read(length)


class Middle(Listener):
    """One between agent and hub who reads everything. act(middle, head, body) gives the answer; None hangs up."""

    def __init__(self, hub_port, certificate, key, act=None):
        self.hub_port = hub_port
        self.act = act or Middle.pass_on
        self.requests = []  # heads and bodies
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.ahead = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.ahead.check_hostname, self.ahead.verify_mode = False, ssl.CERT_NONE
        super().__init__()

    def serve(self, near):
        with self.context.wrap_socket(near, server_side=True) as secure, secure.makefile("rb") as stream:
            while True:
                head, body = read_message(stream)
                if not head:
                    return
                self.requests.append((head, body))
                answer = self.act(self, head, body)
                if answer is None:
                    return
                secure.sendall(answer)

    def pass_on(self, head, body):
        """What the hub answers to it, as it stands."""
        with socket.create_connection(("127.0.0.1", self.hub_port)) as raw, self.ahead.wrap_socket(raw) as far:
            far.sendall(head + body)
            with far.makefile("rb") as stream:
                return b"".join(read_message(stream))


def page(status, body, *headers):
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body), b"", body])


class Proxy(Listener):
    """HTTP CONNECT, for those who log in where it wants a login (user:password in base64)."""

    def __init__(self, login=None):
        self.login = login
        self.asked = []
        super().__init__()

    def serve(self, near):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = near.recv(1)
            if not byte:
                return
            head += byte
        self.asked.append(head)
        if self.login and b"Basic " + self.login not in head:
            near.sendall(page(b"407 Proxy Authentication Required", b"", b'Proxy-Authenticate: Basic realm="x"'))
            return
        host, port = head.split()[1].rsplit(b":", 1)
        with socket.create_connection((host.decode(), int(port))) as far:
            near.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=self.carry, args=(far, near), daemon=True)
            back.start()
            self.carry(near, far)
            back.join()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
