"""device block with the device connected: from the operator's answer to the end of the device's TCP connection; then it
knocks again and again. Some come with certificates by mutual TLS, also with a resumed TLS session; and once more after
the broker has been started anew."""
import ssl
import threading
import time

from stand import end, median
from gated import GatedStack, ask
from wire import Tls

DEVICES = 200
CERTIFIED = 40      # of them; half of these resume a TLS session of 1.2, half of 1.3
KNOCKS = 10
WAIT_S = 10


class Target:
    """One device, connected."""

    def __init__(self, stack, number):
        self.stack, self.uuid, self.certified = stack, "block-%d" % number, number < CERTIFIED
        version = ssl.TLSVersion.TLSv1_2 if number % 2 else ssl.TLSVersion.TLSv1_3
        stack.enrol(self.uuid, certificate=self.certified, key=stack.many)
        path = stack.path(self.uuid)
        self.tls = Tls(stack.path("ca.pem"), path + ".pem", path + ".key", version, version) if self.certified else None
        self.session, self.resumed = None, 0
        self.wire = self.connect()
        if self.certified:
            self.wire.ping()  # TLS 1.3 gives its tickets after the handshake
            self.session = self.wire.session

    def connect(self):
        """Connected, or RuntimeError."""
        code = self.knock()
        if code != 0:
            raise RuntimeError("%s is refused: %s" % (self.uuid, code))
        return self.knocked

    def knock(self):
        """What becomes of a login: 0 is a yes."""
        stack = self.stack
        if self.certified:
            self.knocked = stack.wire("mtls", secure=self.tls, session=self.session)
            code = self.knocked.connect(self.uuid)
            self.resumed += bool(getattr(self.knocked.sock, "session_reused", False))
        else:
            self.knocked = stack.wire("plain")
            code = self.knocked.connect(self.uuid, self.uuid, stack.devices[self.uuid]["apiKey"])
        if code != 0:
            self.knocked.drop()
        stack.wires.remove(self.knocked)
        return code


def block(operator, target):
    """Milliseconds to the end of the device's connection: from the request, and from its answer (before it: negative)."""
    ended = []

    def watch():
        if target.wire.is_closed(WAIT_S):
            ended.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    asked = time.monotonic()
    answer = ask(operator, "muster/v1/admin/blocker/device/block", {"uuid": target.uuid})
    answered = time.monotonic()
    watcher.join()
    if answer is None or answer.code:
        raise RuntimeError("device/block: %s" % answer)
    at = ended[0] if ended else answered + WAIT_S
    return (at - asked) * 1000, (at - answered) * 1000


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def knock_all(targets, times):
    """How many logins were refused."""
    return sum(target.knock() != 0 for target in targets for _ in range(times))


def measure(figures):
    with GatedStack(people=[lambda made: setattr(made, "many", made.add_key(uses=10 * DEVICES))]) as stack:
        targets = [Target(stack, number) for number in range(DEVICES)]
        certified = [target for target in targets if target.certified]
        operator = stack.operator("blocker")
        from_request, from_answer = zip(*(block(operator, target) for target in targets))
        figures.add("block, request to close, p50", median(from_request), unit="ms")
        figures.add("block, request to close, p99", percentile(from_request, 0.99), unit="ms")
        figures.add("block, answer to close, p50", median(from_answer), unit="ms")
        figures.add("block, answer to close, p99", percentile(from_answer, 0.99), most=1000, unit="ms")
        figures.add("block, answer to close by mutual TLS, worst", max(from_answer[:CERTIFIED]), most=1000, unit="ms")
        refused = knock_all(targets, KNOCKS)
        figures.add("reconnects that are refused", refused, DEVICES * KNOCKS, refused / DEVICES / KNOCKS, least=1)
        figures.add("of them with a resumed TLS session", sum(target.resumed for target in certified), least=20)
        end(stack.broker)
        stack.start_broker()
        again = knock_all(targets, 1) + knock_all(certified, KNOCKS - 1)
        figures.add("reconnects refused after the broker's restart", again, DEVICES + CERTIFIED * (KNOCKS - 1),
                    again / (DEVICES + CERTIFIED * (KNOCKS - 1)), least=1)
