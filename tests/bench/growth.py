"""How a hub bears growth: filled through its own intake to 10^5, 10^6 and, if asked, 10^7 dossiers, and at each size
looked at with the program itself. One directory grows; what is printed of a size was measured when it had it.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

SIZES = (100_000, 1_000_000)
LARGE = 10_000_000
RATE_LINES = 5  # the last days before a size was reached
WARM_RUNS = 5
FAST_LIMIT_S = 0.1
SLOW_LIMIT_S = 30.0
RATE_SHARE = 0.7
FIRST_YEAR = 2023
# form06, but late after more requests for documents than anybody makes.
RECOUNT = """[rule]
name = recount
version = 1
source = bench
end = returned, finished
compare = date
withdrawn = on_time
stopped = waits
paused = in_time
refused = apart
supplements_max = 1000000
waiting = counted
"""


def processor(usage):
    return usage.ru_utime + usage.ru_stime


def spent(usage):
    return f"{processor(usage):.2f} s of the processor, {usage.ru_maxrss / 1024:,.0f} MiB"


class Hub:
    """The programs over one directory, and what a run of them took."""

    def __init__(self, build, folder, fail):
        self.build = build
        self.folder = folder
        self.fail = fail
        self.settings = folder.parent / "growth.ini"
        self.settings.write_text("", encoding="utf-8")
        (folder / "rules").mkdir(exist_ok=True)
        (folder / "rules" / "recount.ini").write_text(RECOUNT, encoding="utf-8")

    def run(self, arguments):
        """(seconds, what was printed, the kernel's account of it)"""
        read, write = os.pipe()
        start = time.perf_counter()
        process = subprocess.Popen([str(a) for a in arguments], stdout=write, stderr=subprocess.PIPE, text=True)
        os.close(write)
        with os.fdopen(read, encoding="utf-8") as out:
            printed = out.read()
        complaint = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)  # not process.wait(): its memory is asked for
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise self.fail(f"{' '.join(map(str, arguments))}\nexit {process.returncode}: {complaint.strip()}")
        return time.perf_counter() - start, printed, usage

    def ask(self, *arguments):
        return self.run([self.build / "motcua-hub", *arguments, "--lang", "en", "--data", self.folder,
                         "--config", self.settings])

    def fill(self, dossiers):
        """The lines of tests/bench/fill.c up to so many dossiers; the last one apart."""
        _, printed, _ = self.run([self.build / "bench" / "fill", self.folder, dossiers, 1])
        *lines, counted = map(json.loads, printed.splitlines())
        return lines, counted["counted_s"]

    def totals(self, *arguments):
        """(median seconds of runs after a first one, of the processor too, the document)"""
        printed = self.ask("totals", "--json", *arguments)[1]
        runs = [self.ask("totals", "--json", *arguments) for _ in range(WARM_RUNS)]
        if any(again != printed for _, again, _ in runs):
            raise self.fail(f"totals {' '.join(arguments)}: not the same twice")
        return (statistics.median(seconds for seconds, _, _ in runs),
                statistics.median(processor(usage) for _, _, usage in runs), json.loads(printed))


def periods(dossiers):
    """Of the days filled (10,000 dossiers a day): all of the first year, a month, and some days across two."""
    year = (f"{FIRST_YEAR}-01-01", f"{FIRST_YEAR}-12-31")
    if dossiers <= SIZES[0]:
        return year, ("2023-01-03", "2023-01-09")
    return year, ("2023-03-01", "2023-03-31"), ("2023-02-11", "2023-03-19")


def rate(lines):
    """Changes a second of the writer: on the clock and on the processor."""
    last = lines[-RATE_LINES:]
    changes = sum(line["changes"] for line in last)
    return changes / sum(line["merge_s"] for line in last), changes / sum(line["merge_cpu_s"] for line in last)


def weighing(name, lines, row):
    yield row(f"{name} on disk", (lines[-1]["db_bytes"] + lines[-1]["wal_bytes"]) / lines[-1]["dossiers"], "B",
              note="a dossier")
    yield row(f"{name} memory of the writer", lines[-1]["peak_kib"] / 1024, "MiB", note="peak")


def merging(name, lines, base, row):
    """A rate has a floor where the table has limits, so it stands there as the time a change takes."""
    clock, processor = rate(lines)
    yield row(f"{name} merging a change", 1e6 / clock, "us", limit=1e6 / (RATE_SHARE * base[0]),
              note=f"{clock:,.0f} changes/s, {clock / base[0]:.2f} x the rate at {SIZES[0]:,} (at least 0.7)")
    yield row(f"{name} merging a change, processor", 1e6 / processor, "us", limit=1e6 / (RATE_SHARE * base[1]),
              note=f"{processor / base[1]:.2f} x the rate at {SIZES[0]:,}")


def check_same(hub, by, span, fast):
    """By a rule that counts the same and is not known to do so, every dossier is counted again."""
    recount = json.loads(hub.ask("totals", "--json", "--rule", "recount", *by, *span)[1])
    if any(recount[part] != fast[part] for part in ("as_of", "groups", "total")):
        raise hub.fail(f"totals {' '.join(by + span)}: not those of a recount")


def counting(hub, name, dossiers, row):
    for by in ("unit", "level", "channel", "month"):
        slowest = most = 0.0
        for first, last in periods(dossiers):
            span = ("--from", first, "--to", last)
            seconds, of_processor, document = hub.totals("--by", by, *span)
            check_same(hub, ("--by", by), span, document)
            slowest = max(slowest, seconds)
            most = max(most, of_processor)
        yield row(f"{name} totals by {by}", slowest, "s", limit=FAST_LIMIT_S,
                  note=f"warm, slowest of the periods; {most:.3f} s of the processor")
    for by in ("domain", "procedure", "day"):
        seconds, _, usage = hub.ask("totals", "--json", "--by", by, "--year", FIRST_YEAR)
        yield row(f"{name} totals by {by}", seconds, "s", limit=SLOW_LIMIT_S, note=spent(usage))


def last_day(dossiers):
    return time.strftime("%Y-%m-%d", time.gmtime(time.mktime((FIRST_YEAR, 1, 2, 12, 0, 0, 0, 0, 0)) +
                                                 dossiers // 10_000 * 86400))


def looking_back(hub, name, dossiers, row):
    for share, what in ((0.98, "a few days ago"), (0.5, "half of it ago")):
        seconds, _, usage = hub.ask("totals", "--json", "--by", "unit", "--year", FIRST_YEAR,
                                    "--as-known-at", last_day(int(dossiers * share)))
        yield row(f"{name} as known {what}", seconds, "s", limit=SLOW_LIMIT_S, note=spent(usage))
    seconds, _, usage = hub.ask("verify", "--full")
    yield row(f"{name} verify --full", seconds, "s", note=f"exit 0; {spent(usage)}")


def bench(build, large, row, fail):
    """Rows of the table; row and fail are those of bench.py."""
    parent = build / "bench"
    parent.mkdir(exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="growth.", dir=parent))
    base = None
    try:
        (folder / "hub").mkdir()
        hub = Hub(build, folder / "hub", fail)
        for size in SIZES + ((LARGE,) if large else ()):
            name = f"{size:,} dossiers:"
            lines, counted = hub.fill(size)
            base = base or rate(lines)
            yield from merging(name, lines, base, row)
            yield row(f"{name} sums by day", counted, "s", note="counted while it is quiet, all that was emptied since")
            yield from weighing(name, lines, row)
            yield from counting(hub, name, size, row)
            yield from looking_back(hub, name, size, row)
    finally:
        shutil.rmtree(folder)
