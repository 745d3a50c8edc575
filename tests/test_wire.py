#!/usr/bin/python3
"""The second agent against the document it was written from: its examples, and what it says must be refused."""
import contextlib
import hashlib
import io
import os
import re
import tempfile
import unittest
import zlib

import cbor2
import nacl.bindings
import nacl.exceptions
import nacl.public
import nacl.signing

import wire
import wire_check
from wire import (BATCH, END, RECEIPT, REQUEST, Refused, batch_write, column_write, courier_write, seal, unseal,
                  words_write, write)
from wire_check import batch_read, column_read, courier_read, invalid, numbered, read, words_read

TESTS = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(TESTS, "vectors")
SEED, HUB = bytes(range(32)), bytes(range(16))
KEY = bytes(nacl.signing.SigningKey(SEED).verify_key)
BOX = nacl.bindings.crypto_box_seed_keypair(SEED)
EIGHT = 1716339600000  # 2024-05-22T08:00:00+07:00
MINUTE = 60000
ORDER = 2 ** 252 + 27742317777372353535851937790883648493  # of the subgroup of RFC 8032
CHANGES = [numbered(change) for change in (
    {"kind": "dossier", "key": "H01-240522-0001", "changed_at": EIGHT, "unit": "01842", "channel": 2, "status": 2,
     "received_at": EIGHT},
    {"kind": "dossier", "key": "H01-240522-0002", "changed_at": EIGHT + 5 * MINUTE, "unit": "01842", "channel": 1,
     "status": 2, "received_at": EIGHT + 5 * MINUTE},
    {"kind": "dossier", "key": "H01-240522-0001", "changed_at": EIGHT + 20 * MINUTE, "status": 9,
     "finished_at": EIGHT + 19 * MINUTE + 30000, "due_at": None})]
ROWS = {1: [[1, 1185, 0, 1], [1, 10368, 8192, 1]], 2: bytes.fromhex("000002"), 3: [1000, bytes.fromhex("8f1cd804880e")],
        4: bytes.fromhex("000004"),
        5: [["H\x02-\x06-\x04"], 0, [bytes.fromhex("0200"), bytes.fromhex("94ae1d00"), 1]],
        6: {5: bytes.fromhex("0402"), 7: bytes.fromhex("040412"), 10: 0, 11: -30000},
        7: {0: [0, [["\x05"], 0, [1842]]]}}
HEAD = {3: bytes.fromhex("56475aa75463474c"), 4: 1, 5: bytes.fromhex("0123456789abcdef"), 6: 1, 7: bytes(32),
        8: 1716341400000, 9: [0, 0, 0]}


def example():
    """The envelope printed in section 4."""
    with open(os.path.join(TESTS, "..", "protocol", "PROTOCOL.md"), encoding="utf-8") as file:
        return bytes.fromhex("".join(re.findall("^[0-9a-f]{40,80}$", file.read(), re.MULTILINE)))


class Case(unittest.TestCase):
    def assertRefused(self, code, call, *arguments):
        with self.assertRaisesRegex(Refused, f"^{code}"):
            call(*arguments)


