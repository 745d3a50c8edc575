"""Where the benchmarks happen: a hub and agents on loopback, in a directory of their own on the build's disk."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from figures import Failed

UNIT = "01834"
UNITS = f"""code,name,level,parent
06,Province 06,province,
058,District 058,district,06
{UNIT},Commune {UNIT},commune,058
"""


def command(arguments, **options):
    """Runs a program to its end and returns what it printed; raises Failed with its complaint otherwise."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, **options)
    if done.returncode != 0:
        shown = " ".join(str(a) for a in arguments)
        raise Failed(f"{shown}\nexit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end(process):
    """Ends a process started here, by its own id."""
    process.terminate()
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def service(arguments, ready=None, **environment):
    """A program running in the background, ended by its own process id; ready: a pattern to wait for on stderr."""
    process = subprocess.Popen([str(a) for a in arguments], stderr=subprocess.PIPE if ready else subprocess.DEVNULL,
                               text=True, env={**os.environ, **environment})
    try:
        seen = []
        while ready and not re.search(ready, seen[-1] if seen else ""):
            line = process.stderr.readline()
            if not line:
                raise Failed(f"{arguments[0]} ended before it was ready:\n{''.join(seen)}")
            seen.append(line)
        yield process
    finally:
        end(process)


def fields_of(pid, name):
    """{name: first number} of one of the kernel's pages about a process; None where it is for root alone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="ascii").splitlines()
    except PermissionError:
        return None
    return {words[0].rstrip(":"): int(words[1]) for words in map(str.split, lines)
            if len(words) > 1 and words[1].isdigit()}


def processor_seconds(pid):
    """Of all threads so far, the kernel's part included."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def queued_seconds(pid):
    """How long its threads were ready to run so far and had no processor: what other programs take from it."""
    waited = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            waited += int((thread / "schedstat").read_text(encoding="ascii").split()[1])
    return waited / 1e9


class Site:
    """A hub and its agents. serving() sets the hub up; its process is `server` as long as it serves."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.port, self.admin = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.server = None
        (folder / "spool").mkdir()
        # All agents share the address of this machine, which a flood of them is not to be held against.
        settings = f"[hub]\ntrusted = 127.0.0.1\nadmin = 127.0.0.1:{self.admin}\n"
        (folder / "hub.ini").write_text(settings, encoding="utf-8")
        (folder / "agent.ini").write_text(f"[agent]\nspool = {folder / 'spool'}\n", encoding="utf-8")

    def line(self, program, *arguments):
        role = program.removeprefix("motcua-")
        return [self.build / program, *arguments, "--lang", "en", "--data", self.folder / role,
                "--config", self.folder / f"{role}.ini"]

    def hub(self, *arguments):
        return command(self.line("motcua-hub", *arguments))

    def agent(self, *arguments):
        return command(self.line("motcua-agent", *arguments))

    def enroll(self, url=None):
        code = json.loads(self.hub("invite", UNIT, "--no-confirm", "--json"))["code"]
        self.agent("enroll", code, "--url", url or self.url)

    @contextlib.contextmanager
    def serving(self, units=UNITS, enrolled=True):
        """The hub, listening; with the agent of its only commune enrolled unless said otherwise."""
        (self.folder / "units.csv").write_text(units, encoding="utf-8")
        self.hub("init", "--province", "06", "--name", "Bench", "--url", self.url)
        self.hub("units", "import", self.folder / "units.csv")
        serve = self.line("motcua-hub", "serve", "--listen", f"127.0.0.1:{self.port}")
        with service(serve, ready="listening on") as self.server:
            if enrolled:
                self.enroll()
            yield self

    def counted(self, name):
        """One number of what the serving hub tells monitoring programs."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=20) as answer:
            found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[1])

    def verify(self):
        """Fast and wrong is no result: everything the hub keeps is derived again from its log."""
        self.hub("verify", "--full")


# Where everything is written, another disk than that of the build directory; bench.py sets it.
disk = None


@contextlib.contextmanager
def scratch(build):
    """A folder on the disk that is measured, removed afterwards."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="site.", dir=disk or build / "bench"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def site(build):
    with scratch(build) as folder:
        yield Site(build, folder)
