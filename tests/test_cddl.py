#!/usr/bin/python3
"""protocol/wire.cddl against the vectors: what is sound keeps to it, and every part of it is there for a reason."""
import pathlib
import unittest
import zlib

import cbor2

import cddl
import wire

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = (ROOT / "protocol/wire.cddl").read_text(encoding="utf-8")
NEVER = ("range", 1, 0)

# Bad ones that keep to the CDDL all the same: the rules it cannot express.
BEYOND = {
    # The key id is a hash, the payload of a batch is no single item, and where it ends is the reader's to see.
    "envelope": set(),
    # Values that depend on other values, and orders.
    "message": {
        "receipt-verdicts-twice", "receipt-verdicts-unsorted", "head-safe-above-have", "compare-63-days",
        "compare-days-backwards", "compare-sum-before", "compare-sum-behind", "compare-sum-twice",
        "compare-sums-unsorted", "compared-sum-beyond", "compared-line-beyond", "compared-line-twice",
        "compared-lines-unsorted", "compared-writes-9-bytes",
    },
    "head": set(),
    "rows": {
        "batch-count-1", "batch-count-3", "batch-shape-clears-other", "batch-shape-beyond", "batch-shape-negative",
        "batch-shape-second-beyond", "batch-times-overflow", "batch-times-year-10000", "batch-key-before-first",
        "batch-key-129-bytes",
        "batch-key-beyond", "batch-key-negative", "batch-column-long", "batch-column-short",
        "batch-column-leb-long-form", "batch-column-leb-cut", "batch-column-leb-65-bits",
        "batch-column-scale-overflow", "batch-column-signless-2-63", "batch-column-signless-overflow",
        "batch-words-equal", "batch-words-number-10", "batch-words-number-negative",
        "batch-words-no-numbers", "batch-words-more-numbers", "batch-words-pattern-beyond",
        "batch-words-none-as-integer", "batch-words-none-scaled", "batch-version-1-signless",
        "batch-words-patterns-more", "batch-words-missing", "batch-words-unused", "batch-words-4096",
        "batch-words-negative", "batch-field-missing", "batch-field-other", "batch-field-too-many",
        "batch-field-cleared", "batch-field-unused", "batch-day-in-both",
    },
    "version": set(),
}
STRUCTURAL = set(BEYOND)


def vectors():
    folder = ROOT / "tests/vectors"
    for line in (folder / "index.tsv").read_text(encoding="utf-8").splitlines():
        name, verdict, purpose, _hub, _key, why = line.split("\t")
        text = (folder / f"{name}.hex").read_text(encoding="ascii").splitlines()
        data = bytes.fromhex("".join(line for line in text if not line.startswith("#")))
        yield name, "" if verdict == "good" else why.split(":")[0], purpose, data


VECTORS = list(vectors())
DATA = {name: data for name, _layer, _purpose, data in VECTORS}


def require_batch(rules, data):
    envelope = cddl.read(data)
    rules.require("sealed-batch", envelope)
    head, end = cddl.read_first(envelope.value[2])
    rules.require("batch-head", head)
    rest = envelope.value[2][end:]
    if head[10] == 0:
        cddl.need(not rest and head[2] == 0, "a heartbeat with rows")
    else:
        rules.require("batch-rows", cddl.read(zlib.decompressobj(zdict=wire.DICTIONARY).decompress(rest)))


def require(rules, purpose, data):
    if purpose == "batch":
        require_batch(rules, data)
    else:
        rules.require("sealed", cddl.read(data), purpose)


def keeps(rules, purpose, data):
    try:
        require(rules, purpose, data)
    except cddl.Refused:
        return False
    return True


def body(*names):
    return cbor2.dumps([DATA[name] for name in names])


