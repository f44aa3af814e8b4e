"""A broker with the gate and a service behind it, and everyone who may log in there, as raw connections."""
import base64
import hashlib
import json
import os
import random
import re
import secrets
import sqlite3
import time

from muster import Answer, Recorder, Stack, make_csr, read, run, wait_for
from wire import Tls, Wire

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def credential(prefix):
    """text, id and hash, as service/io/secret.c makes them."""
    name = "".join(secrets.choice(ALPHABET) for _ in range(8))
    secret = base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=").lower()
    return "%s_%s_%s" % (prefix, name, secret), name, secret_hash(secret)


def secret_hash(secret):
    return hashlib.sha256(len(secret).to_bytes(8, "big") + secret.encode()).digest()


def ask(wire, topic, body=b"", seconds=10, **properties):
    """Sends a request; the answer, or None. The connection has subscribed before."""
    correlation = secrets.token_bytes(8)
    if wire.publish(topic, body if isinstance(body, bytes) else json.dumps(body), correlation=correlation, **properties) != 0:
        return None
    limit = time.monotonic() + seconds
    while True:
        for heard in wire.heard:
            if heard.properties.get("correlation") == correlation and heard.topic != topic:
                wire.heard.remove(heard)
                answer = Answer(json.loads(heard.payload))
                answer.topic, answer.raw = heard.topic, heard.payload
                return answer
        if time.monotonic() > limit or wire.closed:
            return None
        wire.next(max(0, limit - time.monotonic()))


class Refused(RuntimeError):
    """A login that should have worked."""


