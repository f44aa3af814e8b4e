"""Instructions of the service per heartbeat against those of the null subscriber, by callgrind: they do not wander with the
load. The difference between two numbers of heartbeats is what a heartbeat costs; start and logins fall out. A few devices
beat: under callgrind time passes, and each second writes when a device was last seen. So few are under way that the
service's own probe comes back in time."""
import re

from fleet import FILTERS, FleetStand
from stand import end, read
from bench_heartbeats import PAYLOADS

ONLINE = 1000
BEATING = 4
COUNTS = (5000, 25000)
CHUNK = 1500


def callgrind(log):
    return ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no", "--fair-sched=yes", "--log-file=" + log]


def collected(log):
    return int(re.search(r"Collected : (\d+)", read(log)).group(1))


class Path:
    """One broker; the service or the null subscribes."""

    def __init__(self, stand):
        self.stand, self.marker, self.log = stand, ONLINE, stand.path("callgrind.log")
        stand.start_broker(True)

    def beat(self, payload, count):
        got = self.stand.fleet("beat", devices=BEATING, connections=BEATING, payload=payload, count=count, chunk=CHUNK,
                               marker=self.marker)
        self.marker += got["markers"]

    def ours(self, payload, count):
        service = self.stand.start_service(callgrind(self.log))
        self.beat(payload, count)
        done = self.stand.overview()["heartbeats"]
        self.stand.children.remove(service)
        end(service, seconds=60)
        if done < count:
            raise RuntimeError("%d of %d heartbeats reached the service" % (done, count))
        return collected(self.log)

    def null(self, payload, count):
        sink = self.stand.sink(True, FILTERS, quiet_ms=2000, prefix=callgrind(self.log))
        self.beat(payload, count)
        done = self.stand.result(sink)["received"]
        if done < count:
            raise RuntimeError("%d of %d heartbeats reached the null" % (done, count))
        return collected(self.log)


def per_heartbeat(run, payload):
    few, many = (run(payload, count) for count in COUNTS)
    return (many - few) / (COUNTS[1] - COUNTS[0])


def measure(figures):
    with FleetStand("rsa_pool 0", online=ONLINE) as stand:  # to make keys takes as long as it happens to take
        path = Path(stand)
        for name, payload, _ in PAYLOADS:
            ours, null = per_heartbeat(path.ours, payload), per_heartbeat(path.null, payload)
            figures.add("service instructions per heartbeat, " + name, ours, null, ours / null)
