"""A program that is watched while it runs: seconds, processor seconds and peak memory, its children's apart."""
import os
import pathlib
import subprocess
import time

from figures import Failed
from place import fields_of

LOOK_S = 0.02
# The kernel's own peak is per address space, so that of whoever started the program does not count.
PEAK = "VmHWM"


def children_of(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def peak_kib(pid):
    return (fields_of(pid, "status") or {}).get(PEAK, 0)


def name_of(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()


def look(pid, peaks):
    """Raises the peaks, by name of program, to what the process and its children have reached."""
    try:
        for each in (pid, *children_of(pid)):
            name = name_of(each)
            peaks[name] = max(peaks.get(name, 0), peak_kib(each))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has just ended


def run(arguments):
    """(seconds, processor seconds with all its children, {program: KiB at most}) of a command that must succeed."""
    peaks = {}
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        look(process.pid, peaks)
        time.sleep(LOOK_S)
    seconds = time.perf_counter() - start
    complaint = process.stderr.read()
    process.stderr.close()
    if process.returncode != 0:
        raise Failed(f"{' '.join(process.args)}\nexit {process.returncode}: {complaint.strip()}")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used, peaks
