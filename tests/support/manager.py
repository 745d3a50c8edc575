"""Both programs as somebody's services: a service manager of a few lines that hears what they tell it."""
import contextlib
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from province import Scenario, program, start, stop  # noqa: E402

UNIT = "95801"
SOON_S = 60  # under sanitizers and beside other tests
WATCHDOG_MS = 800


class Manager:
    """What a service manager hears under a socket's name."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)

    def environment(self):
        return {"NOTIFY_SOCKET": self.name, "WATCHDOG_USEC": str(WATCHDOG_MS * 1000)}

    def hear(self, wait_s=SOON_S):
        """The next word, None if none comes in time."""
        self.socket.settimeout(wait_s)
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return None

    def hear_until(self, word):
        """All words up to this one, which must come."""
        heard = []
        while not heard or heard[-1] != word:
            heard.append(self.hear())
            if heard[-1] is None:
                raise AssertionError(f"no {word} after {heard[:-1]}")
        return heard

    def forget(self):
        with contextlib.suppress(BlockingIOError):
            self.socket.setblocking(False)
            while True:
                self.socket.recv(4096)


class Services(Scenario):
    def setUp(self):
        super().setUp()
        self.spool = self.path("spool")
        os.mkdir(self.spool)
        self.settings = self.write("agent.ini", f"[agent]\nlang = en\nspool = {self.spool}\n")

    def manager(self, name=None):
        manager = Manager(name or self.path("notify"))
        self.addCleanup(manager.socket.close)
        return manager

    def managed(self, manager, name, *arguments):
        process = start(name, *arguments, extra=manager.environment())
        self.addCleanup(stop, process)
        return process

    def service(self, agent, manager):
        return self.managed(manager, "motcua-agent", "run", "--data", agent.data, "--config", self.settings)

    def lay_down(self, name, records):
        path = self.write(name + ".part", records)
        os.rename(path, os.path.join(self.spool, name))

    def until(self, what, true):
        end = time.monotonic() + SOON_S
        while not true():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


def status_of(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(f"{name}:"))


def sanitized():
    with open(program("motcua-agent"), "rb") as file:
        return b"__asan_init" in file.read()


def limit_of_core(pid):
    """Soft and hard."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        return next(line.split()[4:6] for line in file if line.startswith("Max core file size"))


def activity(pid):
    """How often a process has gone to sleep, and what it has written, in bytes; not even its own account may know
    the latter of a program that keeps its memory to itself."""
    sleeps = status_of(pid, "voluntary_ctxt_switches")
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            return sleeps, dict(line.split(": ") for line in file.read().splitlines())["write_bytes"]
    except PermissionError:
        return sleeps, None
