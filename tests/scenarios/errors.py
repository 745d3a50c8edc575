#!/usr/bin/python3
"""L14 and contract 2: what goes wrong has a code, a sentence in two languages and an exit status; JSON has its
keys."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

RECORD = {"kind": "dossier", "code": "E-1", "status": "accepted", "received_at": "2024-03-01T08:00:00+07:00",
          "changed_at": "2024-03-01T08:00:00+07:00"}
IMPORT_KEYS = {"import", "read", "queued", "unchanged", "rejected", "on_void", "ignored_columns"}
STATUS_KEYS = {"unit", "device", "incarnation", "hub", "state", "waiting", "sealed", "acknowledged", "safe",
               "rejected", "last_sync", "last_error", "next_attempt", "clock_offset_s", "queue_bytes"}
DEVICE_KEYS = {"device", "unit", "state", "enrolled_at", "last_seen", "have", "pending", "lag_s", "clock_offset_s",
               "waiting_reported", "version"}
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

    def test_help_and_version(self):
        for name in ("motcua-agent", "motcua-hub"):
            for arguments in (["--help"], ["--version"], ["status", "--help"]):
                with self.subTest(program=name, arguments=arguments):
                    self.assertTrue(province.run(name, *arguments).out.strip())

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
