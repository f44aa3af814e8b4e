"""The world in which the tables of the gate are played: devices of every state, certificates of every kind, keys,
operators, and a visitor of each kind."""
import functools

from gated import GatedStack, ask
from muster import Checks, run
from packets import MQTT31, MQTT311

t = Checks()
DEVICE, ADMIN, EVENT = "muster/v1/device/", "muster/v1/admin/", "muster/v1/event/"


def people(stack):
    stack.add_tenant("acme")
    stack.acme = stack.add_operator("acme-operator", "operator", "acme")
    stack.acme_admin = stack.add_operator("acme-admin", "admin", "acme")
    stack.gone = stack.add_operator("gone", "admin", "")
    stack.edit("UPDATE operator SET disabled_at = 1 WHERE name = 'gone'")
    stack.keys = {"other": stack.add_key(), "acme": stack.add_key("acme"), "expired": stack.add_key(lives=-10),
                  "exhausted": stack.add_key(uses=0), "disabled": stack.add_key(disabled=1)}


CERTIFIED = ["dev-c", "c-active", "c-expiring", "c-old", "c-revoked", "c-expired", "c-late", "c-blocked", "c-gone", "c-reset",
             "c-fake"]
STATES = [("c-active", "active"), ("c-expiring", "expiring"), ("c-revoked", "revoked"), ("c-expired", "expired")]


@functools.lru_cache(None)
def world():
    """One stack for all tables; devices of every state, certificates of every kind."""
    stack = GatedStack("last_will_grace_seconds 1", people=[people])
    for uuid in ("dev-a", "dev-a1", "dev-b", "a-late", "a-blocked", "a-gone", "a-reset"):
        stack.enrol(uuid)
    stack.enrol("acme-1", key=stack.keys["acme"])
    for uuid in CERTIFIED:
        stack.enrol(uuid, True)
    stack.enrol("c-old", True, name="c-old-new")  # what it had before is superseded
    for uuid in ("a-reset", "c-reset"):
        wire = stack.device(uuid)
        t.equal(ask(wire, DEVICE + uuid + "/reset", {}).get("uuid"), uuid, "%s is reset" % uuid)
    stack.kill_service()
    for uuid, state in STATES:
        stack.edit("UPDATE certificate SET state = ? WHERE uuid = ?", state, uuid)
    stack.edit("UPDATE certificate SET state = 'active', not_after = 1000000000 WHERE uuid = 'c-late'")
    stack.edit("UPDATE api_key SET expires_at = 1000000000000 WHERE device = (SELECT id FROM device WHERE uuid = 'a-late')")
    for uuid, state in (("a-blocked", 4), ("c-blocked", 4), ("a-gone", 5), ("c-gone", 5)):
        stack.edit("UPDATE device SET state = ? WHERE uuid = ?", state, uuid)
    forged_certificates(stack)
    stack.start_service()
    stack.wait_ready()
    return stack


def forged_certificates(stack):
    """By our authority's key, by another authority of the same name, by themselves."""
    stack.sign("unknown", "dev-a")
    stack.sign("nobody", "nobody-ever")
    serial = int(stack.devices["c-fake"]["certificateId"], 16)
    stack.sign("twin", "c-fake", serial)  # the serial is known, the octets are others
    for name, subject in (("stranger", "/O=Muster/CN=Muster CA"), ("selfmade", "/CN=dev-a")):
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             stack.path(name + ".key"), "-out", stack.path(name + ".pem"), "-subj", subject])
    stack.sign("foreign", "dev-a", authority=stack.path("stranger"))
    stack.write("old.conf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nrand_serial=yes\nnew_certs_dir=%s\ndefault_md=sha256\n"
                "policy=p\n[p]\ncommonName=supplied\n" % (stack.path("index"), stack.directory))
    stack.write("index", "")
    stack.sign("old", "dev-a")
    made = run(["openssl", "ca", "-batch", "-notext", "-config", stack.path("old.conf"), "-in", stack.path("old.csr"), "-out",
                stack.path("old.pem"), "-cert", stack.path("ca.pem"), "-keyfile", stack.path("ca.key"), "-startdate",
                "20200101000000Z", "-enddate", "20210101000000Z"])
    t.equal(made.returncode, 0, "openssl ca makes an old certificate: " + made.stderr[-200:])


def wrong(key):
    """The same id with another secret."""
    return key[:-4] + ("bbbb" if key.endswith("aaaa") else "aaaa")


def visitors(w):
    """name -> how to log in; each has its own client id, what they share is the world."""
    return {"api": lambda: w.device("dev-a"), "api4": lambda: w.device("dev-a", "~4", protocol=MQTT311),
            "api3": lambda: w.device("dev-a", "~3", protocol=MQTT31), "suffix": lambda: w.device("dev-a", "~s"),
            "cert": lambda: w.certified("dev-c"), "prov": lambda: w.claim("claim-1"),
            "prov4": lambda: w.claim("claim-2", protocol=MQTT311), "admin": lambda: w.operator("boss"),
            "viewer": lambda: w.operator("watcher", w.viewer), "acme": lambda: w.operator("acme-op", w.acme),
            "admin4": lambda: w.operator("boss4", protocol=MQTT311), "service": lambda: w.spy("_two").wire}


_open = {}


def visitor(who):
    """A live connection of that visitor."""
    if who in _open:
        _open[who].receive()
    if who not in _open or _open[who].closed:
        _open[who] = visitors(world())[who]()
    return _open[who]


def leave():
    """Everyone goes."""
    for wire in _open.values():
        wire.drop()
