"""One agent has 100,000 changes to send: how long until the hub has acknowledged them all."""
import itertools
import json

import load
import place
from figures import Failed, median, row

DRAIN_CHANGES = 100_000
BATCH_CHANGES = 2_000
BASELINE_RUNS = 3


def drain_changes(count):
    """So many changes of the load, the first ones in time."""
    records = load.changes(count * 2 // 5, unit=place.UNIT)
    return list(itertools.islice(records, count))


def bare_loop(build, folder, records):
    """Median seconds of the bare SQLite loop over the same keys."""
    keys = "".join(record["code"] + "\n" for record in records)
    seconds = []
    for run in range(BASELINE_RUNS):
        printed = place.command([build / "bench" / "bare_sqlite", folder / f"bare{run}.db", BATCH_CHANGES], input=keys)
        seconds.append(float(printed.split()[0]))
    return median(seconds)


def check_drained(here, records):
    """Fast and wrong is no result: everything acknowledged, and the hub counts what the file holds."""
    waiting = json.loads(here.agent("status", "--json"))["waiting"]
    totals = json.loads(here.hub("totals", "--year", "2024", "--json"))["total"]
    received = sum(1 for record in records if "received_at" in record)
    if waiting != 0 or totals["received"] != received:
        raise Failed(f"drain: {waiting} still waiting; the hub counts {totals['received']} received, not {received}")
    here.verify()


def bench_drain(build, _):
    records = drain_changes(DRAIN_CHANGES)
    with place.site(build) as here:
        export = here.folder / "changes.ndjson"
        with open(export, "w", encoding="utf-8") as out:
            load.write(records, out)
        before = bare_loop(build, here.folder, records)
        with here.serving():
            imported = place.timed(lambda: here.agent("import", export))
            drained = place.timed(lambda: here.agent("sync"))
            check_drained(here, records)
    yield row("import of 100,000 changes", imported, "s", note=f"{len(records) / imported:,.0f} changes/s")
    yield row("bare SQLite loop, the same rows", before, "s", note=f"{len(records) / before:,.0f} changes/s")
    yield row("drain of 100,000 changes over TLS", drained, "s", limit=1.5 * before,
              note=f"{len(records) / drained:,.0f} changes/s, {drained / before:.2f} x the bare loop (limit 1.5)")


def bench_bytes(build, _):
    """Bytes a change, the envelope included: the tool reads NDJSON and prints the size of one sealed batch."""
    for count, limit in ((2_000, 6.0), (100, 10.0)):
        records = drain_changes(30_000)[-count:]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        size = int(place.command([build / "bench" / "sealed_size"], input=lines))
        yield row(f"bytes a change, batch of {count:,}", size / count, "B", limit=limit)
