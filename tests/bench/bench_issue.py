"""Certificates per second on one thread, from the request to the durable row, against the same thread that verifies a
signature, makes one and stores such a row. Slices of both alternate within one run of issue_store.c."""
import os

from stand import last_json, muster, run, tool

ROUNDS = 201
FOLDER = os.path.join(muster.PROGRAMS, "bench")  # on the disk that the build is on, not in memory


def compare(figures, name, ours, null, **bar):
    figures.add(name, 1e6 / ours["wall_us"], 1e6 / null["wall_us"], ours["ratio"], **bar)


def measure(figures):
    os.makedirs(FOLDER, exist_ok=True)
    done = run([tool("issue_store"), FOLDER, str(ROUNDS)], 300)
    if done.returncode != 0:
        raise RuntimeError("issue_store: " + done.stderr)
    got = last_json(done.stdout)
    apart, null = got["apart"], got["null"]
    compare(figures, "certificates issued and stored per second, two commits to a group", apart, null, least=0.6)
    figures.add("CPU of that per certificate", apart["cpu_us"], null["cpu_us"], apart["cpu_us"] / null["cpu_us"], unit="us")
    compare(figures, "the same, one commit for the certificates of a group and the intents of the next", got["overlap"], null)
    compare(figures, "certificates issued per second, not stored", got["bare"], got["null_bare"])
    for part, us in got["parts"].items():
        figures.add("of a stored certificate: " + part, us, unit="us")
