#!/usr/bin/python3
"""Joining a province: invitations in bulk and on slips, wrong and used codes, a machine in the middle, lost keys."""
import contextlib
import html
import http.client
import http.server
import os
import re
import ssl
import stat
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

COMMUNES = ("95801", "95802", "95803")
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # PROTOCOL.md section 7
RECORD = {"kind": "dossier", "status": "accepted", "received_at": "2024-03-01T08:00:00+07:00",
          "changed_at": "2024-03-01T08:00:00+07:00"}


def slips_of(text):
    """Unit and what a clerk types, of each slip."""
    for part in text.split('<section class="slip">')[1:]:
        unit = re.search(r"\((\w+)\)</h1>", part)[1]
        box = re.search(r'<p class="code">(.*?)</p>', part, re.DOTALL)[1]
        yield unit, " ".join(html.unescape(re.sub(r"<[^>]*>", " ", box)).split())


def guess(code, number):
    """A code of the same hub with another secret, and the check that belongs to it."""
    address, _, text = code.rpartition("/")
    changed = ALPHABET[(ALPHABET.index(text[0]) + number) % 32] + text[1:42]
    value = 0
    for character in changed:
        value = value * 32 + ALPHABET.index(character)
    check = (1 - 1024 * value) % 1021
    return f"{address}/{changed}{ALPHABET[check // 32]}{ALPHABET[check % 32]}"


class Enrolment(province.Scenario):
    def setUp(self):
        super().setUp()
        self.hub = self.province()

    def devices(self):
        lines = self.hub.hub("device", "list", "--json").out.splitlines()
        return {line["device"]: line for line in map(province.json.loads, lines)}

    def say(self, agent, code, exits=(0,)):
        agent.take(self.write(f"{code}.ndjson", [dict(RECORD, code=code)]))
        return agent.run("sync", exits=exits)

    def invite(self, unit, *options):
        return self.hub.hub("invite", unit, "--url", self.hub.url, "--json", *options).json()["code"]


class InBulk(Enrolment):
    def test_from_a_list_to_enrolled_computers(self):
        rows = "name,code\n" + "".join(f"x,{unit}\n" for unit in COMMUNES) + "x,95801\nx,nobody\nx\n"
        listed, slips = self.write("list.csv", rows), self.path("slips.html")
        said = self.hub.hub("invite", "--file", listed, "--slips", slips, "--url", self.hub.url, "--no-confirm",
                            "--lang", "en", exits=(65,))
        self.assertEqual(said.out, "")
        for words in ("row 5, column code", "row 6, column code", "row 7, column code", "not read: name", "taken: 3"):
            self.assertIn(words, said.err)
        self.assertEqual(stat.S_IMODE(os.stat(slips).st_mode), 0o600)
        with open(slips, encoding="utf-8") as file:
            found = dict(slips_of(file.read()))
        self.assertEqual(tuple(found), COMMUNES)
        for unit, typed in found.items():
            agent = province.Agent(unit, self.path(unit))
            agent.run("enroll", given=typed.lower() + "\n")
            self.say(agent, f"B-{unit}")
        self.assertEqual(sorted(line["unit"] for line in self.devices().values()), sorted(COMMUNES))
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 3)
        self.hub.hub("invite", "--file", listed, "--slips", slips, exits=(78,))

    def test_codes_stand_nowhere_but_where_they_were_asked_for(self):
        listed = self.write("list.csv", "code\n95801\n95802\n")
        said = self.hub.hub("invite", "--file", listed, "--json")
        codes = [province.json.loads(line)["code"] for line in said.out.splitlines()]
        self.assertEqual(len(codes), 2)
        told = said.err + self.hub.hub("acts", "--json").out + self.hub.hub("acts", "--lang", "en").out
        with open(os.path.join(self.folder, "hub.log"), encoding="utf-8") as file:
            told += file.read()
        for code in codes:
            self.assertNotIn(code, told)
            self.assertNotIn(code[:16], told)  # the secret's part of it

    def test_nothing_to_invite(self):
        for content in ("", "code\n", "unit\n95801\n"):
            self.hub.hub("invite", "--file", self.write("list.csv", content), exits=(65,))
        self.hub.hub("invite", "--file", self.path("none.csv"), exits=(1,))
        self.hub.hub("invite", "95801", "--file", self.write("list.csv", "code\n95801\n"), exits=(2,))
        self.hub.hub("invite", exits=(2,))
        self.assertNotIn("invite", self.hub.hub("acts", "--json").out)
        slips = self.path("no-such-folder/slips.html")
        self.hub.hub("invite", "95801", "--slips", slips, exits=(74,))
        self.hub.hub("invite", "nobody", "--slips", self.path("slips.html"), exits=(1,))
        self.assertFalse(os.path.exists(self.path("slips.html")))
        self.assertNotIn("invite", self.hub.hub("acts", "--json").out)


