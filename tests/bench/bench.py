#!/usr/bin/python3
"""The benchmarks: each figure beside its limit or its baseline, measured in the same run on the same disk."""
import argparse
import json
import os
import pathlib
import platform
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import agent_rows  # noqa: E402  (these stand beside this file)
import bytes_rows  # noqa: E402
import drain_rows  # noqa: E402
import growth  # noqa: E402
import herd_rows  # noqa: E402
import line_rows  # noqa: E402
import place  # noqa: E402
import simulator_rows  # noqa: E402
from figures import Failed, lines_of, row  # noqa: E402

# Each takes the folder of the build and the options, and yields rows.
BENCHES = {
    "drain": drain_rows.bench_drain,
    "herd": herd_rows.bench_herd,
    "bytes": bytes_rows.bench_bytes,
    "line": line_rows.bench_line,
    "add": agent_rows.bench_add,
    "size": agent_rows.bench_size,
    "growth": lambda build, options: growth.bench(build, options.large, row, Failed),
    "idle": agent_rows.bench_idle,
    "simulator": simulator_rows.bench_simulator,
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"NAME: {', '.join(BENCHES)}; all if none is given")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--disk", type=pathlib.Path, metavar="DIR", help="write there instead of under the build")
    parser.add_argument("--idle-seconds", type=int, default=60, metavar="N", help="how long idle watches")
    parser.add_argument("--sim-seconds", type=int, default=60, metavar="N", help="how long simulator runs")
    parser.add_argument("--large", action="store_true", help="growth up to 10^7 dossiers: hours")
    parser.add_argument("--runs", type=int, metavar="N", help="instead of as many as each takes its median of")
    parser.add_argument("--json", action="store_true", help="one document instead of a table")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"no benchmark named {unknown[0]}; there are: {', '.join(BENCHES)}")
    return options


def main():
    options = parse()
    place.disk = options.disk
    rows = []
    try:
        for name in options.names or BENCHES:
            found = [{"bench": name, **entry} for entry in BENCHES[name](options.build.resolve(), options)]
            rows += found
            if not options.json:
                print(f"\n{name}", *lines_of(found), sep="\n", flush=True)
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"schema": 1, "processors": os.cpu_count(), "kernel": platform.release(), "rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
