#!/usr/bin/python3
"""What the gate costs, and what the service does with a large fleet. Each step prints rows "figure | ours | null | ratio |
bar | holds or falls short", and writes them to $BUILD/bench/STEP.json; the exit code is 1 when a row falls short.

usage: BUILD=build bench.py [STEP...]      without a step: all of them
       RESUME=1 bench.py            a step that the same programs have done before is only told again
       ENROL=5000 bench.py enrol    another number of devices for that step
       FLEET=20000 bench.py start   another number than a million, for those that have so many
"""
import glob
import importlib
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stand import Figures, digest, muster, program, show, tool  # pylint: disable=wrong-import-position

STEPS = ["instructions", "throughput", "logins", "enrol", "block", "heartbeats", "memory", "start", "steady", "silence",
         "path", "issue", "provision", "dynsec", "rsa", "device"]
HERE = os.path.dirname(os.path.abspath(__file__))


def report(name):
    return os.path.join(muster.PROGRAMS, "bench", name + ".json")


def made_by():
    """A digest of all that figures come from."""
    programs = [program(each) for each in ("musterd", "musterctl", "muster-device", "muster_gate.so")]
    tools = [each for each in glob.glob(tool("*")) if "." not in os.path.basename(each)]
    scripts = glob.glob(os.path.join(HERE, "*.py")) + glob.glob(os.path.join(HERE, "..", "system", "*.py"))
    counts = ["%s=%s" % (each, os.environ.get(each, "")) for each in ("ENROL", "FLEET")]
    return " ".join([digest(programs + sorted(tools) + sorted(scripts)), *counts])


def tell_again(name):
    """How many rows of a finished step fall short; None when there is none by the same programs."""
    try:
        with open(report(name), encoding="utf-8") as file:
            old = json.load(file)
    except (OSError, ValueError):
        return None
    if not old.get("ended") or old.get("made_by") != made_by():
        return None
    print("# %s, of %s" % (name, old["at"]), flush=True)
    for row in old["rows"]:
        show(row)
    return sum(row["holds"] is False for row in old["rows"])


def run_step(name):
    """The number of rows that fall short."""
    again = tell_again(name) if os.environ.get("RESUME") else None
    if again is not None:
        return again
    print("# " + name, flush=True)
    figures, begun, load, ended = Figures(), time.monotonic(), os.getloadavg()[0], True
    made = made_by()  # before: who builds meanwhile has measured something else
    try:
        importlib.import_module("bench_" + name).measure(figures)
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        figures.add(name + " came to its end", 0, least=1)
        ended = False
    seconds = time.monotonic() - begun
    os.makedirs(os.path.dirname(report(name)), exist_ok=True)
    with open(report(name), "w", encoding="utf-8") as file:
        json.dump({"step": name, "at": time.strftime("%Y-%m-%dT%H:%M:%S"), "seconds": round(seconds), "load_before": load,
                   "ended": ended, "made_by": made, "rows": figures.rows}, file, indent=1)
    print("# %s: %.0f s, load before %.1f" % (name, seconds, load), flush=True)
    return sum(row["holds"] is False for row in figures.rows)


def main():
    chosen = sys.argv[1:] or STEPS
    unknown = [name for name in chosen if name not in STEPS]
    if unknown:
        sys.exit("bench: no step %s; there are: %s" % (" ".join(unknown), " ".join(STEPS)))
    print("figure | ours | null | ratio | bar | verdict")
    begun = time.monotonic()
    short = sum([run_step(name) for name in chosen])
    print("# %d steps in %.0f s" % (len(chosen), time.monotonic() - begun))
    print("%d rows fall short" % short if short else "every bar holds")
    sys.exit(1 if short else 0)


main()
