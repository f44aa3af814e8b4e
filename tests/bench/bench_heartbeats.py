"""Heartbeats of a million devices through the gate, as fast as the broker takes them: how many the service has done in a
second, against a subscriber by the same library that does nothing with them. The two take turns, on two brokers that are
alike; while the one is measured the other is stopped."""
import signal

from fleet import DEVICES, FILTERS, FleetStand, cpu_us
from stand import median, settle

PAIRS = 9
SECONDS = 3
CONNECTIONS = 20
FLOOR = 0.75  # little CPU is no excuse for a service that sleeps
METRICS = '{"metrics":{"temperature":21.5,"rssi":-67,"battery":88.125}}'
PAYLOADS = [("empty payload", "", 0.90), ("%d octets of metrics" % len(METRICS), METRICS, 0.88)]


class Bench:
    """Both subscribers; the devices from `marker` on are offline, and their events tell how far a subscriber is."""

    def __init__(self, stand):
        self.stand, self.marker = stand, DEVICES
        stand.start_broker(True)
        self.service = stand.start_service()
        self.twin = stand.start_twin()
        self.beat(stand.plain, "")  # the first touch of each device's memory is no heartbeat's

    def beat(self, port, payload):
        got = self.stand.fleet("beat", port, connections=CONNECTIONS, seconds=SECONDS, payload=payload, marker=self.marker)
        self.marker += got["markers"] if port == self.stand.plain else 0
        return got

    def ours(self, payload):
        """(heartbeats per second, CPU of a heartbeat)"""
        before, cpu = self.stand.overview()["heartbeats"], cpu_us(self.service.pid)
        got = self.beat(self.stand.plain, payload)
        cpu = cpu_us(self.service.pid) - cpu
        done = self.stand.overview()["heartbeats"] - before
        return done / got["seconds"], cpu / done

    def null(self, payload):
        self.service.send_signal(signal.SIGSTOP)
        try:
            sink = self.stand.sink(True, FILTERS, quiet_ms=500, port=self.twin)
            got = self.beat(self.twin, payload)
            done = self.stand.result(sink)
        finally:
            self.service.send_signal(signal.SIGCONT)
        settle(0.3)
        return done["received"] / got["seconds"], done["cpu_us"] / done["received"]


def measure_payload(figures, bench, name, payload, bar):
    runs = []
    for pair in range(PAIRS):
        if pair % 2 == 0:
            ours, null = bench.ours(payload), bench.null(payload)
        else:
            null, ours = bench.null(payload), bench.ours(payload)
        runs.append((*ours, *null, ours[0] / null[0], ours[1] - null[1]))
    rate, cpu, null_rate, null_cpu, ratio, more = (median(column) for column in zip(*runs))
    cheap = payload == ""
    figures.add("heartbeats per second, " + name, rate, null_rate, ratio,
                bar=">= %g%s" % (bar, ", or CPU <= +1 us and >= %g" % FLOOR if cheap else ""), holds=ratio >= bar or (cheap and more <= 1 and ratio >= FLOOR))
    figures.add("service CPU per heartbeat, " + name, cpu, null_cpu, cpu / null_cpu, unit="us")
    figures.add("of that more than the null's", more, unit="us")


def measure(figures):
    with FleetStand() as stand:
        bench = Bench(stand)
        for name, payload, bar in PAYLOADS:
            measure_payload(figures, bench, name, payload, bar)
        settle(6)  # the service tells of what it dropped every five seconds
        figures.add("heartbeats that the service dropped", stand.dropped(), most=0)
