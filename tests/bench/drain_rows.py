"""One agent has 100,000 changes to send: how long until the hub has acknowledged them all, beside other ways."""
import contextlib
import itertools
import json

import hub_plan
import load
import place
import rivals
import watched
from figures import Failed, median, ratio, row, spread

DRAIN_CHANGES = 100_000
RUNS = 5
WHAT = f"drain of {DRAIN_CHANGES:,} changes"
UPLINK_LIMIT_MIB = 14.0


def drain_changes(count):
    """So many changes of the load, the first ones in time."""
    records = load.changes(count * 2 // 5, unit=place.UNIT)
    return list(itertools.islice(records, count))


def check_drained(here, records):
    """Fast and wrong is no result: everything acknowledged, and the hub counts what the file holds."""
    waiting = json.loads(here.agent("status", "--json"))["waiting"]
    totals = json.loads(here.hub("totals", "--year", "2024", "--json"))["total"]
    received = sum(1 for record in records if "received_at" in record)
    if waiting != 0 or totals["received"] != received:
        raise Failed(f"drain: {waiting} still waiting; the hub counts {totals['received']} received, not {received}")
    here.verify()


def hub_now(here):
    """(commits, processor seconds, seconds without one) of the serving hub so far."""
    pid = here.server.pid
    return here.counted("motcua_commits_total"), place.processor_seconds(pid), place.queued_seconds(pid)


def drained(here, export, records):
    """Figures of one import and one drain."""
    imported = watched.run(here.line("motcua-agent", "import", export))
    before = hub_now(here)
    synced = watched.run(here.line("motcua-agent", "sync"))
    commits, hub_cpu, hub_queued = (new - old for new, old in zip(hub_now(here), before))
    check_drained(here, records)
    return {"import": imported.seconds, "import_kib": imported.peaks["motcua-agent"], "drain": synced.seconds,
            "agent_cpu": synced.processor, "hub_cpu": hub_cpu, "queued": synced.queued + hub_queued,
            "agent_kib": synced.peaks["motcua-agent"], "uplink_kib": synced.peaks["motcua-uplink"],
            "commits": int(commits)}


def bare_of(build, here, records, transactions):
    """The bare loop over what the hub has written of these records."""
    database = here.folder / "hub" / "hub.db"
    groups = hub_plan.grouped(hub_plan.batches_in(database), transactions)
    return hub_plan.Bare(build, database, groups, [record["code"] for record in records])


def export_of(here, records):
    export = here.folder / "changes.ndjson"
    with open(export, "w", encoding="utf-8") as out:
        load.write(records, out)
    return export


def one_run(build, records, others):
    """A drain, then at once the bare loop over what the hub has written, and the rivals."""
    dossiers = len({record["code"] for record in records})
    with place.site(build) as here:
        export = export_of(here, records)
        with here.serving():
            figures = drained(here, export, records)
        figures["bare"], figures["bare_cpu"] = bare_of(build, here, records, figures["commits"]).run()
        database = here.folder / "hub" / "hub.db"
        figures |= {"disk": database.stat().st_size, "sealed": hub_plan.sealed_bytes(database)}
        figures |= hub_plan.parts(build, database)
        here.folder.chmod(0o755)  # for the account PostgreSQL runs under
        for other in others:
            figures[other.name] = other.run(export, dossiers)
    return figures


@contextlib.contextmanager
def rivals_here(build):
    """Those that can be measured, ready; and those that cannot."""
    with contextlib.ExitStack() as stack:
        here = stack.enter_context(place.site(build))
        here.folder.chmod(0o755)
        here.hub("init", "--province", "06", "--name", "Bench")  # for its certificate
        known = []
        for kind in (rivals.Curl, rivals.Postgres):
            folder = here.folder / kind.__name__
            folder.mkdir()
            known.append(kind(folder, here.folder / "hub" / "tls.crt", here.folder / "hub" / "tls.key"))
        ready = [rival for rival in known if rival.lacks is None]
        for rival in ready:
            stack.enter_context(rival.serving())
        yield ready, [rival for rival in known if rival.lacks is not None]


def speed(seconds):
    return f"{DRAIN_CHANGES / seconds:,.0f} a second"


def rows_of(runs, others, absent):
    def of(name):
        return [run[name] for run in runs]

    took = median(of("drain"))
    yield row(f"import of {DRAIN_CHANGES:,} changes", median(of("import")), "s",
              note=f"{speed(median(of('import')))}; {spread(of('import'))}")
    yield row(f"{WHAT} over TLS into log and state", took, "s", note=f"{speed(took)}; {spread(of('drain'))}; "
              f"{median(of('queued')):.2f} s of waiting for a processor that others had")
    yield row("the bare loop: the same rows, the same transactions", median(of("bare")), "s",
              note=f"{speed(median(of('bare')))}; {spread(of('bare'))}; {median(of('commits')):g} transactions")
    yield row(f"{WHAT} beside the bare loop", ratio(of("drain"), of("bare")), "x", limit=1.5)
    yield row(f"{WHAT}, processor time of the hub", median(of("hub_cpu")), "s",
              note=f"{ratio(of('hub_cpu'), of('bare_cpu')):.2f} x the {median(of('bare_cpu')):.2f} s of the bare loop")
    yield row(f"{WHAT}, processor time of the agent", median(of("agent_cpu")), "s", note="motcua-uplink included")
    for name, side in (("deflate", "agent"), ("sign", "agent"), ("verify", "hub"), ("inflate", "hub")):
        used = median(of(f"{side}_cpu"))
        yield row(f"{name} of its batches alone", median(of(name)), "ms",
                  note=f"{100 * median(of(name)) / 1000 / used:.1f} % of the processor time of the {side}")
    for other in others:
        seconds = of(other.name)
        yield row(other.name, median(seconds), "s", note=f"{speed(median(seconds))}; {spread(seconds)}")
        yield row(f"{WHAT} beside {other.name}", ratio(of("drain"), seconds), "x", limit=other.limit,
                  note="1 would be the stretch" if other.limit is None else "")
    for other in absent:
        yield row(other.name, None, "s", note=other.lacks)
    yield row("sealed batches of the drain, a change", median(of("sealed")) / DRAIN_CHANGES, "B")
    yield row("hub's database after the drain, a change", median(of("disk")) / DRAIN_CHANGES, "B")
    yield row("motcua-uplink draining, peak memory", max(of("uplink_kib")) / 1024, "MiB", limit=UPLINK_LIMIT_MIB)
    yield row("motcua-agent draining, peak memory", max(of("agent_kib")) / 1024, "MiB")
    yield row("motcua-agent importing, peak memory", max(of("import_kib")) / 1024, "MiB")


def bench_drain(build, options):
    records = drain_changes(DRAIN_CHANGES)
    with rivals_here(build) as (others, absent):
        runs = [one_run(build, records, others) for _ in range(options.runs or RUNS)]
        yield from rows_of(runs, others, absent)
