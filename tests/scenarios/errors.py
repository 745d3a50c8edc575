#!/usr/bin/python3
"""L14 and contract 2: what goes wrong has a code, a sentence in two languages and an exit status; JSON has its
keys."""
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

RECORD = {"kind": "dossier", "code": "E-1", "status": "accepted", "received_at": "2024-03-01T08:00:00+07:00",
          "changed_at": "2024-03-01T08:00:00+07:00"}
IMPORT_KEYS = {"import", "read", "queued", "unchanged", "rejected", "on_void", "ignored_columns"}
STATUS_KEYS = {"unit", "device", "incarnation", "hub", "state", "waiting", "sealed", "acknowledged", "safe",
               "rejected", "last_sync", "last_error", "next_attempt", "clock_offset_s", "queue_bytes"}
DEVICE_KEYS = {"device", "unit", "state", "enrolled_at", "last_seen", "have", "pending", "lag_s", "clock_offset_s",
               "waiting_reported", "version", "incarnations", "forks"}
TOTALS_KEYS = {"schema", "from", "to", "as_of", "rule", "as_known_at", "groups", "total"}
CELLS = {"received", "received_online", "received_counter", "received_postal", "received_unstated", "carried_in",
         "total_in", "done", "done_early", "done_on_time", "done_late", "done_no_due", "open", "open_in_time",
         "open_late", "open_paused", "refused", "withdrawn", "incomplete", "gap", "rates", "units_expected",
         "units_reporting"}
RATES = {"online", "on_time", "input_digitised", "result_digitised", "paid_online", "satisfied"}
CODE = re.compile(r"\bE-[A-Z]+(-[A-Z]+)*\b")
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


