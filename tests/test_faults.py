#!/usr/bin/python3
"""tests/FAULTS.md against the tests: whatever it names exists, whatever is named after a fault stands in it."""
import os
import re
import sys
import unittest

TESTS = os.path.dirname(os.path.abspath(__file__))
NAMED = re.compile(r"\b(?:test_)?(?:st|nw|hb|id|in|rs|ti)_[0-9]{2}_[a-z0-9_]+")
CATALOGUE = {"ST": 22, "NW": 22, "HB": 13, "IN": 14, "TI": 8, "ID": 26, "RS": 11}  # how many of each
PLAYED_AT_LEAST = 90
NO_TEST = "no test: "
AREAS = ("unit", "scenarios", "sim")


def read(*parts):
    with open(os.path.join(TESTS, *parts), encoding="utf-8") as file:
        return file.read()


def rows(page):
    """(id, the cell of tests) of every row."""
    return re.findall(r"^\| ([A-Z]{2}-[0-9]{2}) \|.*\| ([^|]+) \|$", page, re.MULTILINE)


def references(cell):
    """(file, [names]) of each part of a cell: `file` name, name; `file` (words). None where it begins "no test:"."""
    if cell.startswith(NO_TEST):
        return
    for part in cell.split(";"):
        found = re.fullmatch(r"\s*`([^`]+)`\s*(.*)", part)
        yield (found[1], NAMED.findall(found[2])) if found else (part.strip(), [])


def defined():
    """Names of tests after faults, by the file below tests/ that defines them."""
    for area in AREAS:
        for folder, _, files in os.walk(os.path.join(TESTS, area)):
            for name in files:
                if name.endswith((".c", ".py")):
                    path = os.path.relpath(os.path.join(folder, name), TESTS)
                    for test in re.findall(rf"^(?:static void|    def) ({NAMED.pattern})\(", read(path), re.MULTILINE):
                        yield path, test


def faults(page, tests):
    """What does not agree, one line each."""
    tests = set(tests)
    known = {}
    for fault, cell in rows(page):
        for path, names in references(cell):
            if not os.path.exists(os.path.join(TESTS, path)):
                yield f"{fault}: there is no tests/{path}"
            for name in names:
                known.setdefault((path, name), set()).add(fault)
    for (path, name), _ in known.items():
        if (path, name) not in tests:
            yield f"tests/{path} has no {name}"
    for path, name in sorted(tests):
        fault = "-".join(re.search(r"([a-z]{2})_([0-9]{2})", name).groups()).upper()
        if fault not in known.get((path, name), ()):
            yield f"{fault}: FAULTS.md does not name {name} of tests/{path}"


class Faults(unittest.TestCase):
    def test_page_and_tests_agree(self):
        page = read("FAULTS.md")
        self.assertGreater(len(rows(page)), 20)
        self.assertEqual(list(faults(page, defined())), [])

    def test_the_whole_catalogue_is_here(self):
        page = rows(read("FAULTS.md"))
        wanted = {f"{area}-{number:02}" for area, last in CATALOGUE.items() for number in range(1, last + 1)}
        self.assertEqual({fault for fault, _ in page}, wanted)
        played = {fault for fault, cell in page if not cell.startswith(NO_TEST)}
        self.assertGreaterEqual(len(played), PLAYED_AT_LEAST)
        print(f"{len(wanted)} faults, {len(played)} of them played by tests")

    def test_a_name_that_is_gone_is_noticed(self):
        page = "| ST-01 | x | y | `unit/agent/test_sync.c` st_01_no_such_test |\n"
        self.assertEqual(list(faults(page, [])), ["tests/unit/agent/test_sync.c has no st_01_no_such_test"])

    def test_a_file_that_is_gone_is_noticed(self):
        self.assertEqual(list(faults("| ST-01 | x | y | `unit/agent/test_nothing.c` |\n", [])),
                         ["ST-01: there is no tests/unit/agent/test_nothing.c"])

    def test_a_test_that_is_not_listed_is_noticed(self):
        found = list(faults("", [("unit/agent/test_sync.c", "st_77_something")]))
        self.assertEqual(found, ["ST-77: FAULTS.md does not name st_77_something of tests/unit/agent/test_sync.c"])

    def test_a_test_under_another_row_is_noticed(self):
        page = "| ST-01 | x | y | `unit/agent/test_sync.c` st_02_a |\n"
        self.assertEqual(list(faults(page, [("unit/agent/test_sync.c", "st_02_a")])),
                         ["ST-02: FAULTS.md does not name st_02_a of tests/unit/agent/test_sync.c"])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
