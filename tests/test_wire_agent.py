#!/usr/bin/python3
"""What the second agent takes from an answer and what it concludes (PROTOCOL.md sections 6 and 11), with a hub's keys
held here."""
import os
import tempfile
import unittest

import nacl.bindings
import nacl.public
import nacl.signing

import wire
from wire import BATCH, HEAD, RECEIPT, REQUEST, Refused, courier_write, seal, unseal, write
from wire_check import batch_read, courier_read, numbered

HUB, HUB_SEED = bytes(range(16)), bytes(range(32))
HUB_KEY = bytes(nacl.signing.SigningKey(HUB_SEED).verify_key)
BOX_PUBLIC, BOX_SECRET = nacl.bindings.crypto_box_seed_keypair(HUB_SEED)
AT = 1716339600000
NO_NONCE, NONCE = bytes(16), bytes([7]) * 16


def dossier(number):
    return numbered({"kind": "dossier", "key": f"H-{number:04}", "changed_at": AT + number, "status": 1,
                     "domain": "Đất đai"})


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.agent = wire.Agent(self.folder)
        self.agent.hub = unseal(seal("identity", HUB, HUB_SEED, write(
            {1: 1, 2: HUB, 3: HUB_KEY, 4: BOX_PUBLIC, 5: [bytes(32), bytes(32)], 6: "06", 7: "Tỉnh"})), "identity")

    def given(self, count, most=1):
        """`count` changes in sealed batches."""
        self.agent.most = most
        self.agent.add([dossier(number) for number in range(count)])
        self.agent.seal()

    def head(self, counter, have, nonce=NONCE, *, epoch=1, pending=(), **other):
        """A head as the hub makes it. `have`: of the present incarnation, with the hash the agent knows."""
        life, mine = self.agent.lives[-1]["id"], self.mine()
        hash_ = other.get("hash_", mine[have - 1]["hash"] if 0 < have <= len(mine) else bytes(32))
        return unseal(self.sealed("head", {
            1: 1, 2: other.get("device", self.agent.device), 3: epoch, 4: counter, 5: AT, 6: 0, 7: nonce,
            8: other.get("chains", [[*life, have, hash_, 0]]), 9: [[*life, seq] for seq in pending],
            10: other.get("state", 1)}), "head", HUB, HUB_KEY)

    def sealed(self, purpose, payload, seed=HUB_SEED):
        return seal(purpose, HUB, seed, write(payload))

    def receipt(self, seq, seed=HUB_SEED, **other):
        life = self.agent.lives[0]
        return self.sealed("receipt", {
            1: 1, 2: other.get("hash_", life["batches"][seq - 1]["hash"]), 3: other.get("device", self.agent.device),
            4: 1, 5: life["id"][1], 6: other.get("called", seq), 7: AT, 8: [0, other.get("refused", [])]}, seed)

    def acknowledged(self):
        return [seq for _, seq, batch in self.agent.batches() if batch["verdicts"]]

    def mine(self):
        return self.agent.lives[-1]["batches"]

    def open(self):
        return len(self.agent.waiting) + len(self.agent.unacknowledged())

    def lacking(self):
        return [batch_read(data, HUB, self.agent.key)[0][6] for *_, (_, data) in self.agent.lacking()]