def bodies():
    """-> (rule, bytes) of what HTTP carries, and of the last frame of a courier file"""
    yield "batches-request-body", body("request-first")
    yield "batches-request-body", body("request-chains", "batch-heartbeat", "batch-kinds")
    yield "batches-request-body", body("request-chains", "receipt-taken", "batch-heartbeat", "batch-kinds")
    yield "batches-answer-body", body("head-empty")
    yield "batches-answer-body", body("head-pending", "receipt-taken", "receipt-verdicts")
    yield "enroll-request-body", cbor2.dumps([DATA["enrol"], bytes(32)])
    yield "enroll-request-body", cbor2.dumps([DATA["enrol"], bytes(32), DATA["enrolled-active"]])
    yield "enroll-answer-body", DATA["enrolled-active"]
    yield "hub-answer-body", DATA["identity"]
    yield "digest-request-body", DATA["compare-days"]
    yield "digest-answer-body", DATA["compared-lines"]
    yield "courier-last-frame", cbor2.dumps([4, 1, True])
    yield "courier-last-frame", cbor2.dumps([0, 999, False])


def bad_bodies():
    yield "batches-request-body", cbor2.dumps([])
    yield "batches-request-body", body("head-empty")
    yield "batches-request-body", cbor2.dumps([DATA["request-first"], b""])
    yield "batches-answer-body", body("receipt-taken")
    yield "batches-answer-body", body("head-empty", "head-empty")
    yield "enroll-request-body", cbor2.dumps([DATA["enrol"], bytes(31)])
    yield "enroll-request-body", cbor2.dumps([DATA["enrol"]])
    yield "enroll-request-body", cbor2.dumps([DATA["enrol"], bytes(32), DATA["enrol"]])
    yield "enroll-answer-body", DATA["identity"]
    yield "hub-answer-body", DATA["enrolled-active"]
    yield "digest-request-body", DATA["compared-lines"]
    yield "digest-answer-body", DATA["compare-days"]
    yield "courier-last-frame", cbor2.dumps([4, 0, True])
    yield "courier-last-frame", cbor2.dumps([4, 1000, True])
    yield "courier-last-frame", cbor2.dumps([4, 1])
    yield "courier-last-frame", cbor2.dumps([4, 1, None])


def body_keeps(rules, name, data):
    try:
        rules.require(name, cddl.read(data))
    except cddl.Refused:
        return False
    return True


def all_sound_keep(rules):
    """True if nothing that is sound is refused."""
    try:
        return (all(keeps(rules, purpose, data) for _name, layer, purpose, data in VECTORS
                    if purpose not in ("cbor", "courier") and layer in ("", "meaning"))
                and all(body_keeps(rules, name, data) for name, data in bodies()))
    except zlib.error:
        return False


# --- mutations: each takes something away ---

def weaker_types(kind):
    """-> the type without one of its choices, or with one inside of it so"""
    if kind[0] == "choice":
        for at in range(len(kind[1])):
            yield ("choice", kind[1][:at] + kind[1][at + 1:])
        for at, one in enumerate(kind[1]):
            for weaker in weaker_types(one):
                yield ("choice", kind[1][:at] + [weaker] + kind[1][at + 1:])
    elif kind[0] in ("array", "map", "group"):
        for at, (least, most, key, inner) in enumerate(kind[1]):
            before, after = kind[1][:at], kind[1][at + 1:]
            yield (kind[0], before + ([(least, most, key, NEVER)] if least > 0 else []) + after)
            if most > 1:
                yield (kind[0], before + [(least, 1, key, inner)] + after)
            if least == 0:
                yield (kind[0], before + [(1, most, key, inner)] + after)
            for weaker in weaker_types(inner):
                yield (kind[0], before + [(least, most, key, weaker)] + after)
    elif kind[0] in ("tag", "cbor"):
        for weaker in weaker_types(kind[-1]):
            yield kind[:-1] + (weaker,)


def mutants(rules):
    for name, (parameters, body) in rules.items():
        yield f"{name} is never true", {**rules, name: (parameters, NEVER)}
        for number, weaker in enumerate(weaker_types(body)):
            yield f"{name}, {number}: {weaker}", {**rules, name: (parameters, weaker)}


