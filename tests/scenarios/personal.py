#!/usr/bin/python3
"""L15: what an export says of people stays in the export: not one byte of it reaches agent or hub."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from support import province  # noqa: E402

SECRETS = ["Chủ Hồ Sơ Bí Mật", "0999.888.777", "ngõ Không Ai Biết", "079000123456", "trích yếu kín"]
HEADER = "Mã hồ sơ,Chủ hồ sơ,Số điện thoại,Địa chỉ,Số định danh,Trích yếu,Ngày tiếp nhận,Trạng thái"
GOOD = [f"P-{number},{','.join(SECRETS)},{number + 1:02}/03/2024,Được tiếp nhận" for number in range(20)]
# Rows that are refused keep their reason, and of their cells only what the record table knows.
BAD = [f"P-30,{','.join(SECRETS)},99/99/2024,Được tiếp nhận", f",{','.join(SECRETS)},01/03/2024,Được tiếp nhận",
       f"P-31,{','.join(SECRETS)},01/03/2024,Được tiếp nhận,{SECRETS[0]}"]
IN_A_KNOWN_COLUMN = "trạng thái bịa đặt 4711"


def files_below(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)


class Personal(province.Scenario):
    def forms(self, secret):
        return [secret.encode(), secret.encode("utf-16-le"), secret.lower().encode(), secret.upper().encode()]

    def assertAbsent(self, data, what):
        for secret in SECRETS:
            for form in self.forms(secret):
                self.assertNotIn(form, data, what)

    def test_nothing_personal_is_kept_or_said(self):
        hub = self.province()
        agent = hub.agent("95801")
        table = "\r\n".join([HEADER] + GOOD + BAD) + "\r\n"
        answers = [agent.run("import", self.write("x.csv", table), "--json", exits=(65,))]
        records = [{"kind": "dossier", "code": "P-40", "status": "accepted", "received_at": "2024-03-01",
                    "ChuHoSo": SECRETS[0], "changed_at": "2024-03-01T08:00:00+07:00"},
                   {"kind": "dossier", "code": "P-41", "status": "accepted", "received_at": "2024-03-01", "owner":
                    {"name": SECRETS[0]}, "due_at": "khi nào xong", "changed_at": "2024-03-01T08:00:00+07:00"}]
        answers.append(agent.run("import", self.write("x.ndjson", records), "-v", exits=(65,)))
        answers.append(agent.run("rejected", "list"))
        answers.append(agent.run("rejected", "list", "--json"))
        agent.sync()
        answers += [agent.run("status"), hub.hub("device", "list"), hub.hub("totals", "--year", "2024", "--json")]
        self.assertEqual(answers[-1].json()["total"]["received"], len(GOOD) + 1)
        self.assertIn("Chủ hồ sơ", answers[0].json()["ignored_columns"])
        for answer in answers:
            self.assertAbsent((answer.out + answer.err).encode(), answer.arguments)
        hub.stop()
        for path in files_below(self.folder):
            if path not in (self.path("x.csv"), self.path("x.ndjson")):
                with open(path, "rb") as file:
                    self.assertAbsent(file.read(), path)

    def test_a_reason_does_not_quote_the_cell(self):
        agent = self.province().agent("95801")
        path = self.write("y.csv", f"Mã hồ sơ,Trạng thái\nP-1,{IN_A_KNOWN_COLUMN}\n")
        answer = agent.run("import", path, exits=(65,))
        self.assertNotIn(IN_A_KNOWN_COLUMN, answer.out + answer.err)


if __name__ == "__main__":
    province.main()
