#!/usr/bin/python3
"""`cmake --install` into an empty place: everything stands where it belongs, and the programs work from there, with
nothing of the build tree. $1: cmake; MOTCUA_BUILD names the build tree."""
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import province  # noqa: E402

BUILD = os.environ.get("MOTCUA_BUILD", "")
CONFIG = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "config")
CMAKE = sys.argv.pop() if len(sys.argv) > 1 else "cmake"
PROGRAMS = ["bin/motcua-agent", "bin/motcua-hub", "bin/motcua-tables", "bin/motcua-uplink"]
FILES = [
    "lib/systemd/system/motcua-agent.service", "lib/systemd/system/motcua-hub.service",
    "lib/systemd/system/motcua-hub-verify.service", "lib/systemd/system/motcua-hub-verify.timer",
    "lib/sysusers.d/motcua-agent.conf", "lib/sysusers.d/motcua-hub.conf",
    "lib/tmpfiles.d/motcua-agent.conf", "lib/tmpfiles.d/motcua-hub.conf",
    "share/doc/motcua/agent.ini", "share/doc/motcua/hub.ini",
    "share/locale/vi/LC_MESSAGES/motcua.mo",
    "share/man/man1/motcua-agent.1", "share/man/man1/motcua-hub.1", "share/man/man5/motcua.ini.5",
    "share/man/man7/motcua-errors.7", "share/man/man8/motcua-tables.8", "share/man/man8/motcua-uplink.8",
    "share/motcua/uplink-tls.conf",
] + [f"share/motcua/{kind}/{name}" for kind in ("checks", "index", "maps", "rules") for name in os.listdir(os.path.join(CONFIG, kind))]


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(place, name), folder)
                  for place, _, names in os.walk(folder) for name in names)


class Install(province.Scenario):
    def install(self, prefix, **environment):
        """Installs; returns the folder the prefix came to lie in."""
        done = subprocess.run([CMAKE, "--install", BUILD, "--prefix", prefix], capture_output=True, text=True,
                              check=False, env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0, done.stderr)
        return environment.get("DESTDIR", "") + prefix

    def installed(self):
        """Programs are taken from the installed place from now on."""
        folder = self.install(self.path("there"))
        before = province.BUILD
        province.BUILD = os.path.join(folder, "bin")
        self.addCleanup(setattr, province, "BUILD", before)
        return folder

    def test_everything_has_its_place_and_nothing_else(self):
        folder = self.install("/opt/motcua", DESTDIR=self.path("root"))
        self.assertEqual(files_below(folder), sorted(PROGRAMS + FILES))
        for name in PROGRAMS + FILES:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            self.assertEqual(mode, 0o755 if name in PROGRAMS else 0o644, name)
        self.assertEqual(os.listdir(self.path("root")), ["opt"])

    def test_units_start_the_installed_programs(self):
        folder = self.install("/opt/motcua", DESTDIR=self.path("root"))
        for name, program, command in (("agent", "agent", "run"), ("hub", "hub", "serve"),
                                       ("hub-verify", "hub", "verify --full")):
            with open(f"{folder}/lib/systemd/system/motcua-{name}.service", encoding="utf-8") as file:
                unit = file.read()
            self.assertIn(f"\nExecStart=/opt/motcua/bin/motcua-{program} {command}\n", unit)
            self.assertNotIn("/usr/bin", unit)

    def test_help_is_in_vietnamese(self):
        self.installed()
        for name, word in (("motcua-agent", "Các lệnh:"), ("motcua-hub", "Các lệnh:")):
            self.assertIn(word, province.run(name, "--help").out)
            self.assertIn("Commands:", province.run(name, "--help", "--lang", "en").out)
        self.assertIn("hiện phiên bản", province.run("motcua-uplink", "--help").out)

    def test_uplink_is_given_its_tls_choices(self):
        folder = self.installed()
        with open(f"{folder}/bin/motcua-uplink", "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nenv >{self.path('given')}\n")
        site = self.province()
        code = site.hub("invite", "95801", "--url", site.url, "--json").json()["code"]
        province.Agent("95801", self.path("agent")).run("enroll", code, exits=(69,))
        with open(self.path("given"), encoding="utf-8") as given:
            self.assertIn(f"GNUTLS_SYSTEM_PRIORITY_FILE={folder}/bin/../share/motcua/uplink-tls.conf\n",
                          given.readlines())

    def test_main_job(self):
        """The uplink, a rule and a map are found where they were installed."""
        self.installed()
        site = self.province()
        agent = site.agent("95801")
        table = self.write("list.csv", "Số hồ sơ,Ngày tiếp nhận\nP-1,22/05/2024\n")
        agent.take(table, "--map", "igate")
        agent.sync()
        totals = site.totals("--year", "2024", "--rule", "index766")
        self.assertEqual((totals["rule"][:8], totals["total"]["received"]), ("index766", 1))


if __name__ == "__main__":
    province.main()
