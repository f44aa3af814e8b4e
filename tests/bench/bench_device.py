"""What a device costs at rest, with the reference client as it is: octets on the wire per hour, without TLS and by mutual
TLS, counted by a relay for a whole minute; and its memory."""
import json
import re
import time

from meter import SEGMENT, Relay
from stand import Stand, program, read, start, wait_for

MINUTES = 1          # that are counted: of heartbeats each 60 s, so many
FROM_S = 30          # after the connection: half-way between two heartbeats
PUBLISH, PINGREQ = 3, 12
PRIVATE_KIB = 3 * 1024


class Device:
    """muster-device run, through relays."""

    def __init__(self, stand, name, key, plain):
        self.relay = Relay(stand.plain if plain else stand.mtls)
        self.directory = stand.path(name)
        way = ["--plain-port", self.relay.port] if plain else ["--port", stand.tls, "--mtls-port", self.relay.port,
                                                             "--cafile", stand.path("ca.pem")]
        words = ["--dir", self.directory, "--uuid", name, "--broker", "localhost", "--provisioning-key", key] + way
        self.child = start([program("muster-device"), "run"] + [str(word) for word in words], stand.path(name + ".log"))
        stand.children.append(self.child)

    def memory(self):
        """KiB: private, and resident."""
        rollup = read("/proc/%d/smaps_rollup" % self.child.pid)
        value = {name: int(size) for name, size in re.findall(r"(\w+):\s+(\d+) kB", rollup)}
        return value["Private_Clean"] + value["Private_Dirty"], value["Rss"]


def online(stand):
    done = stand.ctl("device", "list", "--json")
    return done.returncode == 0 and sum(each["status"] == "online" for each in json.loads(done.stdout)["items"]) == 2


def state(figures, name, before, after, kinds):
    octets, segments = (after[i] - before[i] for i in range(2))
    hour = 60 / MINUTES
    figures.add("%s, TCP payload per hour at rest" % name, octets * hour, unit="octets")
    figures.add("%s, with the headers of IPv4 and TCP" % name, (octets + segments * SEGMENT) * hour, unit="octets")
    figures.add("%s, segments per hour, both ways" % name, segments * hour)
    if kinds:
        figures.add("%s, heartbeats and pings counted" % name, kinds.get(PUBLISH, 0), kinds.get(PINGREQ, 0))


def difference(after, before):
    return {kind: count - before.get(kind, 0) for kind, count in after.items()}


def measure(figures):
    with Stand() as stand:
        stand.start_broker(True)
        stand.start_service()
        key = json.loads(stand.ctl("key", "create", "--uses", "2", "--json").stdout)["key"]
        plain, secure = Device(stand, "plain", key, True), Device(stand, "secure", key, False)
        if not wait_for(lambda: online(stand), 30):
            raise RuntimeError("not online: " + read(stand.path("plain.log")) + read(stand.path("secure.log")))
        time.sleep(FROM_S)
        before, kinds = [each.relay.count() for each in (plain, secure)], plain.relay.kinds()
        time.sleep(60 * MINUTES)
        after = [each.relay.count() for each in (plain, secure)]
        state(figures, "plain", before[0], after[0], difference(plain.relay.kinds(), kinds))
        state(figures, "mutual TLS", before[1], after[1], None)
        stand.stop(plain.child)  # what two of them share would count for neither
        private, resident = secure.memory()
        figures.add("muster-device by mutual TLS, private memory", private, most=PRIVATE_KIB, unit="KiB")
        figures.add("muster-device by mutual TLS, RSS", resident, unit="KiB")