class GatedStack(Stack):
    """`broker` are further lines for the plugin; `people` are made before anything starts."""
    INIT = ["--bind", "127.0.0.1"]

    def __init__(self, *settings, broker=(), people=(), **more):
        super().__init__(*settings, **{**more, "go": False})
        self.wires, self.devices, self.service_key = [], {}, self.file_line("service.key")
        conf = read(self.path("mosquitto.conf"))
        self.write("mosquitto.conf", re.sub(r"(?m)^(plugin_opt_service_hash .*)$", "\n".join([r"\1", *broker]), conf))
        for add in people:
            add(self)
        if more.get("go", True):
            self.start_broker()
            self.start_service()
            self.wait_ready()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)

    def __exit__(self, *about):
        for wire in self.wires:
            wire.drop()
        super().__exit__(*about)

    def answers(self, seconds=1):
        """Whether the service answers an operator now."""
        wire = Wire(self.plain)
        try:
            if wire.connect("ready-probe", "operator", self.admin) != 0 or wire.subscribe("muster/v1/admin/ready-probe/#") != 1:
                return False
            answer = ask(wire, "muster/v1/admin/ready-probe/stats/overview", {}, seconds)
            return answer is not None and "total" in answer
        finally:
            wire.drop()

    def recorder(self):
        return self.client(Recorder, login=("operator", self.admin))

    # who logs in

    def wire(self, listener="tls", certificate=None, session=None, secure=None, **versions):
        """A connection that is not open yet. `certificate`: NAME.pem and NAME.key in the folder."""
        if listener != "plain" and secure is None:
            path = certificate and self.path(certificate)
            secure = Tls(self.path("ca.pem"), path and path + ".pem", path and path + ".key", **versions)
        made = Wire({"plain": self.plain, "tls": self.tls, "mtls": self.mtls}[listener], secure, session)
        self.wires.append(made)
        return made

    def enter(self, wire, client_id, username=None, password=None, filters=(), **more):
        code = wire.connect(client_id, username, password, **more)
        if code != 0:
            raise Refused("%s as %s: %s %s" % (client_id, username, code, wire.why))
        for each in filters:
            if wire.subscribe(each) != 1:
                raise Refused("%s may not subscribe %s" % (client_id, each))
        return wire

    def device(self, uuid, suffix="", **more):
        """A device with its API key, listening to everything of its own."""
        return self.enter(self.wire(), uuid + suffix, uuid, self.devices[uuid]["apiKey"],
                          ["muster/v1/device/%s/#" % uuid], **more)

    def certified(self, uuid, suffix="", certificate=None, **more):
        return self.enter(self.wire("mtls", certificate or uuid), uuid + suffix, None, None,
                          ["muster/v1/device/%s/#" % uuid], **more)

    def claim(self, uuid, suffix="", key=None, **more):
        """A provisioning client."""
        return self.enter(self.wire(), uuid + suffix, "provision", key or self.key, ["muster/v1/device/%s/#" % uuid], **more)

    def operator(self, client_id, key=None, filters=(), **more):
        return self.enter(self.wire(), client_id, "operator", key or self.admin,
                          ["muster/v1/admin/%s/#" % client_id, *filters], **more)

    def spy(self, client_id="_spy"):
        """A second connection of the service that hears everything."""
        return Spy(self.enter(self.wire("plain"), client_id, "_muster", self.service_key, ["muster/v1/#"]))

    # what there is

    def enrol(self, uuid, certificate=False, key=None, name=None):
        """Registers a device; with a certificate in one shot (again: a new one, in NAME.pem). Keeps its answer."""
        if uuid in self.devices:
            wire, operation = self.device(uuid, "~enrol"), "provision"
        else:
            wire, operation = self.claim(uuid, "~enrol", key), "provision" if certificate else "register"
        body = {"requestId": "enrol-" + secrets.token_hex(4)}
        if certificate:
            body["csr"] = make_csr(self.directory, name or uuid)
        answer = ask(wire, "muster/v1/device/%s/%s" % (uuid, operation), body)
        wire.disconnect()
        if answer is None or answer.code:
            raise Refused("%s %s: %s" % (operation, uuid, answer))
        if certificate:
            self.write((name or uuid) + ".pem", answer["certificatePem"])
        self.devices[uuid] = {**self.devices.get(uuid, {}), **answer}
        return self.devices[uuid]

    def insert(self, sql, *values):
        """Into the database, while the service is down."""
        base = sqlite3.connect(self.database)
        with base:
            base.execute(sql, values)
        base.close()

    def add_tenant(self, tenant):
        self.insert("INSERT INTO tenant VALUES (?, 0)", tenant)

    def add_operator(self, name, role, tenant):
        text, key_id, digest = credential("mok")
        self.insert("INSERT INTO operator VALUES (?, ?, ?, ?, ?, 0, 1)", key_id, name, role, tenant, digest)
        return text

    def add_key(self, tenant="default", uses=100, lives=86400, disabled=0):
        text, key_id, digest = credential("mpk")
        now = int(time.time() * 1000)
        self.insert("INSERT INTO provisioning_key VALUES (?, ?, ?, ?, 0, ?, ?, ?, '', 0)", key_id, tenant, digest, uses,
                    now + lives * 1000, disabled, now)
        return text

    def sign(self, name, common_name, serial=None, authority=None):
        """NAME.pem and NAME.key from openssl; by our authority's key, but unknown to the service."""
        csr = make_csr(self.directory, name, ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "-subj",
                       "/CN=" + common_name)
        self.write(name + ".csr", csr)
        authority = authority or self.path("ca")
        made = run(["openssl", "x509", "-req", "-in", self.path(name + ".csr"), "-CA", authority + ".pem", "-CAkey", authority +
                    ".key", "-out", self.path(name + ".pem"), "-set_serial", str(serial or random.getrandbits(120))])
        if made.returncode != 0:
            raise RuntimeError("openssl x509: " + made.stderr)


class Spy:
    """Hears everything below muster/v1/ and keeps it."""

    def __init__(self, wire):
        self.wire, self.kept = wire, []

    def look(self):
        """Everything that the broker had to say until now: it answers a ping after what it had queued before, and
        takes what a plugin publishes in its next round."""
        for _ in range(3):
            self.wire.ping()
        self.kept += self.wire.receive()
        return self.kept

    def with_payload(self, mark):
        mark = mark.encode() if isinstance(mark, str) else mark
        return [each for each in self.look() if mark in each.payload]

    def on(self, topic):
        return [each for each in self.look() if each.topic == topic]

    def changes(self, uuid):
        """(to, reason) of each status_changed of the device, a redelivery once."""
        found = {}
        for each in self.look():
            if each.topic.startswith("muster/v1/event/") and each.topic.endswith("/%s/status_changed" % uuid):
                event = json.loads(each.payload)
                found.setdefault(event["id"], (event["to"], event["reason"]))
        return list(found.values())

    def waits_for(self, uuid, change, seconds=5):
        return wait_for(lambda: change in self.changes(uuid), seconds)
