"""From exec until the service hears its million devices, against a program that opens the same database and reads the same
columns of the same rows. Both have the database in the page cache."""
import time

from fleet import DEVICES, FleetStand
from stand import median, run, tool

PAIRS = 5


def ours(stand):
    service = stand.start_service()
    stand.stop(service)
    return stand.start_seconds


def null(stand):
    begun = time.monotonic()
    done = run([tool("null_start"), stand.path("muster.db")], 120)
    seconds = time.monotonic() - begun
    if done.returncode != 0 or int(done.stdout.split()[0]) < DEVICES:
        raise RuntimeError("null_start: %s%s" % (done.stdout, done.stderr))
    return seconds


def measure(figures):
    with FleetStand() as stand:
        stand.start_broker(True)
        ours(stand), null(stand)  # what the copy left to be written, and the page cache
        runs = []
        for pair in range(PAIRS):
            first, second = (ours, null) if pair % 2 == 0 else (null, ours)
            got = first(stand), second(stand)
            runs.append(got if pair % 2 == 0 else got[::-1])
        mine, bare = (median(column) for column in zip(*runs))
        figures.add("start with %d devices" % DEVICES, mine, most=2, unit="s")
        figures.add("against opening and reading the same rows", mine, bare, median(a / b for a, b in runs), most=2, unit="s")
