#!/usr/bin/python3
"""The benchmarks: each figure beside its limit or its baseline, measured in the same run on the same disk.

usage: bench.py --build DIR [NAME...] [--idle-seconds N] [--json]     NAME: drain, bytes, idle
"""
import argparse
import contextlib
import itertools
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import load  # noqa: E402  (it stands beside this file)

UNIT = "01834"
UNITS = f"""code,name,level,parent
06,Province 06,province,
058,District 058,district,06
{UNIT},Commune {UNIT},commune,058
"""
DRAIN_CHANGES = 100_000
BATCH_CHANGES = 2_000
BASELINE_RUNS = 3
WATCHDOG_S = 300  # as in motcua-agent.service


class Failed(Exception):
    """A program under measurement did not do its work; the text says which and how."""


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


@contextlib.contextmanager
def service(arguments, ready=None, **environment):
    """A program running in the background, ended by its own process id; ready: a pattern to wait for on stderr."""
    process = subprocess.Popen([str(a) for a in arguments], stderr=subprocess.PIPE if ready else None, text=True,
                               env={**os.environ, **environment})
    try:
        seen = []
        while ready and not re.search(ready, seen[-1] if seen else ""):
            line = process.stderr.readline()
            if not line:
                raise Failed(f"{arguments[0]} ended before it was ready:\n{''.join(seen)}")
            seen.append(line)
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


class Site:
    """A hub and one agent of its only commune, in a directory of their own."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.url = f"https://127.0.0.1:{free_port()}"
        (folder / "units.csv").write_text(UNITS, encoding="utf-8")
        (folder / "spool").mkdir()
        (folder / "hub.ini").write_text("", encoding="utf-8")
        (folder / "agent.ini").write_text(f"[agent]\nspool = {folder / 'spool'}\n", encoding="utf-8")

    def line(self, program, *arguments):
        role = program.removeprefix("motcua-")
        return [self.build / program, *arguments, "--lang", "en", "--data", self.folder / role,
                "--config", self.folder / f"{role}.ini"]

    def hub(self, *arguments):
        return command(self.line("motcua-hub", *arguments))

    def agent(self, *arguments):
        return command(self.line("motcua-agent", *arguments))

    @contextlib.contextmanager
    def serving(self):
        """The hub, listening, with the agent enrolled."""
        self.hub("init", "--province", "06", "--name", "Bench", "--url", self.url)
        self.hub("units", "import", self.folder / "units.csv")
        serve = self.line("motcua-hub", "serve", "--listen", self.url.removeprefix("https://"))
        with service(serve, ready="listening on"):
            code = json.loads(self.hub("invite", UNIT, "--no-confirm", "--json"))["code"]
            self.agent("enroll", code, "--url", self.url)
            yield self


@contextlib.contextmanager
def site(build):
    """A Site on the disk of the build directory, removed afterwards."""
    parent = build / "bench"
    parent.mkdir(exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="site.", dir=parent))
    try:
        yield Site(build, folder)
    finally:
        shutil.rmtree(folder)


def drain_changes(count):
    """So many changes of the load, the first ones in time."""
    records = load.changes(count * 2 // 5, unit=UNIT)
    return list(itertools.islice(records, count))


def bare_loop(build, folder, records):
    """Median seconds of the bare SQLite loop over the same keys."""
    keys = "".join(record["code"] + "\n" for record in records)
    seconds = []
    for run in range(BASELINE_RUNS):
        printed = command([build / "bench" / "bare_sqlite", folder / f"bare{run}.db", BATCH_CHANGES], input=keys)
        taken, rows = printed.split()
        if int(rows) != len(records):
            raise Failed(f"the bare loop wrote {rows} of {len(records)} rows")
        seconds.append(float(taken))
    return statistics.median(seconds)


def check_drained(place, records):
    """Fast and wrong is no result: everything acknowledged, and the hub counts what the file holds."""
    waiting = json.loads(place.agent("status", "--json"))["waiting"]
    totals = json.loads(place.hub("totals", "--year", "2024", "--json"))["total"]
    received = sum(1 for record in records if "received_at" in record)
    if waiting != 0 or totals["received"] != received:
        raise Failed(f"drain: {waiting} still waiting; the hub counts {totals['received']} received, not {received}")


def bench_drain(build):
    records = drain_changes(DRAIN_CHANGES)
    with site(build) as place:
        export = place.folder / "changes.ndjson"
        with open(export, "w", encoding="utf-8") as out:
            load.write(records, out)
        before = bare_loop(build, place.folder, records)
        with place.serving():
            imported = timed(lambda: place.agent("import", export))
            drained = timed(lambda: place.agent("sync"))
            check_drained(place, records)
    yield row("import of 100,000 changes", imported, "s", note=f"{len(records) / imported:,.0f} changes/s")
    yield row("bare SQLite loop, the same rows", before, "s", note=f"{len(records) / before:,.0f} changes/s")
    yield row("drain of 100,000 changes over TLS", drained, "s", limit=1.5 * before,
              note=f"{len(records) / drained:,.0f} changes/s, {drained / before:.2f} x the bare loop (limit 1.5)")


def bench_bytes(build):
    """Bytes a change, the envelope included: the tool reads NDJSON and prints the size of one sealed batch."""
    for count, limit in ((2_000, 6.0), (100, 10.0)):
        records = drain_changes(30_000)[-count:]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        size = int(command([build / "bench" / "sealed_size"], input=lines))
        yield row(f"bytes a change, batch of {count:,}", size / count, "B", limit=limit)


def fields_of(pid, name):
    """{name: first number} of one of the kernel's pages about a process; None where it is for root alone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="ascii").splitlines()
    except PermissionError:
        return None
    return {words[0].rstrip(":"): int(words[1]) for words in map(str.split, lines)
            if len(words) > 1 and words[1].isdigit()}