class Wire(unittest.TestCase):
    maxDiff = None
    rules = cddl.Rules(cddl.parse(TEXT))

    def test_sound_vectors_keep_to_it(self):
        count = 0
        for name, layer, purpose, data in VECTORS:
            if purpose not in ("cbor", "courier") and layer in ("", "meaning"):
                with self.subTest(name):
                    require(self.rules, purpose, data)
                    count += 1
        self.assertGreater(count, 60)

    def test_bodies_keep_to_it(self):
        for name, data in bodies():
            self.assertTrue(body_keeps(self.rules, name, data), (name, data.hex()))
        for name, data in bad_bodies():
            self.assertFalse(body_keeps(self.rules, name, data), (name, data.hex()))

    def test_vectors_of_wrong_structure_do_not(self):
        kept, looked = {layer: set() for layer in STRUCTURAL}, 0
        for name, layer, purpose, data in VECTORS:
            if purpose in ("cbor", "courier") or layer not in STRUCTURAL:
                continue
            looked += 1
            if keeps(self.rules, purpose, data):
                kept[layer].add(name)
        self.assertEqual(kept, BEYOND)
        self.assertGreater(looked, 150)

    def test_nothing_in_it_is_idle(self):
        self.assertTrue(all_sound_keep(self.rules))
        idle = [what for what, rules in mutants(self.rules.rules) if all_sound_keep(cddl.Rules(rules))]
        self.assertEqual(idle, [])


class Reading(unittest.TestCase):
    """The parser and the matcher by themselves, on what RFC 8610 says."""

    def assert_rule(self, text, good, bad):
        rules = cddl.Rules(cddl.parse(text))
        for item in good:
            rules.require("x", item)
        for item in bad:
            self.assertFalse(rules.fits(("rule", "x", []), item, {}), item)

    def test_numbers(self):
        self.assert_rule("x = -2..3 / 7", [-2, 3, 7], [-3, 4, 6, 1.0, True, "1", None])

    def test_strings(self):
        self.assert_rule("x = text .size (1..2)", ["a", "é"], ["", "éa", b"a"])
        self.assert_rule("x = bytes .size 2", [b"ab"], [b"a", "ab"])
        self.assert_rule("x = bytes .cbor y y = 1", [b"\x01"], [b"\x02", b"\x18\x01", b"\x01\x01", b"", 1])

    def test_groups(self):
        self.assert_rule("x = [ g, * ( a: 1, b: 2 ) ] g = ( c: 0, d: bool )",
                         [[0, True], [0, False, 1, 2, 1, 2]], [[0], [0, True, 1], [0, True, 2, 1], [0, 0]])
        self.assert_rule("x = [ 1*2 int ] ; no more", [[1], [1, 2]], [[], [1, 2, 3], ["a"]])

    def test_maps(self):
        self.assert_rule("x = { 1: int, ? 2: int, * k => text } k = &( a: 5, b: 6 )",
                         [{1: 0}, {1: 0, 2: 0}, {1: 0, 6: "a", 5: "b"}],
                         [{}, {1: "a"}, {1: 0, 7: "a"}, {1: 0, 5: 5}])
        self.assert_rule("x = { + k => int } k = 1..2", [{1: 1}, {1: 1, 2: 2}], [{}, {3: 1}])

    def test_tags_and_parameters(self):
        self.assert_rule("x = s<y> y = 4 s<m> = #6.18([ bytes .cbor m ])",
                         [cbor2.CBORTag(18, [b"\x04"])],
                         [cbor2.CBORTag(18, [b"\x05"]), cbor2.CBORTag(17, [b"\x04"]), [b"\x04"]])

    def test_what_it_does_not_know_is_an_error(self):
        for text in ("x = y .within z", "x = [ 1", "x = 1 x = 2", "x = ~y", "= 1"):
            with self.assertRaises(ValueError):
                cddl.parse(text)


if __name__ == "__main__":
    unittest.main()
