"""RSA-2048 keys that the service makes while askers always wait, against one idle core that makes nothing else; and how
long a CSR waits meanwhile.

How long a key takes is luck (some 100 ms, and as much more or less), so the bar stands on the time that the pool's thread
had of its core, all of whose keys were delivered; keys per second are stated, too."""
import os

from claiming import OpenStand, finish_claims
from stand import last_json, read, run, settle, tool

PAIRS = 2
SECONDS = 22
WAITING = {"what": "key", "keyType": "rsa:2048", "connections": 8, "depth": 4, "seconds": SECONDS, "count": 100000}
CSRS_PER_SECOND = 50
CSR = {"what": "csr", "connections": 8, "depth": 8, "rate": CSRS_PER_SECOND, "count": CSRS_PER_SECOND * SECONDS}
POOL = "keypool"  # its thread's name


def null():
    done = run([tool("null_keys"), str(SECONDS)], SECONDS + 60)
    return last_json(done.stdout)


def pool_cpu(service):
    """Seconds of CPU that the pool's thread has had."""
    tasks = "/proc/%d/task" % service.pid
    for task in os.listdir(tasks):
        if read(os.path.join(tasks, task, "comm")).strip() == POOL:
            return int(read(os.path.join(tasks, task, "schedstat")).split()[0]) / 1e9
    raise RuntimeError("the service has no thread " + POOL)


def ours(stand, number):
    before = pool_cpu(stand.service)
    keys = stand.start_claims(name="k%d" % number, **WAITING)
    quick = stand.claims(name="c%d" % number, first=number * CSR["count"], **CSR)
    keys = finish_claims(keys)
    return {"keys": keys["accepted"], "seconds": keys["seconds"], "cpu_seconds": pool_cpu(stand.service) - before,
            "quick": quick}


def total(runs, name):
    return sum(each[name] for each in runs)


def measure(figures):
    made, nulls = [], []
    with OpenStand("rsa_pool 0") as stand:
        for number in range(PAIRS):
            nulls.append(null())
            made.append(ours(stand, number))
            settle(3)  # the rest of the askers have gone; the pool still makes their keys
    rates = [total(runs, "keys") / total(runs, "seconds") for runs in (made, nulls)]
    shares = [total(runs, "cpu_seconds") / total(runs, "seconds") for runs in (made, nulls)]
    each = [total(runs, "cpu_seconds") / total(runs, "keys") * 1000 for runs in (made, nulls)]
    figures.add("RSA-2048 keys delivered per second", rates[0], rates[1], rates[0] / rates[1])
    figures.add("the pool's share of a core", shares[0], shares[1], shares[0] / shares[1], least=0.9)
    figures.add("CPU per key delivered", each[0], each[1], each[0] / each[1], unit="ms")
    figures.add("CSR requests answered meanwhile", total([run["quick"] for run in made], "accepted"), PAIRS * CSR["count"],
                total([run["quick"] for run in made], "accepted") / PAIRS / CSR["count"], least=1)
    figures.add("CSR request to answer meanwhile, p50, worst run", max(run["quick"]["p50_ms"] for run in made), unit="ms")
    figures.add("CSR request to answer meanwhile, p99, worst run", max(run["quick"]["p99_ms"] for run in made), most=50,
                unit="ms")
