"""What a sync costs on the line: TCP payload both ways, handshake included, as a proxy on loopback counts it."""
import json
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import load  # noqa: E402
import place  # noqa: E402
from figures import Failed, row  # noqa: E402
from support import counting_line  # noqa: E402

ONE_SYNC, ONE_SYNC_LIMIT = 150, 3500
SYNCS_A_DAY, CHANGES_A_SYNC, DAY_LIMIT = 30, 5, 66_000


def send(here, line, records):
    """Queues the records and syncs once; the bytes sent and received."""
    export = here.folder / "changes.ndjson"
    with open(export, "w", encoding="utf-8") as out:
        load.write(records, out)
    here.agent("import", export)
    line.take()
    here.agent("sync")
    sent, received, connections = line.take()
    waiting = json.loads(here.agent("status", "--json"))["waiting"]
    if waiting != 0 or connections != 1:
        raise Failed(f"line: {waiting} still waiting after {connections} connections")
    return sent, received


def counted(build, batches):
    """The bytes (sent, received) of one sync for each list of records, from an agent that has just enrolled."""
    with place.site(build) as here, here.serving(enrolled=False):
        line = counting_line.CountingLine(here.port)
        try:
            here.enroll(f"https://127.0.0.1:{line.port}")
            here.agent("sync")
            totals = [send(here, line, records) for records in batches]
            here.verify()
        finally:
            line.close()
    return totals


def bench_line(build, _):
    changes = load.changes(200, unit=place.UNIT)[:ONE_SYNC]
    (sent, received), = counted(build, [changes])
    yield row(f"one sync of {ONE_SYNC} changes, TCP payload", sent + received, "B", limit=ONE_SYNC_LIMIT,
              note=f"{sent:,} out, {received:,} back, handshake included")
    day = [changes[i * CHANGES_A_SYNC:(i + 1) * CHANGES_A_SYNC] for i in range(SYNCS_A_DAY)]
    totals = counted(build, day)
    yield row(f"a day of {SYNCS_A_DAY} syncs of {CHANGES_A_SYNC} changes, TCP payload",
              sum(map(sum, totals)), "B", limit=DAY_LIMIT,
              note=f"{sum(s for s, _ in totals):,} out, {sum(r for _, r in totals):,} back")
