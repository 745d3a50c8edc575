#!/usr/bin/python3
"""A second agent, written from protocol/PROTOCOL.md alone, whose sections are named here: where it and the programs
disagree, the document is at fault or one of the two is."""
import argparse
import contextlib
import http.client
import json
import re
import secrets
import ssl
import sys
import time
import zlib
from functools import partial
from hashlib import blake2b, sha256
from pathlib import Path

import cbor2
from nacl import bindings, exceptions, public, signing

MAX, FIRST, LAST, DAY, EAST = 2 ** 63 - 1, -2209014000000, 253402275599999, 86400000, 25200000
BATCH_LIMIT, BODY_LIMIT, ANSWER_LIMIT, ROWS_LIMIT, FILE_LIMIT = 262144, 1048576, 262144, 1048576, 64 << 20
START, MARK = bytes.fromhex("894d4f544355410d0a1a0a"), b"\xf5MCFRAME"
REQUEST, BATCH, HEAD, RECEIPT, END, ALPHABET = 1, 2, 3, 4, 5, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Fields of section 8 by what they hold; the others are numbers as they are.
TEXTS, INSTANTS, DATES = {0, 2, 3, 4, 20, 21, 25, 26}, {8, 9, 10, 11, 12, 13, 31}, {27, 28, 29, 30}
BYTE, COUNTER, ONE, INSTANT, TEXT = (int, 0, 255), (int, 0, MAX), (int, 1, MAX), (int, FIRST, LAST), (str, 0, 240)
NUMBER, B8, B16, B32 = (int, -2 ** 62, 2 ** 62), (bytes, 8, 8), (bytes, 16, 16), (bytes, 32, 32)
FORMS = {
    "receipt": {2: B32, 3: B8, 4: ONE, 5: B8, 6: ONE, 7: INSTANT, 8: [BYTE, (list, 0, 8192, (int, 0, 4095))]},
    "head": {2: B8, 3: COUNTER, 4: COUNTER, 5: INSTANT, 6: COUNTER, 7: B16,
             8: (list, 0, 64, [ONE, B8, COUNTER, B32, COUNTER]), 9: (list, 0, 64, [ONE, B8, ONE]), 10: (int, 1, 5)},
    "enrolled": {2: B16, 3: B8, 4: (int, 1, 5), 5: INSTANT, 6: (str, 0, 32), 7: TEXT},
    "identity": {2: B16, 3: B32, 4: B32, 5: [B32, B32], 6: (str, 0, 32), 7: (str, 0, 120)}}
PROTOCOL = (Path(__file__).resolve().parent.parent / "protocol/PROTOCOL.md").read_text(encoding="utf-8")
DICTIONARY = bytes.fromhex("".join(re.findall("^  ([0-9a-f]{40,80})$", PROTOCOL, re.MULTILINE)))  # section 4
write, blake = partial(cbor2.dumps, canonical=True), partial(blake2b, digest_size=32)


class Refused(Exception):
    """Says why something is not taken, the code of section 2 first."""


def need(right, why, code="E-MALFORMED"):
    if not right:
        raise Refused(f"{code}: {why}")


def fits(form, value):
    """A form: (type, least, most) by value or length, behind it that of each part; or a list or a map of forms."""
    if type(form) is dict:
        return type(value) is dict and list(value) == list(form) and fits([*form.values()], [*value.values()])
    if type(form) is list:
        return type(value) is list and len(value) == len(form) and all(map(fits, form, value))
    kind, least, most, *part = form
    if type(value) is not kind:
        return False
    size = value if kind in (int, bool) else len(value.encode() if kind is str else value)
    return least <= size <= most and (not part or all(fits(part[0], each) for each in value))


