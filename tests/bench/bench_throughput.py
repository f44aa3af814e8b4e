"""Heartbeats per second that reach the null service, with the gate and without, in interleaved pairs of runs; and the
broker's CPU for each."""
from stand import Stand, cpu_us, median, settle, swarm

CONNECTIONS = 100
PAIRS = 5
SECONDS = 5


def run_once(stand, gate, logins):
    broker = stand.start_broker(gate)
    sink = stand.sink(gate)
    before = cpu_us(broker)
    swarm("publish", stand.port(gate), logins, CONNECTIONS, 0, SECONDS)
    got = stand.result(sink)
    cpu = (cpu_us(broker) - before) / got["received"]
    stand.stop(broker)
    settle()
    return got["per_second"], cpu


def measure(figures):
    with Stand() as stand:
        logins = stand.fill(CONNECTIONS)
        runs = {True: [], False: []}
        for pair in range(PAIRS):
            for gate in (True, False) if pair % 2 == 0 else (False, True):
                runs[gate].append(run_once(stand, gate, logins))
        (ours, null), (ours_cpu, null_cpu) = ([median([run[i] for run in runs[gate]]) for gate in (True, False)]
                                              for i in range(2))
        figures.add("heartbeats delivered per second", ours, null, ours / null, least=0.85)
        figures.add("broker CPU per heartbeat", ours_cpu, null_cpu, ours_cpu / null_cpu, unit="us")
