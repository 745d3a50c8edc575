#!/usr/bin/python3
"""What the tests run: at least 90 of 100 lines of agent/ and hub/, and every branch of the files that carry the main
job, but for those that tests/COVERAGE lists with a reason.

usage: coverage.py SOURCE [--list]    builds SOURCE/build/coverage, runs the tests there, and judges; --list prints the
branches that were not taken as lines for tests/COVERAGE
"""
import os
import re
import shutil
import subprocess
import sys

LINES_AT_LEAST = 90
ROOMS = ("agent", "hub")
# What the project exists for: form and meaning of what travels, what waits, what is kept.
WHOLE = re.compile(r"protocol/(cbor|batch|batch_\w+|envelope|fold|count)\.c|hub/log\.c|agent/queue(_put)?\.c")
# Compares addresses of equal words, which a linker without sanitizers makes one.
NOT_HERE = "unit-config-wording"
SKIPPED_EXIT = 77


def command(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], check=True, **options)


def build_and_run(source, build):
    shutil.rmtree(os.path.join(build, "profile"), ignore_errors=True)
    command("cmake", "--preset", "coverage", "--log-level=WARNING", cwd=source, stdout=subprocess.DEVNULL)
    command("cmake", "--build", "--preset", "coverage", cwd=source, stdout=subprocess.DEVNULL)
    command("ctest", "--test-dir", build, "--label-regex", "^(unit|scenario)$", "--label-exclude", "^all$",
            "--exclude-regex", NOT_HERE, "--parallel", "2", "--output-on-failure", stdout=subprocess.DEVNULL)


def programs(build):
    """Everything that was linked here and runs our files."""
    for folder, _, names in os.walk(build):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if "CMakeFiles" not in folder and os.access(path, os.X_OK) and "." not in name:
                yield path


def read_lcov(source, build):
    """{file: ({line: count}, {(line, place): count})}"""
    data = os.path.join(build, "all.profdata")
    raw = [os.path.join(build, "profile", name) for name in os.listdir(os.path.join(build, "profile"))]
    command("llvm-profdata", "merge", "-sparse", "-o", data, *raw)
    objects = [part for path in programs(build) for part in ("-object", path)]
    text = command("llvm-cov", "export", "-format=lcov", f"-instr-profile={data}", *objects[1:],
                   *(os.path.join(source, room) for room in (*ROOMS, "protocol")), capture_output=True,
                   text=True).stdout
    found = {}
    lines, branches = {}, {}
    for entry in text.splitlines():
        kind, _, rest = entry.partition(":")
        if kind == "SF":
            lines, branches = found.setdefault(os.path.relpath(rest, source), ({}, {}))
        elif kind == "DA":
            number, count = rest.split(",")[:2]
            lines[int(number)] = max(lines.get(int(number), 0), int(count))
        elif kind == "BRDA":
            number, block, place, count = rest.split(",")
            key = int(number), block, place
            branches[key] = max(branches.get(key, 0), 0 if count == "-" else int(count))
    return found


def shares(found):
    """The share of lines that ran, by room, in percent."""
    for room in ROOMS:
        counts = [count for path, (lines, _) in found.items() if path.startswith(room + "/") for count in lines.values()]
        yield room, 100 * sum(count > 0 for count in counts) / len(counts)


def not_taken(source, found):
    """(file, text of the line) of each branch that was not taken, as often as it is."""
    for path, (_, branches) in sorted(found.items()):
        if not WHOLE.fullmatch(path):
            continue
        with open(os.path.join(source, path), encoding="utf-8") as file:
            texts = file.read().splitlines()
        for (number, _, _), count in sorted(branches.items()):
            if count == 0:
                yield path, " ".join(texts[number - 1].split())


def excused(source):
    """Blocks of tests/COVERAGE: a reason, then the lines "file: text" it holds for."""
    with open(os.path.join(source, "tests", "COVERAGE"), encoding="utf-8") as file:
        for entry in file.read().splitlines():
            if entry.startswith("\t"):
                path, _, text = entry.strip().partition(": ")
                yield path, text


def main():
    source = os.path.abspath(sys.argv[1])
    build = os.path.join(source, "build", "coverage")
    for tool in ("llvm-cov", "llvm-profdata"):
        if shutil.which(tool) is None:
            print(f"no {tool} here")
            return SKIPPED_EXIT
    if "--list" not in sys.argv:
        build_and_run(source, build)
    found = read_lcov(source, build)
    failed = False
    for room, share in shares(found):
        print(f"{room}/: {share:.1f} of 100 lines run (at least {LINES_AT_LEAST})")
        failed = failed or share < LINES_AT_LEAST
    missing, known = list(not_taken(source, found)), set(excused(source))
    print(f"branches not taken where each should be: {len(missing)}, of them listed: "
          f"{sum(one in known for one in missing)}")
    for path, text in sorted(set(missing) - known):
        print(f"\t{path}: {text}")
        failed = True
    for path, text in sorted(known - set(missing)):
        print(f"tests/COVERAGE lists what is taken, or gone: {path}: {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