def read(data, whole=True):
    """An item of section 3, alone if it is the whole. Others become another type, or other bytes once written."""
    def allowed(value, depth):
        value = [value.value] if type(value) is cbor2.CBORTag and value.tag == 18 else value
        if type(value) is dict and all(type(key) is int and key >= 0 for key in value):
            value = [*value.values()]
        if type(value) is list:
            return depth < 8 and all(allowed(part, depth + 1) for part in value)
        return type(value) in (bytes, str, bool, type(None)) or fits((int, -MAX - 1, 2 * MAX + 1), value)
    try:
        value = cbor2.loads(data)
    except Exception as trouble:  # cbor2 lets through whatever the types it makes of tags raise
        raise Refused(f"E-MALFORMED: {trouble}") from None
    need(allowed(value, 0) and write(value) == (data if whole else data[:len(write(value))]), "not in its one form")
    return value


def seal(purpose, hub, seed, payload):
    signer = signing.SigningKey(seed)
    protected = bytes.fromhex("a201270448") + sha256(bytes(signer.verify_key)).digest()[:8]
    covered = write(["Signature1", protected, b"motcua/1/" + purpose.encode() + hub, payload])
    return write(cbor2.CBORTag(18, [protected, {}, payload, signer.sign(covered).signature]))


def unseal(envelope, purpose, hub=None, key=None):
    """-> the message, once its signature is found right. Of an identity hub and key stand inside."""
    outer, form = read(envelope), [(bytes, 13, 13), {}, (bytes, 0, BODY_LIMIT), (bytes, 64, 64)]
    need(type(outer) is cbor2.CBORTag and fits(form, outer.value), "no COSE_Sign1 like ours")
    protected, _, payload, signature = outer.value
    version = re.match(rb"([\xa0-\xb7]|\xb8.)\x01([\x00-\x1b])", payload, re.DOTALL)
    need(protected[:5].hex() == "a201270448" and version, "another protected header, or no version in front")
    need(version[2] in (b"\1\2" if purpose == "batch" else b"\1"), "another version", "E-VERSION")
    value = read(payload, purpose != "batch")
    need(fits({1: ONE} | FORMS[purpose], value), f"not the keys or values of a {purpose}")
    need(purpose != "head" or all(safe <= have for _, _, have, _, safe in value[8]), "safe above have")
    if purpose == "receipt":  # later verdicts are read as refusals
        batch, places, reasons = value[8][0], value[8][1][::2], value[8][1][1::2]
        need(batch not in range(2, 6) and len(places) == len(reasons) and places == sorted(set(places))
             and all(reason in range(2, 256) for reason in reasons), "verdicts")
    hub, key = (value[2], value[3]) if purpose == "identity" else (hub, key)
    need(protected[5:] == sha256(key).digest()[:8] and bindings.crypto_core_ed25519_is_valid_point(key),
         "signed by another key, or no key", "E-SIGNATURE")
    try:
        covered = write(["Signature1", protected, b"motcua/1/" + purpose.encode() + hub, payload])
        signing.VerifyKey(key).verify(covered, signature)
        need(purpose not in ("enrol", "identity") or int.from_bytes(value[4], "little") < 2 ** 255 - 19 and
             bindings.crypto_scalarmult(bytes([8]) + bytes(31), value[4]), "a weak X25519 key", "E-SIGNATURE")
    except (exceptions.BadSignatureError, exceptions.RuntimeError):
        raise Refused("E-SIGNATURE: does not verify") from None
    return value


