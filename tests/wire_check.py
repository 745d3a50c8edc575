#!/usr/bin/python3
"""Reads vectors of protocol/PROTOCOL.md: what the second agent of wire.py only writes, and CBOR without a library.
wire_check.py DIRECTORY prints the vectors that are not as DIRECTORY/index.tsv says."""
import re
import sys
import unicodedata
import zlib
from datetime import date
from itertools import accumulate
from pathlib import Path

import cbor2
from nacl import bindings, public

import wire
import wire_compare
from wire import (B8, B16, B32, BATCH, BATCH_LIMIT, BODY_LIMIT, BYTE, COUNTER, DATES, DAY, EAST, END,
                  FILE_LIMIT, FIRST, HEAD, INSTANT, INSTANTS, LAST, MAX, ONE, RECEIPT, REQUEST, ROWS_LIMIT, START, TEXT, TEXTS,
                  Refused, fits, need, unseal)

ENROL, ENROLLED = 6, 7  # frames of section 11 that only enrolment by stick has
COMPARE, COMPARED = 8, 9  # and those of section 12
CARRIED = {1: (REQUEST, BATCH, RECEIPT, END, ENROL, COMPARE), 2: (HEAD, RECEIPT, END, ENROLLED, COMPARED)}
# What only a hub reads, added to what an agent does.
wire.FORMS.update({
    "batch": {2: (int, 0, ROWS_LIMIT), 3: B8, 4: ONE, 5: B8, 6: ONE, 7: B32, 8: INSTANT,
              9: [COUNTER, COUNTER, INSTANT], 10: (int, 0, 4096)},
    "request": {2: B8, 3: B16, 4: (list, 0, 64, [ONE, B8, COUNTER]), 5: COUNTER, 6: COUNTER, 7: COUNTER, 8: INSTANT,
                9: COUNTER, 10: (str, 0, 32)},
    "enrol": {2: B8, 3: B32, 4: B32, 5: ONE, 6: B8, 7: B16, 8: INSTANT, 9: (str, 0, 32)}})
SIZES = {"batch": BATCH_LIMIT, "enrol": 1024, "identity": 4096, "courier": FILE_LIMIT}
KINDS = {"dossier": 1, "equipment": 2, "indicator": 3}
# Section 8: name / kinds / value, in the order of their numbers.
TABLE = [entry.split("/") for entry in """
unit/12/unit void/123/0-1 decided_by/1/unit procedure/1/text40 domain/1/text240 channel/1/1-3 return_channel/1/1-3
status/1/1-10 status_at/1/instant submitted_at/1/instant received_at/1/instant finished_at/1/instant
returned_at/1/instant due_at/1/instant input_digitised/1/0-1 result_digitised/1/0-1 reused/1/0-1
fee/1/0-900000000000000 paid/1/1-3 rating/1/1-5 linked_to/1/key replaced_by/1/key type/2/1-11 state/2/1-6
condition/2/1-3 model/2/text240 serial/2/text240 installed_on/2/date in_use_on/2/date retired_on/2/date
warranty_until/2/date checked_at/2/instant value/3/0-900000000000000 of/3/0-900000000000000""".split()]
NAMES = [name for name, _, _ in TABLE]
STATUS, STATUS_AT = NAMES.index("status"), NAMES.index("status_at")


def numbered(change):
    """A change with names of section 8 -> as wire.py queues it, with numbers."""
    head = {name: change[name] for name in ("key", "changed_at", "stated") if name in change}
    fields = {NAMES.index(name): value for name, value in change.items() if name not in (*head, "kind")}
    return {"stated": True} | head | {"kind": KINDS.get(change["kind"], change["kind"]), "fields": fields}


