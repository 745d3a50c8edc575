#!/usr/bin/python3
"""Joining a province: invitations in bulk and on slips, wrong and used codes, a machine in the middle, lost keys."""
import html
import os
import re
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

COMMUNES = ("95801", "95802", "95803")
RECORD = {"kind": "dossier", "status": "accepted", "received_at": "2024-03-01T08:00:00+07:00",
          "changed_at": "2024-03-01T08:00:00+07:00"}


def slips_of(text):
    """Unit and what a clerk types, of each slip."""
    for part in text.split('<section class="slip">')[1:]:
        unit = re.search(r"\((\w+)\)</h1>", part)[1]
        box = re.search(r'<p class="code">(.*?)</p>', part, re.DOTALL)[1]
        yield unit, " ".join(html.unescape(re.sub(r"<[^>]*>", " ", box)).split())


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


if __name__ == "__main__":
    province.main()
