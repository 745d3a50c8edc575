#!/usr/bin/python3
"""The benchmarks: each figure beside its limit or its baseline, measured in the same run on the same disk.

usage: bench.py --build DIR [NAME...] [--json]     NAME: drain, bytes, idle
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
def service(arguments, ready=None):
    """A program running in the background, ended by its own process id; ready: a pattern to wait for on stderr."""
    process = subprocess.Popen([str(a) for a in arguments], stderr=subprocess.PIPE if ready else None, text=True)
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


def pss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise Failed("the kernel does not say how much memory a process has")


def bench_idle(build):
    with site(build) as place, place.serving():
        with service(place.line("motcua-agent", "run")) as agent:
            time.sleep(10)
            if agent.poll() is not None:
                raise Failed("motcua-agent run ended by itself")
            used = pss_kib(agent.pid)
    yield row("agent idle for 10 s, memory (PSS)", used / 1024, "MiB", limit=3.0)


def row(what, value, unit, limit=None, note=""):
    return {"what": what, "value": round(value, 3), "unit": unit, "limit": limit and round(limit, 3),
            "within": None if limit is None else value <= limit, "note": note}


def print_table(rows):
    width = max(len(r["what"]) for r in rows)
    for r in rows:
        limit = "" if r["limit"] is None else f"<= {r['limit']:g}"
        verdict = {None: "", True: "ok", False: "OVER"}[r["within"]]
        print(f"{r['what']:<{width}}  {r['value']:>9.2f} {r['unit']:<4} {limit:<10} {verdict:<5} {r['note']}".rstrip())


BENCHES = {"drain": bench_drain, "bytes": bench_bytes, "idle": bench_idle}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHES]
    if unknown:
        parser.error(f"no benchmark named {unknown[0]}; there are: {', '.join(BENCHES)}")
    rows = []
    try:
        for name in arguments.names or BENCHES:
            rows.extend(BENCHES[name](arguments.build.resolve()))
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
