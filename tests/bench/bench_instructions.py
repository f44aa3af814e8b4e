"""Instructions of the broker per heartbeat, with the gate and without, by callgrind: they do not wander with the load.
The difference between two numbers of heartbeats is what a heartbeat costs; start, logins and idling fall out."""
import re

from stand import Stand, end, read, swarm

CONNECTIONS = 50
COUNTS = (5000, 25000)


def instructions(stand, gate, logins, count):
    log = stand.path("callgrind.log")
    open(log, "w", encoding="utf-8").close()
    broker = stand.start_broker(gate, ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], log)
    sink = stand.sink(gate, expected=count, quiet_ms=60000)
    swarm("publish", stand.port(gate), logins, CONNECTIONS, count, 0)
    received = stand.result(sink)["received"]
    stand.children.remove(broker)
    end(broker, seconds=60)
    if received != count:
        raise RuntimeError("%d of %d heartbeats were delivered" % (received, count))
    return int(re.search(r"Collected : (\d+)", read(log)).group(1))


def per_heartbeat(stand, gate, logins):
    few, many = (instructions(stand, gate, logins, count) for count in COUNTS)
    return (many - few) / (COUNTS[1] - COUNTS[0])


def measure(figures):
    with Stand() as stand:
        logins = stand.fill(CONNECTIONS)
        ours, null = per_heartbeat(stand, True, logins), per_heartbeat(stand, False, logins)
        figures.add("broker instructions per heartbeat", ours, null, ours / null, most=1.10)
