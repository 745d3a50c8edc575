#!/usr/bin/python3
"""The manual pages say what the programs do: every command and option that --help prints stands in the page and the
other way round, every setting in motcua.ini(5), every error code in motcua-errors(7). The pages are taken from the
source tree, the programs from the folder named by MOTCUA_BUILD; without programs the test skips."""
import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("MOTCUA_BUILD", "")
PAGES = {"motcua-agent": "agent/motcua-agent.1", "motcua-hub": "hub/motcua-hub.1"}
OTHERS = ("agent/uplink/motcua-uplink.8", "protocol/tables/foreign/motcua-tables.8", "config/motcua.ini.5", "config/motcua-errors.7")
SKIPPED_EXIT = 77
LINT_IGNORED = "referenced manual not found"  # the pages are not installed where they are tested


def text_of(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def program(name):
    return os.path.join(BUILD, name)


def help_of(name, *command):
    done = subprocess.run([program(name), *command, "--help", "--lang", "en"], capture_output=True, text=True,
                          check=True)
    return done.stdout


def section_of(text, heading):
    """The lines of a --help under one of its headings."""
    found = re.search(rf"^{re.escape(heading)}\n((?:  .*\n)+)", text, re.MULTILINE)
    return found[1].splitlines() if found else []


def commands_in_help(name):
    """Names alone: what follows is in capitals, brackets or two blanks away."""
    found = set()
    for line in section_of(help_of(name), "Commands:"):
        words = re.match(r"  ((?:[a-z][a-z0-9]*(?: |$))+)", line)
        if words:
            found.add(words[1].strip())
    return found


def options_in_help(text, heading):
    return {(option, value.strip()) for option, value in
            (re.match(r"  --?([a-z-]+)((?: \S+)?)(?:  |$)", line).groups() for line in section_of(text, heading))}


def plain(macros):
    """The words of a macro line as a reader sees them: `Ar CODE | Cm -` is `CODE|-`."""
    words = [word for word in macros.split() if word not in ("Ar", "Cm", "Fl", "Op", "Oo", "Oc", "No", "Li")]
    return "".join(words)


def page_of(source):
    """What a page of a program documents: {command: {(option, value)}}; None holds those of every command."""
    documented = {None: set()}
    command = None
    in_commands = False
    for line in source.splitlines():
        if line.startswith(".Sh "):
            in_commands = line == ".Sh COMMANDS"
            in_options = line == ".Sh OPTIONS"
            command = None
        option = re.match(r"\.It Fl -?([a-z-]+)(.*)$", line)
        if option and (in_commands or in_options):
            documented[command].add((option[1], plain(option[2])))
        elif in_commands and line.startswith(".It Ic "):
            command = re.match(r"\.It Ic ((?:[a-z][a-z0-9]*(?: |$))+)", line)[1].strip()
            documented[command] = set()
    return documented


class Manual(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not BUILD or not all(os.access(program(name), os.X_OK) for name in PAGES):
            raise unittest.SkipTest("MOTCUA_BUILD names no folder with the programs")

    def test_every_command_and_no_other(self):
        for name, page in PAGES.items():
            with self.subTest(program=name):
                documented = set(page_of(text_of(page))) - {None}
                self.assertEqual(documented, commands_in_help(name))
                self.assertGreater(len(documented), 5)

    def test_every_option_and_no_other(self):
        for name, page in PAGES.items():
            for command, options in page_of(text_of(page)).items():
                with self.subTest(program=name, command=command):
                    if command is None:
                        wanted = options_in_help(help_of(name), "Options of every command:")
                    else:
                        wanted = options_in_help(help_of(name, *command.split()), "Options:")
                    self.assertEqual(options, wanted)

    def test_every_field_of_the_record_table(self):
        table = text_of("agent/motcua-agent.1").split(".Sh RECORD TABLE", 1)[1].split(".Sh ", 1)[0]
        named = set(re.findall(r"\.(?:It )?Cm ([a-z_]+)", table))
        fields = set(re.findall(r"^\t\[FIELD_\w+\] = \{FIELD_\w+, [A-Z| ]+, \"(\w+)\"", text_of("protocol/schema.c"),
                                re.MULTILINE))
        self.assertGreater(len(fields), 30)
        self.assertEqual(fields - named, set())
        self.assertEqual(named - fields, {"kind", "changed_at", "dossier", "code", "replaces", "equipment", "asset",
                                          "indicator", "name", "period"})

    def test_every_setting(self):
        page = text_of("config/motcua.ini.5")
        found = re.findall(r"^\.It Ic (\w+) No =(?: Li (\S+))?$", page, re.MULTILINE)
        wanted = []
        for sample, source in (("agent.ini", "agent/setup.c"), ("hub.ini", "hub/commands.c")):
            settings = re.findall(r"^# (\w+) = ?(.*)$", text_of(f"config/{sample}"), re.MULTILINE)
            keys = re.findall(r'\{(?:\.section = )?"(?:agent|hub)",\s*(?:\.key = )?"(\w+)"', text_of(source))
            self.assertEqual([key for key, _ in settings], keys, sample)
            wanted += settings
        self.assertEqual(found, wanted)

    def test_every_error_code_with_its_exit_status(self):
        header = text_of("protocol/status.h")
        exits = dict(re.findall(r"\b(EXIT_\w+) = (\d+)", header))
        codes = {(code, exits[end]) for code, end in re.findall(r'X\(\w+,\s*"(E-[A-Z-]+)",\s*(EXIT_\w+)\)', header)}
        self.assertGreater(len(codes), 20)
        page = text_of("config/motcua-errors.7")
        self.assertEqual(set(re.findall(r"^\.It Sy (E-[A-Z-]+) Pq (\d+)$", page, re.MULTILINE)), codes)

    def test_every_error_is_explained_in_the_words_of_the_programs(self):
        words = re.sub(r'"\s+"', "", text_of("config/messages.c"))
        codes = dict(re.findall(r'X\((\w+),\s*"(E-[A-Z-]+)"', text_of("protocol/status.h")))
        sentences = dict((codes.get(name), (sentence, advice)) for name, sentence, advice in re.findall(
            r'\[STATUS_(\w+)\]\s*=\s*\{N_\("([^"]+)"\),\s*N_\("([^"]+)"\)\}', words))
        page = text_of("config/motcua-errors.7")
        explained = re.findall(r"^\.It Sy (\S+) Pq \d+\n((?:[^.].*\n)+)", page, re.MULTILINE)
        self.assertGreater(len(explained), 20)
        for code, body in explained:
            with self.subTest(code=code):
                self.assertEqual(" ".join(body.split()), " ".join(sentences[code]))

    def test_a_command_that_a_message_names_exists(self):
        commands = set().union(*(commands_in_help(name) for name in PAGES))
        for folder in ("agent", "config", "hub"):
            for name in sorted(os.listdir(os.path.join(ROOT, folder))):
                if not name.endswith(".c"):
                    continue
                source = re.sub(r'"\s+"', "", text_of(os.path.join(folder, name)))
                for sentence in re.findall(r'\bN?_\(\s*"((?:[^"\\]|\\.)*)"', source):
                    for quoted in re.findall(r"'([a-z]+(?: [a-z]+)?)(?: [A-Z])?'", sentence):
                        with self.subTest(file=name, quoted=quoted):
                            self.assertTrue(quoted in commands or quoted.split()[0] in commands, sentence)


class Form(unittest.TestCase):
    def test_the_pages_are_well_formed(self):
        pages = [*PAGES.values(), *OTHERS]
        try:
            done = subprocess.run(["mandoc", "-T", "lint", *pages], capture_output=True, text=True, cwd=ROOT,
                                  check=False)
        except FileNotFoundError:
            self.skipTest("mandoc is not installed")
        remarks = [line for line in (done.stdout + done.stderr).splitlines() if LINT_IGNORED not in line]
        self.assertEqual(remarks, [])


if __name__ == "__main__":
    # CTest runs each class by itself, so that what cannot run here counts as skipped and not as passed.
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if result.wasSuccessful() and result.skipped and len(result.skipped) >= max(result.testsRun, 1):
        print(result.skipped[0][1])
        sys.exit(SKIPPED_EXIT)
    sys.exit(0 if result.wasSuccessful() else 1)
