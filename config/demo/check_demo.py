#!/usr/bin/python3
"""Compares a report of the hub, as JSON on standard input, with the figures the demo province has to show.

    motcua-hub totals … --json | check_demo.py totals

Says nothing and exits 0 where they agree; names every difference and exits 1 where they do not.
"""
import json
import os
import sys


def expected(name):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.json"), encoding="utf-8") as file:
        return json.load(file)[name]


def differences(wanted, found, where=""):
    """Lines saying where `found` is not what is wanted; members nobody asked for are left alone."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [line for key in wanted for line in differences(wanted[key], found.get(key), f"{where}/{key}")]
    return [] if wanted == found else [f"{where}: {wanted} wanted, {found} found"]


def main(name):
    lines = differences(expected(name), json.load(sys.stdin))
    for line in lines:
        print(f"{name}{line}", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