class Errors(province.Scenario):
    def assertSays(self, name, *arguments, code):
        """The command ends with the code, and says so in Vietnamese by default, in English when asked."""
        default = province.run(name, *arguments, exits=(code,))
        vietnamese = province.run(name, *arguments, "--lang", "vi", exits=(code,))
        english = province.run(name, *arguments, "--lang", "en", exits=(code,))
        for answer in (default, vietnamese, english):
            self.assertRegex(answer.err, CODE)
            self.assertLessEqual(len(answer.err.strip().splitlines()), 2, answer)
            self.assertEqual(answer.out, "", answer)
        self.assertRegex(default.err, VIETNAMESE)
        self.assertRegex(vietnamese.err, VIETNAMESE)
        self.assertNotRegex(english.err, VIETNAMESE)
        return english

    def test_usage(self):
        for name in ("motcua-agent", "motcua-hub"):
            for arguments in (["fly"], ["status", "--no-such-option"]):
                with self.subTest(program=name, arguments=arguments):
                    self.assertSays(name, *arguments, code=2)
        self.assertSays("motcua-agent", "import", code=2)
        self.assertSays("motcua-agent", "add", code=2)
        self.assertSays("motcua-hub", "totals", "--month", "2024-13", "--data", self.path("none"), code=2)

    def test_usage_comes_before_the_data_directory(self):
        """Wrong usage is 2 wherever it is found out, and touches nothing."""
        wrong = (
            ("motcua-agent", "add", "spaceship", "code=1"), ("motcua-agent", "add", "dossier", "code"),
            ("motcua-agent", "void", "spaceship", "1"), ("motcua-agent", "list", "--due", "soon"),
            ("motcua-agent", "list", "--kind", "spaceship"), ("motcua-agent", "rejected", "fly"),
            ("motcua-agent", "list", "--kind", "equipment", "--late"), ("motcua-agent", "rejected", "show"),
            ("motcua-agent", "import", "x", "--format", "pdf"), ("motcua-agent", "import", "x", "--changed-at", "soon"),
            ("motcua-hub", "init", "--province", "06"), ("motcua-hub", "init", "--province", "a b", "--name", "x"),
            ("motcua-hub", "invite", "058", "--expires", "soon"), ("motcua-hub", "device", "confirm", "1234"),
            ("motcua-hub", "serve", "--listen", "here"), ("motcua-hub", "totals", "--format", "pdf"),
            ("motcua-hub", "totals", "--rule", "mine"), ("motcua-hub", "totals", "--from", "2024-02-31"),
            ("motcua-hub", "totals", "--year", "2024", "--month", "2024-01"), ("motcua-hub", "totals", "--by", "moon"),
            ("motcua-hub", "report", "equipment", "--require", "computer"), ("motcua-hub", "report", "indicators"),
            ("motcua-hub", "report", "equipment", "--level", "moon"))
        for line in wrong:
            with self.subTest(line=line):
                self.assertSays(*line, "--data", self.path("nowhere"), code=2)
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_a_missing_settings_file_that_was_named(self):
        for name in ("motcua-agent", "motcua-hub"):
            with self.subTest(program=name):
                self.assertSays(name, "status", "--config", self.path("nowhere.ini"), code=78)

    def test_no_program_for_the_network(self):
        agent = self.province().agent("95801")
        settings = self.write("agent.ini", "[agent]\nuplink = /nowhere/motcua-uplink\n")
        self.assertSays("motcua-agent", "sync", "--data", agent.data, "--config", settings, code=78)

    def test_a_field_that_is_none(self):
        agent = self.province().agent("95801")
        for fields in (["recieved_at=01/03/2024"], ["status=accepted", "recieved_at=01/03/2024"]):
            english = self.assertSays("motcua-agent", "add", "dossier", "code=E-1", *fields, "--data", agent.data,
                                      code=65)
            self.assertIn("received_at", english.err)
            self.assertNotIn("01/03/2024", english.err)
        self.assertEqual(agent.status()["waiting"], 0)

    def test_what_the_hub_refused_is_listed_as_refused(self):
        hub = self.province()
        agent = hub.agent("95801")
        agent.run("add", "dossier", "code=E-1", "status=accepted")
        agent.run("add", "dossier", "code=E-2", "status=accepted", "unit=99999")
        agent.sync()
        listed = [province.json.loads(line) for line in agent.run("list", "--json").out.splitlines()]
        self.assertEqual({thing["code"]: (thing["sent"], thing["refused"]) for thing in listed},
                         {"E-1": (True, False), "E-2": (True, True)})
        self.assertIn("E-2", agent.run("rejected").out)
        self.assertNotIn("E-1", agent.run("rejected").out)

    def test_a_reader_that_goes_away(self):
        """A closed pipe ends a command as it ends any program; a full disk is one error."""
        hub = self.province()
        agent = hub.agent("95801")
        agent.run("add", "dossier", "code=E-1", "status=accepted")
        for name, data, command in (("motcua-hub", hub.data, ["units", "list"]),
                                    ("motcua-agent", agent.data, ["list"])):
            with self.subTest(program=name), open("/dev/full", "wb") as full:
                done = subprocess.run([province.program(name), *command, "--data", data], stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False, env=province.environment())
                self.assertEqual(done.returncode, 74)
                self.assertLessEqual(len(done.stderr.splitlines()), 2, done.stderr)
                reader, writer = os.pipe()
                os.close(reader)
                done = subprocess.run([province.program(name), *command, "--data", data], stdout=writer,
                                      stderr=subprocess.PIPE, text=True, check=False, env=province.environment(),
                                      restore_signals=True)
                os.close(writer)
                self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""))

    def test_help_and_version(self):
        for name in ("motcua-agent", "motcua-hub"):
            for arguments in (["--help"], ["--version"], ["status", "--help"]):
                with self.subTest(program=name, arguments=arguments):
                    self.assertTrue(province.run(name, *arguments).out.strip())

    def test_the_network_program_says_what_it_is(self):
        for option in ("--help", "--version"):
            self.assertIn("motcua-uplink", province.run("motcua-uplink", option).out)
        said = province.run("motcua-uplink", "https://hub.example", exits=(2,))
        self.assertEqual((said.out, len(said.err.splitlines())), ("", 2))
        self.assertRegex(said.err, CODE)

    def test_no_data_directory(self):
        for name, command in (("motcua-agent", "status"), ("motcua-agent", "sync"), ("motcua-hub", "status"),
                              ("motcua-hub", "totals")):
            with self.subTest(program=name, command=command):
                self.assertSays(name, command, "--data", self.path("nowhere"), code=78)
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_dead_hub(self):
        hub = self.province()
        agent = hub.agent("95801")
        agent.take(self.write("x.ndjson", [RECORD]))
        hub.stop()
        self.assertSays("motcua-agent", "sync", "--data", agent.data, code=69)
        status = agent.status()
        self.assertEqual(status["waiting"], 1)
        self.assertTrue(status["last_error"])
        hub.serve()
        agent.sync()
        self.assertEqual(agent.status()["waiting"], 0)

    def test_unreadable_files(self):
        agent = self.province().agent("95801")
        table = "Mã hồ sơ,Trạng thái\nE-1,Được tiếp nhận\n"
        for name, content in (("utf-16.csv", b"\xff\xfe" + table.encode("utf-16-le")),
                              ("utf-16-be.csv", b"\xfe\xff" + table.encode("utf-16-be")),
                              ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256))),
                              ("legacy.csv", b"M\xe3 h\xb6 s\xac,Tr\xb9ng th\xb8i\nE-1,\xd0\xfe\n")):
            with self.subTest(file=name):
                self.assertSays("motcua-agent", "import", self.write(name, content), "--data", agent.data, code=65)
        missing = agent.run("import", self.path("missing.csv"), exits=None)
        self.assertIn(missing.code, (1, 2, 65, 74))
        self.assertRegex(missing.err, CODE)
        self.assertEqual(agent.status()["waiting"], 0)

    def test_bad_rows_stop_nothing_else(self):
        agent = self.province().agent("95801")
        rows = "Mã hồ sơ,Trạng thái,Ngày tiếp nhận\nE-1,Được tiếp nhận,01/03/2024\nE-2,Bay lên trời,01/03/2024\n" \
               "E-3,Được tiếp nhận,31/02/2024\nE-4,Có kết quả gì đâu,\nE-5,Đã trả kết quả,02/03/2024\n"
        answer = agent.take(self.write("x.csv", rows), exits=(65,))
        self.assertEqual((answer["read"], answer["queued"], answer["rejected"]), (5, 2, 3))
        self.assertEqual(agent.status()["rejected"], 3)

    def test_a_used_invitation_is_no_invitation(self):
        hub = self.province()
        invitation = hub.hub("invite", "95801", "--no-confirm", "--url", hub.url, "--json").json()
        self.assertEqual(set(invitation), {"code", "unit", "expires"})
        for number, code in ((1, 0), (2, 77)):
            province.run("motcua-agent", "enroll", invitation["code"], "--url", hub.url,
                         "--data", self.path(f"a{number}"), exits=(code,))

    def test_json_keys(self):
        hub = self.province()
        agent = hub.agent("95801")
        self.assertLessEqual(IMPORT_KEYS, set(agent.take(self.write("x.ndjson", [RECORD]))))
        agent.sync()
        self.assertLessEqual(STATUS_KEYS, set(agent.status()))
        devices = hub.hub("device", "list", "--json").out.strip()
        first = next(line for line in devices.splitlines() if line.strip())
        document = hub.hub("device", "list", "--json").json() if first.startswith("[") else None
        device = document[0] if document else province.json.loads(first)
        self.assertLessEqual(DEVICE_KEYS, set(device))
        totals = hub.totals("--year", "2024", "--by", "unit")
        self.assertLessEqual(TOTALS_KEYS, set(totals))
        for group in totals["groups"] + [totals["total"]]:
            self.assertLessEqual(CELLS, set(group))
            self.assertEqual(set(group["rates"]), RATES)
        self.assertTrue(all({"key", "name"} <= set(group) for group in totals["groups"]))
        equipment = hub.report("equipment", "--as-of", "2024-05-22", "--require", "computer=1,scanner=1")
        self.assertLessEqual({"units", "complete", "partial", "none", "not_reporting", "by_type"}, set(equipment))
        indicator = hub.report("indicators", "--name", "x", "--period", "2024", "--unit", "058")
        self.assertLessEqual({"value", "of", "units_reporting", "units_expected"}, set(indicator))


if __name__ == "__main__":
    province.main()
