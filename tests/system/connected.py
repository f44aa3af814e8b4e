"""A fleet of devices with certificates behind the gate; who keeps their connections and sees the broker end one; what
openssl says of certificates and revocation lists."""
import json
import os
import re
import secrets
import selectors
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from gated import GatedStack, Refused, ask
from muster import read, run, wait_for
from wire import Tls

DEVICE = "muster/v1/device/"
HANDS = 4      # devices that enrol at a time
PING_S = 20    # the keepalive of a wire is 60
GONE = 0x87    # not authorised


class Fleet(GatedStack):
    """`count` devices named dev-000 ... with a certificate each; their files are NAME.pem and NAME.key."""

    def __init__(self, count=0, *settings, **more):
        super().__init__(*settings, **more)
        self.identities = {}  # name of the files -> Tls
        self.names = []
        self.certify_all(count)

    def keep(self, name, answer):
        self.write(name + ".pem", answer["certificatePem"])
        if "privateKeyPem" in answer:
            self.write(name + ".key", answer["privateKeyPem"])
        self.identities.pop(name, None)

    def certify(self, uuid, key=None, **members):
        """Enrols in one shot, with a key that the service makes; its answer is kept."""
        wire = self.claim(uuid, "~enrol", key)
        answer = ask(wire, DEVICE + uuid + "/provision", {"requestId": "enrol-" + secrets.token_hex(4), "keyType": "ec:p256", **members})
        wire.disconnect()
        if answer is None or answer.code:
            raise Refused("provision %s: %s" % (uuid, answer and answer.code))
        self.keep(uuid, answer)
        self.devices[uuid] = answer
        return answer

    def certify_all(self, count):
        self.names = ["dev-%03d" % number for number in range(count)]
        with ThreadPoolExecutor(HANDS) as hands:
            list(hands.map(self.certify, self.names))

    def identity(self, name, ca="ca.pem"):
        """The files of a device, read once."""
        if name not in self.identities:
            self.identities[name] = Tls(self.path(ca), self.path(name + ".pem"), self.path(name + ".key"))
        return self.identities[name]

    def knock(self, name, client_id, keep=False):
        """One login over mutual TLS: the code of Wire.connect, the connection."""
        wire = self.wire("mtls", secure=self.identity(name))
        self.wires.remove(wire)
        code = wire.connect(client_id)
        if code == 0 and not keep:
            wire.disconnect()
        elif code != 0:
            wire.drop()
        return code, wire

    def connect(self, uuid, name=None):
        """A device that stays, subscribed to its own topics and online."""
        wire = self.enter(self.wire("mtls", secure=self.identity(name or uuid)), uuid, None, None, [DEVICE + uuid + "/#"])
        answer = ask(wire, DEVICE + uuid + "/connect", {"session": "s"})
        if answer is None or answer.code:
            raise Refused("connect %s: %s" % (uuid, answer and answer.code))
        return wire

    def connect_all(self, names):
        with ThreadPoolExecutor(HANDS) as hands:
            return Watch(dict(zip(names, hands.map(self.connect, names))))

    def renew(self, uuid, name=None, old=None):
        """A new certificate in NAME.pem, over a connection with the old one; nobody has shown it yet."""
        wire = self.enter(self.wire("mtls", secure=self.identity(old or uuid)), uuid + "~renew", None, None, [DEVICE + uuid + "/#"])
        answer = ask(wire, DEVICE + uuid + "/renew", {"requestId": "renew-" + secrets.token_hex(4), "keyType": "ec:p256"})
        wire.disconnect()
        if answer is None or answer.code:
            raise Refused("renew %s: %s" % (uuid, answer))
        self.keep(name or uuid, answer)
        return answer

    def broker_log(self):
        return read(self.path("broker.log"))

    # the authority

    def ca(self, boss, verb, body=None):
        return ask(boss, "muster/v1/admin/boss/ca/" + verb, body or {})

    def certificate(self, boss, verb, name, **members):
        return ask(boss, "muster/v1/admin/boss/certificate/" + verb, {"certificateId": name, **members})

    def of_each_list(self, *options):
        """What `openssl crl` says of each list of the file."""
        said = []
        for each in re.findall(r"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----\n", read(self.path("crl.pem")), re.S):
            self.write("one-list.pem", each)
            said.append(run(["openssl", "crl", "-in", self.path("one-list.pem"), "-noout", *options]))
        return said

    def torn(self):
        """What openssl has against the lists of the file: each must be whole, and signed by an authority of ca.pem."""
        said = self.of_each_list("-CAfile", self.path("ca.pem"))
        wrong = [each.stderr.strip() for each in said if each.returncode != 0 or "verify OK" not in each.stderr]
        return wrong if said else ["there is no list in the file"]

    def list_number(self):
        """The greatest number of the lists in the file."""
        return max([int(each.stdout.strip().split("=")[1], 16) for each in self.of_each_list("-crlnumber")], default=0)

    def listed(self):
        """The certificates that the file names, as ids."""
        text = "".join(each.stdout for each in self.of_each_list("-text"))
        return {serial.lower() for serial in re.findall(r"Serial Number: ([0-9A-F]+)", text)}

    def verifies(self, names):
        """Those of the certificates that `openssl verify -crl_check` accepts, and what it says of the others."""
        said = run(["openssl", "verify", "-crl_check", "-purpose", "sslclient", "-CAfile", self.path("ca.pem"), "-CRLfile", self.path("crl.pem"),
                    *(self.path(name + ".pem") for name in names)])
        good = {os.path.basename(path)[:-4] for path in re.findall(r"(?m)^(.*): OK$", said.stdout)}
        return good, said.stderr

    def issuer_of(self, name):
        """The id of the issuing CA of a certificate."""
        said = run(["openssl", "x509", "-in", self.path(name + ".pem"), "-noout", "-ext", "authorityKeyIdentifier"]).stdout
        return re.sub(r"[^0-9a-f]", "", said.split("Identifier:")[1].lower().replace("keyid", ""))

    def wait_list(self, certificate, seconds=5):
        return wait_for(lambda: certificate in self.listed(), seconds)


