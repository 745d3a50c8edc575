#!/usr/bin/python3
"""A commune that never had a line: from its invitation to the totals, by stick alone, with the real programs."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

UNIT = "95801"
RECORD = {"kind": "dossier", "status": "accepted", "channel": "counter", "received_at": "2024-03-01T08:00:00+07:00",
          "changed_at": "2024-03-01T08:00:00+07:00"}


class WithoutLine(province.Scenario):
    """The hub never serves: nothing listens anywhere."""

    def setUp(self):
        super().setUp()
        self.hub = province.Province(self.folder)
        self.agent = province.Agent(UNIT, self.path("agent"))
        self.entered = 0
        self.identity = self.path("hub.identity")
        self.hub.hub("identity", "--output", self.identity)

    def invite(self, *options, unit=UNIT):
        return self.hub.hub("invite", unit, "--json", *options).json()["code"]

    def enroll(self, code, name="out.mcs", agent=None, exits=(0,)):
        out = self.path(name)
        return (agent or self.agent).run("enroll", code, "--identity", self.identity, "--export", out, "--json",
                                         exits=exits), out

    def enter(self, agent=None):
        self.entered += 1
        (agent or self.agent).take(self.write("new.ndjson", [dict(RECORD, code=f"W-{self.entered}")]))

    def ingest(self, path, exits=(0,)):
        return self.hub.hub("ingest", path, "--json", exits=exits).json()

    def fetch(self, agent=None, unit=UNIT):
        answer = self.path("answer.mcs")
        self.hub.hub("receipts", unit, "--output", answer)
        return (agent or self.agent).run("receive", answer, "--json").json()

    def devices(self):
        lines = self.hub.hub("device", "list", "--json").out.splitlines()
        return {line["device"]: line for line in map(province.json.loads, lines)}

    def assertCounted(self):
        total = self.hub.totals("--year", "2024")["total"]
        self.assertEqual((total["received"], total["gap"]), (self.entered, 0))
        self.assertEqual(self.hub.hub("verify", "--full").code, 0)

    def test_from_the_invitation_to_the_totals(self):
        said, out = self.enroll(self.invite())
        report = said.json()
        self.assertEqual((report["unit"], report["state"], report["files"]), (None, "waiting", [out]))
        status = self.agent.status()
        self.assertEqual((status["unit"], status["hub"], status["state"]), (None, None, "waiting"))
        # They work at once, and what they enter counts in their own book.
        self.enter()
        self.enter()
        self.agent.run("add", "dossier", "status=accepted", "received_at=2024-03-02")
        self.entered += 1
        own = self.agent.run("totals", "--year", "2024", "--json").json()["total"]["received"]
        self.assertEqual(own, self.entered)
        self.assertIn("url", self.agent.run("sync", "--lang", "en", exits=(69,)).err)
        self.agent.run("export", out)
        # The province takes the file, hears the fingerprint on the phone, and takes it once more.
        taken = self.ingest(out, exits=(77,))
        self.assertEqual((taken["enrolled"], taken["batches"]), (1, 0))
        self.assertEqual(taken["files"][0]["error"], "E-DEVICE-WAITING")
        self.hub.hub("receipts", UNIT, "--output", self.path("answer.mcs"), exits=(75,))
        self.hub.hub("device", "confirm", status["fingerprint"])
        taken = self.ingest(out)
        self.assertEqual((taken["enrolled"], taken["changes"], taken["rejected"]), (0, self.entered, 0))
        self.assertCounted()
        # And the way back.
        answer = self.fetch()
        self.assertTrue(answer["enrolled"])
        status = self.agent.status()
        self.assertEqual((status["unit"], status["state"], status["waiting"]), (UNIT, "active", 0))
        # From now on it is a computer like any other, and the same file again is no news.
        self.enter()
        self.agent.run("add", "indicator", "name=n", "period=2024-03", "value=7")
        self.agent.run("export", out)
        self.assertEqual(self.ingest(out)["enrolled"], 0)
        self.assertFalse(self.fetch()["enrolled"])
        self.assertEqual(self.agent.status()["waiting"], 0)
        self.assertCounted()
        self.assertEqual(self.hub.report("indicators", "--name", "n", "--period", "2024-03", "--unit", UNIT)["value"], 7)

    def test_one_way_is_enough_without_confirmation(self):
        """Everything in one file; its first answer is lost, the next one brings all."""
        _, out = self.enroll(self.invite("--no-confirm"))
        self.enter()
        self.agent.run("export", out)
        taken = self.ingest(out)
        self.assertEqual((taken["enrolled"], taken["changes"]), (1, 1))
        self.hub.hub("receipts", UNIT, "--output", self.path("lost.mcs"))
        self.enter()
        self.agent.run("export", out)
        self.assertEqual(self.ingest(out)["enrolled"], 0)
        self.assertTrue(self.fetch()["enrolled"])
        self.assertEqual(self.agent.status()["state"], "unconfirmed")
        self.assertEqual(self.agent.status()["waiting"], 0)
        self.assertCounted()

    def test_a_code_that_was_used_and_another(self):
        """Nothing that was entered is lost over a code that did not work."""
        code = self.invite("--no-confirm")
        other = province.Agent(UNIT, self.path("other"))
        _, first = self.enroll(code, "first.mcs", other)
        self.assertEqual(self.ingest(first)["enrolled"], 1)
        _, out = self.enroll(code)
        self.enter()
        self.agent.run("export", out)
        refused = self.ingest(out, exits=(77,))
        self.assertEqual((refused["enrolled"], refused["batches"]), (0, 0))
        self.assertEqual(refused["files"][0]["error"], "E-INVITATION")
        device = self.agent.status()["device"]
        self.enroll(self.invite("--no-confirm"))
        self.assertEqual(self.agent.status()["device"], device)
        self.assertEqual(self.ingest(out)["enrolled"], 1)
        answer = self.path("answer.mcs")
        self.hub.hub("receipts", device, "--output", answer)
        self.assertTrue(self.agent.run("receive", answer, "--json").json()["enrolled"])
        self.assertEqual(self.agent.status()["waiting"], 0)
        self.assertCounted()

    def test_files_that_are_not_the_right_ones(self):
        code = self.invite()
        elsewhere = province.Province(os.path.join(self.folder, "other-province"))
        wrong = self.path("wrong.identity")
        elsewhere.hub("identity", "--output", wrong)
        for path in (wrong, self.write("page.html", "<html>"), self.write("empty", "")):
            for_stick = ("--identity", path, "--export", self.path("out.mcs"))
            said = self.agent.run("enroll", code, *for_stick, "--lang", "en", exits=(65, 69))
            self.assertIn(path, said.err)
        self.agent.run("enroll", code, "--identity", self.path("none"), "--export", self.path("out.mcs"), exits=(74,))
        self.agent.run("enroll", code, "--identity", self.identity, exits=(2,))
        self.agent.run("enroll", code, "--export", self.path("out.mcs"), exits=(2,))
        self.assertEqual(self.agent.run("status", "--json", exits=(78,)).json()["state"], "not-enrolled")
        # A stick that cannot be written is no reason to begin again.
        self.agent.run("enroll", code, "--identity", self.identity, "--export", self.path("no/such/out.mcs"),
                       exits=(74,))
        out = self.path("out.mcs")
        self.agent.run("export", out)
        self.assertEqual(self.ingest(out, exits=(77,))["enrolled"], 1)

    def test_id_09_a_lost_key_by_stick(self):
        """What was entered goes out under the new key, the old one is shut out, nothing counts twice."""
        _, out = self.enroll(self.invite("--no-confirm"))
        self.enter()
        self.agent.run("export", out)
        self.ingest(out)
        self.fetch()
        old = self.agent.status()["device"]
        self.enter()
        os.remove(os.path.join(self.agent.data, "device.key"))
        self.assertEqual(self.agent.run("status", "--json", exits=(78,)).json()["state"], "KEY-LOST")
        self.enroll(self.invite("--no-confirm", "--replaces", old))
        self.assertNotEqual(self.agent.status()["device"], old)
        self.assertEqual(self.ingest(out)["enrolled"], 1)
        self.assertEqual(self.devices()[old]["state"], "suspended")
        answer = self.path("answer.mcs")
        self.hub.hub("receipts", self.agent.status()["device"], "--output", answer)
        self.agent.run("receive", answer)
        self.assertEqual(self.agent.status()["waiting"], 0)
        self.assertCounted()


class ALineComesLater(province.Scenario):
    def test_the_address_from_the_settings(self):
        hub = self.province()
        agent = province.Agent(UNIT, self.path("agent"))
        identity, out = self.path("hub.identity"), self.path("out.mcs")
        hub.hub("identity", "--output", identity)
        code = hub.hub("invite", UNIT, "--no-confirm", "--json").json()["code"]
        agent.run("enroll", code, "--identity", identity, "--export", out)
        hub.hub("ingest", out)
        agent.take(self.write("new.ndjson", [dict(RECORD, code="W-1")]))
        settings = self.write("agent.ini", f"[agent]\nurl = {hub.url}\n")
        # A hub that serves learns within seconds of what was taken in beside it.
        end = time.monotonic() + 20
        while agent.run("sync", "--config", settings, exits=(0, 77)).code != 0 and time.monotonic() < end:
            time.sleep(0.2)
        self.assertEqual(agent.status()["waiting"], 0)
        # Its unit it learns from the answer, whichever way that comes.
        agent.run("enroll", code, "--url", hub.url)
        self.assertEqual(agent.status()["unit"], UNIT)
        agent.sync()
        agent.run("sync", "--config", self.write("bad.ini", "[agent]\nurl = ::\n"), exits=(78,))
        self.assertEqual(hub.totals("--year", "2024")["total"]["received"], 1)


if __name__ == "__main__":
    province.main()
