"""A province on loopback for the scenarios: a hub and its agents, the real programs, in a folder that goes away.

The programs are taken from the folder named by MOTCUA_BUILD; without them a scenario skips. Only processes started
here are ended, each by its own id.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEMO = os.path.join(os.path.dirname(TESTS), "config", "demo")
UNITS = os.path.join(DEMO, "units.csv")
BUILD = os.environ.get("MOTCUA_BUILD", "")
DEADLINE_S = 120  # for one command, sanitizers included
SANITIZER_EXIT = 99  # apart from every exit status of the contract
SKIPPED_EXIT = 77
ELSEWHEN = {}  # what clock() and loaded() add to the environment of programs

for folder in (TESTS, DEMO):
    if folder not in sys.path:
        sys.path.insert(0, folder)


def program(name):
    return os.path.join(BUILD, name)


@contextlib.contextmanager
def clock(shift):
    """Programs started meanwhile believe another time: so many seconds later, or what stands in a file at any time."""
    with loaded("clock_shift", MOTCUA_CLOCK_SHIFT=str(shift)):
        yield


@contextlib.contextmanager
def loaded(name, **settings):
    """Programs started meanwhile load one of tests/support before their libraries."""
    library = os.path.join(BUILD, "support", f"{name}.so")
    if not os.path.exists(library):
        raise unittest.SkipTest(f"{library} was not built")
    before = dict(ELSEWHEN)
    ELSEWHEN.update(LD_PRELOAD=library, **settings)
    try:
        yield
    finally:
        ELSEWHEN.clear()
        ELSEWHEN.update(before)


def environment():
    kept = os.environ | ELSEWHEN
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        kept[name] = f"{kept.get(name, '')}:exitcode={SANITIZER_EXIT}".lstrip(":")
    return kept


class Answer:
    """How a command ended, and what it said."""

    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"{' '.join(self.arguments)}\nexit {self.code}\n{self.out[-2000:]}\n{self.err[-4000:]}"


def run(name, *arguments, exits=(0,), given=None):
    """Runs a program to its end; any other exit status than those expected fails the test with all it said."""
    command = [program(name), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                          env=environment())
    answer = Answer([name, *arguments], done.returncode, done.stdout, done.stderr)
    if exits is not None and done.returncode not in exits:
        raise AssertionError(f"exit status not among {exits}: {answer}")
    return answer


def start(name, *arguments, err=subprocess.DEVNULL, before=None, extra=None):
    """Starts a program in the background. before is called in the new process; extra: more environment."""
    return subprocess.Popen([program(name), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=err, env={**environment(), **(extra or {})}, preexec_fn=before)


def stop(process, sign=signal.SIGTERM):
    """Ends a process started here and returns its exit status."""
    if process.poll() is None:
        process.send_signal(sign)
        try:
            process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("a process did not stop when asked to") from None
    return process.returncode


class Agent:
    """One PC: its data directory and the commands on it."""

    def __init__(self, unit, data):
        self.unit, self.data = unit, data

    def run(self, *arguments, **options):
        return run("motcua-agent", *arguments, "--data", self.data, **options)

    def start(self, *arguments):
        return start("motcua-agent", *arguments, "--data", self.data)

    def take(self, path, *options, **more):
        return self.run("import", path, *options, "--json", **more).json()

    def status(self):
        return self.run("status", "--json").json()

    def sync(self):
        self.run("sync")

    def sync_until_done(self, deadline_s=DEADLINE_S):
        """Syncs again and again while the hub is away or busy."""
        end = time.monotonic() + deadline_s
        while self.run("sync", exits=(0, 69, 75)).code != 0:
            if time.monotonic() > end:
                raise AssertionError("sync did not come to its end")
            time.sleep(0.2)


class Province:
    """A hub with its units and the agents it has invited. settings: lines of [hub] to serve with; by default the
    address all agents of a test share has no limits."""

    def __init__(self, folder, units=UNITS, settings=("trusted = 127.0.0.1",), code="06"):
        self.folder = folder
        self.data = os.path.join(folder, "hub")
        self.config = os.path.join(folder, "hub.ini")
        os.makedirs(folder, exist_ok=True)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(["[hub]", *settings, ""]))
        self.server = None
        self.port = 0
        self.agents = 0
        self.hub("init", "--province", code, "--name", "Tỉnh Bắc Kạn" if code == "06" else f"Tỉnh {code}")
        if units is not None:
            self.hub("units", "import", units)

    def hub(self, *arguments, **options):
        return run("motcua-hub", *arguments, "--data", self.data, **options)

    @property
    def log(self):
        return os.path.join(self.folder, "hub.log")

    def serve(self, *options, before=None):
        """Starts serving and waits until it listens; after the first time on the same port."""
        log = self.log
        with open(log, "wb") as err:
            self.server = start("motcua-hub", "serve", "--data", self.data, "--config", self.config,
                                "--listen", f"127.0.0.1:{self.port}", *options, err=err, before=before)
        end = time.monotonic() + 60
        while True:
            with open(log, encoding="utf-8", errors="replace") as file:
                said = file.read()
            found = re.search(r"listening on \S*:(\d+)", said)
            if found:
                self.port = int(found[1])
                return
            if self.server.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the hub does not listen:\n{said[-4000:]}")
            time.sleep(0.02)

    def kill(self):
        stop(self.server, signal.SIGKILL)

    def stop(self):
        if self.server is not None:
            return stop(self.server)
        return 0

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def agent(self, unit):
        """Invites and enrolls one more agent."""
        self.agents += 1
        agent = Agent(unit, os.path.join(self.folder, f"agent-{self.agents}"))
        invitation = self.hub("invite", unit, "--no-confirm", "--url", self.url, "--json").json()
        agent.run("enroll", invitation["code"], "--url", self.url)
        return agent

    def totals(self, *options):
        return self.hub("totals", *options, "--json").json()

    def report(self, *options):
        return self.hub("report", *options, "--json").json()


class Scenario(unittest.TestCase):
    """Each test gets a folder of its own, and a province that serves in it."""

    @classmethod
    def setUpClass(cls):
        needed = ("motcua-hub", "motcua-agent", "motcua-uplink")
        if not BUILD or not all(os.access(program(name), os.X_OK) for name in needed):
            raise unittest.SkipTest("MOTCUA_BUILD names no folder with the programs")

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="motcua-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """Writes a file: text, bytes, or records as NDJSON. Returns its path."""
        if isinstance(content, list):
            content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in content)
        if isinstance(content, str):
            content = content.encode()
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def province(self, *settings, **options):
        if settings:
            options["settings"] = settings
        province = Province(self.folder, **options)
        province.serve()
        self.addCleanup(province.stop)
        return province

    def assertSameCells(self, found, wanted):
        """Number for number what the second opinion says, group by group."""
        self.assertEqual(cell_differences(found, wanted), [])


class OneProvince(Scenario):
    """Tests that only read share a province: records() are sent before the first of them, and nothing serves after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = cls("records")  # any method of a test will do as a name
        Scenario.setUp(cls.shared)
        cls.shared.hub = cls.shared.province()
        cls.addClassCleanup(cls.shared.doCleanups)
        agent = cls.shared.hub.agent("06")
        agent.run("import", cls.shared.write("records.ndjson", cls.shared.records()))
        cls.shared.prepare(agent)
        agent.sync()
        cls.shared.hub.stop()

    def setUp(self):
        super().setUp()
        self.hub = self.shared.hub

    def records(self):
        raise NotImplementedError

    def prepare(self, agent):
        """What else is done before the records are sent."""


def cells_of(group):
    return {name: value for name, value in group.items()
            if name not in ("key", "name", "units_expected", "units_reporting")}


def cell_differences(found, wanted):
    """Where two documents of totals differ: (group, cell, found, wanted)."""
    pairs = [("as_of", {"as_of": found["as_of"]}, {"as_of": wanted["as_of"]}),
             ("total", cells_of(found["total"]), cells_of(wanted["total"]))]
    groups = {group["key"]: cells_of(group) for group in found["groups"]}
    for group in wanted["groups"]:
        pairs.append((group["key"], groups.pop(group["key"], {}), cells_of(group)))
    pairs += [(key, cells, {}) for key, cells in groups.items()]
    return [(where, name, one.get(name), two.get(name)) for where, one, two in pairs
            for name in sorted(set(one) | set(two)) if one.get(name) != two.get(name)]


def main():
    """Runs the scenario of a file; all skipped is an exit status of its own, so that ctest counts it as skipped."""
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if result.wasSuccessful() and result.skipped and result.testsRun == 0:
        print(result.skipped[0][1])
        sys.exit(SKIPPED_EXIT)
    sys.exit(0 if result.wasSuccessful() else 1)