class Settling(Case):
    def setUp(self):
        super().setUp()
        self.given(4)

    def test_receipts_under_a_newer_head_count(self):
        self.assertEqual(self.lacking(), [1, 2, 3, 4])
        self.agent.settle(self.head(1, 2), [self.receipt(1), self.receipt(2)], NONCE)
        self.assertEqual((self.acknowledged(), self.lacking(), self.agent.head), ([1, 2], [3, 4], [1, 1, AT]))
        self.assertEqual(self.open(), 2)

    def test_other_heads_count_for_nothing(self):
        for head in (self.head(1, 1, nonce=bytes([8]) * 16), self.head(1, 1, device=bytes(8))):
            with self.assertRaises(Refused):
                self.agent.settle(head, [self.receipt(1)], NONCE)
        self.agent.settle(self.head(5, 2), [], NONCE)
        self.agent.settle(self.head(5, 1, pending=[3]), [self.receipt(1)], NONCE)
        self.assertEqual((self.acknowledged(), self.lacking(), self.agent.head[:2]), ([], [2, 3, 4], [1, 5]))
        self.agent.settle(self.head(1, 1, epoch=2), [self.receipt(1)], NONCE)
        self.assertEqual((self.acknowledged(), self.agent.head[:2]), ([1], [2, 1]))

    def test_other_receipts_are_ignored(self):
        for sealed in (self.receipt(1, seed=bytes(32)), self.receipt(1, device=bytes(8)), self.receipt(1, called=9),
                       self.receipt(1, hash_=bytes(32)), self.receipt(1, refused=[1, 2]), b"", self.receipt(1)[:-1]):
            self.agent.settle(self.head(self.agent.head[1] + 1, 4), [sealed], NONCE)
        self.assertEqual((self.acknowledged(), len(self.agent.lives)), ([], 1))

    def test_what_is_sent_again(self):
        self.agent.settle(self.head(1, 2, pending=[4]), [self.receipt(2)], NONCE)
        self.assertEqual(self.lacking(), [1, 3])  # 1 was passed over, 4 waits there
        self.agent.settle(self.head(2, 0), [], NONCE)
        self.assertEqual(self.lacking(), [1, 2, 3, 4])  # put back from a copy: also what has a receipt
        # What it said of batch 2 goes along, before it.
        self.assertEqual([[kind for kind, _ in parts] for parts in self.agent.lacking()],
                         [[BATCH], [RECEIPT, BATCH], [BATCH], [BATCH]])
        self.assertEqual(self.agent.lacking()[1][0][1], self.receipt(2))
        self.agent.settle(self.head(3, 4), [], NONCE)
        self.agent.settle(self.head(4, 0, chains=[]), [], NONCE)
        self.assertEqual(self.lacking(), [1, 2, 3, 4])  # from one before it knew this incarnation

    def test_a_copy_begins_a_new_incarnation(self):
        for counter, have in ((2, 5), (2, 3), (1, 3)):  # the last head is not newer, but what it has is taken
            with self.subTest(counter=counter, have=have):
                self.doCleanups()
                self.setUp()
                before = self.agent.lives[0]["id"][1]
                self.agent.settle(self.head(1, 1), [self.receipt(1)], NONCE)
                self.agent.settle(self.head(counter, have, hash_=bytes(32)), [], NONCE)
                self.assertEqual((self.agent.lives[-1]["id"][0], self.open()), (2, 3))
                self.assertNotEqual(self.agent.lives[-1]["id"][1], before)
                self.agent.seal()
                self.assertTheSame([AT + 1, AT + 2, AT + 3])

    def test_an_older_copy_of_the_folder_goes_on_in_a_new_incarnation(self):
        with open(self.agent.path, "rb") as file:
            older = file.read()
        self.agent.add([dossier(4)])
        self.agent.seal()
        head = self.head(1, 5)
        with open(self.agent.path, "wb") as file:
            file.write(older)
        self.agent = wire.Agent(self.folder)
        self.agent.add([dossier(5)])
        self.agent.settle(head, [self.receipt(1), self.receipt(3)], NONCE)
        self.agent.most = 1
        self.agent.seal()
        self.assertTheSame([AT + 1, AT + 3, AT + 5])
        # Of the incarnation that ended the hub has more than is known here: that is why it ended.
        old, new = ([*life["id"], 5, bytes(32), 0] for life in self.agent.lives)
        self.agent.settle(self.head(2, 0, chains=[new[:2] + [1, self.mine()[0]["hash"], 0], old]), [], NONCE)
        self.assertEqual((len(self.agent.lives), self.lacking()), (2, [2, 3]))

    def assertTheSame(self, times):
        """The changes without a receipt are sealed again with the times they have, behind the last batch known."""
        fresh = [batch_read(batch["data"], HUB, self.agent.key) for batch in self.mine()]
        self.assertEqual([changes[0]["changed_at"] for _, changes in fresh], times)
        self.assertEqual([head[6] for head, _ in fresh], [1, 2, 3])
        self.assertEqual(fresh[0][0][7], self.agent.lives[0]["batches"][3]["hash"])