class Codes(Enrolment):
    def enroll(self, code, name, exits=(0,)):
        agent = province.Agent("95801", self.path(name))
        agent.run("enroll", code, "--lang", "en", exits=exits)
        return agent

    def journal(self):
        with open(os.path.join(self.folder, "hub.log"), encoding="utf-8") as file:
            return file.read()

    def test_id_16_guesses_open_nothing_and_burn_nothing(self):
        code = self.invite("95801", "--no-confirm")
        for number in range(1, 6):
            self.enroll(guess(code, number), f"guess-{number}", exits=(77,))
        self.assertEqual(self.devices(), {})
        self.say(self.enroll(code, "right"), "O-1")
        self.assertNotIn("invitation-used-again", self.journal())

    def test_id_16_a_code_is_for_one_computer_and_a_second_one_is_an_alarm(self):
        code = self.invite("95801", "--no-confirm")
        self.enroll(code, "first")
        for number in range(3):
            self.enroll(code, f"thief-{number}", exits=(77,))
        self.assertEqual(len(self.devices()), 1)
        lines = [line for line in self.journal().splitlines() if "event=invitation-used-again" in line]
        self.assertEqual(len(lines), 1)  # an hour and computer
        self.assertIn("unit=95801", lines[0])
        self.assertNotIn(code[-44:], self.journal())

    def test_id_16_a_code_ends_with_its_hour(self):
        with province.clock(-73 * 3600):
            late = self.invite("95801", "--no-confirm", "--expires", "24h")
            still = self.invite("95801", "--expires", "74h")
        self.enroll(late, "late", exits=(77,))
        self.enroll(still, "still")


class InTheMiddle(Enrolment):
    """Everything between the commune and the hub belongs to somebody else, who has a hub of his own."""

    def setUp(self):
        super().setUp()
        self.other = province.Province(self.path("other"))
        self.identity = None
        self.posted = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.other.data, "tls.crt"), os.path.join(self.other.data, "tls.key"))
        scenario = self

        class Middle(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer(scenario.identity)

            def do_POST(self):
                scenario.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(b"")

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a connection that breaks off is what is wanted

        self.server = Server(("127.0.0.1", 0), Middle)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def true_identity(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", self.hub.port, context=context)) as line:
            line.request("GET", "/v1/hub")
            return line.getresponse().read()

    def assertRefused(self, code):
        agent = province.Agent("95801", self.path("agent"))
        agent.run("enroll", code, "--url", f"https://127.0.0.1:{self.server.server_port}", exits=(69,))
        self.assertEqual(agent.run("status", "--json", exits=(78,)).json()["state"], "not-enrolled")
        self.assertEqual((self.posted, self.devices()), ([], {}))

    def test_id_17_neither_his_key_nor_his_identity_passes(self):
        code = self.invite("95801", "--no-confirm")
        # The hub's own identity over his TLS key: the pins in it are not his.
        self.identity = self.true_identity()
        self.assertRefused(code)
        # His own identity, with his pins: not the one in the code.
        path = self.path("other.identity")
        self.other.hub("identity", "--output", path)
        with open(path, "rb") as file:
            self.identity = file.read()
        self.assertRefused(code)
        # The hub's with his pins put in, and any other byte of it changed.
        for at in range(0, len(self.true_identity()), 40):
            changed = bytearray(self.true_identity())
            changed[at] ^= 1
            self.identity = bytes(changed)
            self.assertRefused(code)
        # Nothing of the code was used up.
        agent = province.Agent("95801", self.path("agent"))
        agent.run("enroll", code)
        self.say(agent, "O-1")

    def test_id_17_the_phone_tells_two_computers_apart(self):
        """Somebody else used the code first: his fingerprint is not the one that is read out."""
        code = self.invite("95801")
        thief = province.Agent("95801", self.path("thief"))
        thief.run("enroll", code)
        clerk = province.Agent("95801", self.path("clerk"))
        clerk.run("enroll", code, exits=(77,))
        self.say(thief, "T-1", exits=(75,))
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 0)
        # The clerk has nothing to read out; the operator revokes and invites anew.
        self.hub.hub("device", "revoke", thief.status()["device"])
        clerk.run("enroll", self.invite("95801"))
        self.hub.hub("device", "confirm", clerk.status()["fingerprint"])
        self.say(clerk, "C-1")
        self.say(thief, "T-2", exits=(77,))
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 1)


class LostKeys(Enrolment):
    def test_id_09_a_lost_key_over_the_line(self):
        """The old computer works until the new key is confirmed; what was entered goes out under the new one."""
        agent = self.hub.agent("95801")
        self.say(agent, "K-1")
        old = agent.status()["device"]
        self.hub.stop()
        self.say(agent, "K-2", exits=(69,))
        self.hub.serve()
        os.remove(os.path.join(agent.data, "device.key"))
        self.assertEqual(agent.run("status", "--json", exits=(78,)).json()["state"], "KEY-LOST")
        agent.run("enroll", self.invite("95801", "--replaces", old))
        new = agent.status()["device"]
        self.assertNotEqual(new, old)
        self.assertEqual(self.devices()[old]["state"], "unconfirmed")
        self.say(agent, "K-3", exits=(75,))
        self.hub.hub("device", "confirm", agent.status()["fingerprint"])
        self.assertEqual((self.devices()[old]["state"], self.devices()[new]["state"]), ("suspended", "active"))
        agent.sync_until_done()
        self.assertEqual(agent.status()["waiting"], 0)
        self.assertEqual(self.hub.totals("--year", "2024")["total"]["received"], 3)
        self.hub.hub("verify", "--full")


if __name__ == "__main__":
    province.main()
