"""After an outage a province's agents come back at once, over real TLS: how long they wait, what the hub works."""
import json
import subprocess

import hub_plan
import place
from figures import Failed, median, row, spread

AGENTS, CHANGES, RUNS = 1000, 150, 3
TOTAL = AGENTS * CHANGES


def units():
    return [str(number) for number in range(90001, 90001 + AGENTS)]


def invited(here):
    """A code for each unit, one a line."""
    rows = "".join(f"{unit},Commune {unit},commune,06\n" for unit in units())
    listed = here.folder / "communes.csv"
    listed.write_text("code,name,level,parent\n" + rows, encoding="utf-8")
    lines = here.hub("invite", "--file", listed, "--no-confirm", "--url", here.url, "--json")
    return "".join(json.loads(line)["code"] + "\n" for line in lines.splitlines())


def run_herd(build, here):
    """What the herd printed, with the hub's processor seconds since the agents had enrolled."""
    codes = invited(here)
    with subprocess.Popen([str(build / "bench" / "herd"), str(here.folder), str(CHANGES)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as herd:
        herd.stdin.write(codes)
        herd.stdin.close()
        if herd.stdout.readline() != "ready\n":
            raise Failed("herd: it did not come to its start")
        before = place.processor_seconds(here.server.pid)
        printed = herd.stdout.readline()
        worked = place.processor_seconds(here.server.pid) - before
    if herd.returncode != 0:
        raise Failed(f"herd: exit {herd.returncode}")
    return {**json.loads(printed), "hub_cpu_s": worked}


def check_herd(here, figures):
    """Nothing lost, nobody refused."""
    total = json.loads(here.hub("totals", "--from", "2000-01-01", "--to", "2199-12-31", "--json"))["total"]
    if figures["agents"] != AGENTS or total["received"] != TOTAL:
        raise Failed(f"herd: the hub counts {total['received']} received, not {TOTAL}")
    here.verify()


def bare_loop(build, here):
    """(seconds, processor seconds) of the bare loop over what the hub has written, one batch a transaction."""
    database = here.folder / "hub" / "hub.db"
    batches = hub_plan.batches_in(database)
    codes = [f"H-{unit}-{i:05}" for unit in units() for i in range(CHANGES)]
    return hub_plan.Bare(build, database, hub_plan.grouped(batches, len(batches)), codes).run()


def one_run(build):
    province = "code,name,level,parent\n06,Province 06,province,\n"
    communes = "".join(f"{unit},Commune {unit},commune,06\n" for unit in units())
    with place.site(build) as here:
        with here.serving(units=province + communes, enrolled=False):
            figures = run_herd(build, here)
            check_herd(here, figures)
        figures["bare_s"], figures["bare_cpu_s"] = bare_loop(build, here)
    return figures


def bench_herd(build, options):
    runs = [one_run(build) for _ in range(options.runs or RUNS)]

    def of(name):
        return [run[name] for run in runs]

    what = f"{AGENTS:,} agents x {CHANGES} changes at once,"
    took = median(of("seconds"))
    yield row(f"{what} until the last has its receipts", took, "s",
              note=f"{TOTAL / took:,.0f} changes/s with {median(of('herd_cpu_s')):.1f} s of processor for the agents; "
              + spread(of("seconds")))
    yield row(f"{what} hub's processor time", median(of("hub_cpu_s")), "s", note=spread(of("hub_cpu_s")))
    yield row(f"{what} bare loop, {CHANGES} a transaction", median(of("bare_s")), "s",
              note=f"{TOTAL / median(of('bare_s')):,.0f} rows/s, {median(of('bare_cpu_s')):.2f} s of processor")
    yield row(f"{what} hub's rate beside the bare loop's", median([r["bare_cpu_s"] / r["hub_cpu_s"] for r in runs]),
              "x", at_least=0.5, note="by processor time, clients' apart")
    yield row(f"{what} longest wait", median([r["longest_s"] / r["median_s"] for r in runs]), "x", limit=3.0,
              note=f"the median waited {median(of('median_s')):.1f} s")
    yield row(f"{what} attempts that were refused", max(of("attempts")) - AGENTS, "", limit=0)
