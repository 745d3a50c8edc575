"""Comparing, section 12 of protocol/PROTOCOL.md, written from it alone: lines, sums and codes of changes as wire.py has
them, and the forms of question and answer."""
import re
import secrets
import time
from calendar import monthrange
from datetime import date
from hashlib import sha256

import wire
from wire import (ALPHABET, ANSWER_LIMIT, B8, B16, B32, BODY_LIMIT, BYTE, COUNTER, DAY, EAST, FIRST, INSTANT, LAST, ONE,
                  write)

KIND, DATE = (int, 1, 255), (int, (FIRST + EAST) // DAY, (LAST + EAST) // DAY)
KEY, SUMS, EPOCH = (str, 0, 128), 186, date(1970, 1, 1)
STATUS, STATUS_AT, SUBMITTED, RECEIVED, INSTALLED, IN_USE = 7, 8, 9, 10, 27, 28
wire.FORMS.update({
    "compare": {2: B8, 3: B16, 4: DATE, 5: DATE, 6: INSTANT, 7: (list, 0, SUMS, [KIND, DATE, ONE, B8])},
    "compared": {2: B8, 3: B16, 4: DATE, 5: DATE, 6: COUNTER, 7: INSTANT, 8: (list, 0, 64, [ONE, B8, COUNTER]),
                 9: (list, 0, SUMS, [KIND, DATE, ONE, B32]),
                 10: (list, 0, 32768, [KIND, DATE, KEY, BYTE, (bytes, 0, BODY_LIMIT)]),
                 11: (list, 0, 500, [KIND, KEY, (int, 0, 2 ** 64 - 1)]), 12: (bool, 0, 1)}})
ORDERS = {"compare": ((7, 2),), "compared": ((9, 2), (10, 3))}


def in_order(purpose, value):
    """What the forms cannot say: the days, and that sums and lines stand in their order, each once, within them."""
    places = [[(part[1], part[0], *(p.encode() for p in part[2:parts])) for part in value[key]]
              for key, parts in ORDERS[purpose]]
    return (0 <= value[5] - value[4] < 62 and all(place == sorted(set(place)) for place in places)
            and all(value[4] <= each[0] <= value[5] for place in places for each in place)
            and all(len(line[4]) % 8 == 0 for line in value.get(10, [])))


def local_date(instant):
    return (instant + EAST) // DAY


def period_end(period):
    year, rest = int(period[:4]), period[5:]
    if re.fullmatch(r"\d\d-\d\d", rest):
        return (date.fromisoformat(period) - EPOCH).days
    month = 12 if not rest else int(rest[1]) * {"Q": 3, "H": 6}[rest[0]] if rest[0] in "QH" else int(rest)
    return (date(year, month, monthrange(year, month)[1]) - EPOCH).days


def writes_of(changes):
    """-> the set of (field, value, status_at, changed_at, flag) of changes of one thing"""
    return {(field, value, each["fields"].get(STATUS_AT) if field == STATUS else None, each["changed_at"],
             int(each["stated"])) for each in changes for field, value in each["fields"].items() if field != STATUS_AT}


def last_word(writes, field):
    said = [(at, value is not None, value or 0) for f, value, _, at, _ in writes if f == field]
    return max(said)[2] if said and max(said)[1] else None


def day_of(kind, key, writes):
    if kind == 3:
        return period_end(key.split("|")[1])
    words = [last_word(writes, field) for field in ((RECEIVED, SUBMITTED) if kind == 1 else (IN_USE, INSTALLED))]
    for word in words:
        if word is not None:
            return local_date(word) if kind == 1 else word
    return local_date(min(at for _, _, _, at, _ in writes))


def line_hash(kind, key, marks, writes):
    hashes = sorted(sha256(write(list(each))).digest() for each in writes)
    return sha256(write([kind, key, marks]) + b"".join(hashes)).digest()


def sums_of(changes, first, last):
    """-> [[kind, day, count, hash], ...] of changes, those of days outside left out"""
    things, days = {}, {}
    for each in changes:
        things.setdefault((each["kind"], each["key"]), []).append(each)
    for (kind, key), said in sorted(things.items(), key=lambda thing: thing[0][1].encode()):
        writes = writes_of(said)
        day = day_of(kind, key, writes)
        if first <= day <= last:
            days.setdefault((day, kind), []).append(line_hash(kind, key, 0, writes))
    return [[kind, day, len(hashes), sha256(b"".join(hashes)).digest()]
            for (day, kind), hashes in sorted(days.items())]


def code_of(device, first, last, sums):
    bits = int.from_bytes(sha256(write([device, first, last, sums])).digest()[:5], "big")
    code = "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(8)))
    return f"{code[:4]}-{code[4:]}"


def ask(agent, first, last):
    """-> (own sums, the hub's answer) of an enrolled wire.Agent whose batches were all taken whole"""
    sums = sums_of([change for _, _, batch in agent.batches() if batch["verdicts"] == [0, []]
                    for change in batch["changes"]], first, last)
    nonce, marks = secrets.token_bytes(16), [[kind, day, count, hash_[:8]] for kind, day, count, hash_ in sums]
    question = wire.seal("compare", agent.hub[2], agent.seed, write(
        {1: 1, 2: agent.device, 3: nonce, 4: first, 5: last, 6: time.time_ns() // 1000000, 7: marks}))
    answer = agent.unseal(wire.call(agent.address, agent.hub[5], "/v1/digest", question, ANSWER_LIMIT), "compared")
    wire.need(in_order("compared", answer), "days, orders or lengths")
    wire.need([answer[key] for key in range(2, 6)] == [agent.device, nonce, first, last], "an answer to something else")
    return sums, answer