class Example(Case):
    def test_it_says_what_the_document_says(self):
        head, changes = batch_read(example(), HUB, KEY)
        self.assertEqual(head, {1: 1, 2: 93, **HEAD, 10: 3})
        self.assertEqual(changes, CHANGES)
        payload = read(example()).value[2]
        self.assertEqual(read(zlib.decompress(payload[len(write(head)):])), ROWS)
        self.assertEqual([invalid(change) for change in changes], [None] * 3)

    def test_every_flipped_bit_is_refused(self):
        sound = example()
        for bit in range(8 * len(sound)):
            broken = bytearray(sound)
            broken[bit // 8] ^= 1 << bit % 8
            self.assertRefused("E-", batch_read, bytes(broken), HUB, KEY)

    def test_every_cut_is_refused(self):
        for length in range(len(example())):
            self.assertRefused("E-MALFORMED", batch_read, example()[:length], HUB, KEY)
        self.assertRefused("E-MALFORMED", batch_read, example() + b"\0", HUB, KEY)

    def test_what_is_written_reads_the_same(self):
        self.assertEqual(batch_read(batch_write(HEAD, CHANGES, HUB, SEED), HUB, KEY)[1], CHANGES)
        others = [numbered(change) for change in (
            {"kind": "equipment", "key": "Máy 9", "changed_at": EIGHT, "unit": "b", "retired_on": 19000, "model": "Z1"},
            {"kind": "equipment", "key": "Máy 10", "changed_at": -1, "unit": "a", "stated": False},
            {"kind": "equipment", "key": "Máy 9", "changed_at": EIGHT, "unit": "c", "retired_on": -1, "model": None},
            {"kind": "indicator", "key": "a|2024|b", "changed_at": EIGHT, "value": 2 ** 53, "of": -1},
            {"kind": "equipment", "key": "Máy 11", "changed_at": EIGHT - MINUTE, "unit": "b", "retired_on": 19864,
             "checked_at": EIGHT - 1, "model": "Z10"})]
        self.assertEqual(batch_read(batch_write(HEAD, others, HUB, SEED), HUB, KEY)[1], others)
        heartbeat = batch_write(HEAD, [], HUB, SEED)
        self.assertEqual(batch_read(heartbeat, HUB, KEY), ({1: 2, 2: 0, **HEAD, 10: 0}, []))

    def test_codes(self):
        code = "hub.example:8443/04106-1050r3gg28a1c6ot3gf2o8h44rm2mb1e6os38rr"
        data = bytes(range(1, 27))
        self.assertEqual(wire.invitation_read(code), (["hub.example", 8443], data[:10], data[10:]))
        for wrong in (code[:-1] + "s", code.replace("gg28", "g2g8"), code.replace("mb", "ub"), code[:-1]):
            self.assertRefused("E-MALFORMED", wire.invitation_read, wrong)
        self.assertEqual(wire.fingerprint(bytes(range(1, 17)), bytes(range(0x20, 0x40))),
                         "4681 2153 7008 8932 0505 7739 5211 5210")


class Form(Case):
    def test_cbor_takes_only_the_one_form(self):
        for good in ("00", "1818", "1bffffffffffffffff", "3b7fffffffffffffff", "f6", "d280", "a10002", "62c490",
                     "81" * 8 + "00"):
            for reader in (read, wire.read):
                self.assertEqual(write(reader(bytes.fromhex(good))).hex(), good)
        for bad in ("", "1800", "190017", "1a0000ffff", "5f4100ff", "9f00ff", "bf0100ff", "f7", "f814", "f90000",
                    "fb0000000000000000", "c100", "d81200", "a2020001f6", "a201000100", "a12000", "a1613000", "6180",
                    "63eda080", "62c080", "3b8000000000000000", "0000", "82", "5affffffff00", "9bffffffffffffffff",
                    "81" * 9 + "00", "81" * 9000, "c249010000000000000000", "d90102818000", "d81c81d81d00", "d81e80"):
            with self.subTest(bad=bad):
                for reader in (read, wire.read):
                    self.assertRefused("E-MALFORMED", reader, bytes.fromhex(bad))

    def test_columns(self):
        for values in ([0], [5, 5, 5], [-1, 1], [2 ** 63 - 1, -2 ** 63], [0, 127, 128, -64, -65], []):
            self.assertEqual(column_read(column_write(values), len(values)), values)
        self.assertEqual(column_read([1000, bytes.fromhex("8f1cd804")], 2), [-1800000, 300000])
        wrong = [(b"\0", 2), (b"\0\0", 1), (b"\x80\0", 1), (b"\x80", 1), (b"\xff" * 10 + b"\1", 1), ([1, b"\2"], 1),
                 ([1000001, b"\2"], 1), ([2, b"\xff" * 9 + b"\1"], 1), (2 ** 63, 1), (None, 1), (True, 1), (0, 0)]
        for form, count in wrong:
            with self.subTest(form=form):
                self.assertRefused("E-MALFORMED", column_read, form, count)

    def test_words(self):
        words = ["H01-0009", "H01-0010", "Đất đai", "", "12345678901234567", "00", "H02-0001"]
        self.assertEqual(words_read(words_write(words), len(words), 128), words)
        self.assertEqual(words_read([["a\1", "a\1"], b"\0\2", [1, 2]], 2, 128), ["a1", "a2"])
        for form, count in (([["a", "b"], 0, []], 2), ([["a", "a"], b"\0\2", []], 2), ([["\2"], 0, [100]], 1),
                            ([["\2"], 0, [-1]], 1), ([["\2"], 0, []], 1), ([["a"], 0, [0]], 1), ([["a"], 1, []], 1),
                            ([["a" * 129], 0, []], 1)):
            with self.subTest(form=form):
                self.assertRefused("E-MALFORMED", words_read, form, count, 128)

    def test_a_key_outside_the_subgroup_is_none(self):
        # Some point of order 8 is added to a key. Where the hash is a multiple of 8, this changes nothing in the
        # equation that is checked, and libraries take the signature.
        order8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
        half = nacl.bindings.crypto_scalarmult_ed25519_base_noclamp(b"\5" + bytes(31))
        key = nacl.bindings.crypto_core_ed25519_add(half, order8)
        protected, taken = bytes.fromhex("a201270448") + wire.sha256(key).digest()[:8], 0
        for at in range(64):
            payload = write({1: 1, 2: bytes(16), 3: HEAD[3], 4: 1, 5: EIGHT + at, 6: "06", 7: ""})
            covered = write(["Signature1", protected, b"motcua/1/enrolled" + HUB, payload])
            point = nacl.bindings.crypto_scalarmult_ed25519_base_noclamp(b"\7" + bytes(31))
            hashed = int.from_bytes(hashlib.sha512(point + key + covered).digest(), "little") % ORDER
            signature = point + ((7 + 5 * hashed) % ORDER).to_bytes(32, "little")
            with contextlib.suppress(nacl.exceptions.BadSignatureError):
                nacl.signing.VerifyKey(key).verify(covered, signature)
                taken += 1
            envelope = write(cbor2.CBORTag(18, [protected, {}, payload, signature]))
            self.assertRefused("E-SIGNATURE", unseal, envelope, "enrolled", HUB, key)
        self.assertGreater(taken, 0)

    def test_a_signature_holds_for_one_purpose_hub_and_key(self):
        body = {1: 1, 2: HEAD[3], 3: bytes(16), 4: [[1, HEAD[5], 0]], 5: 0, 6: 0, 7: 0, 8: EIGHT, 9: 0, 10: "test"}
        request = seal("request", HUB, SEED, write(body))
        self.assertEqual(unseal(request, "request", HUB, KEY), body)
        other = bytes(nacl.signing.SigningKey(bytes(32)).verify_key)
        self.assertRefused("E-SIGNATURE", unseal, request, "request", bytes(16), KEY)
        self.assertRefused("E-SIGNATURE", unseal, request, "request", HUB, other)
        self.assertRefused("E-MALFORMED", unseal, request, "head", HUB, KEY)
        self.assertRefused("E-SIGNATURE", unseal, seal("batch", HUB, SEED, write(body)), "request", HUB, KEY)
        later = seal("request", HUB, SEED, write({**body, 1: 2}))
        self.assertRefused("E-VERSION", unseal, later, "request", HUB, KEY)
        for key, value in ((2, bytes(7)), (4, [[0, HEAD[5], 0]]), (5, 2 ** 63), (8, 253402275600000), (9, True)):
            with self.subTest(key=key):
                wrong = seal("request", HUB, SEED, write({**body, key: value}))
                self.assertRefused("E-MALFORMED", unseal, wrong, "request", HUB, KEY)


class Records(Case):
    def test_what_the_record_table_refuses(self):
        base = {"kind": "dossier", "key": "H-1", "changed_at": EIGHT}
        good = [{"status": 1, "status_at": EIGHT}, {"status": 1, "status_at": None},
                {"status": None, "status_at": None}, {"domain": "Đất đai"},
                {"kind": 3, "key": "058|2024-Q4|hài lòng", "value": 0},
                {"kind": 2, "installed_on": -25567, "unit": "0.a_B-"}]
        bad = [{}, {"status": 11}, {"status_at": EIGHT}, {"status": None, "status_at": EIGHT}, {"type": 1},
               {"domain": "E\u0302"}, {"domain": "a\nb"}, {"domain": "x" * 241}, {"unit": "Xã"},
               {"key": " H-1", "void": 0},
               {"key": "x" * 65, "void": 0}, {"void": 2}, {"linked_to": ""}, {"fee": -1}, {"kind": 4, "void": 0},
               {"kind": 3, "key": "058|2024-13|a", "value": 0}, {"kind": 3, "key": "058|2023-02-29|a", "value": 0},
               {"kind": 3, "key": "058|2024|a|b", "value": 0}, {"changed_at": 2 ** 50, "void": 0}]
        for fields in good:
            with self.subTest(fields=fields):
                self.assertIsNone(invalid(numbered(base | fields)))
        for fields in bad:
            with self.subTest(fields=fields):
                self.assertIsNotNone(invalid(numbered(base | fields)))


class Courier(Case):
    def setUp(self):
        self.frames = [(REQUEST, b"request"), (BATCH, b"one" * 100), (BATCH, b"two"), (RECEIPT, b"three" * 20)]
        self.private = nacl.public.PrivateKey(BOX[1])

    def write(self, frames, direction=1):
        return courier_write(direction, HUB, HEAD[3], BOX[0], frames)

    def test_round_trip(self):
        file = self.write(self.frames[:3])
        self.assertEqual(courier_read(file, self.private), (self.frames[:3], [3, 1, False], True))
        self.assertEqual(courier_read(self.write([]), self.private), ([], [0, 1, False], True))

    def test_a_damaged_file_gives_what_is_whole(self):
        file = self.write(self.frames[:3])
        marks = [found.start() for found in re.finditer(re.escape(wire.MARK), file)]
        for at, lost in ((marks[0], 0), (marks[1] + 9, 1), (marks[1] + 30, 1), (marks[2] + 11, 2)):
            with self.subTest(at=at):
                broken = bytearray(file)
                broken[at] ^= 1
                frames, last, whole = courier_read(bytes(broken), self.private)
                self.assertEqual(frames, self.frames[:lost] + self.frames[lost + 1:3])
                self.assertEqual((last, whole), ([3, 1, False], False))
        found = courier_read(file[:marks[2]] + b"noise" + wire.MARK + bytes(50) + file[marks[2]:], self.private)
        self.assertEqual(found, (self.frames[:3], [3, 1, False], False))
        self.assertEqual(courier_read(file[:marks[3]], self.private), (self.frames[:3], None, False))
        self.assertEqual(courier_read(file[7:], self.private), (self.frames[:3], [3, 1, False], False))

    def test_what_is_whole_but_wrong_shows(self):
        to_the_hub = [*self.frames[:2], (wire.HEAD, b"")]
        self.assertFalse(courier_read(self.write(to_the_hub), self.private)[2])  # a head on its way to the hub
        self.assertFalse(courier_read(self.write(self.frames[:2]) + b"\0", self.private)[2])
        doubled = self.write([*self.frames[:1], (END, write([1, 1, False]))])
        self.assertFalse(courier_read(doubled, self.private)[2])
        for last in (write([0, 0, False]), write([0, 1000, False]), write([0, 1, 0]), b"\xff"):
            box = nacl.public.SealedBox(self.private.public_key).encrypt(bytes([END]) + last)
            file = self.write([])[:37] + wire.MARK + len(box).to_bytes(4, "big") + box
            self.assertEqual(courier_read(file, self.private), ([], None, False))


class Check(Case):
    def check(self, folder, lines):
        with open(os.path.join(folder, "index.tsv"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            count = wire_check.check(folder)
        return count, said.getvalue()

    def test_a_disagreement_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = courier_write(1, HUB, HEAD[3], BOX[0], [])
            for name, data in (("whole", example()), ("cut", example()[:-1]), ("file", empty)):
                with open(os.path.join(folder, name + ".hex"), "w", encoding="ascii") as file:
                    file.write(f"# about it\n{data[:20].hex()}\n{data[20:].hex()}\n")
            keys = f"{HUB.hex()}\t{KEY.hex()}\twhy"
            right = [f"whole\tgood\tbatch\t{keys}", f"cut\tbad\tbatch\t{keys}", "whole\tgood\tcbor\t-\t-\twhy",
                     f"whole\tbad\thead\t{keys}", f"file\tgood\tcourier\t{HUB.hex()}\t{SEED.hex()}\twhy"]
            self.assertEqual(self.check(folder, right), (0, ""))
            count, said = self.check(folder, [f"whole\tbad\tbatch\t{keys}", f"cut\tgood\tbatch\t{keys}"])
            self.assertEqual((count, said.count("\n")), (2, 2))
            self.assertIn("whole: said to be bad (why), found good", said)

    @unittest.skipUnless(os.path.exists(os.path.join(VECTORS, "index.tsv")), "no vectors")
    def test_the_vectors(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            wire_check.check(VECTORS)
        self.assertEqual(said.getvalue(), "")


if __name__ == "__main__":
    unittest.main()