def activity(pid):
    """What an idle process does: (times gone to sleep, ns on a processor, bytes written or None)."""
    nanoseconds = int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    io = fields_of(pid, "io")
    return fields_of(pid, "status")["voluntary_ctxt_switches"], nanoseconds, io and io["write_bytes"]


def has_synced(place):
    return json.loads(place.agent("status", "--json"))["next_attempt"] is not None


def watch_idle(place, seconds):
    """(memory in KiB and its kind, sleeps, ns, bytes) of the service left alone."""
    with service(place.line("motcua-agent", "run"), WATCHDOG_USEC=str(WATCHDOG_S * 1_000_000)) as agent:
        while not has_synced(place):
            if agent.poll() is not None:
                raise Failed("motcua-agent run ended by itself")
            time.sleep(0.5)
        time.sleep(5)  # the look at its status has woken it
        before = activity(agent.pid)
        time.sleep(seconds)
        after = activity(agent.pid)
        # A program that keeps its memory to itself shows only root how much of it is its own.
        rollup = fields_of(agent.pid, "smaps_rollup")
        memory = ("PSS", rollup["Pss"]) if rollup else ("RSS", fields_of(agent.pid, "status")["VmRSS"])
    return memory, *(new - old if None not in (new, old) else None for new, old in zip(after, before))


def bench_idle(build, seconds):
    with site(build) as place, place.serving():
        (kind, kib), sleeps, nanoseconds, written = watch_idle(place, seconds)
    what = f"agent idle for {seconds} s,"
    yield row(f"{what} memory ({kind})", kib / 1024, "MiB", limit=3.0 if kind == "PSS" else None)
    yield row(f"{what} wake-ups a minute", sleeps * 60 / seconds, "", limit=6.0, note=f"{sleeps} in all")
    yield row(f"{what} processor time", nanoseconds / 1e6, "ms")
    if written is not None:
        yield row(f"{what} bytes written", written, "B", limit=0.0)


def row(what, value, unit, limit=None, note=""):
    return {"what": what, "value": round(value, 3), "unit": unit, "limit": None if limit is None else round(limit, 3),
            "within": None if limit is None else value <= limit, "note": note}


def print_table(rows):
    width = max(len(r["what"]) for r in rows)
    for r in rows:
        limit = "" if r["limit"] is None else f"<= {r['limit']:g}"
        verdict = {None: "", True: "ok", False: "OVER"}[r["within"]]
        print(f"{r['what']:<{width}}  {r['value']:>9.2f} {r['unit']:<4} {limit:<10} {verdict:<5} {r['note']}".rstrip())


BENCHES = {"drain": lambda build, _: bench_drain(build), "bytes": lambda build, _: bench_bytes(build),
           "idle": lambda build, options: bench_idle(build, options.idle_seconds)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--idle-seconds", type=int, default=60, metavar="N", help="how long idle watches")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHES]
    if unknown:
        parser.error(f"no benchmark named {unknown[0]}; there are: {', '.join(BENCHES)}")
    rows = []
    try:
        for name in arguments.names or BENCHES:
            rows.extend(BENCHES[name](arguments.build.resolve(), arguments))
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({"schema": 1, "processors": os.cpu_count(), "kernel": platform.release(), "rows": rows}))
    else:
        print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
