"""What the agent costs the PC it stands on."""
import json
import pathlib
import time

import place
from figures import Failed, row

WATCHDOG_S = 300  # as in motcua-agent.service


def activity(pid):
    """What an idle process does: (times gone to sleep, ns on a processor, bytes written or None)."""
    nanoseconds = int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])
    io = place.fields_of(pid, "io")
    return place.fields_of(pid, "status")["voluntary_ctxt_switches"], nanoseconds, io and io["write_bytes"]


def has_synced(here):
    return json.loads(here.agent("status", "--json"))["next_attempt"] is not None


def watch_idle(here, seconds):
    """(memory in KiB and its kind, sleeps, ns, bytes) of the service left alone."""
    with place.service(here.line("motcua-agent", "run"), WATCHDOG_USEC=str(WATCHDOG_S * 1_000_000)) as agent:
        while not has_synced(here):
            if agent.poll() is not None:
                raise Failed("motcua-agent run ended by itself")
            time.sleep(0.5)
        time.sleep(5)  # the look at its status has woken it
        before = activity(agent.pid)
        time.sleep(seconds)
        after = activity(agent.pid)
        # A program that keeps its memory to itself shows only root how much of it is its own.
        rollup = place.fields_of(agent.pid, "smaps_rollup")
        memory = ("PSS", rollup["Pss"]) if rollup else ("RSS", place.fields_of(agent.pid, "status")["VmRSS"])
    return memory, *(new - old if None not in (new, old) else None for new, old in zip(after, before))


def bench_idle(build, options):
    seconds = options.idle_seconds
    with place.site(build) as here, here.serving():
        (kind, kib), sleeps, nanoseconds, written = watch_idle(here, seconds)
    what = f"agent idle for {seconds} s,"
    yield row(f"{what} memory ({kind})", kib / 1024, "MiB", limit=3.0 if kind == "PSS" else None)
    yield row(f"{what} wake-ups a minute", sleeps * 60 / seconds, "", limit=6.0, note=f"{sleeps} in all")
    yield row(f"{what} processor time", nanoseconds / 1e6, "ms")
    if written is not None:
        yield row(f"{what} bytes written", written, "B", limit=0.0)
