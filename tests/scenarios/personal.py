#!/usr/bin/python3
"""L15: what an export says of people stays in the export: not one byte of it reaches agent or hub."""
import os
import sqlite3
import sys
import time
import unicodedata
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import wire  # noqa: E402
from support import province  # noqa: E402

NAME = "Chủ Hồ Sơ Bí Mật"
PHONE, IDENTITY = "0999888777", "079000123456"
SECRETS = [NAME, PHONE, "0999.888.777", IDENTITY, "ngõ Không Ai Biết", "trích yếu kín"]
SEEN = "Lĩnh vực được gửi"  # what travels is found by the same search
HEADER = "Mã hồ sơ,Lĩnh vực,Chủ hồ sơ,Số điện thoại,Điện thoại khác,Số định danh,Địa chỉ,Trích yếu," \
         "Ngày tiếp nhận,Trạng thái"
ROW = ",".join([SEEN] + SECRETS)
GOOD = [f"P-{number},{ROW},{number + 1:02}/03/2024,Được tiếp nhận" for number in range(20)]
# Rows that are refused keep their reason, and of their cells only what the record table knows.
BAD = [f"P-30,{ROW},99/99/2024,Được tiếp nhận", f",{ROW},01/03/2024,Được tiếp nhận",
       f"P-31,{ROW},01/03/2024,Được tiếp nhận,{NAME}", f"P-32,{ROW},01/03/2024,{NAME}",
       f"P-33,{ROW},{PHONE},Được tiếp nhận", f'P-34,{ROW},01/03/2024,"{NAME}']
TABLE = "\r\n".join([HEADER] + GOOD + BAD) + "\r\n"
IN_A_KNOWN_COLUMN = "trạng thái bịa đặt 4711"
TIME = "2024-03-01T08:00:00+07:00"
RECORDS = [{"kind": "dossier", "code": "P-40", "domain": SEEN, "status": "accepted", "received_at": "2024-03-01",
            "ChuHoSo": NAME, "SoDienThoai": int(PHONE), "changed_at": TIME},
           {"kind": "dossier", "code": "P-41", "status": "accepted", "received_at": "2024-03-01",
            "due_at": "khi nào xong", "owner": {"name": NAME, "id": IDENTITY}, "changed_at": TIME},
           {"kind": "dossier", "code": "P-42", "status": NAME, "fee": IDENTITY + "x", "changed_at": TIME}]


def files_below(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)


