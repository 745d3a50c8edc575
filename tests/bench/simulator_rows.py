"""How much the simulator goes through: device-years a minute, one process for each of two processors."""
import re
import subprocess

from figures import Failed, row

PROCESSES = 2


def bench_simulator(build, options):
    started = [subprocess.Popen([str(build / "simulator" / "sim"), "--from", f"{half}000001", "--seconds",
                                 str(options.sim_seconds)], stdout=subprocess.PIPE, text=True)
               for half in range(1, PROCESSES + 1)]
    printed = [process.communicate()[0] for process in started]
    if any(process.returncode != 0 for process in started):
        raise Failed("the simulator failed:\n" + "\n".join(printed))
    rates = [re.search(r"\(([0-9.]+) a minute, ([0-9.]+) a minute of processor\)", text) for text in printed]
    if None in rates:
        raise Failed(f"the simulator does not say its rate:\n{printed[0]}")
    by_clock, by_processor = (sum(float(rate[i]) for rate in rates) for i in (1, 2))
    yield row("simulator, device-years a minute of the clock", by_clock, "", at_least=100,
              note=f"{PROCESSES} processes for {options.sim_seconds} s")
    yield row(f"simulator, device-years a minute of {PROCESSES} processors", by_processor, "",
              note="what a machine with nothing else to do reaches")