class ByFile(Case):
    def exported(self):
        names = self.agent.export(os.path.join(self.folder, "out"))
        with open(names[0], "rb") as file:
            return courier_read(file.read(), nacl.public.PrivateKey(BOX_SECRET))

    def answer(self, frames):
        path = os.path.join(self.folder, "in")
        with open(path, "wb") as file:
            public = bytes(self.agent.private.public_key)
            file.write(courier_write(2, HUB, self.agent.device, public, frames))
        return self.agent.receive(path)

    def sealed_head(self, *arguments, **other):
        return self.sealed("head", self.head(*arguments, **other))

    def test_there(self):
        self.given(6, most=2)
        self.agent.settle(self.head(1, 1), [self.receipt(1)], NONCE)
        frames, last, whole = self.exported()
        self.assertEqual(([kind for kind, _ in frames], last, whole), ([REQUEST, BATCH, BATCH], [3, 1, False], True))
        request = unseal(frames[0][1], "request", HUB, self.agent.key)
        self.assertEqual((request[4][0][2], request[5], request[6], request[9]), (1, 1, 1, 4))
        self.assertEqual([batch_read(data, HUB, self.agent.key)[0][6] for _, data in frames[1:]], [2, 3])

    def test_there_again(self):
        self.given(2)
        self.agent.settle(self.head(1, 2), [self.receipt(1), self.receipt(2)], NONCE)
        self.agent.settle(self.head(1, 1, epoch=2), [], NONCE)
        frames, last, whole = self.exported()
        self.assertEqual(([kind for kind, _ in frames], last, whole), ([REQUEST, RECEIPT, BATCH], [3, 1, False], True))
        self.assertEqual(frames[1][1], self.receipt(2))

    def test_back(self):
        self.given(3)
        receipts = [(RECEIPT, self.receipt(seq)) for seq in (1, 2)]
        status = self.answer([(HEAD, self.sealed_head(3, 2, NO_NONCE)), *receipts])
        self.assertEqual((status["acknowledged"], status["have"], status["whole"]), (2, 2, True))
        self.assertEqual(self.agent.head[:2], [1, 3])

    def test_a_head_that_does_not_advance_gives_its_receipts_only(self):
        self.given(3)
        self.agent.settle(self.head(5, 2), [], NONCE)
        status = self.answer([(HEAD, self.sealed_head(4, 3, NO_NONCE)), (RECEIPT, self.receipt(1))])
        self.assertEqual((status["acknowledged"], status["have"], self.agent.head[:2]), (1, 2, [1, 5]))
        status = self.answer([(HEAD, self.sealed_head(6, 1, NO_NONCE))])
        self.assertEqual((status["have"], self.agent.head[:2]), (1, [1, 6]))  # the newest word, whichever way it came
        status = self.answer([(HEAD, self.sealed_head(9, 3, NONCE)), (RECEIPT, self.receipt(2))])
        self.assertEqual((status["acknowledged"], self.agent.head[:2]), (2, [1, 6]))  # a head of the wire

    def test_the_state_survives(self):
        self.given(3)
        self.answer([(HEAD, self.sealed_head(3, 2, NO_NONCE)), (RECEIPT, self.receipt(1))])
        again = wire.Agent(self.folder)
        for name in wire.Agent.KEPT:
            self.assertEqual(getattr(again, name), getattr(self.agent, name))
        self.agent = again
        self.assertEqual((self.acknowledged(), self.lacking()), ([1], [3]))


if __name__ == "__main__":
    unittest.main()
