"""What a change weighs sealed in a batch, beside general compressors on the same changes as NDJSON."""
import gzip
import io
import lzma

import load
import place
from drain_rows import DRAIN_CHANGES, drain_changes
from figures import row


def lines_of(records):
    out = io.StringIO()
    load.write(records, out)
    return out.getvalue()


def compressed(count, data):
    """What general compressors make of so many changes."""
    yield row(f"bytes a change, gzip -9 of {count:,} as NDJSON", len(gzip.compress(data, 9)) / count, "B")
    strongest = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
    yield row(f"bytes a change, xz -9e of {count:,} as NDJSON", len(strongest) / count, "B")


def bench_bytes(build, _):
    """Bytes a change, the envelope included: the tool reads NDJSON and prints the size of one sealed batch."""
    for count, limit in ((2_000, 6.0), (100, 10.0)):
        lines = lines_of(drain_changes(30_000)[-count:])
        size = int(place.command([build / "bench" / "sealed_size"], input=lines))
        yield row(f"bytes a change, batch of {count:,}, envelope included", size / count, "B", limit=limit)
        yield from compressed(count, lines.encode())
    # What the batches of the drain are beside.
    yield from compressed(DRAIN_CHANGES, lines_of(drain_changes(DRAIN_CHANGES)).encode())