class Reader:
    """CBOR as section 3 has it, byte by byte."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, count):
        need(count <= len(self.data) - self.at, "a length beyond the bytes that are left")
        self.at += count
        return self.data[self.at - count:self.at]

    def head(self):
        first = self.take(1)[0]
        major, short = first >> 5, first & 31
        if short < 24:
            return major, short
        need(short < 28, "an indefinite length or a reserved head")
        value = int.from_bytes(self.take(1 << short - 24), "big")
        need(value >= (24 if short == 24 else 1 << (4 << short - 24)), "a head not in its shortest form")
        return major, value

    def item(self, depth=0):
        major, value = self.head()
        need(depth < 8 or major not in (4, 5, 6), "nested deeper than 8")
        need(major < 2 or major > 5 or value <= len(self.data) - self.at, "a length beyond the bytes that are left")
        if major == 2:
            return self.take(value)
        if major == 3:
            try:
                return self.take(value).decode()
            except UnicodeDecodeError:
                raise Refused("E-MALFORMED: not UTF-8") from None
        if major == 4:
            return [self.item(depth + 1) for _ in range(value)]
        if major == 5:
            return self.pairs(value, depth + 1)
        if major == 6:
            need(value == 18, "a tag other than 18")
            return cbor2.CBORTag(18, self.item(depth + 1))
        if major == 7:
            need(value in (20, 21, 22), "a simple value or float")
            return {20: False, 21: True, 22: None}[value]
        need(major == 0 or value <= MAX, "below -2^63")
        return value if major == 0 else -1 - value

    def pairs(self, count, depth):
        result, last = {}, -1
        for _ in range(count):
            key = self.item(depth)
            need(type(key) is int and key > last, "map keys are unsigned, ascending, each once")
            last, result[key] = key, self.item(depth)
        return result


def read(data):
    reader = Reader(data)
    value = reader.item()
    need(reader.at == len(reader.data), "bytes after the last item")
    return value


def column_read(form, count, version=2):
    scale = 1
    if type(form) is int:
        need(count and -MAX - 1 <= form <= MAX, "a column of no values, or a value beyond 64 bits")
        return [form] * count
    if type(form) is list:
        least = 2 if version == 1 else -1000000
        need(fits([(int, least, 1000000), (bytes, 0, BODY_LIMIT)], form) and form[0] not in (0, 1) and count,
             "no scaled column")
        scale, form = form
    need(type(form) is bytes, "no column")
    values, value, shift = [], 0, 0
    for byte in form:
        value, shift = value | (byte & 127) << shift, shift + 7
        need(shift <= 70 and value < 2 ** 64 and (byte or shift == 7), "no shortest LEB128 of 64 bits")
        if byte < 128:
            values.append(value * -scale if scale < 0 and values else (value >> 1 ^ -(value & 1)) * abs(scale))
            value = shift = 0
    need(shift == 0 and len(values) == count, "another number of values")
    need(all(-MAX - 1 <= value <= MAX for value in values), "a value beyond 64 bits")
    return values


def words_read(form, count, most, version=2):
    need(type(form) is list and len(form) == 3 and type(form[2]) is list, "no words")
    patterns, numbers = form[0], iter(form[2])
    need(fits((list, 0, count, TEXT), patterns), "patterns")
    pattern_of = column_read(form[1], count, version)
    need(all(0 <= place < len(patterns) for place in pattern_of), "a pattern that is not there")
    words = [""] * count
    for place, pattern in enumerate(patterns):
        mine = [word for word in range(count) if pattern_of[word] == place]
        for part in re.findall("[\x01-\x0f]|[^\x01-\x0f]+", pattern):
            if part > "\x0f":
                pieces = [part] * len(mine)
            else:
                values = list(accumulate(column_read(next(numbers, None), len(mine), version)))
                need(all(0 <= v < 10 ** ord(part) for v in values), "a number that does not fit its run")
                pieces = [f"{v:0{ord(part)}}" for v in values]
            for word, piece in zip(mine, pieces):
                words[word] += piece
    need(next(numbers, None) is None, "a number column too many")
    need(len(set(words)) == count, "two words that read the same")
    need(all(len(word.encode()) <= most for word in words), "a text over its limit")
    return words


def local_date(at):
    return (at + EAST) // DAY


def base_of(field, home, at):
    """What the value of a field is stored as the difference to."""
    if home == 8:
        return local_date(at) * DAY - EAST
    return at if field in INSTANTS else local_date(at) if field in DATES else 0


def columns_need(value):
    need(all(type(value.get(key, {})) is dict for key in (6, 7, 8)) and value.get(8) != {}, "columns of fields")
    for home, fields in ((7, TEXTS), (8, INSTANTS), (6, set(range(len(TABLE))) - TEXTS)):
        need(set(value.get(home, {})) <= fields, "a field at a wrong place")


def rows_read(data, head):
    """The changes of the rows, section 4."""
    value, version, count = read(data), head[1], head[10]
    need(type(value) is dict and list(value) in ([*range(1, 8)], [*range(1, 9)]), "keys of the rows")
    columns_need(value)
    mask = (int, 0, 2 ** len(TABLE) - 1)
    need(fits((list, 1, 256, [BYTE, mask, mask, (int, 0, 1)]), value[1]), "shapes")
    need(all(cleared & ~fields == 0 for _, fields, cleared, _ in value[1]), "cleared without being there")
    shape_of, at, new, changes = column_read(value[2], count, version), head[8], 0, []
    need(all(0 <= shape < len(value[1]) for shape in shape_of), "a shape that is not there")
    references = column_read(value[4], count, version)
    keys = words_read(value[5], references.count(0), 128, version)
    for shape, step, reference in zip(shape_of, column_read(value[3], count, version), references):
        at, new = at + step, new + (reference == 0)
        need(0 <= reference <= new and fits(INSTANT, at), "a key that is not there, or a time that is no instant")
        kind, _, cleared, stated = value[1][shape]
        changes.append({"kind": kind, "key": keys[new - (reference or 1)], "changed_at": at, "stated": stated == 1,
                        "fields": {field: None for field in range(len(TABLE)) if cleared >> field & 1}})
    order = sorted(range(count), key=shape_of.__getitem__)
    for field, name in enumerate(NAMES):
        given = [i for i in order if value[1][shape_of[i]][1] >> field & 1 and field not in changes[i]["fields"]]
        homes = [home for home in (6, 7, 8) if field in value.get(home, {})]
        need(len(homes) == (1 if given else 0), f"{name}: a column too many or too few")
        if homes:
            field_read([changes[i] for i in given], field, homes[0], value[homes[0]][field], version)
    return changes


def field_read(changes, field, home, form, version):
    words = None
    if home == 7:
        need(type(form) is list and len(form) == 2, "no column of texts")
        form, words = form
    values = column_read(form, len(changes), version)
    if words is not None:
        need(min(values) >= 0 and max(values) < 4096, "a word that is not there")
        words = words_read(words, max(values) + 1, 240, version)
    for change, value in zip(changes, values):
        change["fields"][field] = words[value] if words else value + base_of(field, home, change["changed_at"])


def batch_read(envelope, hub, key):
    """-> (head, changes)"""
    need(len(envelope) <= BATCH_LIMIT, "too long", "E-LIMIT")
    head = unseal(envelope, "batch", hub, key)
    reader = Reader(read(envelope).value[2])
    need(reader.item() == head, "another head than the library reads")
    stream = reader.data[reader.at:]
    need((head[2] == 0) == (head[10] == 0) == (stream == b""), "changes without rows, or rows without changes")
    if not stream:
        return head, []
    inflater = zlib.decompressobj(**({} if head[1] == 1 else {"zdict": wire.DICTIONARY}))
    try:
        data = inflater.decompress(stream, head[2] + 1)
    except zlib.error:
        raise Refused("E-MALFORMED: does not inflate") from None
    need(inflater.eof and not inflater.unused_data and len(data) == head[2], "another length of the rows")
    return head, rows_read(data, head)


def plain(value, most):
    return (type(value) is str and 1 <= len(value.encode()) <= most and unicodedata.is_normalized("NFC", value)
            and not re.search("[\0-\x1f\x7f-\x9f]", value))


def is_name(value):
    return plain(value, 64) and value == value.strip(" ")


def is_unit(value):
    return type(value) is str and re.fullmatch("[0-9A-Za-z._-]{1,32}", value) is not None


def is_period(value):
    if not "1900" <= value[:4] <= ("9999" if len(value) == 10 else "9998"):
        return False
    if re.fullmatch("[0-9]{4}(-Q[1-4]|-H[12])?", value):
        return True
    try:
        day = re.fullmatch("([0-9]{4}-[0-9]{2})(-[0-9]{2})?", value)
        return day is not None and date.fromisoformat(day[1] + (day[2] or "-01")) is not None
    except ValueError:
        return False


def allows(form, value):
    if form in ("unit", "key"):
        return is_unit(value) if form == "unit" else is_name(value)
    if form.startswith("text"):
        return plain(value, int(form[4:]))
    spans = {"instant": (FIRST, LAST), "date": (local_date(FIRST), local_date(LAST))}
    return fits((int, *(spans.get(form) or map(int, form.split("-")))), value)


def invalid(change):
    """Why the record table of section 8 does not allow a change, or None."""
    key, parts, fields = change["key"], change["key"].split("|"), change["fields"]
    if change["kind"] != 3 and not is_name(key):
        return "key"
    if change["kind"] == 3 and not (len(parts) == 3 and plain(key, 128) and is_unit(parts[0])
                                    and is_period(parts[1]) and is_name(parts[2])):
        return "key of an indicator"
    if not fields or not fits(INSTANT, change["changed_at"]):
        return "no field, or the time"
    for field, value in fields.items():
        name, kinds, form = TABLE[field]
        if str(change["kind"]) not in kinds or value is not None and not allows(form, value):
            return name
    if STATUS_AT in fields and (STATUS not in fields or fields[STATUS] is None is not fields[STATUS_AT]):
        return "status_at without its status"
    return None


def courier_read(data, private):
    """-> (the frames that are whole, last frame or None, whether nothing at all is damaged)"""
    frames = wire.courier_read(data, private)
    last = [read(content) for _, _, kind, content in frames if kind == END]
    tidy = data[:12] == START + b"\1" and len(data) > 37 and data[12] in CARRIED
    tidy = tidy and [begin for begin, _, _, _ in frames] + [len(data)] == [37] + [end for _, end, _, _ in frames]
    tidy = tidy and all(kind in CARRIED[data[12]] for _, _, kind, _ in frames)
    tidy = tidy and len(last) == 1 and frames[-1][2] == END and last[0][0] == len(frames) - 1
    return [(kind, content) for _, _, kind, content in frames if kind != END], last[-1] if last else None, tidy


def check_one(purpose, hub, key, data):
    need(len(data) <= SIZES.get(purpose, BODY_LIMIT), "too long", "E-LIMIT")
    if purpose == "cbor":
        read(data)
    elif purpose == "courier":
        private = public.PrivateKey(bindings.crypto_box_seed_keypair(key)[1])
        need(data[13:29] == hub and courier_read(data, private)[2], "a damaged courier file")
    elif purpose == "batch":
        for index, change in enumerate(batch_read(data, hub, key)[1]):
            need(not invalid(change), f"change {index}: {invalid(change)}", "E-INVALID")
    else:
        value = unseal(data, purpose, hub, key)
        need(purpose not in wire_compare.ORDERS or wire_compare.in_order(purpose, value), "days, orders or lengths")
        need(purpose not in ("enrol", "identity") or key in (b"", value[3]), "another key inside", "E-SIGNATURE")
        need(purpose != "identity" or hub in (b"", value[2]), "another hub inside", "E-SIGNATURE")


def readers_differ(data):
    """Whether CBOR with the library and CBOR without it come to two results."""
    found = []
    for reader in (read, wire.read):
        try:
            found.append(repr(reader(data)))
        except Refused:
            found.append("refused")
    return found[0] != found[1]


def vectors(directory):
    """-> (name, good or bad, purpose, hub id, key, why, bytes) of each line of the index"""
    for line in (Path(directory) / "index.tsv").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, wanted, purpose, hub, key, why = line.split("\t")
            lines = (Path(directory) / f"{name}.hex").read_text().splitlines()
            data = bytes.fromhex("".join(part for part in lines if not part.startswith("#")))
            yield name, wanted, purpose, *(b"" if v == "-" else bytes.fromhex(v) for v in (hub, key)), why, data


def check(directory):
    """Reads every vector and prints those that are not as the index says; -> their number."""
    wrong = 0
    for name, wanted, purpose, hub, key, why, data in vectors(directory):
        try:
            found = check_one(purpose, hub, key, data) or "good"
        except Refused as refusal:
            found = f"bad ({refusal})"
        if purpose != "courier" and readers_differ(data):
            found = "two readers of CBOR that differ"
        if not found.startswith(wanted):
            wrong += 1
            print(f"{name}: said to be {wanted} ({why}), found {found}")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if check(sys.argv[1]) else 0)