def column_write(values):
    if values and min(values) == max(values):
        return values[0]
    data = bytearray()
    for value in (value * 2 if value >= 0 else -value * 2 - 1 for value in values):
        size = max(1, (value.bit_length() + 6) // 7)
        data += bytes(value >> 7 * place & 127 | 128 * (place + 1 < size) for place in range(size))
    return bytes(data)


def words_write(words):
    patterns, pattern_of, runs = {}, [], {}
    for word in words:
        pattern = re.sub("[0-9]{1,15}", lambda run: chr(len(run[0])), word)
        pattern_of.append(patterns.setdefault(pattern, len(patterns)))
        runs.setdefault(pattern, []).append([int(run) for run in re.findall("[0-9]{1,15}", word)])
    columns = [[b - a for a, b in zip((0, *column), column)] for lines in runs.values() for column in zip(*lines)]
    return [list(patterns), column_write(pattern_of), [column_write(column) for column in columns]]


def batch_write(head, changes, hub, seed):
    """A batch, section 4, without the forms of a column that only save bytes. `head`: its keys 3 to 9."""
    shapes, shape_of, keys, references, columns, texts = {}, [], {}, [], {}, {}
    for change in changes:
        fields = sum(1 << field for field in change["fields"])
        cleared = sum(1 << field for field, value in change["fields"].items() if value is None)
        shape_of.append(shapes.setdefault((change["kind"], fields, cleared, int(change["stated"])), len(shapes)))
        references.append(len(keys) - keys[change["key"]] if change["key"] in keys else 0)
        keys.setdefault(change["key"], len(keys))
    times, order = [each["changed_at"] for each in changes], sorted(range(len(changes)), key=shape_of.__getitem__)
    for field in range(34):
        values = [change["fields"].get(field) for change in changes]
        given = [i for i in order if values[i] is not None]
        if given and field in TEXTS:
            words = [word for word in dict.fromkeys(values) if word is not None]
            texts[field] = [column_write([words.index(values[i]) for i in given]), words_write(words)]
        elif given:
            bases = [at if field in INSTANTS else (at + EAST) // DAY if field in DATES else 0 for at in times]
            columns[field] = column_write([values[i] - bases[i] for i in given])
    data = write({1: [list(shape) for shape in shapes], 2: column_write(shape_of),
                  3: column_write([b - a for a, b in zip([head[8], *times], times)]), 4: column_write(references),
                  5: words_write(list(keys)), 6: columns, 7: texts}) if changes else b""
    packer = zlib.compressobj(9, zdict=DICTIONARY)
    stream = packer.compress(data) + packer.flush() if data else b""
    payload = write({1: 2, 2: len(data)} | head | {10: len(changes)}) + stream
    need(len(changes) <= 256 and len(data) <= ROWS_LIMIT and len(payload) < BATCH_LIMIT - 128, "batch", "E-LIMIT")
    return seal("batch", hub, seed, payload)


def courier_write(direction, hub, device, receiver, frames, place=1, more=False):
    box, data = public.SealedBox(public.PublicKey(receiver)), START + bytes([1, direction]) + hub + device
    for kind, content in [*frames, (END, write([len(frames), place, more]))]:
        sealed = box.encrypt(bytes([kind]) + content)
        data += MARK + len(sealed).to_bytes(4, "big") + sealed
    return data


def courier_read(data, private):
    """-> (begin, end, kind, content) of each frame of a courier file that is whole"""
    begin, failed, frames = 0, 0, []
    while failed < 4096 and (begin := data.find(MARK, begin)) >= 0:
        end = begin + 12 + int.from_bytes(data[begin + 8:begin + 12], "big")
        try:
            need(61 <= end - begin <= 61 + BATCH_LIMIT and end <= len(data), "the length of a box")
            content = public.SealedBox(private).decrypt(data[begin + 12:end])
            need(content[0] != END or fits([COUNTER, (int, 1, 999), (bool, 0, 1)], read(content[1:])), "an end")
            frames.append((begin, end, content[0], content[1:]))
            begin = end
        except (Refused, exceptions.CryptoError):
            begin, failed = begin + 1, failed + 1
    return frames


def fingerprint(hub, key):
    digest = blake(b"fingerprint" + hub + key).digest()
    return " ".join(f"{int.from_bytes(digest[i:i + 2], 'big') % 10000:04}" for i in range(0, 16, 2))


def invitation_read(invitation):
    """-> ([host, port], secret, the first bytes of the identity's hash), section 7."""
    address, _, code = invitation.strip().rpartition("/")
    parts = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:/\[\]]+)(?::([0-9]{1,5}))?", address)
    code = re.sub("[- ]", "", code).upper().translate(str.maketrans("ILO", "110"))
    need(parts and len(code) == 44 and set(code) <= set(ALPHABET), "the invitation's address or characters")
    value = sum(ALPHABET.index(character) << 5 * place for place, character in enumerate(reversed(code)))
    need(value % 1021 == 1 and value % 1024 < 1021 and value >> 10 & 3 == 0, "the invitation's check")
    data = (value >> 12).to_bytes(26, "big")
    return [parts[1].strip("[]"), int(parts[2] or 443)], data[:10], data[10:]


