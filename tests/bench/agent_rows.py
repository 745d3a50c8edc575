"""What the agent costs the PC it stands on."""
import json
import pathlib
import shutil
import time

import place
from figures import Failed, median, ratio, row, spread

RUNS = 5
PAIRS, COMMANDS = 400, 40  # of additions in process, of commands
SIZE_LIMIT_KIB = 400
WATCHDOG_S = 300  # as in motcua-agent.service


def activity(pid):
    """What an idle process does: (times gone to sleep, ns on a processor, bytes written or None)."""
    nanoseconds = int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    io = place.fields_of(pid, "io")
    return place.fields_of(pid, "status")["voluntary_ctxt_switches"], nanoseconds, io and io["write_bytes"]


def has_synced(here):
    return json.loads(here.agent("status", "--json"))["next_attempt"] is not None


def memory_of(pid):
    """KiB resident, and its own share of that: a program that keeps its memory to itself shows the latter to root."""
    rollup = place.fields_of(pid, "smaps_rollup")
    return place.fields_of(pid, "status")["VmRSS"], rollup and rollup["Pss"]


def watch_idle(here, seconds):
    """(KiB resident, KiB of its own or None, sleeps, ns, bytes) of the service left alone."""
    with place.service(here.line("motcua-agent", "run"), WATCHDOG_USEC=str(WATCHDOG_S * 1_000_000)) as agent:
        while not has_synced(here):
            if agent.poll() is not None:
                raise Failed("motcua-agent run ended by itself")
            time.sleep(0.5)
        time.sleep(5)  # the look at its status has woken it
        before = activity(agent.pid)
        time.sleep(seconds)
        after = activity(agent.pid)
        memory = memory_of(agent.pid)
    return *memory, *(new - old if None not in (new, old) else None for new, old in zip(after, before))


def bench_idle(build, options):
    seconds = options.idle_seconds
    with place.site(build) as here, here.serving():
        resident, own, sleeps, nanoseconds, written = watch_idle(here, seconds)
        here.verify()
    what = f"agent idle for {seconds} s,"
    yield row(f"{what} memory (PSS)", None if own is None else own / 1024, "MiB", limit=3.0,
              note=f"RSS, shared libraries counted in full: {resident / 1024:.1f} MiB")
    yield row(f"{what} wake-ups a minute", sleeps * 60 / seconds, "", limit=6.0, note=f"{sleeps} in all")
    yield row(f"{what} processor time", nanoseconds / 1e6, "ms")
    yield row(f"{what} bytes written", written, "B", limit=0.0)


def bench_size(build, _):
    for name in ("motcua-agent", "motcua-uplink"):
        with place.scratch(build) as folder:
            shutil.copy(build / name, folder / name)
            place.command(["strip", folder / name])
            kib = (folder / name).stat().st_size / 1024
        yield row(f"{name}, stripped", kib, "KiB", limit=SIZE_LIMIT_KIB)


def in_process(build, here):
    """(microseconds of an add, of a bare insert, ratio by the clock, ratio by processor time): medians of all pairs."""
    tool = [build / "bench" / "add_pairs", here.folder / "agent", here.folder / "bare.db", PAIRS]
    return tuple(map(float, place.command(tool).split()))


def as_commands(here):
    """Seconds of so many commands by turns: ours, and sqlite3 doing one insert with the same journal."""
    bare = here.folder / "one.db"
    place.command(["sqlite3", bare, "CREATE TABLE change (id INTEGER PRIMARY KEY, record TEXT NOT NULL)"])
    insert = "PRAGMA journal_mode = TRUNCATE; INSERT INTO change (record) VALUES ('{}')"
    ours, theirs = [], []
    for number in range(COMMANDS):
        given = ("dossier", f"code=C-{number:06}", "status=accepted", "received_at=2024-05-22T11:00:00+07:00")
        ours.append(place.timed(lambda: here.agent("add", *given)))
        theirs.append(place.timed(lambda: place.command(["sqlite3", bare, insert.format(" ".join(given))])))
    return ours, theirs


def bench_add(build, options):
    inside, commands = [], []
    for _ in range(options.runs or RUNS):
        with place.site(build) as here, here.serving():
            inside.append(in_process(build, here))
            ours, theirs = as_commands(here)
            here.agent("sync")
            here.verify()
        commands.append((median(ours), median(theirs), ratio(ours, theirs)))
    add_us, bare_us, by_clock, by_processor = (median(column) for column in zip(*inside))
    yield row("add in process", add_us, "us", note=f"median of {PAIRS}; {spread([run[0] for run in inside], 'us')}")
    yield row("a bare durable insert of the same rows", bare_us, "us")
    yield row("add in process beside the bare insert", by_clock, "x", limit=2.0,
              note=f"by processor time {by_processor:.2f} x")
    yield row("motcua-agent add", median(c[0] for c in commands) * 1000, "ms", note=f"median of {COMMANDS}")
    yield row("sqlite3 doing one insert", median(c[1] for c in commands) * 1000, "ms")
    yield row("motcua-agent add beside sqlite3 doing one insert", median(c[2] for c in commands), "x", limit=2.0)
