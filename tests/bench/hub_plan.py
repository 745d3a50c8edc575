"""What a hub has written, as bare_sqlite writes it once more: transactions of batches of changes, from its own log."""
import collections
import contextlib
import io
import itertools
import pathlib
import re
import sqlite3
import subprocess
import zlib

import cbor2

from figures import Failed
from place import command

LOG_ACT = 2  # hub/log.h
CHANGES_OF_BATCH = 10  # the key of that number in a batch's head, PROTOCOL.md section 4
PROTOCOL = pathlib.Path(__file__).resolve().parents[2] / "protocol" / "PROTOCOL.md"


def changes_in(envelope):
    """The number of changes that a sealed batch says it holds: in front of its payload, before what is compressed."""
    payload = cbor2.loads(envelope).value[2]
    return cbor2.loads(payload)[CHANGES_OF_BATCH]


def envelopes_in(database):
    """(entry, sealed batch) of each batch, in the order of the log."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT n, body FROM log WHERE type <> ? ORDER BY n", (LOG_ACT,)).fetchall()


def batches_in(database):
    """(entry, number of changes) of each batch that holds any, in the order of the log."""
    counted = [(entry, changes_in(body)) for entry, body in envelopes_in(database)]
    return [batch for batch in counted if batch[1] > 0]


def dictionary():
    """What both sides have before they begin to compress, as section 4 prints it."""
    return bytes.fromhex("".join(re.findall("^  ([0-9a-f]{40,80})$", PROTOCOL.read_text(encoding="utf-8"), re.MULTILINE)))


def rows_in(envelope, known):
    """The rows of a sealed batch, inflated: what follows the head in its payload; empty if it has none."""
    payload = io.BytesIO(cbor2.loads(envelope).value[2])
    cbor2.load(payload)
    return zlib.decompressobj(zdict=known).decompress(payload.read())


def sealed_bytes(database):
    return sum(len(envelope) for _, envelope in envelopes_in(database))


def parts(build, database):
    """Milliseconds that compressing and signing take by themselves for all batches of the log: {name: ms}."""
    known = dictionary()
    streams = [zlib.compress(rows, 9) for _, body in envelopes_in(database) if (rows := rows_in(body, known))]
    frames = b"".join(len(stream).to_bytes(4, "big") + stream for stream in streams)
    printed = subprocess.run([build / "bench" / "bare_parts"], input=frames, stdout=subprocess.PIPE, check=True).stdout
    return dict(zip(("inflate", "deflate", "sign", "verify"), (int(part) / 1000 for part in printed.split())))


def grouped(batches, transactions):
    """The batches in so many groups, in their order; as even as whole batches allow."""
    size = len(batches) / transactions
    return [batches[round(i * size):round((i + 1) * size)] for i in range(transactions)]


def lines_of(groups, codes):
    """
    The plan of groups of batches over the codes of all their changes, in order: as the hub does (hub/state_changes.c),
    a dossier is written once for all that a batch says of it, in the order of the codes.
    """
    times = collections.Counter(codes)
    number = {code: i for i, code in enumerate(times)}
    yield from (f"key {code} {count}\n" for code, count in times.items())
    seen = collections.Counter()
    each = iter(codes)
    for group in groups:
        yield "transaction\n"
        for entry, count in group:
            yield f"batch {entry}\n"
            said = list(itertools.islice(each, count))
            seen.update(said)
            yield from (f"dossier {number[code]} {seen[code]}\n" for code in sorted(set(said)))


class Bare:
    """The bare loop over a plan, any number of times."""

    def __init__(self, build, database, groups, codes):
        self.program = [build / "bench" / "bare_sqlite", database]
        self.folder = database.parent
        self.plan = "".join(lines_of(groups, codes))
        self.dossiers = self.plan.count("\ndossier ")

    def write(self, target):
        """(seconds, processor seconds) of one more database."""
        seconds, used, dossiers = command([*self.program, target], input=self.plan).split()
        if int(dossiers) != self.dossiers:
            raise Failed(f"the bare loop wrote {dossiers} of {self.dossiers} dossiers")
        return float(seconds), float(used)

    def run(self):
        """As write, into a database that goes away."""
        figures = self.write(self.folder / "bare.db")
        for name in self.folder.glob("bare.db*"):
            name.unlink()
        return figures