class Watch(threading.Thread):
    """Reads the connections of a fleet, so that nobody else has to: `closed` says when the broker ended which."""

    def __init__(self, wires):
        super().__init__(daemon=True)
        self.wires, self.closed, self.heard, self.over = wires, {}, {}, False
        self.selector = selectors.DefaultSelector()
        for name, wire in wires.items():
            wire.receive()
            self.selector.register(wire.sock, selectors.EVENT_READ, name)
        self.start()

    def run(self):
        ping = time.monotonic() + PING_S
        while not self.over:
            for key, _ in self.selector.select(0.2):
                self.look(key.data, self.wires[key.data])
            if time.monotonic() > ping:
                ping = time.monotonic() + PING_S
                for name, wire in self.wires.items():
                    if not wire.closed:
                        wire.send(b"\xc0\0")  # PINGREQ

    def look(self, name, wire):
        sock = wire.sock
        wire.next(0)
        while not wire.closed and (sock.pending() or wire.buffer) and wire.next(0) is not None:
            pass
        self.heard.setdefault(name, []).extend(json.loads(each.payload) for each in wire.heard if each.payload)
        wire.heard.clear()
        if wire.closed:
            self.closed[name] = time.monotonic()
            self.selector.unregister(sock)
            sock.close()

    def stop(self):
        self.over = True
        self.join()
        for wire in self.wires.values():
            wire.drop()

    def lost(self, but=()):
        """Who is not connected any more, and should be."""
        return sorted(set(self.closed) - set(but))


def percentiles(seconds):
    """(p50, p99, max) in milliseconds."""
    ordered = sorted(seconds)
    return tuple(round(1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))], 1) for part in (0.5, 0.99, 1))
