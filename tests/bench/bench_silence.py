"""A tenth of a million devices falls silent at once: events per second from the first to the last at a subscriber, each
device once, against a program that writes the same rows in the same groups and publishes the same messages with as many
under way. Then once more while the others go on beating."""
import os
import re
import time

from fleet import DEVICES, FleetStand
from stand import end, median, muster, read, run, tool
from wire import Wire

EVERY = 10
SILENT = DEVICES // EVERY
THRESHOLD_S = 10
PAIRS = 3
RATE = 20000
PROBE_S = 0.1
QUIET_MS = 3000


def group():
    """How many devices the service takes offline in one commit."""
    return int(re.search(r"#define TICK_BATCH +(\d+)", read(os.path.join(muster.ROOT, "service/io/loop.c"))).group(1))


def prepare(stand):
    """All are online, and each tenth device has a short threshold."""
    stand.sql("UPDATE device SET offline_after = ? WHERE (id - 1) %% %d = 0 AND id <= %d" % (EVERY, DEVICES), THRESHOLD_S)
    stand.start_broker(True)


def bring_back(stand):
    stand.sql("UPDATE presence SET online = 1 WHERE online = 0 AND device <= ?", DEVICES)
    stand.sql("DELETE FROM event")
    stand.sql("UPDATE meta SET value = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)")
    stand.sql("PRAGMA wal_checkpoint(TRUNCATE)")


def hear(stand):
    return stand.start_fleet("hear", every=EVERY, expected=SILENT, quiet_ms=QUIET_MS, seconds=THRESHOLD_S + 60)


def ours(stand):
    hearer = hear(stand)
    service = stand.start_service()
    got = stand.result(hearer)
    stand.stop(service)
    bring_back(stand)
    return got


def null(stand):
    hearer = hear(stand)
    done = run([tool("null_outbox"), stand.path("muster.db"), str(stand.plain), stand.path("service.key"), str(DEVICES),
                str(EVERY), str(group())], 120)
    if done.returncode != 0:
        raise RuntimeError("null_outbox: " + done.stderr)
    got = stand.result(hearer)
    bring_back(stand)
    return got


class Probes:
    """Heartbeats of devices that are offline, ten a second; the database tells when each is done, and durable."""

    def __init__(self, stand):
        self.stand, self.waiting, self.delays, self.next = stand, {}, [], DEVICES
        self.uuids = dict(stand.sql("SELECT id - 1, uuid FROM device WHERE id > ?", DEVICES))
        self.wire = Wire(stand.plain)
        if self.wire.connect("_probe", "_muster", stand.secret("service.key")) != 0:
            raise RuntimeError("the probe may not log in")

    def send(self):
        if self.next in self.uuids:
            self.waiting[self.next + 1] = time.monotonic()
            self.wire.publish("muster/v1/device/%s/heartbeat" % self.uuids[self.next], qos=0)
            self.next += 1

    def look(self, base):
        marks = ",".join(str(row) for row in self.waiting)
        found = base.execute("SELECT device FROM presence WHERE online = 1 AND device IN (%s)" % marks).fetchall()
        now = time.monotonic()
        self.delays += [now - self.waiting.pop(row) for row, in found]

    def go_on_until(self, done):
        base, due = self.stand.reader(), time.monotonic()
        while not done() or self.waiting:
            if time.monotonic() >= due and not done():
                due += PROBE_S
                self.send()
            self.look(base)
            if any(time.monotonic() - sent > 30 for sent in self.waiting.values()):
                break
            time.sleep(0.01)
        base.close()
        self.wire.drop()
        self.delays += [time.monotonic() - sent for sent in self.waiting.values()]


def under_load(figures, stand, rate):
    hearer = hear(stand)
    service = stand.start_service()
    beats = stand.start_fleet("beat", every=EVERY, rate=RATE, seconds=600)
    probes = Probes(stand)
    probes.go_on_until(lambda: hearer.poll() is not None)
    stand.children.remove(beats)
    end(beats)
    got = stand.result(hearer)
    stand.stop(service)
    figures.add("of those meanwhile, each told once", got["devices"] - got["twice"] - got["others"], SILENT,
                (got["devices"] - got["twice"] - got["others"]) / SILENT, least=1)
    figures.add("events per second with %d heartbeats per second" % RATE, got["per_second"], rate, got["per_second"] / rate,
                least=0.5)
    figures.add("delay of a heartbeat meanwhile, p50", 1000 * median(probes.delays), unit="ms")
    figures.add("delay of a heartbeat meanwhile, worst of %d" % len(probes.delays), 1000 * max(probes.delays), most=1000,
                unit="ms")
    figures.add("heartbeats that the service dropped", stand.dropped(), most=0)


def measure(figures):
    with FleetStand() as stand:
        prepare(stand)
        runs = []
        for pair in range(PAIRS):
            first, second = (ours, null) if pair % 2 == 0 else (null, ours)
            got = first(stand), second(stand)
            runs.append(got if pair % 2 == 0 else got[::-1])
        worst = min(each["devices"] - each["twice"] - each["others"] for each, _ in runs)
        figures.add("of %d devices that fall silent, each told once" % SILENT, worst, SILENT, worst / SILENT, least=1)
        rates = [(mine["per_second"], null_run["per_second"]) for mine, null_run in runs]
        rate = median(each for _, each in rates)
        figures.add("events per second", median(each for each, _ in rates), rate, median(a / b for a, b in rates), least=0.85)
        under_load(figures, stand, rate)
