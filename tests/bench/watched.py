"""A program that is watched while it runs: seconds, processor seconds, peak memory by program."""
import os
import pathlib
import subprocess
import time

from figures import Failed
from place import fields_of, queued_seconds

LOOK_S = 0.02
# The kernel's own peak is per address space, so that of whoever started the program does not count.
PEAK = "VmHWM"


def children_of(pid):
    listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def peak_kib(pid):
    return (fields_of(pid, "status") or {}).get(PEAK, 0)


def name_of(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()


class Seen:
    """What the looks at a process and its children have found: peak memory by program, waits by process."""

    def __init__(self):
        self.peaks, self.waits = {}, {}

    def look(self, pid):
        try:
            for each in (pid, *children_of(pid)):
                name = name_of(each)
                self.peaks[name] = max(self.peaks.get(name, 0), peak_kib(each))
                self.waits[each] = queued_seconds(each)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just ended


class Figures:
    """Of a command: seconds, processor seconds with all its children, {program: KiB at most}, and seconds in which
    it or a child waited for a processor."""

    def __init__(self, seconds, processor, seen):
        self.seconds, self.processor, self.peaks = seconds, processor, seen.peaks
        self.queued = sum(seen.waits.values())


def run(arguments):
    """Runs a command, which must succeed, and returns its Figures."""
    seen = Seen()
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
    while process.poll() is None:
        seen.look(process.pid)
        time.sleep(LOOK_S)
    seconds = time.perf_counter() - start
    complaint = process.stderr.read()
    process.stderr.close()
    if process.returncode != 0:
        raise Failed(f"{' '.join(process.args)}\nexit {process.returncode}: {complaint.strip()}")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Figures(seconds, used, seen)
