#!/usr/bin/python3
"""What the gate costs. Each step prints rows "figure | ours | null | ratio | bar | holds or falls short", and writes them to
$BUILD/bench/STEP.json; the exit code is 1 when a row falls short.

usage: BUILD=build bench.py [STEP...]      without a step: all of them
       ENROL=5000 bench.py enrol   another number of devices for that step
"""
import importlib
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stand import Figures, muster  # pylint: disable=wrong-import-position

STEPS = ["instructions", "throughput", "logins", "enrol", "block", "provision", "dynsec", "rsa", "device"]


def run_step(name):
    """The number of rows that fall short."""
    print("# " + name, flush=True)
    figures, begun = Figures(), time.monotonic()
    load = os.getloadavg()[0]
    try:
        importlib.import_module("bench_" + name).measure(figures)
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        figures.add(name + " came to its end", 0, least=1)
    seconds = time.monotonic() - begun
    out = os.path.join(muster.PROGRAMS, "bench")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, name + ".json"), "w", encoding="utf-8") as file:
        json.dump({"step": name, "seconds": round(seconds), "load_before": load, "rows": figures.rows}, file, indent=1)
    print("# %s: %.0f s, load before %.1f" % (name, seconds, load), flush=True)
    return sum(row["holds"] is False for row in figures.rows)


def main():
    chosen = sys.argv[1:] or STEPS
    unknown = [name for name in chosen if name not in STEPS]
    if unknown:
        sys.exit("bench: no step %s; there are: %s" % (" ".join(unknown), " ".join(STEPS)))
    print("figure | ours | null | ratio | bar | verdict")
    short = sum([run_step(name) for name in chosen])
    print("%d rows fall short" % short if short else "every bar holds")
    sys.exit(1 if short else 0)


main()
