"""A new device by mosquitto's own dynamic-security plugin, 10,000 clients existing, against one that registers and
provisions here in one shot, 10,000 devices existing."""
import base64
import hashlib
import json
import os
import secrets
import threading
import time

from claiming import OpenStand
from stand import end, free_ports, median, muster, read, start, wait_for

EXISTING = 10000
ALONE, BATCH, BATCHES = 30, 10, 3   # createClient one by one; and so many in one command, so many times
OURS = 3000
PLUGIN = "/usr/lib/%s/mosquitto_dynamic_security.so"
CONTROL = "$CONTROL/dynamic-security/v1"
ITERATIONS = 101   # of PBKDF2, as the plugin itself has it


def find_plugin():
    for triplet in os.listdir("/usr/lib"):
        if os.path.exists(PLUGIN % triplet):
            return PLUGIN % triplet
    raise RuntimeError("mosquitto_dynamic_security.so is not there: it comes with the package mosquitto")


def client(name, password, roles):
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 64)
    return {"username": name, "password": base64.b64encode(digest).decode(), "salt": base64.b64encode(salt).decode(),
            "iterations": ITERATIONS, "roles": [{"rolename": role} for role in roles]}


def configuration():
    """What mosquitto_ctrl dynsec init makes, a role for devices, and the clients."""
    allow = [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in
             (("publishClientSend", "$CONTROL/dynamic-security/#"), ("publishClientReceive", "$CONTROL/dynamic-security/#"),
              ("subscribePattern", "$CONTROL/dynamic-security/#"))]
    device = [{"acltype": kind, "topic": "muster/v1/device/%u/#", "priority": 0, "allow": True} for kind in
              ("publishClientSend", "publishClientReceive", "subscribePattern")]
    access = {"publishClientSend": False, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    return {"defaultACLAccess": access, "roles": [{"rolename": "admin", "acls": allow}, {"rolename": "device", "acls": device}],
            "groups": [], "clients": [client("admin", "admin", ["admin"])] +
            [client("existing-%d" % number, "x", ["device"]) for number in range(EXISTING)]}


class Dynsec:
    """A broker with the plugin, and an administrator's connection."""

    def __init__(self):
        self.directory, (self.port,), self.answered = muster.folder(), free_ports(1), threading.Semaphore(0)
        path = os.path.join(self.directory, "dynamic-security.json")
        self.write("dynamic-security.json", json.dumps(configuration()))
        self.write("mosquitto.conf", "listener %d 127.0.0.1\nallow_anonymous false\nset_tcp_nodelay true\nuser root\n"
                   "plugin %s\nplugin_opt_config_file %s\n" % (self.port, find_plugin(), path))
        self.broker = start(["/usr/sbin/mosquitto", "-c", os.path.join(self.directory, "mosquitto.conf")],
                            os.path.join(self.directory, "broker.log"))
        if not wait_for(self.listens, 20):
            raise RuntimeError("the broker: " + read(os.path.join(self.directory, "broker.log"))[-500:])
        self.admin = muster.Client(self.port, "administrator", [CONTROL + "/response"], on_message=self.heard,
                                   login=("admin", "admin")).up()

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def listens(self):
        with muster.socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def heard(self, message):
        for response in json.loads(message.payload)["responses"]:
            if "error" in response:
                raise RuntimeError("createClient: %s" % response)
            self.answered.release()

    def create(self, name, count):
        """`count` clients by one command; seconds until all are answered."""
        commands = [{"command": "createClient", "username": "%s-%d" % (name, i), "password": secrets.token_hex(16),
                     "roles": [{"rolename": "device"}]} for i in range(count)]
        begun = time.monotonic()
        self.admin.publish(CONTROL, json.dumps({"commands": commands}))
        for _ in range(count):
            if not self.answered.acquire(timeout=60):
                raise RuntimeError("no answer to createClient")
        return time.monotonic() - begun

    def close(self):
        self.admin.close()
        end(self.broker)


def theirs():
    """Clients per second one by one, and many in a command."""
    dynsec = Dynsec()
    try:
        alone = ALONE / sum(dynsec.create("alone-%d" % number, 1) for number in range(ALONE))
        batches = [BATCH / dynsec.create("batch-%d" % number, BATCH) for number in range(BATCHES)]
        return alone, median(batches)
    finally:
        dynsec.close()


def measure(figures):
    alone, batch = theirs()
    figures.add("createClient per second, one by one, %d clients" % EXISTING, alone)
    figures.add("createClient per second, %d in a command" % BATCH, batch)
    with OpenStand(devices=EXISTING) as stand:
        ours = median([stand.claims(count=OURS, first=part * OURS, name="d%d" % part)["per_second"] for part in range(3)])
    best = max(alone, batch)
    figures.add("devices provisioned per second, %d devices, against createClient" % EXISTING, ours, best, ours / best,
                least=20)
