"""A million devices, each of which beats every 45 seconds and must be heard of every minute. One in a hundred beats only
once: how long after its time is over a subscriber is told, and nobody else may go offline. And what the service costs while
nothing happens, with a million devices against a thousand."""
import time

from fleet import DEVICES, FleetStand, cpu_us
from stand import settle

THRESHOLD_S = 60
PASS_S = 45
EVERY = 100
IDLE_S = 10


def idle(stand):
    """CPU of the service in a second in which nothing happens, in per cent of a core."""
    service = stand.start_service()
    settle(2)
    begun, cpu = time.monotonic(), cpu_us(service.pid)
    settle(IDLE_S)
    share = (cpu_us(service.pid) - cpu) / (time.monotonic() - begun) / 1e4
    stand.stop(service)
    return share


def measure_silence(figures, stand):
    silent = (DEVICES + EVERY - 1) // EVERY
    stand.set("offline_after_seconds %d" % THRESHOLD_S)
    service = stand.start_service()
    begun, before = time.monotonic(), cpu_us(service.pid)
    steady = stand.start_fleet("steady", rate=DEVICES / PASS_S, seconds=PASS_S + THRESHOLD_S + 3, every=EVERY,
                               threshold_ms=1000 * THRESHOLD_S)
    got = stand.result(steady)
    cpu = (cpu_us(service.pid) - before) / (time.monotonic() - begun) / 1e4
    stand.stop(service)
    figures.add("heartbeats sent per second", got["sent"] / (PASS_S + THRESHOLD_S + 3))
    figures.add("of %d that fall silent, each told once" % silent, got["devices"] - got["twice"], silent,
                (got["devices"] - got["twice"]) / silent, least=1)
    figures.add("devices that beat and were called offline", got["others"], most=0)
    figures.add("told after the time was over, soonest", 1000 * got["least"], least=0, unit="ms")
    figures.add("told after the time was over, p50", 1000 * got["p50"], unit="ms")
    figures.add("told after the time was over, p99", 1000 * got["p99"], most=1000, unit="ms")
    figures.add("told after the time was over, latest", 1000 * got["most"], unit="ms")
    figures.add("service CPU meanwhile, of one core", cpu, unit="%")
    figures.add("heartbeats that the service dropped", stand.dropped(), most=0)


def measure(figures):
    with FleetStand(online=1000) as small:
        small.start_broker(True)
        few = idle(small)
    with FleetStand() as stand:
        stand.start_broker(True)
        many = idle(stand)
        figures.add("service CPU when idle, %d devices" % DEVICES, many, few, many / few, bar="<= +1 % of a core",
                    holds=many - few <= 1, unit="%")
        measure_silence(figures, stand)