def leb128(number):
    """A number as a column of a batch holds it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def forms(secret):
    """Every way in which a text might lie in bytes: encodings, cases, composition; digits as numbers too."""
    for text in (secret, secret.lower(), secret.upper(), secret.casefold(), secret.replace(" ", "")):
        for normal in ("NFC", "NFD"):
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                yield unicodedata.normalize(normal, text).encode(encoding)
    yield ascii(secret)[1:-1].encode()
    if secret.isdigit():
        number = int(secret)
        yield leb128(number)
        yield leb128(number * 2)  # zig-zag coded
        yield number.to_bytes(8, "big").lstrip(b"\0")
        yield number.to_bytes(8, "little").rstrip(b"\0")


FORMS = {form for secret in SECRETS for form in forms(secret)}


def envelopes(data):
    """The batches in a log or a queue, as they were sealed."""
    database = os.path.join(data, "hub.db")
    connection = sqlite3.connect(database)
    bodies = [row[0] for row in connection.execute("SELECT body FROM log WHERE type = 1 ORDER BY n")]
    connection.close()
    return bodies


def inflated(envelope):
    """The rows of a batch: the zlib stream behind its head."""
    for at in range(len(envelope) - 2):
        if envelope[at] & 0x0F == 8 and int.from_bytes(envelope[at:at + 2], "big") % 31 == 0:
            stream = zlib.decompressobj(zdict=wire.DICTIONARY)
            try:
                rows = stream.decompress(envelope[at:])
            except zlib.error:
                continue
            if stream.eof and rows:
                return rows
    return b""


class Personal(province.Scenario):
    def assertAbsent(self, data, what):
        found = [form for form in FORMS if form in data]
        self.assertEqual(found, [], what)

    def assertNowhere(self, *but):
        """In no file but those named: data directories, queues, the hub's log, what was written beside them."""
        for path in files_below(self.folder):
            if path not in but:
                with open(path, "rb") as file:
                    self.assertAbsent(file.read(), path)

    def assertNotSent(self, hub, n_batches):
        rows = [inflated(envelope) for envelope in envelopes(hub.data)]
        self.assertGreaterEqual(len([data for data in rows if data]), n_batches)
        self.assertTrue(any(SEEN.encode() in data for data in rows), "what was sent is not found")
        for number, data in enumerate(rows):
            self.assertAbsent(data, f"batch {number + 1}, inflated")

    def test_the_search_finds_what_it_looks_for(self):
        """Numbers are looked for as the columns of a batch hold them."""
        self.assertEqual(leb128(300), bytes([0xAC, 0x02]))
        for form in ("CHỦ HỒ SƠ BÍ MẬT".encode("utf-16-le"), unicodedata.normalize("NFD", NAME).encode(),
                     leb128(int(PHONE)), leb128(int(PHONE) * 2)):
            with self.assertRaises(AssertionError):
                self.assertAbsent(b"xx" + form + b"yy", "found")

    def test_nothing_personal_is_kept_or_said(self):
        hub = self.province()
        agent = hub.agent("95801")
        own = [self.write("x.csv", TABLE), self.write("x.ndjson", RECORDS)]
        answers = [agent.run("import", own[0], "--json", "-v", exits=(65,)),
                   agent.run("import", own[1], exits=(65,)),
                   agent.run("import", own[0], "--dry-run", "--lang", "en", exits=(65,))]
        counts = answers[0].json()
        self.assertEqual((counts["read"], counts["rejected"]), (len(GOOD) + len(BAD), len(BAD)))
        self.assertIn("Chủ hồ sơ", counts["ignored_columns"])
        answers += [agent.run("rejected", "list"), agent.run("rejected", "list", "--json")]
        for line in answers[-1].out.splitlines():
            number = province.json.loads(line)["number"]
            answers.append(agent.run("rejected", "show", str(number)))
        self.assertGreater(len(answers), 5 + len(BAD))
        self.assertNowhere(*own)
        agent.sync()
        answers += [agent.run("status"), agent.run("list"), agent.run("show", "P-1"), hub.hub("device", "list"),
                    hub.hub("totals", "--year", "2024", "--json")]
        self.assertEqual(answers[-1].json()["total"]["received"], len(GOOD) + 1)
        for answer in answers:
            self.assertAbsent((answer.out + answer.err).encode(), answer.arguments)
        hub.stop()
        self.assertNowhere(*own)
        self.assertNotSent(hub, 1)

    def test_the_service_and_its_log(self):
        hub = self.province()
        agent = hub.agent("95801")
        spool = self.path("spool")
        os.mkdir(spool)
        settings = self.write("agent.ini", f"[agent]\nspool = {spool}\nsync_after = 1\n")
        file = os.path.join(spool, "x.csv")
        with open(file, "w", encoding="utf-8", newline="") as out:
            out.write(TABLE)
        with open(self.path("agent.log"), "wb") as log:
            service = province.start("motcua-agent", "run", "-v", "--config", settings, "--data", agent.data,
                                     err=log)
        try:
            self.wait_for(lambda: not os.path.exists(file))
        finally:
            self.assertEqual(province.stop(service), 0)
        agent.sync()
        hub.stop()
        with open(self.path("agent.log"), "rb") as log:
            self.assertIn(b"rejected=6", log.read())
        self.assertNowhere(os.path.join(spool, "refused", "x.csv"))
        self.assertNotSent(hub, 1)

    def wait_for(self, done):
        end = time.monotonic() + 60
        while not done():
            self.assertLess(time.monotonic(), end, "in vain")
            time.sleep(0.05)

    def test_a_file_without_a_header_is_not_quoted(self):
        """Its first row would be taken for headings: neither said nor kept, whatever is wrong with it."""
        agent = self.province().agent("95801")
        own = []
        for number, row in enumerate((f"P-1,{ROW},01/03/2024", f"P-1,{NAME},{NAME},{PHONE}", f"P-1,,{NAME}",
                                      f'P-1,{NAME},"{IDENTITY}', f"P-1,{NAME},{PHONE}\x07")):
            own.append(self.write(f"{number}.csv", f"{row}\n{row}\n"))
            answer = agent.run("import", own[-1], "-v", exits=(65,))
            self.assertAbsent((answer.out + answer.err).encode(), answer.arguments)
        self.assertEqual(agent.status()["rejected"], 0)
        self.assertNowhere(*own)

    def test_a_reason_does_not_quote_the_cell(self):
        agent = self.province().agent("95801")
        path = self.write("y.csv", f"Mã hồ sơ,Trạng thái\nP-1,{IN_A_KNOWN_COLUMN}\n")
        answer = agent.run("import", path, exits=(65,))
        self.assertNotIn(IN_A_KNOWN_COLUMN, answer.out + answer.err)


if __name__ == "__main__":
    province.main()