def key_info(certificate):
    """The SubjectPublicKeyInfo of a DER certificate: the seventh item in its first, the sixth without a version."""
    def item(at):
        more = max(certificate[at + 1] - 128, 0)
        return at + 2 + more, at + 2 + more + int.from_bytes(certificate[at + 1 + (more > 0):at + 2 + more], "big")
    at = item(item(0)[0])[0]
    for _ in range(6 if certificate[at] == 0xa0 else 5):
        at = item(at)[1]
    return certificate[at:item(at)[1]]


def call(address, pins, path, body=None, limit=4096):
    """One exchange; `pins` is None only for the identity."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(http.client.HTTPSConnection(*address, timeout=60, context=context)) as line:
        line.connect()
        need(pins is None or sha256(key_info(line.sock.getpeercert(True))).digest() in pins, "a stranger", "E-PIN")
        line.request("POST" if body else "GET", path, body, {"Content-Type": "application/cbor"} if body else {})
        answer = line.getresponse()
        data = answer.read(limit + 1)
    need(answer.status == 200, f"{answer.status}", data[:40].decode("ascii", "replace").strip() or "E-HTTP")
    need(len(data) <= limit, "the answer is too long")
    return data


class Agent:
    """What it knows stands in DIR/state.cbor: its lives are incarnations with their batches, the present one last.
    A power cut may take it back as restoring a copy does, so the hub is asked before anything is sealed."""

    KEPT = ("seed", "box_seed", "hub", "address", "lives", "waiting", "head", "pending")
    most = 25  # changes in a batch: so many fit, whatever they are

    def __init__(self, directory):
        self.path, self.waiting, self.pending, self.head = Path(directory) / "state.cbor", [], [], [0, 0, 0]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.seed, self.box_seed, self.hub = secrets.token_bytes(32), secrets.token_bytes(32), None
        self.lives, self.address = [{"id": [1, secrets.token_bytes(8)], "have": 0, "batches": []}], None
        if self.path.exists():
            vars(self).update(cbor2.loads(self.path.read_bytes()))
        self.key = bytes(signing.SigningKey(self.seed).verify_key)
        self.private, self.device = public.PrivateKey(self.box_seed), sha256(self.key).digest()[:8]

    def save(self):
        part = self.path.with_suffix(".part")
        part.write_bytes(cbor2.dumps({name: vars(self)[name] for name in self.KEPT}))
        part.replace(self.path)

    def unseal(self, sealed, purpose):
        return unseal(sealed, purpose, self.hub[2], self.hub[3])

    def enroll(self, invitation):
        self.address, secret, identity_hash = invitation_read(invitation)
        sealed = call(self.address, None, "/v1/hub")
        need(sha256(sealed).digest()[:16] == identity_hash, "another hub than the invitation's")
        self.hub = unseal(sealed, "identity")
        self.save()
        nonce, (ordinal, bits) = secrets.token_bytes(16), self.lives[-1]["id"]
        enrol = seal("enrol", self.hub[2], self.seed, write(
            {1: 1, 2: blake(b"id" + secret).digest()[:8], 3: self.key, 4: bytes(self.private.public_key),
             5: ordinal, 6: bits, 7: nonce, 8: time.time_ns() // 1000000, 9: "wire.py"}))
        body = write([enrol, blake(enrol, key=blake(b"mac" + secret).digest()).digest()])
        answer = self.unseal(call(self.address, self.hub[5], "/v1/enroll", body), "enrolled")
        need(answer[2] == nonce and answer[3] == self.device, "an answer to somebody else")
        return {"device": self.device.hex(), "state": answer[4], "unit": answer[6],
                "fingerprint": fingerprint(self.hub[2], self.key)}

    def add(self, changes):
        """Queues changes. Only what could not be written is refused here: the rest is the hub's to judge."""
        for given in changes:
            change = {"stated": 1} | given | {"fields": {int(f): v for f, v in given["fields"].items()}}
            parts = [(TEXT if f in TEXTS else NUMBER, v) for f, v in change["fields"].items() if v is not None]
            parts += [(BYTE, change["kind"]), (INSTANT, change["changed_at"]), ((str, 0, 128), change["key"])]
            good = all(fits(form, value) and not re.search("[\1-\x0f]", str(value)) for form, value in parts)
            need(good and change["fields"].keys() <= {*range(34)}, str(given))
            self.waiting.append(change)
        self.save()

    def batches(self):
        """Every batch sealed, with its incarnation and number, oldest first."""
        return [(life, seq, batch) for life in self.lives for seq, batch in enumerate(life["batches"], 1)]

    def unacknowledged(self):
        return [change for b in self.lives[-1]["batches"] if not b["verdicts"] for change in b["changes"]]

    def seal(self, heartbeat=False):
        life, before = self.lives[-1], [bytes(32), *(batch["hash"] for _, _, batch in self.batches())][-1]
        while self.waiting or heartbeat:
            changes, self.waiting, heartbeat = self.waiting[:self.most], self.waiting[self.most:], False
            head = {3: self.device, 4: life["id"][0], 5: life["id"][1], 6: len(life["batches"]) + 1, 7: before,
                    8: time.time_ns() // 1000000, 9: self.head}
            data = batch_write(head, changes, self.hub[2], self.seed)
            before = sha256(data).digest()
            life["batches"].append({"hash": before, "data": data, "changes": changes, "verdicts": None})
        self.save()

    def request(self):
        held = [[*life["id"], [*(b["verdicts"] for b in life["batches"]), None].index(None)] for life in self.lives]
        nonce, open_changes = secrets.token_bytes(16), len(self.waiting) + len(self.unacknowledged())
        return nonce, seal("request", self.hub[2], self.seed, write(
            {1: 1, 2: self.device, 3: nonce, 4: held[-64:], 5: self.head[0], 6: self.head[1], 7: 0,
             8: time.time_ns() // 1000000, 9: open_changes, 10: "wire.py"}))

    def lacking(self, pending=False):
        """The batches the hub lacks by its last head, each behind its receipt; with `pending` also what waits there."""
        present, waiting = self.lives[-1], [] if pending else self.pending
        return [[(RECEIPT, b.get("receipt")), (BATCH, b["data"])][not b["verdicts"]:] for life, seq, b in self.batches()
                if (b["verdicts"] or life is present) and ([*life["id"], seq] not in waiting if seq > life["have"]
                else not b["verdicts"] and any(later["verdicts"] for later in life["batches"][seq:]))]

    def settle(self, head, receipts, nonce):
        """Takes from a verified head and from receipts what section 6 lets one take. Of a file `nonce` is zeros."""
        need(head is None or head[2] == self.device and head[7] == nonce, "a head for somebody else")
        newer, online = head is not None and [head[3], head[4]] > self.head[:2], any(nonce)
        for sealed in receipts if newer or not online else []:
            with contextlib.suppress(Refused):
                receipt = self.unseal(sealed, "receipt")
                for life, seq, batch in self.batches():
                    named = [batch["hash"], self.device, *life["id"], seq] == [receipt[key] for key in range(2, 7)]
                    if named and max([-1, *receipt[8][1][::2]]) < len(batch["changes"]):
                        batch["verdicts"], batch["receipt"] = receipt[8], sealed
        if newer:
            self.head, self.pending = [head[3], head[4], head[5]], head[9]
        if newer or head and online:
            chains = {(ordinal, bits): (have, hash_) for ordinal, bits, have, hash_, _ in head[8]}
            for life in self.lives[-64:]:
                have, hash_ = chains.get(tuple(life["id"]), (0, None))  # of one it does not name, nothing
                life["have"] = have
            if have > len(life["batches"]) or have and life["batches"][have - 1]["hash"] != hash_:
                # This is an old copy, or somebody has one: what has no receipt goes on under new numbers.
                self.waiting[:0] = self.unacknowledged()
                self.lives.append({"id": [life["id"][0] + 1, secrets.token_bytes(8)], "have": 0, "batches": []})
        self.save()

    def exchange(self, path, batches):
        nonce, body = self.request()
        items, size = [body], len(body) + 12
        while batches and len(items) < 512 and (size := size + sum(len(i) + 5 for _, i in batches[0])) <= BODY_LIMIT:
            items += [item for _, item in batches.pop(0)]
        answer = read(call(self.address, self.hub[5], path, write(items), ANSWER_LIMIT))
        need(fits((list, 1, 513, (bytes, 0, ANSWER_LIMIT)), answer), "no answer")
        self.settle(self.unseal(answer[0], "head"), answer[1:], nonce)

    def sync(self, heartbeat=False):
        self.exchange("/v1/head", [])  # this may be an old copy of what it was, which only the hub can tell
        self.seal(heartbeat)
        before = None
        while self.status() != before:
            before = self.status()
            self.exchange("/v1/batches", self.lacking())
            self.seal()
        need(not self.lacking() and not self.unacknowledged(), "the hub takes nothing more for now", "E-WAITING")
        return before

    def status(self):
        """`refused`: [life, seq, the batch's verdict, index, reason, ...] of each receipt that is not plain."""
        verdicts = [[life["id"][0], seq, b["verdicts"]] for life, seq, b in self.batches() if b["verdicts"]]
        return {"waiting": len(self.waiting), "sealed": len(self.batches()), "acknowledged": len(verdicts),
                "have": self.lives[-1]["have"], "life": self.lives[-1]["id"][0], "device": self.device.hex(),
                "refused": [[life, seq, of[0], *of[1]] for life, seq, of in verdicts if of != [0, []]]}

    def export(self, file):
        """Writes FILE, and FILE.2 and on where one does not suffice; -> their names. There is nobody to ask."""
        self.seal()
        batches, names = self.lacking(pending=True), []
        while batches or not names:
            frames, size = [(REQUEST, self.request()[1])], 65536
            while batches and (size := size + sum(len(item) + 61 for _, item in batches[0])) <= FILE_LIMIT:
                frames += batches.pop(0)
            names.append(f"{file}.{len(names) + 1}" if names else file)
            Path(names[-1]).write_bytes(
                courier_write(1, self.hub[2], self.device, self.hub[4], frames, len(names), bool(batches)))
        return names

    def receive(self, file):
        frames = [frame[2:] for frame in courier_read(Path(file).read_bytes(), self.private)]
        self.settle(None, [content for kind, content in frames if kind == RECEIPT], bytes(16))
        for content in [content for kind, content in frames if kind == HEAD]:
            with contextlib.suppress(Refused):
                self.settle(self.unseal(content, "head"), [], bytes(16))
        whole = bool(frames) and frames[-1][0] == END and read(frames[-1][1])[0] == len(frames) - 1
        return self.status() | {"whole": whole}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", default=".")
    parser.add_argument("command", choices=["enroll", "add", "sync", "heartbeat", "status", "export", "receive"])
    parser.add_argument("argument", nargs="?", help="an invitation or a file; add reads its changes from stdin")
    asked = parser.parse_args()
    agent, argument = Agent(asked.dir), json.load(sys.stdin) if asked.command == "add" else asked.argument
    try:
        need(agent.hub or asked.command == "enroll", "not enrolled")
        does = partial(agent.sync, True) if asked.command == "heartbeat" else getattr(agent, asked.command)
        print(json.dumps(does(argument) if argument else does(), ensure_ascii=False))
    except (Refused, OSError, http.client.HTTPException) as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
